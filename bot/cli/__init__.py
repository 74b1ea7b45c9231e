"""The commands of `python -m bot`, in Typer. RULE: a command calls the other rooms and prints what they say."""
