"""The bot's HTTP pages, in Flask. RULE: a request stores or reads facts; no page calls Jira."""
