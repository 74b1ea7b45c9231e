"""The values that the core works on. RULE: values only; no rule of the process, no decision."""
