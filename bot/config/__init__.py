"""Files and environment variables become checked values. RULE: it asks nobody outside this machine."""
