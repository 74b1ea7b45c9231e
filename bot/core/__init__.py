"""What the bot thinks. RULE: standard library only, no clock, no I/O, no logging; what it is given stays unchanged."""
