"""Evidence that one company wrote down lets data of that company flow, and of no sister."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"

STOPS = "agreement_stops(uuid, uuid, date, text[], text[], text[])"
ANYBODYS = "AND e.withdrawn_at IS NULL AND e.verified_on <= today"
OWN = f"{ANYBODYS} AND (e.company_id IS NULL OR e.company_id = said.company_id)"


def upgrade() -> None:
    rewrite(ANYBODYS, OWN)


def rewrite(before: str, after: str) -> None:
    asked = sa.text("SELECT pg_get_functiondef(CAST(:function AS regprocedure))")
    text = op.get_bind().execute(asked, {"function": STOPS}).scalar_one()
    if before not in text:
        raise RuntimeError(f"{STOPS} is not what this migration changes")
    op.get_bind().exec_driver_sql(text.replace(before, after).replace("%", "%%"))


def downgrade() -> None:
    rewrite(OWN, ANYBODYS)
