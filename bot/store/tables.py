"""The tables of the bot's database: agenda, journal, index of tickets and cache, all of which may be lost."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect


class Moment(sa.TypeDecorator[datetime]):
    """An aware moment, kept in UTC. In SQLite it is text of a fixed width, which sorts."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment; SQLite gets it without its offset."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the database needs a moment with an offset, not {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware moment in UTC, whatever the session's zone is."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData()

# Facts of the bot about itself: name -> JSON.
meta = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

# One row per key. `due_at` is business time (null: not due); `not_before`, `leased_until`: machine seconds.
agenda = sa.Table(
    "agenda",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("class", sa.SmallInteger, key="priority", nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("not_before", sa.Double),
    sa.Column("woken", sa.BigInteger, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("token", sa.Text),
    sa.Column("leased_until", sa.Double),
    sa.Column("parked", sa.Text),
    sa.Index("agenda_due", "priority", "due_at"),
    sa.Index("agenda_leased", "token"),
)

# What is kept of a webhook delivery; never its body.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("identifier", sa.Text, primary_key=True),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("issue_id", sa.Text),
    sa.Column("author_id", sa.Text),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("received", sa.Double, nullable=False),
    sa.Index("deliveries_received", "received"),
)

# A call that is about to be made, or was: written before it, closed after it. `began` is machine seconds.
intents = sa.Table(
    "intents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("effect_ids", sa.JSON, nullable=False),
    sa.Column("call", sa.JSON, nullable=False),
    sa.Column("highest_comment", sa.Text, nullable=False),
    sa.Column("subtasks", sa.JSON, nullable=False),
    sa.Column("public", sa.Boolean, nullable=False),
    sa.Column("began_at", Moment, nullable=False),
    sa.Column("began", sa.Double, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("intents_issue", "issue_id", "state"),
    sa.Index("intents_public", "public", "began_at"),
    sa.Index("intents_began", "began"),
    sqlite_autoincrement=True,  # no number is used twice, so a late close never closes another's
)

# What became of each effect. `ref` is the comment's or subtask's id where it has one.
effects = sa.Table(
    "effects",
    metadata,
    sa.Column("issue_id", sa.Text, primary_key=True),
    sa.Column("effect_id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("effects_state", "state"),
)

# The journal's entries: each reconcile that did something or had a new reason.
looks = sa.Table(
    "looks",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("looked", sa.Double, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("effects", sa.JSON, nullable=False),
    sa.Index("looks_issue", "issue_id", "id"),
    sa.Index("looks_looked", "looked"),
)

# The index of tickets: where each one stood at its latest reconcile. `place` is "step", "waiting", "outside", "end" or
# "left"; `branches` has each open branch with its subtask, `summary` what an ended ticket took.
tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("issue_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("process", sa.Text, nullable=False),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("pass", sa.Text, key="pass_id", nullable=False),
    sa.Column("pass_number", sa.Integer, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("turn", sa.JSON, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("due", Moment),
    sa.Column("forecast_from", sa.Date),
    sa.Column("forecast_to", sa.Date),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("branches", sa.JSON, nullable=False),
    sa.Column("district", sa.Text, nullable=False),
    sa.Column("summary", sa.JSON(none_as_null=True)),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("updated", Moment, nullable=False),
    sa.Index("tickets_process", "process", "place"),
)

# The text of each process file that is in force. `retired` has the labels and due fields that earlier texts used;
# `released` says since when the bot lets the process go.
accepted = sa.Table(
    "accepted",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("retired", sa.JSON, nullable=False),
    sa.Column("released", Moment),
)
