"""What the bot thinks: standard library only, no clock, no I/O, no logging."""
