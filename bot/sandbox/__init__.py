"""RULE: a small Jira for demo and tests; imported by cli and tests only."""
