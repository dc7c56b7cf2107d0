"""A manifest goes into the database as a whole, or not at all."""

import threading
from collections.abc import Sequence
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select, update

from infra.embedded import postgres
from tenants.acting import PurposeKind, system
from tenants.audit.model import AuditEntry
from tenants.companies.model import Approval, Commitment, Company
from tenants.database import open_session, walled_session
from tenants.groups import directory
from tenants.groups.model import Group
from tenants.languages.speaking import Text
from tenants.manifests import applying, faults, versions
from tenants.manifests.applying import Outcome
from tenants.manifests.faults import Fault, FaultyManifest, StaleManifest
from tenants.manifests.versions import ManifestVersion, NoManifest
from tenants.registers.model import Cardinality, Field, IdentityLevel, LegalBasis, Purpose, Register
from tenants.vault.founding import GroupAppeared
from tenants.vault.keys import keyring
from tests.tenants.manifests import samples
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("database")

Edit = tuple[str, str]
WITHOUT_EMAIL: tuple[Edit, ...] = (
    (
        "      - key: email\n        label: { fi: Sähköposti, sv: E-post, en: E-mail }\n        category: contact\n"
        "        type: email\n        origin: provided\n        identifier: email\n",
        "",
    ),
    ("fields: [email]", "fields: [customer_number]"),
)


@pytest.fixture
def slug() -> str:
    return samples.new_slug()


def apply(slug: str, *edits: Edit) -> Outcome:
    read = samples.read(slug, *edits)
    with walled_session(system(applying.group_id_of(read.manifest))) as session:
        return applying.apply(session, read)


def plan(slug: str, *edits: Edit) -> Outcome:
    read = samples.read(slug, *edits)
    with open_session(system(applying.group_id_of(read.manifest))) as session:
        return applying.apply(session, read)


def group_id(slug: str) -> UUID:
    return directory.find_group(directory.Kind.SLUG, slug)


def rows(slug: str, kind: type[Company] | type[Register] | type[Purpose] | type[Field]) -> Sequence[object]:
    with walled_session(system(group_id(slug))) as session:
        return session.scalars(select(kind).order_by(kind.position)).all()


def companies(slug: str) -> dict[str, Company]:
    return {row.key: row for row in rows(slug, Company) if isinstance(row, Company)}


def registers(slug: str) -> dict[tuple[str, str], Register]:
    names = {company.company_id: key for key, company in companies(slug).items()}
    return {(names[row.company_id], row.key): row for row in rows(slug, Register) if isinstance(row, Register)}


def fields(slug: str, company: str, register: str) -> dict[str, Field]:
    register_id = registers(slug)[company, register].register_id
    found = [row for row in rows(slug, Field) if isinstance(row, Field) and row.register_id == register_id]
    return {row.key: row for row in found}


def purposes(slug: str, company: str, register: str) -> dict[str, Purpose]:
    register_id = registers(slug)[company, register].register_id
    found = [row for row in rows(slug, Purpose) if isinstance(row, Purpose) and row.register_id == register_id]
    return {row.key: row for row in found}


def refused(slug: str, *edits: Edit) -> list[tuple[str, type[Fault]]]:
    with pytest.raises(FaultyManifest) as refusal:
        apply(slug, *edits)
    return [(fault.field or "", type(fault)) for fault in refusal.value.faults]


def test_a_new_group_gets_its_id_its_place_in_the_directory_and_its_key(slug: str) -> None:
    outcome = apply(slug)
    assert (outcome.before, outcome.version) == (0, 1)
    with walled_session(system(group_id(slug))) as session:
        group = session.scalars(select(Group)).one()
        assert (group.slug, group.name, group.languages) == (slug, "Esimerkkikonserni", ["fi", "sv", "en"])
        assert keyring(session).live == (1,)


def test_each_company_keeps_a_register_of_its_own(slug: str) -> None:
    apply(slug)
    assert set(registers(slug)) == {("alfa", "customers"), ("beta", "customers"), ("alfa", "credit")}
    alfa, beta = registers(slug)["alfa", "customers"], registers(slug)["beta", "customers"]
    assert alfa.register_id != beta.register_id
    assert alfa.name == Text(fi="Asiakasrekisteri", sv="Kundregister", en="Customer register")
    assert alfa.retention is not None
    assert alfa.retention.months == 24
    assert [source.fi for source in alfa.sources] == ["Henkilö itse"]
    assert [(recipient.category.fi, recipient.outside_eea) for recipient in alfa.recipients] == [
        ("Kuljetusyhtiö", False)
    ]
    credit = registers(slug)["alfa", "credit"]
    assert (credit.identity_level, credit.cardinality) == (IdentityLevel.L3, Cardinality.MANY)


def test_a_purpose_stands_at_the_registers_of_the_companies_that_have_it(slug: str) -> None:
    apply(slug)
    assert set(purposes(slug, "alfa", "customers")) == {"care"}
    assert set(purposes(slug, "beta", "customers")) == {"care", "letters"}
    letters = purposes(slug, "beta", "customers")["letters"]
    assert (letters.kind, letters.legal_basis) == (PurposeKind.MARKETING, LegalBasis.CONSENT)
    assert fields(slug, "alfa", "customers")["email"].purposes == ["care"]
    assert fields(slug, "beta", "customers")["email"].purposes == ["care", "letters"]
    assert fields(slug, "beta", "customers")["customer_number"].purposes == ["care"]


def test_a_company_without_a_contact_has_the_group_s(slug: str) -> None:
    apply(slug)
    alfa, beta = companies(slug)["alfa"], companies(slug)["beta"]
    assert alfa.contact.phone == "+358 20 123 4567"
    assert (beta.contact.phone, beta.contact.email) == (None, "tietosuoja@beta.example.fi")
    assert (alfa.approval, beta.approval, beta.archive_days) == (Approval.AUTOMATIC, Approval.STAFF, 14)


def test_who_answers_requests_about_rights_may_be_another(slug: str) -> None:
    apply(slug)
    assert companies(slug)["beta"].answers.email == "tietosuoja@beta.example.fi"
    apply(slug, ("    archive_days: 14\n", "    archive_days: 14\n    rights_contact: { phone: '+358 20 765 4321' }\n"))
    beta = companies(slug)["beta"]
    assert (beta.contact.email, beta.answers.phone) == ("tietosuoja@beta.example.fi", "+358 20 765 4321")
    apply(slug)
    assert companies(slug)["beta"].rights_contact is None


def test_applied_twice_in_a_row_the_second_time_changes_nothing(slug: str) -> None:
    apply(slug)
    before = registers(slug)["beta", "customers"].register_id
    outcome = apply(slug)
    assert not outcome.changed
    assert (outcome.before, outcome.version) == (1, 1)
    assert registers(slug)["beta", "customers"].register_id == before
    with walled_session(system(group_id(slug))) as session:
        assert session.scalar(select(func.count()).select_from(ManifestVersion)) == 1
        entries = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "manifest.applied")
        assert session.scalar(entries) == 1


def test_a_plan_says_what_applying_then_does_and_leaves_nothing_behind(slug: str) -> None:
    planned = plan(slug)
    with pytest.raises(directory.NoSuchGroup):
        group_id(slug)
    assert apply(slug) == planned
    edit = ("sv: Kundregister", "sv: Kundregistret")
    planned = plan(slug, edit)
    assert registers(slug)["alfa", "customers"].name.sv == "Kundregister"
    assert apply(slug, edit) == planned


def test_a_faulty_manifest_leaves_nothing(slug: str) -> None:
    with pytest.raises(FaultyManifest):
        apply(slug, ("business_id: 9000001-1", "business_id: 9000001-2"))
    with pytest.raises(directory.NoSuchGroup):
        group_id(slug)


def test_a_manifest_that_is_refused_half_way_leaves_nothing_of_it(slug: str) -> None:
    apply(slug)
    renamed, fixed = ("name: Alfa Oy", "name: Alpha Oy"), ("prefix: BET", "prefix: BEE")
    assert refused(slug, renamed, fixed) == [("companies.beta.prefix", faults.FixedOnceDeclared)]
    assert companies(slug)["alfa"].name == "Alfa Oy"


def test_renaming_keeps_the_rows_and_their_ids(slug: str) -> None:
    apply(slug)
    ids = {key: row.register_id for key, row in registers(slug).items()}
    outcome = apply(slug, ("fi: Asiakasrekisteri", "fi: Asiakkaat"))
    assert [change.place for change in outcome.changes] == ["registers.customers.name.fi"]
    assert (outcome.version, outcome.rows.changed) == (2, 2)
    assert {key: row.register_id for key, row in registers(slug).items()} == ids
    assert {row.name.fi for (_, key), row in registers(slug).items() if key == "customers"} == {"Asiakkaat"}


def test_a_field_that_is_no_longer_declared_is_retired_and_comes_back_as_the_same(slug: str) -> None:
    apply(slug)
    email = fields(slug, "alfa", "customers")["email"]
    outcome = apply(slug, *WITHOUT_EMAIL)
    assert outcome.rows.retired == 2
    assert fields(slug, "alfa", "customers")["email"].retired_at is not None
    apply(slug)
    back = fields(slug, "alfa", "customers")["email"]
    assert (back.field_id, back.retired_at) == (email.field_id, None)


def test_a_register_that_a_company_no_longer_keeps_is_retired_there_only(slug: str) -> None:
    apply(slug)
    outcome = apply(slug, ("kept_by: [alfa, beta]", "kept_by: [beta]"))
    assert any(change.retires for change in outcome.changes)
    assert registers(slug)["alfa", "customers"].retired_at is not None
    assert registers(slug)["beta", "customers"].retired_at is None
    assert all(field.retired_at is not None for field in fields(slug, "alfa", "customers").values())


def without_beta() -> tuple[Edit, ...]:
    text = samples.example()
    beta = text[text.index("  - key: beta") : text.index("\ncategories:")]
    letters = text[text.index("  - key: letters") : text.index("  - key: credit\n    kind")]
    return (beta, ""), (letters, ""), ("kept_by: [alfa, beta]", "kept_by: [alfa]")


def test_a_company_that_is_no_longer_declared_is_retired_with_its_registers(slug: str) -> None:
    apply(slug)
    apply(slug, *without_beta())
    assert companies(slug)["beta"].retired_at is not None
    assert registers(slug)["beta", "customers"].retired_at is not None
    assert companies(slug)["alfa"].retired_at is None


def test_the_prefix_of_a_retired_company_is_not_given_to_another(slug: str) -> None:
    apply(slug)
    apply(slug, *without_beta())
    gamma = "  - key: gamma\n    name: Gamma Oy\n    business_id: 9876543-0\n    prefix: BET\n\ncategories:"
    found = refused(slug, *without_beta(), ("\ncategories:", gamma))
    assert found == [("companies.gamma.prefix", faults.PrefixWasUsed)]


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (("prefix: ALF", "prefix: ALP"), "companies.alfa.prefix"),
        (("cardinality: many", "cardinality: one"), "registers.credit.cardinality"),
        (
            ("type: email\n        origin: provided\n        identifier: email", "origin: provided"),
            "registers.customers.fields.email.type",
        ),
        (
            ("identifier: customer_number", "identifier: user_name"),
            "registers.customers.fields.customer_number.identifier",
        ),
        (("identifier: email", "identifier: email\n        sealed: true"), "registers.customers.fields.email.sealed"),
    ],
)
def test_what_data_stands_on_does_not_change_once_declared(slug: str, edit: Edit, field: str) -> None:
    apply(slug)
    assert (field, faults.FixedOnceDeclared) in refused(slug, edit)


def test_a_stale_manifest_is_refused_field_by_field(slug: str) -> None:
    apply(slug)
    apply(slug, ("sv: Kundregister", "sv: Kundregistret"), ("name: Alfa Oy", "name: Alpha Oy"))
    stale = samples.read(slug, ("format: 1", "format: 1\nbase_version: 1"), ("en: Carrier", "en: Carriers"))
    with pytest.raises(StaleManifest) as refusal, walled_session(system(group_id(slug))) as session:
        applying.apply(session, stale)
    told = [(fault.line, fault.field, type(fault)) for fault in refusal.value.faults]
    lines = samples.example().splitlines()
    assert told == [
        (lines.index("    name: Alfa Oy") + 2, "companies.alfa.name", faults.ChangedSince),
        (told[1][0], "registers.customers.name.sv", faults.ChangedSince),
    ]
    assert companies(slug)["alfa"].name == "Alpha Oy"
    assert registers(slug)["alfa", "customers"].recipients[0].category.en == "Carrier"


def test_an_older_manifest_that_changes_something_else_is_applied(slug: str) -> None:
    apply(slug)
    newer = ("sv: Kundregister", "sv: Kundregistret")
    apply(slug, newer)
    outcome = apply(slug, ("format: 1", "format: 1\nbase_version: 1"), newer, ("en: Carrier", "en: Carriers"))
    assert (outcome.version, [change.place for change in outcome.changes]) == (3, ["recipients.carrier.label.en"])


@pytest.mark.parametrize("base", [2, 99])
def test_a_version_that_never_was_is_refused(slug: str, base: int) -> None:
    apply(slug)
    assert refused(slug, ("format: 1", f"format: 1\nbase_version: {base}")) == [("base_version", faults.NoSuchVersion)]


def test_a_database_that_departed_from_its_manifest_is_brought_back(slug: str) -> None:
    apply(slug)
    with walled_session(system(group_id(slug))) as session:
        session.execute(update(Company).where(Company.key == "alfa").values(archive_days=30))
    outcome = plan(slug)
    assert (outcome.changes, outcome.rows.changed, outcome.changed) == ((), 1, True)
    assert apply(slug).version == 1
    assert companies(slug)["alfa"].archive_days == 7


def test_what_is_in_force_reads_back_as_the_manifest_with_its_version(slug: str) -> None:
    apply(slug)
    with walled_session(system(group_id(slug))) as session:
        in_force = versions.in_force(session)
    assert in_force.base_version == 1
    assert in_force.companies == samples.read(slug).manifest.companies


def test_a_group_without_a_manifest_has_none_in_force(slug: str) -> None:
    with (
        walled_session(system(applying.group_id_of(samples.read(slug).manifest))) as session,
        pytest.raises(NoManifest),
    ):
        versions.in_force(session)


def test_another_group_with_the_same_keys_is_left_alone(slug: str) -> None:
    neighbour = samples.new_slug()
    apply(neighbour)
    apply(slug)
    apply(slug, ("name: Alfa Oy", "name: Alpha Oy"), ("kept_by: [alfa, beta]", "kept_by: [beta]"))
    assert companies(neighbour)["alfa"].name == "Alfa Oy"
    assert registers(neighbour)["alfa", "customers"].retired_at is None


def somebody_waits(database: postgres.Postgres) -> bool:
    with psycopg.connect(database.admin_url) as connection:
        waiting = connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return waiting is not None and waiting[0] > 0


def test_two_that_create_one_group_at_once_make_one_group(slug: str, database: postgres.Postgres) -> None:
    read = samples.read(slug)
    refusals: list[BaseException] = []

    def late() -> None:
        try:
            with walled_session(system(applying.group_id_of(read.manifest))) as session:
                applying.apply(session, read)
        except GroupAppeared as refusal:
            refusals.append(refusal)

    other = threading.Thread(target=late)
    with walled_session(system(applying.group_id_of(read.manifest))) as session:
        applying.apply(session, read)
        other.start()
        until(lambda: somebody_waits(database))
    other.join()
    assert [type(refusal) for refusal in refusals] == [GroupAppeared]
    assert len(companies(slug)) == 2


OWN_COMMITMENT: Edit = (
    "  default_language: fi\n",
    "  default_language: fi\n  maintenance_hours: 4\n  roles_by_two: true\n  certify_months: 6\n"
    "  commitment: { fi: Lupaan vaieta, sv: Jag lovar tiga, en: I promise silence }\n",
)
OTHER_WORDS: Edit = (OWN_COMMITMENT[0], OWN_COMMITMENT[1].replace("vaieta", "olla vaiti"))


def test_what_the_group_asks_of_its_staff_is_declared_too(slug: str) -> None:
    apply(slug, OWN_COMMITMENT)
    apply(slug, OWN_COMMITMENT)
    with walled_session(system(group_id(slug))) as session:
        group = session.scalars(select(Group)).one()
        assert (group.maintenance_hours, group.certify_months, group.roles_by_two) == (4, 6, True)
        assert [one.text.fi for one in session.scalars(select(Commitment))] == ["Lupaan vaieta"]


def test_other_words_of_the_commitment_are_a_version_to_sign_anew(slug: str) -> None:
    apply(slug, OWN_COMMITMENT)
    apply(slug, OTHER_WORDS)
    with walled_session(system(group_id(slug))) as session:
        found = session.scalars(select(Commitment).order_by(Commitment.version))
        assert [(one.version, one.text.fi) for one in found] == [(1, "Lupaan vaieta"), (2, "Lupaan olla vaiti")]


def test_a_group_that_says_nothing_of_its_staff_has_the_usual(slug: str) -> None:
    apply(slug, OWN_COMMITMENT)
    apply(slug)
    with walled_session(system(group_id(slug))) as session:
        group = session.scalars(select(Group)).one()
        assert (group.maintenance_hours, group.certify_months, group.roles_by_two) == (8, 12, False)
