"""A Jira bot that walks school districts through a data onboarding."""
