"""The only code that calls Jira or knows its JSON. RULE: it decides nothing; it reads, and does what it is asked."""
