"""The revisions of the tables. RULE: an applied revision never changes; Alembic runs them when the database opens."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

HEAD = "0002"  # the newest revision: tables that have it are as the code uses them


class OtherVersion(Exception):
    """The tables have a revision that this version of the bot does not know; the message is one line."""


def bring_up_to_date(connection: Connection) -> None:
    """Run the revisions that are missing, in the caller's transaction. Raises OtherVersion."""
    if _version(connection) == HEAD:
        return
    # Loaded only here: most starts find the tables as they should be, and it takes a fifth of a command's start.
    import alembic.command
    import alembic.config
    import alembic.util

    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        alembic.command.upgrade(config, "head")
    except alembic.util.CommandError as error:
        raise OtherVersion(str(error)) from error


def _version(connection: Connection) -> str | None:
    """The revision that the tables have, None where there are none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    versions = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    return versions[0] if len(versions) == 1 else None
