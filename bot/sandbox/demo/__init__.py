"""The demo: a story told on the sandbox. RULE: imported by cli and tests only."""
