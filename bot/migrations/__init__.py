"""The revisions of the database's tables, applied by the store when it opens the database."""
