"""The person behind a request sees who was told what became of their data (Art. 19), of whoever they were found to be."""

from alembic import op

from tenants.migrations.walls import GROUP, let_see, once

revision = "0075"
down_revision = "0074"

# The portal sees the cases of the request that is acted for, and no others.
OWN_PERSON = "person_id = ANY (ARRAY(SELECT c.person_id FROM cases c))"
TOLD = "ARRAY(SELECT n.recipient_id FROM notifications n)"
# Nothing of what staff and recipients wrote, nor of how they were pressed.
COLUMNS = (
    "group_id, company_id, notification_id, person_id, cause, changed_at, register_ids, recipient_id, source, way, "
    "delivered_at, confirmed_at, confirmed_by, excuse_approved_at"
)


def upgrade() -> None:
    let_see("portal", "notifications", f"{GROUP} AND {OWN_PERSON}", columns=COLUMNS)
    op.execute(
        "CREATE POLICY processors_portal_told ON processors AS PERMISSIVE FOR SELECT TO seloste_portal"
        f" USING ({once(f'{GROUP} AND processor_id = ANY ({TOLD})')})"
    )


def downgrade() -> None:
    op.execute("DROP POLICY processors_portal_told ON processors")
    op.execute("DROP POLICY notifications_portal_select ON notifications")
    op.execute(f"REVOKE SELECT ({COLUMNS}) ON notifications FROM seloste_portal")
