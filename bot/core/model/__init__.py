"""The values that the core works with. RULE: values only; no process rules and no decisions."""
