"""Turns a Progress into a Plan. RULE: nothing here changes a value that it is given."""
