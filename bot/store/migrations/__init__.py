"""The revisions of the tables. RULE: an applied revision never changes; Alembic runs them when the database opens."""
