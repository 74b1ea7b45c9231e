"""Compares a live Jira with the configuration. RULE: it reads, by GET, and changes nothing."""
