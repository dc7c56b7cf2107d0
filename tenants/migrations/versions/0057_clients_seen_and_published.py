"""Clients that publish their keys themselves; and each refusal of a client, for its company to see."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, actor_is, let, wall

revision = "0057"
down_revision = "0056"

REASONS = (
    "malformed",
    "algorithm",
    "other_method",
    "unknown_key",
    "signature",
    "secret",
    "other_names",
    "audience",
    "times",
    "reused_assertion",
    "proof",
    "reused_proof",
    "other_key",
    "without_key",
)
PROBLEMS = (
    "unreached",
    "refused_address",
    "redirect",
    "too_large",
    "not_found",
    "not_a_set",
    "private",
    "no_keys",
)
SETS, FAILURES = "oauth_client_key_sets", "oauth_client_failures"
SYSTEM_OF_COMPANY = f"{COMPANY} AND {actor_is('system')}"


def upgrade() -> None:
    op.add_column("oauth_clients", sa.Column("jwks_uri", sa.Text(), nullable=True))
    op.create_table(
        SETS,
        *ids("group_id", "client_id", "company_id"),
        sa.Column("keys", postgresql.JSONB(), server_default="[]", nullable=False),
        instant("tried_at"),
        instant("fetched_at", known=False),
        sa.Column("problem", words("keysetproblem", *PROBLEMS), nullable=True),
        of_client(SETS),
        sa.PrimaryKeyConstraint("group_id", "client_id", name=op.f(f"pk_{SETS}")),
    )
    op.create_table(
        FAILURES,
        *ids("group_id", "failure_id", "client_id", "company_id"),
        sa.Column("reason", words("failurereason", *REASONS), nullable=False),
        instant("failed_at", now=True),
        of_client(FAILURES),
        sa.PrimaryKeyConstraint("group_id", "failure_id", name=op.f(f"pk_{FAILURES}")),
    )
    op.create_index("ix_oauth_client_failures_client", FAILURES, ["group_id", "client_id", "failure_id"], unique=False)
    wall(SETS)
    let("app", "SELECT", SETS, COMPANY)
    let("app", "INSERT, UPDATE", SETS, SYSTEM_OF_COMPANY, columns="keys, tried_at, fetched_at, problem")
    wall(FAILURES)
    let("app", "SELECT", FAILURES, COMPANY)
    let("app", "INSERT, DELETE", FAILURES, SYSTEM_OF_COMPANY)


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def ids(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=False) for name in names]


def instant(name: str, *, now: bool = False, known: bool = True) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not known)


def of_client(table: str) -> sa.ForeignKeyConstraint:
    keys = ["group_id", "company_id", "client_id"]
    refers = [f"oauth_clients.{key}" for key in keys]
    return sa.ForeignKeyConstraint(keys, refers, name=op.f(f"fk_{table}_{'_'.join(keys)}"))


def downgrade() -> None:
    op.drop_table(FAILURES)
    op.drop_table(SETS)
    op.drop_column("oauth_clients", "jwks_uri")
