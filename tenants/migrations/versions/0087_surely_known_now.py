"""What was received of a register is told to who is known as surely as it asks for now, not only as it did once."""

from alembic import op

from tenants.migrations.rewriting import rewrite
from tenants.migrations.walls import GROUP

revision = "0087"
down_revision = "0086"

FUNCTION = "received_by_subject()"
PLACES = [
    ("SELECT c.company_id, c.case_id, c.person_id FROM", "SELECT c.company_id, c.case_id, c.person_id, c.level FROM"),
    (
        "JOIN disclosure_scopes s ON",
        f"JOIN registers r ON r.{GROUP} AND r.company_id = g.company_id AND r.identity_level <= a.level\n"
        "          JOIN disclosure_scopes s ON s.register_id = r.register_id AND",
    ),
]


def upgrade() -> None:
    op.execute("GRANT SELECT (level) ON cases TO seloste_door")
    rewrite(FUNCTION, PLACES)


def downgrade() -> None:
    rewrite(FUNCTION, [(after, before) for before, after in PLACES])
    op.execute("REVOKE SELECT (level) ON cases FROM seloste_door")
