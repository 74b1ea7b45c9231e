"""Arithmetic on open hours and due moments. RULE: nothing here knows about tickets, processes or Jira."""
