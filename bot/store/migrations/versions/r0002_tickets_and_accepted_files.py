"""The index of tickets, and the process files that are in force."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make both tables; each reconcile fills its row, and the next start accepts the files that it finds."""
    op.create_table(
        "tickets",
        sa.Column("issue_id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("pass", sa.Text, nullable=False),
        sa.Column("pass_number", sa.Integer, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("turn", sa.JSON, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("due", MOMENT),
        sa.Column("forecast_from", sa.Date),
        sa.Column("forecast_to", sa.Date),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("branches", sa.JSON, nullable=False),
        sa.Column("district", sa.Text, nullable=False),
        sa.Column("summary", sa.JSON),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("updated", MOMENT, nullable=False),
    )
    op.create_index("tickets_process", "tickets", ["process", "place"])
    op.create_table(
        "accepted",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("retired", sa.JSON, nullable=False),
        sa.Column("released", MOMENT),
    )


def downgrade() -> None:
    """Drop both; the index is rebuilt from Jira."""
    op.drop_table("accepted")
    op.drop_table("tickets")
