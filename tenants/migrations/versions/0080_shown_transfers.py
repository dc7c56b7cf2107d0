"""What people are told of transfers out of the EEA, taken from every version of an agreement that was ever approved."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, let, wall

revision = "0080"
down_revision = "0079"

TABLE = "shown_transfers"
KINDS = (
    "adequacy",
    "public_instrument",
    "binding_rules",
    "standard_clauses",
    "code_of_conduct",
    "certification",
    "authorised_clauses",
    "derogation",
)
READ = ("agreements", "agreement_versions")
APPROVED = f"""
    INSERT INTO {TABLE} (group_id, agreement_id, version, country, company_id, kind, assessed, registers,
                         shown_from, shown_until)
    SELECT v.group_id, v.agreement_id, v.version, t.basis->>'country', v.company_id, t.basis->>'kind',
           coalesce(t.basis->'assessment', 'null') <> 'null', v.registers, v.valid_from,
           least(v.valid_until, v.replaced_on - 1, (a.ended_at AT TIME ZONE 'Europe/Helsinki')::date - 1)
    FROM agreement_versions v
    JOIN agreements a ON a.group_id = v.group_id AND a.agreement_id = v.agreement_id
    CROSS JOIN LATERAL jsonb_array_elements(v.transfers) AS t (basis)
    WHERE v.approved_at IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="transferkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("assessed", sa.Boolean(), nullable=False),
        sa.Column("registers", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("shown_from", sa.Date(), nullable=False),
        sa.Column("shown_until", sa.Date(), nullable=True),
        refers("agreement_versions", "group_id", "agreement_id", "version"),
        refers("companies", "group_id", "company_id"),
        sa.PrimaryKeyConstraint("group_id", "agreement_id", "version", "country", name=op.f(f"pk_{TABLE}")),
    )
    bring()
    wall(TABLE)
    for role in ("app", "portal"):
        let(role, "SELECT", TABLE, GROUP)
    let("app", "INSERT, UPDATE", TABLE, COMPANY, columns="shown_until")


def bring() -> None:
    """The owner of the tables, whom no policy lets read, reads these two until the end of this function."""
    for table in READ:
        op.execute(f"CREATE POLICY {table}_owner_brings ON {table} FOR SELECT TO seloste_owner USING (true)")
    op.execute(APPROVED)
    for table in READ:
        op.execute(f"DROP POLICY {table}_owner_brings ON {table}")


def refers(to: str, *keys: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{TABLE}_{'_'.join(keys)}")
    return sa.ForeignKeyConstraint(keys, [f"{to}.{key}" for key in keys], name=name)


def downgrade() -> None:
    op.drop_table(TABLE)
