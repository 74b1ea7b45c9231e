"""Messages to people outside Jira. RULE: it decides nothing about a ticket."""
