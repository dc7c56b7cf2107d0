"""What the portal may change of codes and of what is counted, column by column."""

from alembic import op

from tenants.migrations.walls import GROUP, OWN_REQUEST

revision = "0014"
down_revision = "0013"

# A code that was used up or has expired is out of reach, except to close the page that it opened.
OF_USE = "(session_digest IS NOT NULL OR (used_at IS NULL AND expires_at > now()))"
# No attempt is taken back to none, and no page is open without a used code, or for longer than an hour.
COUNTED = (
    "attempts > 0 AND (session_digest IS NULL OR (used_at IS NOT NULL AND session_expires_at IS NOT NULL"
    " AND session_expires_at < clock_timestamp() + interval '1 hour'))"
)


def upgrade() -> None:
    op.execute("REVOKE UPDATE ON verifications, rate_counts FROM seloste_portal")
    op.execute(
        "GRANT UPDATE (attempts, used_at, session_digest, session_expires_at) ON verifications TO seloste_portal"
    )
    op.execute("GRANT UPDATE (count) ON rate_counts TO seloste_portal")
    op.execute(
        "ALTER POLICY verifications_portal_update ON verifications"
        f" USING ({OWN_REQUEST} AND {OF_USE}) WITH CHECK ({OWN_REQUEST} AND {COUNTED})"
    )
    # An update counts on: what was counted is never back at one. How far it went back PostgreSQL cannot say without
    # a trigger, and there are none.
    op.execute(f"ALTER POLICY rate_counts_portal_update ON rate_counts WITH CHECK ({GROUP} AND count > 1)")
    op.execute("ALTER TABLE rate_counts ADD CONSTRAINT ck_rate_counts_counted CHECK (count > 0)")
    op.execute("ALTER TABLE verifications ADD CONSTRAINT ck_verifications_attempts CHECK (attempts >= 0)")


def downgrade() -> None:
    op.execute("ALTER TABLE verifications DROP CONSTRAINT ck_verifications_attempts")
    op.execute("ALTER TABLE rate_counts DROP CONSTRAINT ck_rate_counts_counted")
    op.execute(f"ALTER POLICY rate_counts_portal_update ON rate_counts WITH CHECK ({GROUP})")
    op.execute(
        f"ALTER POLICY verifications_portal_update ON verifications USING ({OWN_REQUEST}) WITH CHECK ({OWN_REQUEST})"
    )
    op.execute("REVOKE UPDATE ON verifications, rate_counts FROM seloste_portal")
    op.execute("GRANT UPDATE ON verifications, rate_counts TO seloste_portal")
