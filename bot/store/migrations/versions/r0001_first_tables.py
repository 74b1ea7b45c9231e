"""The first tables: agenda, deliveries, intents, effects, looks, meta."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make every table with its indexes."""
    _meta_and_agenda()
    _deliveries()
    _intents()
    _effects_and_looks()


def _meta_and_agenda() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
    op.create_table(
        "agenda",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("class", sa.SmallInteger, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("not_before", sa.Double),
        sa.Column("woken", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("leased_until", sa.Double),
        sa.Column("parked", sa.Text),
    )
    op.create_index("agenda_due", "agenda", ["class", "due_at"])
    op.create_index("agenda_leased", "agenda", ["token"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("identifier", sa.Text, primary_key=True),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("issue_id", sa.Text),
        sa.Column("author_id", sa.Text),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("received", sa.Double, nullable=False),
    )
    op.create_index("deliveries_received", "deliveries", ["received"])


def _intents() -> None:
    op.create_table(
        "intents",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("issue_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("effect_ids", sa.JSON, nullable=False),
        sa.Column("call", sa.JSON, nullable=False),
        sa.Column("highest_comment", sa.Text, nullable=False),
        sa.Column("subtasks", sa.JSON, nullable=False),
        sa.Column("public", sa.Boolean, nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("began", sa.Double, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("intents_issue", "intents", ["issue_id", "state"])
    op.create_index("intents_public", "intents", ["public", "began_at"])
    op.create_index("intents_began", "intents", ["began"])


def _effects_and_looks() -> None:
    op.create_table(
        "effects",
        sa.Column("issue_id", sa.Text, primary_key=True),
        sa.Column("effect_id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("effects_state", "effects", ["state"])
    op.create_table(
        "looks",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("issue_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("looked", sa.Double, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("effects", sa.JSON, nullable=False),
    )
    op.create_index("looks_issue", "looks", ["issue_id", "id"])
    op.create_index("looks_looked", "looks", ["looked"])


def downgrade() -> None:
    """Drop every table; nothing is lost that Jira does not hold."""
    for table in ("looks", "effects", "intents", "deliveries", "agenda", "meta"):
        op.drop_table(table)
