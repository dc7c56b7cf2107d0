"""What a file says of processors and agreements, and what the office did meanwhile, are both kept."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import func, select, update

from tenants.acting import Acting, system
from tenants.companies.model import Company
from tenants.database import open_session, walled_session
from tenants.groups import directory
from tenants.manifests import applying, catalogued, faults, reading, versions
from tenants.manifests.applying import Outcome
from tenants.manifests.exporting import to_yaml
from tenants.manifests.faults import Fault, FaultyManifest
from tenants.manifests.planning import ChangeKind
from tenants.manifests.reading import ReadManifest
from tenants.processors import agreements, cataloguing, engaging
from tenants.processors import reading as agreed
from tenants.processors.model import Agreement, AgreementVersion, AtEnd, Point, Processor, SubProcessor
from tenants.processors.reading import Agreed
from tenants.processors.terms import terms_of
from tests.tenants.manifests import samples
from tests.tenants.manifests.samples import FILE
from tests.tenants.processors.scene import described

PROCESSORS = """\
processors:
  - key: pilvi
    name: Pilvi Oy
    kind: ict_provider
    country: FI
    countries: [SE, FI]
    contact: { email: tietosuoja@pilvi.example }
    domain: pilvi.example
    recipients: [carrier]
    sub_processors:
      - key: konesali
        service: { fi: Konesali, sv: Datahall, en: Data hall }
        countries: [FI]
        since: 2026-01-01
        announced_on: 2025-11-01
        objections_until: 2025-12-01
  - key: konesali
    name: Konesali Oy
    kind: ict_provider
    country: FI
registers:
"""
AGREEMENT = """\
    approval: automatic
    agreements:
      - key: hosting
        processor: pilvi
        covers:
          - register: customers
            purposes: [care]
        checklist:
          - point: security
            where: 5 §
          - point: instructions
        document: { name: Sopimus, sha256: DIGEST }
        valid_from: 2026-01-01
        valid_until: 2099-12-31
        verify_again_on: 2099-01-01
        at_end: deletion
        transfers:
          - country: US
            kind: standard_clauses
            assessment: { name: Arvio, sha256: DIGEST }
        questionnaire:
          document: { name: Kysely, sha256: DIGEST }
          answered_on: 2025-12-01
""".replace("DIGEST", "ab" * 32)
CATALOGUE = (("registers:\n", PROCESSORS), ("    approval: automatic\n", AGREEMENT))
LATER = ("valid_until: 2099-12-31", "valid_until: 2098-12-31")

Edit = tuple[str, str]

WRONG: list[tuple[Edit, type[Fault], str]] = [
    (("country: FI\n    countries", "country: XX\n    countries"), faults.NotACountry, "processors.pilvi.country"),
    (("countries: [SE, FI]", "countries: [Suomi]"), faults.NotACountry, "processors.pilvi.countries[0]"),
    (("    domain: pilvi", "    vat_number: FI12345678\n    domain: pilvi"), faults.NotAVatNumber, "vat_number"),
    (("recipients: [carrier]\n    sub", "recipients: [ict]\n    sub"), faults.NoSuchKey, "pilvi.recipients[0]"),
    (("    domain: pilvi", "    company: gamma\n    domain: pilvi"), faults.NoSuchKey, "pilvi.company"),
    (("      - key: konesali\n", "      - key: salikone\n"), faults.NoSuchKey, "sub_processors.salikone.key"),
    (("      - key: konesali\n", "      - key: pilvi\n"), faults.SubProcessorOfItself, "sub_processors.pilvi.key"),
    (("objections_until: 2025-12-01", "objections_until: 2025-10-01"), faults.LastDayBeforeFirst, "until"),
    (("processor: pilvi", "processor: sumu"), faults.NoSuchKey, "agreements.hosting.processor"),
    (("- register: customers\n            p", "- register: deals\n            p"), faults.NoSuchKey, "register"),
    (("purposes: [care]", "purposes: [credit]"), faults.CoversNoSuchPurpose, "covers[0].purposes[0]"),
    (("valid_until: 2099-12-31", "valid_until: 2025-12-31"), faults.LastDayBeforeFirst, "hosting.valid_until"),
    (("point: instructions", "point: security"), faults.SaidTwice, "checklist[1].point"),
    (("name: Arvio, sha256: ab", "name: Arvio, sha256: x"), faults.NotADigest, "transfers[0].assessment.sha256"),
    (("- country: US", "- country: us"), faults.NotACountry, "transfers[0].country"),
]


def test_a_file_without_faults_says_what_it_says_of_processors() -> None:
    declared = read("esimerkki").manifest
    pilvi, konesali = declared.processors
    (hosting,) = declared.companies[0].agreements
    assert (pilvi.sub_processors[0].key, pilvi.countries) == (konesali.key, ("SE", "FI"))
    assert [one.point for one in hosting.checklist] == [Point.SECURITY, Point.INSTRUCTIONS]
    assert reading.read(to_yaml(declared).encode(), file=FILE).manifest == declared


@pytest.mark.parametrize(("edit", "kind", "place"), WRONG)
def test_what_is_wrong_is_told_at_its_place(edit: Edit, kind: type[Fault], place: str) -> None:
    found = refused("esimerkki", edit)
    assert [(type(one), (one.field or "").endswith(place)) for one in found] == [(kind, True)]
    line = samples.example("esimerkki", *CATALOGUE, edit).splitlines()[found[0].line - 1]
    assert edit[1].splitlines()[0].strip() in line or place.rpartition(".")[2].partition("[")[0] in line


def test_nobody_covers_what_they_do_not_keep() -> None:
    for_beta = ("    archive_days: 14\n", AGREEMENT.replace("    approval: automatic\n", "    archive_days: 14\n"))
    credit = (
        "- register: customers\n            purposes: [care]",
        "- register: credit\n            purposes: [credit]",
    )
    with pytest.raises(FaultyManifest) as refusal:
        samples.read("esimerkki", ("registers:\n", PROCESSORS), for_beta, credit)
    assert [type(one) for one in refusal.value.faults] == [faults.CoversNoSuchRegister]


def test_a_chain_of_sub_processors_closes_no_circle() -> None:
    engaged = PROCESSORS.partition("    sub_processors:\n")[2].partition("  - key: konesali\n    name")[0]
    back = "    sub_processors:\n" + engaged.replace("key: konesali", "key: pilvi")
    (one, other) = refused("esimerkki", ("    name: Konesali Oy\n", f"    name: Konesali Oy\n{back}"))
    assert {type(one), type(other)} == {faults.SubProcessorOfItself}


@pytest.mark.usefixtures("database")
class TestInTheDatabase:
    def test_what_is_declared_is_there_as_a_draft_and_twice_changes_nothing(self) -> None:
        slug = samples.new_slug()
        outcome = apply(slug)
        assert hosting(slug).newest.approved_at is None
        assert hosting(slug).agreement.declared
        assert (hosting(slug).newest.at_end, len(hosting(slug).newest.purposes)) == (AtEnd.DELETION, 1)
        assert processor(slug, "pilvi").countries == ["FI", "SE"]
        assert outcome.rows.added >= 4
        assert not apply(slug).changed

    def test_a_plan_tells_of_it_and_leaves_nothing_behind(self) -> None:
        slug = samples.new_slug()
        samples_only(slug)
        read_again = read(slug)
        with open_session(system(group_id(slug))) as session:
            outcome = applying.apply(session, read_again)
        assert {one.place for one in outcome.changes if one.kind is ChangeKind.ADDED} == {
            "processors.pilvi",
            "processors.konesali",
            "companies.alfa.agreements.hosting",
        }
        with walled_session(system(group_id(slug))) as session:
            assert cataloguing.listed(session) == []

    def test_what_the_office_changed_stays_when_the_file_says_nothing_new_of_it(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        rename(slug, "pilvi", "Pilvipalvelu Oy")
        redraft(slug, verify_again_on=agreed.today() + timedelta(days=10))
        outcome = apply(slug, ("domain: pilvi.example", "domain: pilvet.example"), LATER)
        assert (processor(slug, "pilvi").name, processor(slug, "pilvi").domain) == ("Pilvipalvelu Oy", "pilvet.example")
        draft = hosting(slug).newest
        assert (draft.verify_again_on, str(draft.valid_until)) == (agreed.today() + timedelta(days=10), "2098-12-31")
        assert outcome.rows.changed == 2

    def test_what_both_changed_is_refused_place_by_place(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        rename(slug, "pilvi", "Pilvipalvelu Oy")
        with pytest.raises(FaultyManifest) as refusal:
            apply(slug, ("name: Pilvi Oy", "name: Pilvet Oy"), LATER)
        (fault,) = refusal.value.faults
        assert (type(fault), fault.field) == (faults.ChangedInTheOffice, "processors.pilvi.name")
        assert fault.values["now"] == "Pilvipalvelu Oy"
        assert str(hosting(slug).newest.valid_until) == "2099-12-31"
        apply(slug, ("name: Pilvi Oy", "name: Pilvipalvelu Oy"))
        apply(slug, ("name: Pilvi Oy", "name: Pilvet Oy"))
        assert processor(slug, "pilvi").name == "Pilvet Oy"

    def test_a_file_that_is_older_than_what_is_in_force_is_refused_place_by_place(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        apply(slug, ("name: Pilvi Oy", "name: Pilvet Oy"), LATER)
        with pytest.raises(faults.StaleManifest) as refusal:
            apply(slug, ("format: 1", "format: 1\nbase_version: 1"))
        assert {one.field for one in refusal.value.faults} == {
            "processors.pilvi.name",
            "companies.alfa.agreements.hosting.valid_until",
        }

    def test_what_is_approved_holds_until_the_next_draft_is(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        approve(slug)
        apply(slug, LATER)
        found = hosting(slug)
        assert [one.approved_at is None for one in found.versions] == [True, False]
        assert str(found.on(agreed.today()).valid_until) == "2099-12-31"
        assert not apply(slug, LATER).changed

    def test_an_agreement_that_ended_is_not_drafted_anew(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        end(slug)
        assert not apply(slug).changed
        with pytest.raises(FaultyManifest) as refusal:
            apply(slug, LATER)
        assert [type(one) for one in refusal.value.faults] == [faults.AgreementEnded]

    def test_an_agreement_that_is_declared_no_longer_goes_on_and_a_processor_is_retired(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        outcome = samples_only(slug)
        assert hosting(slug).agreement.ended_at is None
        assert processor(slug, "pilvi").retired_at is not None
        assert outcome.rows.retired == 2
        apply(slug)
        assert processor(slug, "pilvi").retired_at is None

    def test_a_sub_processor_that_is_declared_no_longer_is_left(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        start = PROCESSORS.index("    sub_processors:\n")
        link = PROCESSORS[start : PROCESSORS.index("  - key: konesali\n    name")]
        apply(slug, (link, ""))
        with walled_session(system(group_id(slug))) as session:
            assert engaging.engaged(session) == {}
            assert session.scalars(select(SubProcessor)).one().ended_at is not None

    def test_what_the_office_took_out_of_use_stays_out_of_use(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        with walled_session(system(group_id(slug))) as session:
            session.execute(update(Processor).values(retired_at=processor(slug, "konesali").created_at))
        apply(slug, LATER)
        assert processor(slug, "konesali").retired_at is not None

    def test_an_organisation_that_the_office_knows_is_not_declared_under_a_second_key(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        with walled_session(system(group_id(slug))) as session:
            row = Processor(retired_at=None)
            cataloguing.write(session, row, described("salikone", business_id="9000001-1", recipients=()))
            session.add(row)
        with pytest.raises(FaultyManifest) as refusal:
            apply(slug, ("    name: Konesali Oy\n", "    name: Konesali Oy\n    business_id: 9000001-1\n"))
        assert [(type(one), one.field) for one in refusal.value.faults] == [
            (faults.KnownOtherwise, "processors.konesali.business_id")
        ]

    def test_an_export_says_what_stands_and_reads_back(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        rename(slug, "pilvi", "Pilvipalvelu Oy")
        with walled_session(system(group_id(slug))) as session:
            text = to_yaml(catalogued.standing(session, versions.in_force(session)))
        read_back = reading.read(text.encode(), file=FILE)
        assert read_back.manifest.processors[0].name == "Pilvipalvelu Oy"
        with walled_session(system(group_id(slug))) as session:
            outcome = applying.apply(session, read_back)
        assert [one.place for one in outcome.changes if one.place.endswith("name")] == ["processors.pilvi.name"]
        assert not outcome.rows.touched()

    def test_whoever_acts_for_one_company_brings_its_agreements_only(self) -> None:
        slug = samples.new_slug()
        beta = AGREEMENT.replace("    approval: automatic\n", "    archive_days: 14\n")
        both = ("    archive_days: 14\n", beta)
        samples_only(slug)
        changed = read(slug, both)
        with walled_session(system(group_id(slug))) as session:
            company_id = session.scalars(select(Company.company_id).where(Company.key == "beta")).one()
        with walled_session(system(group_id(slug), company_id=company_id)) as session:
            applying.apply(session, changed)
        with walled_session(system(group_id(slug))) as session:
            assert {one.company_id for one in session.scalars(select(AgreementVersion))} == {company_id}


def read(slug: str, *edits: Edit) -> ReadManifest:
    return samples.read(slug, *CATALOGUE, *edits)


def refused(slug: str, *edits: Edit) -> tuple[Fault, ...]:
    with pytest.raises(FaultyManifest) as refusal:
        read(slug, *edits)
    return refusal.value.faults


def apply(slug: str, *edits: Edit) -> Outcome:
    return _applied(read(slug, *edits))


def samples_only(slug: str) -> Outcome:
    return _applied(samples.read(slug))


def _applied(read: ReadManifest) -> Outcome:
    with walled_session(system(applying.group_id_of(read.manifest))) as session:
        return applying.apply(session, read)


def group_id(slug: str) -> UUID:
    return directory.find_group(directory.Kind.SLUG, slug)


def processor(slug: str, key: str) -> Processor:
    with walled_session(system(group_id(slug))) as session:
        return session.scalars(select(Processor).where(Processor.key == key)).one()


def hosting(slug: str) -> Agreed:
    with walled_session(system(group_id(slug))) as session:
        (found,) = agreed.listed(session)
        return found


def rename(slug: str, key: str, name: str) -> None:
    with walled_session(system(group_id(slug))) as session:
        session.execute(update(Processor).where(Processor.key == key).values(name=name))


def redraft(slug: str, **other: object) -> None:
    found = hosting(slug)
    with walled_session(of_company(found)) as session:
        known = agreed.agreement(session, found.agreement.agreement_id)
        agreements.draft_anew(session, known, msgspec.structs.replace(terms_of(known.newest), **other))


def approve(slug: str) -> None:
    """Whatever would still be missing for that: what is approved is all that matters here."""
    with walled_session(of_company(hosting(slug))) as session:
        session.execute(update(AgreementVersion).values(approved_at=func.now()))


def end(slug: str) -> None:
    with walled_session(of_company(hosting(slug))) as session:
        session.execute(update(Agreement).values(ended_at=func.now()))


def of_company(found: Agreed) -> Acting:
    return system(found.agreement.group_id, company_id=found.agreement.company_id)
