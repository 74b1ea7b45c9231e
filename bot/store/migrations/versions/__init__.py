"""The revisions themselves. RULE: one module per revision, numbered."""
