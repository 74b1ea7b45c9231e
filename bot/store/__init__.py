"""The database. RULE: it knows nothing of Jira, and nothing of onboarding."""
