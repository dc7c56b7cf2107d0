"""The people of processors: who may sign in to the console, the keys they offer, and what they ask for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, actor_is, let, let_see, setting, wall

revision = "0063"
down_revision = "0062"

DUTIES = ("systems", "data_protection", "agreements")
FORMER_ACTORS = ("visitor", "subject", "member", "client", "system")
ACTORS = ("visitor", "subject", "member", "client", "contact", "system")
WITH_ACTORS = ("audit_entries", "case_events", "given_answers")
TABLES = ("scope_wishes", "lost_keys", "offered_keys", "contact_sign_ins", "processor_contacts")

# Who is signing in is not known yet, and of the address given only whose it is.
FOR_THE_GROUP = f"{GROUP} AND {actor_is('system')} AND {setting('company_id')} IS NULL"
COMPANY_OR_SYSTEM = f"({COMPANY}) OR ({FOR_THE_GROUP})"
SYSTEM_OF_COMPANY = f"{COMPANY} AND {actor_is('system')}"
CONTACT = f"{GROUP} AND {actor_is('contact')}"
ONESELF = f"{CONTACT} AND contact_id = {setting('actor_id')}"


def upgrade() -> None:
    know_another_actor(ACTORS)
    create_contacts()
    create_offers()
    create_wishes()
    raise_walls()
    let_contacts_see()


def know_another_actor(actors: tuple[str, ...]) -> None:
    words = ", ".join(f"'{one}'" for one in actors)
    for table in WITH_ACTORS:
        op.drop_constraint(op.f(f"ck_{table}_actor"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_actor"), table, f"actor IN ({words})")


def ids(*names: str, known: bool = True) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=not known) for name in names]


def moments(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in names]


def from_now_on(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def texts(*names: str, known: bool = True) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text(), nullable=not known) for name in names]


def refers(table: str, to: str, *columns: str) -> sa.ForeignKeyConstraint:
    keys = ["group_id", *columns]
    return sa.ForeignKeyConstraint(keys, [f"{to}.{key}" for key in keys], name=op.f(f"fk_{table}_{'_'.join(keys)}"))


def of_processor(table: str) -> list[sa.ForeignKeyConstraint]:
    return [refers(table, "companies", "company_id"), refers(table, "processors", "processor_id")]


def found_by_processor(table: str) -> None:
    op.create_index(f"ix_{table}_processor", table, ["group_id", "company_id", "processor_id"], unique=False)


def create_contacts() -> None:
    table = "processor_contacts"
    duty = sa.Enum(*DUTIES, name="duty", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        table,
        *ids("group_id", "contact_id", "company_id", "processor_id"),
        sa.Column("duty", duty, nullable=False),
        sa.Column("sealed_email", sa.LargeBinary(), nullable=False),
        *texts("language"),
        from_now_on("invited_at"),
        *ids("invited_by", known=False),
        sa.Column("invitation_digest", sa.LargeBinary(), nullable=True),
        *moments("invitation_expires_at", "accepted_at", "signed_in_at", "ended_at"),
        *ids("ended_by", known=False),
        *of_processor(table),
        sa.PrimaryKeyConstraint("group_id", "contact_id", name=op.f(f"pk_{table}")),
    )
    found_by_processor(table)
    table = "contact_sign_ins"
    op.create_table(
        table,
        *ids("group_id", "sign_in_id"),
        sa.Column("contact_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        *moments("used_at"),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f(f"fk_{table}_group_id")),
        sa.PrimaryKeyConstraint("group_id", "sign_in_id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_contact_sign_ins_expires", table, ["group_id", "expires_at"], unique=False)


def create_offers() -> None:
    table = "offered_keys"
    op.create_table(
        table,
        *ids("group_id", "offer_id", "company_id", "processor_id", "contact_id"),
        *ids("client_id", known=False),
        *texts("name", "kid"),
        sa.Column("jwk", postgresql.JSONB(), nullable=False),
        *texts("thumbprint"),
        from_now_on("offered_at"),
        *moments("released_at", "declined_at"),
        *ids("decided_by", known=False),
        *texts("reason", known=False),
        *of_processor(table),
        sa.PrimaryKeyConstraint("group_id", "offer_id", name=op.f(f"pk_{table}")),
        sa.CheckConstraint("released_at IS NULL OR declined_at IS NULL", name=op.f(f"ck_{table}_decided_once")),
    )
    found_by_processor(table)
    table = "lost_keys"
    op.create_table(
        table,
        *ids("group_id", "lost_id", "company_id", "processor_id", "client_id", "contact_id"),
        *texts("kid"),
        from_now_on("reported_at"),
        *moments("seen_at"),
        *ids("seen_by", known=False),
        *of_processor(table),
        refers(table, "oauth_clients", "company_id", "client_id"),
        sa.PrimaryKeyConstraint("group_id", "lost_id", name=op.f(f"pk_{table}")),
    )
    found_by_processor(table)


def create_wishes() -> None:
    table = "scope_wishes"
    op.create_table(
        table,
        *ids("group_id", "wish_id", "company_id", "processor_id", "contact_id", "feed_id"),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        *texts("why"),
        from_now_on("asked_at"),
        *moments("granted_at", "declined_at"),
        *ids("decided_by", known=False),
        *texts("reason", known=False),
        sa.Column("version", sa.Integer(), nullable=True),
        *of_processor(table),
        refers(table, "feeds", "feed_id"),
        sa.PrimaryKeyConstraint("group_id", "wish_id", name=op.f(f"pk_{table}")),
        sa.CheckConstraint("granted_at IS NULL OR declined_at IS NULL", name=op.f(f"ck_{table}_decided_once")),
    )
    found_by_processor(table)


def raise_walls() -> None:
    for table in TABLES:
        wall(table)
    let("app", "SELECT", "processor_contacts", COMPANY_OR_SYSTEM)
    let("app", "INSERT", "processor_contacts", COMPANY)
    let("app", "DELETE", "processor_contacts", SYSTEM_OF_COMPANY)
    changed = "invitation_digest, invitation_expires_at, accepted_at, signed_in_at, ended_at, ended_by"
    resealed = "sealed_email"
    let("app", "UPDATE", "processor_contacts", COMPANY_OR_SYSTEM, columns=f"{changed}, {resealed}")
    let("app", "SELECT, INSERT, UPDATE, DELETE", "contact_sign_ins", FOR_THE_GROUP,
        columns="code_digest, attempts, expires_at, used_at")  # fmt: skip
    let("app", "SELECT, UPDATE", "offered_keys", COMPANY, columns="released_at, declined_at, decided_by, reason")
    let("app", "SELECT, UPDATE", "lost_keys", COMPANY, columns="seen_at, seen_by")
    decided = "granted_at, declined_at, decided_by, reason, version"
    let("app", "SELECT, UPDATE", "scope_wishes", COMPANY, columns=decided)


def own(column: str) -> str:
    """Of whoever acts as a contact, while they are one."""
    return f"""(SELECT c.{column} FROM processor_contacts c WHERE c.{GROUP} AND c.contact_id = {setting("actor_id")}
        AND c.accepted_at IS NOT NULL AND c.ended_at IS NULL)"""


def let_contacts_see() -> None:
    mine = f"{CONTACT} AND company_id = {own('company_id')} AND processor_id = {own('processor_id')}"
    let("portal", "SELECT, UPDATE", "processor_contacts", ONESELF, columns="ended_at")
    let_see("portal", "processors", f"{CONTACT} AND processor_id = {own('processor_id')}",
            columns="group_id, processor_id, key, name, retired_at")  # fmt: skip
    let("portal", "SELECT", "agreements", mine)
    agreed = f"{CONTACT} AND agreement_id = ANY (ARRAY(SELECT a.agreement_id FROM agreements a))"
    let("portal", "SELECT", "agreement_versions", f"{agreed} AND approved_at IS NOT NULL")
    # Nothing of who drafted or approved it, nor why the company balanced its interests as it did.
    let_see("portal", "feeds", agreed,
            columns="group_id, feed_id, company_id, agreement_id, key, name, epoch, created_at, ended_at")  # fmt: skip
    scope = (
        "group_id, feed_id, version, company_id, agreement_id, register_id, purpose_id, fields, sealed_fields, "
        "condition, consent_required, bound_to_event, legal_basis, valid_from, valid_until, drafted_at, approved_at, "
        "suspended_at, replaced_at, opens_at, closes_at"
    )
    let_see("portal", "feed_scopes", agreed, columns=scope)
    seen = (
        "group_id, client_id, company_id, processor_id, name, method, dpop, created_at, disabled_at, last_used_at, "
        "failures, last_failed_at, alarmed_at, locked_at"
    )
    let_see("portal", "oauth_clients", mine, columns=seen)
    of_client = f"{CONTACT} AND client_id = ANY (ARRAY(SELECT c.client_id FROM oauth_clients c))"
    let("portal", "SELECT, UPDATE", "oauth_client_keys", of_client, columns="retired_at")
    let_see("portal", "oauth_tokens", of_client, columns="group_id, token_id, client_id, revoked_at")
    let("portal", "UPDATE", "oauth_tokens", of_client, columns="revoked_at")
    for table in ("offered_keys", "lost_keys", "scope_wishes"):
        let("portal", "SELECT", table, mine)
        let("portal", "INSERT", table, f"{mine} AND contact_id = {setting('actor_id')}")


def downgrade() -> None:
    for table, commands in SEEN.items():
        for command in commands:
            op.execute(f"DROP POLICY {table}_portal_{command} ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM seloste_portal")
    for table in TABLES:
        op.drop_table(table)
    know_another_actor(FORMER_ACTORS)


SEEN = {
    "processors": ("select",),
    "agreements": ("select",),
    "agreement_versions": ("select",),
    "feeds": ("select",),
    "feed_scopes": ("select",),
    "oauth_clients": ("select",),
    "oauth_client_keys": ("select", "update"),
    "oauth_tokens": ("select", "update"),
}
