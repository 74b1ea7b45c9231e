"""Arithmetic of open hours and due moments. RULE: it knows no ticket, no process and no Jira."""
