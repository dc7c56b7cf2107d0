"""A role that two gave is written down while whoever gave it is an administrator still, in the database too."""

from alembic import op

from tenants.migrations.walls import actor_is, also, setting

revision = "0040"
down_revision = "0039"

ME = setting("actor_id")
BY_MEMBER = actor_is("member")
WANTS_TWO = f"(SELECT g.roles_by_two FROM public.groups g WHERE g.group_id = {setting('group_id')})"
ADMINISTERS = "administers(uuid, uuid)"


def upgrade() -> None:
    create_administers()
    forbid_what_one_alone_gives("AND administers(p.proposed_by, p.company_id)")


def downgrade() -> None:
    forbid_what_one_alone_gives("")
    op.execute(f"DROP FUNCTION {ADMINISTERS}")


def create_administers() -> None:
    """A function and no part of the policy, which belongs to the table that it asks."""
    op.execute(f"""
        CREATE FUNCTION administers(the_member uuid, the_company uuid) RETURNS boolean
        LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
        BEGIN
          RETURN EXISTS (
            SELECT FROM public.members m
            JOIN public.assignments a ON a.group_id = m.group_id AND a.member_id = m.member_id
            WHERE m.group_id = {setting("group_id")} AND m.member_id = the_member AND m.deactivated_at IS NULL
              AND (a.role = 'group_admin' AND a.company_id IS NULL
                   OR a.role = 'company_admin' AND a.company_id = the_company));
        END $$
    """)
    op.execute(f"REVOKE ALL ON FUNCTION {ADMINISTERS} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {ADMINISTERS} TO seloste_app")


def forbid_what_one_alone_gives(proposer: str) -> None:
    """`proposer` is what must hold of whoever proposed the role, besides that it is another."""
    for command in ("insert", "update"):
        op.execute(f"DROP POLICY assignments_app_{command}_by_two ON assignments")
    proposed = f"""EXISTS (
        SELECT FROM public.proposed_roles p
        WHERE p.group_id = assignments.group_id AND p.member_id = assignments.member_id AND p.role = assignments.role
          AND p.company_id IS NOT DISTINCT FROM assignments.company_id AND p.proposed_by <> {ME} {proposer})"""
    also("app", "INSERT, UPDATE", "assignments", f"NOT ({BY_MEMBER} AND {WANTS_TWO}) OR {proposed}", name="by_two")
