"""What webhooks were told, have still to be told, and could not be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "webhook",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("sequence", Sequence, nullable=False),
    )
    op.create_table(
        "delivery",
        sa.Column("webhook", sa.String(64), primary_key=True),
        sa.Column("sequence", Sequence, primary_key=True, autoincrement=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("settled", sa.BigInteger),
        sa.Column("reason", sa.String(256)),
    )
    op.create_index("delivery_state", "delivery", ["webhook", "state", "subject", "sequence"])
