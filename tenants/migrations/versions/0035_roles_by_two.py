"""Roles that one administrator gives and another confirms, kept in the database where the group wants it so."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import GROUP, actor_is, also, let, setting, wall

revision = "0035"
down_revision = "0034"

ROLES = (
    "group_admin",
    "company_admin",
    "register_owner",
    "data_protection_officer",
    "request_handler",
    "customer_care",
    "maintenance",
    "auditor",
)
ME = setting("actor_id")
BY_MEMBER = actor_is("member")
WANTS_TWO = f"(SELECT g.roles_by_two FROM public.groups g WHERE g.group_id = {setting('group_id')})"
# In the policies of `assignments`: what another than whoever acts has proposed.
PROPOSED = f"""EXISTS (
    SELECT FROM public.proposed_roles p
    WHERE p.group_id = assignments.group_id AND p.member_id = assignments.member_id AND p.role = assignments.role
      AND p.company_id IS NOT DISTINCT FROM assignments.company_id AND p.proposed_by <> {ME})"""


def upgrade() -> None:
    op.add_column("groups", sa.Column("roles_by_two", sa.Boolean(), server_default="false", nullable=False))
    create_proposed_roles()
    wall("proposed_roles")
    let("app", "SELECT, DELETE", "proposed_roles", GROUP)
    let("app", "INSERT", "proposed_roles", f"{GROUP} AND {BY_MEMBER} AND proposed_by = {ME}")
    also("app", "INSERT, UPDATE", "assignments", f"NOT ({BY_MEMBER} AND {WANTS_TWO}) OR {PROPOSED}", name="by_two")


def create_proposed_roles() -> None:
    op.create_table(
        "proposed_roles",
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column(
            "role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=40), nullable=False
        ),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("proposed_by <> member_id", name=op.f("ck_proposed_roles_by_another")),
        refers("members", "member_id"),
        refers("companies", "company_id"),
        refers("members", "proposed_by", target="member_id"),
        sa.PrimaryKeyConstraint("group_id", "proposal_id", name=op.f("pk_proposed_roles")),
        sa.UniqueConstraint(
            "group_id",
            "member_id",
            "company_id",
            "role",
            name=op.f("uq_proposed_roles_group_id_member_id_company_id_role"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def refers(to: str, column: str, *, target: str = "") -> sa.ForeignKeyConstraint:
    named = [f"{to}.group_id", f"{to}.{target or column}"]
    return sa.ForeignKeyConstraint(["group_id", column], named, name=op.f(f"fk_proposed_roles_group_id_{column}"))


def downgrade() -> None:
    for command in ("insert", "update"):
        op.execute(f"DROP POLICY assignments_app_{command}_by_two ON assignments")
    op.drop_table("proposed_roles")
    op.drop_column("groups", "roles_by_two")
