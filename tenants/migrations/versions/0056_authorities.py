"""What leaves for authorities, and emergency access by two: each in their own name, over by the clock."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, HAS_PURPOSE, MAY_OPEN, actor_is, also, let, setting, wall

revision = "0056"
down_revision = "0055"

ME, MINE = setting("actor_id"), setting("company_id")
BY_MEMBER, BY_SYSTEM = actor_is("member"), actor_is("system")
PURPOSE = setting("purpose", "text")
BELONGS = ("emergency_answers", "emergencies", "disclosed_files", "authority_decisions", "authority_cases")


def ids(*names: str, known: bool = True) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=not known) for name in names]


def texts(*names: str, known: bool = True) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text(), nullable=not known) for name in names]


def moment(name: str, *, now: bool = False, known: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not (now or known))


def lists(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, postgresql.ARRAY(sa.Uuid()), nullable=False) for name in names]


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def refers(table: str, to: str, *columns: str, targets: tuple[str, ...] = ()) -> sa.ForeignKeyConstraint:
    keys = ("group_id", *columns)
    named = [f"{to}.{name}" for name in ("group_id", *(targets or columns))]
    return sa.ForeignKeyConstraint(keys, named, name=op.f(f"fk_{table}_{'_'.join(keys)}"))


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("group_id", *columns, name=op.f(f"pk_{table}"))


def holds(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    op.add_column("disclosure_scopes", sa.Column("secret_until", sa.Date(), nullable=True))
    create_cases()
    create_files()
    create_emergencies()
    raise_walls()
    create_member_may_open()
    create_closed_registers()


def create_cases() -> None:
    table = "authority_cases"
    op.create_table(
        table,
        *ids("group_id", "company_id", "case_id", "recipient_id"),
        *texts("reference"),
        *texts("provision", "provision_text", known=False),
        *texts("document"),
        *texts("document_sha256", known=False),
        sa.Column("sealed_asker", sa.LargeBinary(), nullable=False),
        sa.Column(
            "verified_how",
            words("verifiedhow", "called_back", "official_channel", "signed_document", "in_person"),
            nullable=False,
        ),
        *ids("register_id", "purpose_id"),
        *lists("field_ids", "person_ids"),
        *texts("secret_provision", known=False),
        sa.Column("secret_until", sa.Date(), nullable=True),
        *ids("opened_by"),
        moment("opened_at", now=True),
        holds(table, "one_provision", "provision IS NULL OR provision_text IS NULL"),
        holds(table, "secret_by_a_provision", "(secret_until IS NULL) = (secret_provision IS NULL)"),
        refers(table, "processors", "recipient_id", targets=("processor_id",)),
        refers(table, "registers", "company_id", "register_id"),
        refers(table, "purposes", "purpose_id"),
        refers(table, "members", "opened_by", targets=("member_id",)),
        primary(table, "company_id", "case_id"),
        sa.UniqueConstraint("group_id", "company_id", "case_id", "opened_by", name="uq_authority_cases_opened"),
    )
    op.create_index(
        op.f("ix_authority_cases_group_id_company_id_opened_at"), table, ["group_id", "company_id", "opened_at"]
    )
    table = "authority_decisions"
    op.create_table(
        table,
        *ids("group_id", "company_id", "case_id", "opened_by", "decided_by"),
        moment("decided_at", now=True),
        sa.Column("refused", sa.Boolean(), nullable=False),
        *lists("field_ids", "person_ids"),
        *texts("reason"),
        holds(table, "by_another", "decided_by <> opened_by"),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "case_id", "opened_by"],
            [f"authority_cases.{name}" for name in ("group_id", "company_id", "case_id", "opened_by")],
            name="fk_authority_decisions_case",
        ),
        refers(table, "members", "decided_by", targets=("member_id",)),
        primary(table, "company_id", "case_id"),
    )


def create_files() -> None:
    table = "disclosed_files"
    op.create_table(
        table,
        *ids("group_id", "company_id", "file_id", "source_id", "recipient_id", "scope_id"),
        *texts("kind"),
        sa.Column("sealed_file", sa.LargeBinary(), nullable=True),
        *texts("sha256"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("size", "records", "left_out")),
        *lists("person_ids"),
        *ids("made_by"),
        moment("made_at", now=True),
        moment("expires_at", known=True),
        moment("downloaded_at"),
        *ids("downloaded_by", known=False),
        refers(table, "processors", "recipient_id", targets=("processor_id",)),
        refers(table, "disclosure_scopes", "scope_id"),
        refers(table, "members", "made_by", targets=("member_id",)),
        primary(table, "company_id", "file_id"),
    )
    op.create_index(
        op.f("ix_disclosed_files_group_id_company_id_source_id"), table, ["group_id", "company_id", "source_id"]
    )


def create_emergencies() -> None:
    table = "emergencies"
    asked = ("group_id", "company_id", "emergency_id", "asked_by")
    op.create_table(
        table,
        *ids("group_id", "emergency_id", "company_id", "asked_by"),
        moment("asked_at", now=True),
        sa.Column("ground", words("emergencyground", "life_or_health", "property"), nullable=False),
        *texts("reason"),
        sa.Column("minutes", sa.Integer(), nullable=False),
        *lists("register_ids"),
        *ids("recipient_id", known=False),
        holds(table, "lasts_three_days_at_most", "minutes BETWEEN 5 AND 4320"),
        refers(table, "members", "asked_by", targets=("member_id",)),
        refers(table, "companies", "company_id"),
        primary(table, "emergency_id"),
        sa.UniqueConstraint(*asked, name="uq_emergencies_asked"),
    )
    op.create_index(op.f("ix_emergencies_group_id_company_id_asked_at"), table, ["group_id", "company_id", "asked_at"])
    table = "emergency_answers"
    op.create_table(
        table,
        *ids("group_id", "emergency_id", "company_id", "asked_by", "answered_by"),
        moment("answered_at", now=True),
        sa.Column("refused", sa.Boolean(), nullable=False),
        moment("ends_at", known=True),
        moment("ended_at"),
        *ids("ended_by", known=False),
        sa.Column("report", postgresql.JSONB(), nullable=True),
        moment("reported_at"),
        *ids("reviewed_by", known=False),
        moment("reviewed_at"),
        *texts("review", known=False),
        holds(table, "by_another", "answered_by <> asked_by"),
        holds(table, "reviewed_by_a_third", "reviewed_by NOT IN (asked_by, answered_by)"),
        holds(table, "ends_within_three_days", "ends_at <= answered_at + interval '72 hours'"),
        sa.ForeignKeyConstraint(asked, [f"emergencies.{name}" for name in asked], name="fk_emergency_answers_asked"),
        refers(table, "members", "answered_by", targets=("member_id",)),
        primary(table, "emergency_id"),
    )
    op.create_index(op.f("ix_emergency_answers_group_id_asked_by_ends_at"), table, ["group_id", "asked_by", "ends_at"])


def raise_walls() -> None:
    for table in reversed(BELONGS):
        wall(table)
    let("app", "SELECT", "authority_cases", COMPANY)
    let("app", "INSERT", "authority_cases", f"{COMPANY} AND {BY_MEMBER} AND opened_by = {ME}")
    # Sealed anew under another key, and nothing else.
    let("app", "UPDATE", "authority_cases", f"{COMPANY} AND {BY_SYSTEM}", columns="sealed_asker")
    let("app", "SELECT", "authority_decisions", COMPANY)
    let("app", "INSERT", "authority_decisions", f"{COMPANY} AND {BY_MEMBER} AND decided_by = {ME}")
    let(
        "app", "SELECT, INSERT, UPDATE", "disclosed_files", COMPANY, columns="sealed_file, downloaded_at, downloaded_by"
    )
    also("app", "SELECT, INSERT", "authority_cases", MAY_OPEN)
    also("app", "SELECT, INSERT", "authority_decisions", MAY_OPEN)
    also("app", "SELECT, INSERT, UPDATE", "disclosed_files", MAY_OPEN)
    own = f"{GROUP} AND {BY_MEMBER} AND asked_by = {ME}"
    for table in ("emergencies", "emergency_answers"):
        let("app", "SELECT", table, f"({COMPANY}) OR ({own})")
        let("door", "SELECT", table, GROUP)
    let("app", "INSERT", "emergencies", f"{COMPANY} AND {BY_MEMBER} AND asked_by = {ME}")
    let("app", "INSERT", "emergency_answers", f"{COMPANY} AND {BY_MEMBER} AND answered_by = {ME}")
    columns = "ended_at, ended_by, report, reported_at, reviewed_by, reviewed_at, review"
    let("app", "UPDATE", "emergency_answers", COMPANY, columns=columns)
    # What is given by hand is noted by whoever gives it; what goes through the door, by the door.
    let("app", "INSERT", "disclosures", f"{COMPANY} AND {HAS_PURPOSE} AND {BY_MEMBER}")
    also("app", "INSERT", "disclosures", MAY_OPEN)


RUNNING = """a.group_id = the_group AND a.asked_by = me AND a.company_id = here AND NOT a.refused
              AND a.ended_at IS NULL AND a.ends_at > statement_timestamp()"""
BY_ROLE = """IF by_role THEN
            RETURN true;
          END IF;"""
BY_EMERGENCY = f"""IF {PURPOSE} = 'legal_claim' THEN
            RETURN EXISTS (SELECT FROM public.emergency_answers a WHERE {RUNNING});
          END IF;
          {BY_ROLE}"""


def create_member_may_open() -> None:
    """For the purpose of an emergency nobody is let in by a role."""
    rewrite("member_may_open()", BY_ROLE, BY_EMERGENCY)


BOUND = """the_group := NULLIF(current_setting('seloste.group_id', true), '')::uuid;
          here := NULLIF(current_setting('seloste.company_id', true), '')::uuid;"""
IN_EMERGENCY = f"""{BOUND}
          IF {PURPOSE} = 'legal_claim' THEN
            RETURN ARRAY(
              SELECT r.register_id FROM public.registers r
              WHERE r.group_id = the_group AND r.company_id = here
                AND r.register_id <> ALL (ARRAY(
                  SELECT unnest(e.register_ids) FROM public.emergencies e
                  JOIN public.emergency_answers a ON a.group_id = e.group_id AND a.emergency_id = e.emergency_id
                  WHERE {RUNNING.replace("= me", f"= {ME}")})));
          END IF;"""


def create_closed_registers() -> None:
    """In an emergency all of the company's are closed but those that were asked for and confirmed."""
    rewrite("closed_registers()", BOUND, IN_EMERGENCY)


def rewrite(function: str, before: str, after: str) -> None:
    """As it stands in the catalogue, with this place changed. It stays whose it was."""
    owner = "SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE oid = CAST(:function AS regprocedure)"
    of_the_door = op.get_bind().execute(sa.text(owner), {"function": function}).scalar_one() == "seloste_door"
    if of_the_door:
        op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
        op.execute("SET LOCAL ROLE seloste_door")
    asked = sa.text("SELECT pg_get_functiondef(CAST(:function AS regprocedure))")
    text = op.get_bind().execute(asked, {"function": function}).scalar_one()
    if before not in text:
        raise RuntimeError(f"{function} is not what this migration changes")
    op.get_bind().exec_driver_sql(text.replace(before, after).replace("%", "%%"))
    if of_the_door:
        op.execute("RESET ROLE")
        op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")


def downgrade() -> None:
    rewrite("closed_registers()", IN_EMERGENCY, BOUND)
    rewrite("member_may_open()", BY_EMERGENCY, BY_ROLE)
    op.execute("DROP POLICY disclosures_app_insert ON disclosures")
    op.execute("DROP POLICY disclosures_app_insert_also ON disclosures")
    op.execute("REVOKE INSERT ON disclosures FROM seloste_app")
    for table in BELONGS:
        op.drop_table(table)
    op.drop_column("disclosure_scopes", "secret_until")
