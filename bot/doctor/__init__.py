"""Compares a live Jira with the configuration. RULE: it only reads, by GET, and changes nothing."""
