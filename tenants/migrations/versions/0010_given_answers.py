"""Answers given to programs, kept under the keys that they chose."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import COMPANY_OR_GROUP, GROUP, actor_is, let, setting, wall

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    create_tables()
    raise_walls()


def create_tables() -> None:
    op.create_table(
        "given_answers",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column(
            "actor",
            sa.Enum(
                "visitor",
                "subject",
                "member",
                "client",
                "system",
                name="actor",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_given_answers_group_id")),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_given_answers_group_id_company_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "answer_id", name=op.f("pk_given_answers")),
    )
    op.create_index(op.f("ix_given_answers_group_id_given_at"), "given_answers", ["group_id", "given_at"], unique=False)


def raise_walls() -> None:
    wall("given_answers")
    in_own_name = f"actor = {setting('actor', 'text')} AND actor_id IS NOT DISTINCT FROM {setting('actor_id')}"
    own = f"{COMPANY_OR_GROUP} AND {in_own_name}"
    # The system forgets what is old, whoever was answered.
    let("app", "SELECT, DELETE", "given_answers", f"{GROUP} AND ({actor_is('system')} OR ({own}))")
    let("app", "INSERT", "given_answers", own)


def downgrade() -> None:
    op.drop_table("given_answers")
