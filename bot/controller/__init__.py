"""The reconcile loop: claim, read, decide, apply, release. RULE: nothing else writes to Jira on a ticket."""
