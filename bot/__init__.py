"""A Jira bot that walks school districts through a data onboarding."""

__version__ = "0.2.0"
