"""What has happened: changelog, comments and ledger become a Progress. RULE: it plans nothing."""
