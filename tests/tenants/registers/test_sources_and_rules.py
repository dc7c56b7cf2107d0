"""Whence values come, and fields that are bound to a purpose."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from tenants.acting import PurposeKind
from tenants.companies.model import Role
from tenants.companies.permissions import OtherPurposeNeeded
from tenants.database import walled_session
from tenants.errors import Invalid, SeveralInvalid
from tenants.languages.speaking import Language, Text
from tenants.registers import correcting, imports, persons, records, sources, viewing, writing
from tenants.registers.model import Cardinality, FieldRule, ImportState, Provenance, Record
from tenants.registers.shapes import KeptForOtherPurposes, NothingBeside
from tenants.registers.sources import NeedsSource, SourceNotDeclared, Whence
from tenants.vault.digests import IdentifierKind
from tests import make
from tests.make import MadeCompany, MadeRegister
from tests.tenants.registers.files import Column, approve, check, load, reasons, register, state

HETU = "131052-952K"
SOURCES = {
    "person": Text(fi="Asiakas itse", sv="Kunden själv", en="The customer"),
    "vtj": Text(fi="Väestötietojärjestelmä", sv="Befolkningsdatasystemet", en="Population Information System"),
}
RULE = FieldRule((PurposeKind.CREDIT_SALE,), beside="contract")
CREDIT = (
    Column("order", identifier=IdentifierKind.CUSTOMER_NUMBER, required=True, record_key=True),
    Column("contract"),
    Column("hetu", type="hetu", identifier=IdentifierKind.HETU, sealed=True, rule=RULE),
)
HEADER = "order;contract;hetu\n"


@pytest.fixture
def declaring(alfa: MadeCompany) -> MadeRegister:
    columns = Column("number", identifier="customer_number", required=True), Column("name")
    return register(alfa, "declaring", Cardinality.ONE, *columns, sources=SOURCES)


@pytest.fixture
def credit(alfa: MadeCompany) -> MadeRegister:
    return register(alfa, "credit", Cardinality.ONE, *CREDIT, purposes=(PurposeKind.CREDIT_SALE,))


def written(of: MadeRegister, given: dict[str, str], *, source: str = "puhelu", detail: str = "") -> tuple[UUID, UUID]:
    with walled_session(of.company.system()) as session:
        person_id = persons.create(session)
        at = datetime.now(UTC)
        return person_id, records.write(
            session, of.register_id, person_id, given, source=source, at=at, detail=detail, notice=3
        )


def provenance(of: MadeRegister, record_id: UUID) -> Provenance:
    with walled_session(of.company.system()) as session:
        return session.scalars(select(Record.provenance).where(Record.record_id == record_id)).one()


# Sources


def test_a_source_that_the_notice_does_not_name_is_refused_with_those_that_it_names(declaring: MadeRegister) -> None:
    with walled_session(declaring.company.system()) as session, pytest.raises(SourceNotDeclared) as refused:
        imports.receive(session, declaring.register_id, source="kassa")
    assert refused.value.values == {"declared": "person, vtj"}
    with pytest.raises(SourceNotDeclared):
        written(declaring, {"number": "1"}, source="kassa")


def test_no_source_at_all_is_refused(declaring: MadeRegister, customers: MadeRegister) -> None:
    for of, refusal in ((declaring, SourceNotDeclared), (customers, NeedsSource)):
        with walled_session(of.company.system()) as session, pytest.raises(refusal):
            imports.receive(session, of.register_id, source=" ")


def test_a_value_knows_its_declared_source_and_the_notice_of_its_time(declaring: MadeRegister) -> None:
    _, record_id = written(declaring, {"number": "1"}, source="vtj", detail="päivitys 12")
    kept = provenance(declaring, record_id)
    assert (kept.declared, kept.source, kept.notice) == ("vtj", "päivitys 12", 3)
    assert sources.told(SOURCES, sources.whence_of(kept), Language.SV) == "Befolkningsdatasystemet: päivitys 12"


def test_without_a_detail_the_source_is_told_in_the_readers_language(declaring: MadeRegister) -> None:
    _, record_id = written(declaring, {"number": "1"}, source="vtj")
    kept = provenance(declaring, record_id)
    assert [sources.told(SOURCES, sources.whence_of(kept), one) for one in (Language.FI, Language.EN)] == [
        "Väestötietojärjestelmä",
        "Population Information System",
    ]


def test_a_source_that_is_declared_no_more_is_told_as_it_was_said(declaring: MadeRegister) -> None:
    _, record_id = written(declaring, {"number": "1"}, source="vtj")
    assert (
        sources.told({}, sources.whence_of(provenance(declaring, record_id)), Language.SV) == "Väestötietojärjestelmä"
    )


def test_an_imported_value_carries_all_of_it(declaring: MadeRegister) -> None:
    acting = declaring.company.system()
    with walled_session(acting) as session:
        received = imports.receive(session, declaring.register_id, source="person", detail="kortti", notice=7)
    assert (received.declared_source, received.source, received.notice) == ("person", "kortti", 7)


def correct(of: MadeRegister, both: tuple[UUID, UUID], given: dict[str, str], *, source: str, detail: str = "") -> None:
    clerk = make.staff(of.company.group, (Role.CUSTOMER_CARE, of.company))
    with walled_session(clerk.acting(of.company, PurposeKind.CUSTOMER_CARE)) as session:
        correcting.correct(session, *both, given, source=source, detail=detail, reason="Kirjoitusvirhe", notice=4)


@pytest.mark.parametrize("source", ["puhelu", "Asiakas itse", " "])
def test_a_correction_has_a_source_that_the_notice_names(declaring: MadeRegister, source: str) -> None:
    both = written(declaring, {"number": "1", "name": "Aino Väärin"}, source="vtj")
    with pytest.raises(SourceNotDeclared) as refused:
        correct(declaring, both, {"name": "Aino Oikein"}, source=source, detail="puhelu")
    assert (refused.value.field, refused.value.values) == ("source", {"declared": "person, vtj"})
    assert provenance(declaring, both[1]).values == {}


def test_a_corrected_value_and_its_history_know_the_declared_source(declaring: MadeRegister) -> None:
    both = written(declaring, {"number": "1", "name": "Aino Väärin"}, source="vtj")
    correct(declaring, both, {"name": "Aino Oikein"}, source="person", detail="puhelu")
    kept = provenance(declaring, both[1])
    name = kept.values[str(declaring.fields["name"])]
    assert (name.declared, name.source, name.notice) == ("person", "puhelu", 4)
    assert (kept.declared, kept.source) == ("vtj", "Väestötietojärjestelmä")
    clerk = make.staff(declaring.company.group, (Role.CUSTOMER_CARE, declaring.company))
    with walled_session(clerk.acting(declaring.company, PurposeKind.CUSTOMER_CARE)) as session:
        [one] = correcting.corrections_of(session, *both)
    assert one.whence == Whence("puhelu", "person")
    assert sources.told(SOURCES, one.whence, Language.SV) == "Kunden själv: puhelu"


# Fields that are bound to a purpose


def test_a_code_with_its_contract_is_kept(credit: MadeRegister) -> None:
    done = load(credit, f"{HEADER}T-1;S-9;{HETU}\n")
    assert (done.state, done.rows_written, done.rows_bad) == (ImportState.DONE, 1, 0)


def test_a_code_without_a_contract_is_refused_by_line_field_and_cure(credit: MadeRegister) -> None:
    checked = check(credit, f"{HEADER}T-1;;{HETU}\nT-2;S-2;\n")
    assert reasons(credit, checked.import_id) == [
        (2, "hetu", "This is kept only together with %(beside)s, which is empty here: give both or neither.")
    ]
    with walled_session(credit.company.system()) as session:
        (fault,) = imports.faults(session, checked.import_id)
    assert (fault.column, fault.said) == (3, {"beside": Text(fi="contract", en="The contract")})
    assert HETU not in str((fault.reason, fault.said))


def test_a_contract_is_not_taken_from_beside_a_code(credit: MadeRegister) -> None:
    load(credit, f"{HEADER}T-1;S-9;{HETU}\n")
    checked = check(credit, "order;contract\nT-1;\n")
    assert [reason[:2] for reason in reasons(credit, checked.import_id)] == [(2, "hetu")]


def test_a_code_comes_to_the_contract_that_is_there(credit: MadeRegister) -> None:
    load(credit, "order;contract\nT-1;S-9\n")
    assert load(credit, f"order;hetu\nT-1;{HETU}\n").rows_written == 1


def test_nobody_writes_a_code_by_hand_without_its_contract(credit: MadeRegister) -> None:
    with pytest.raises(SeveralInvalid) as refused:
        written(credit, {"order": "T-1", "hetu": HETU})
    assert [type(one) for one in refused.value.problems] == [NothingBeside]


def test_a_register_of_other_purposes_takes_no_code(alfa: MadeCompany) -> None:
    of = register(alfa, "shop", Cardinality.ONE, *CREDIT, purposes=(PurposeKind.CUSTOMER_CARE,))
    with pytest.raises(SeveralInvalid) as refused:
        written(of, {"order": "T-1", "contract": "S-1", "hetu": HETU})
    assert [type(one) for one in refused.value.problems] == [KeptForOtherPurposes]
    checked = check(of, f"{HEADER}T-1;S-1;{HETU}\n")
    assert (checked.rows_checked, checked.rows_bad) == (1, 1)


def test_a_correction_obeys_the_rule_too(credit: MadeRegister) -> None:
    person_id, record_id = written(credit, {"order": "T-1", "contract": "S-1", "hetu": HETU})
    handler = make.staff(credit.company.group, (Role.REQUEST_HANDLER, credit.company))
    acting = handler.acting(credit.company, PurposeKind.RIGHTS_REQUEST)
    with walled_session(acting) as session, pytest.raises(Invalid):
        correcting.correct(session, person_id, record_id, {"contract": ""}, source="x", reason="x")


@pytest.mark.parametrize(
    ("role", "purpose"), [(Role.CUSTOMER_CARE, PurposeKind.CUSTOMER_CARE), (Role.COMPANY_ADMIN, PurposeKind.STORAGE)]
)
def test_for_any_other_purpose_the_code_stays_shut(credit: MadeRegister, role: Role, purpose: PurposeKind) -> None:
    person_id, record_id = written(credit, {"order": "T-1", "contract": "S-1", "hetu": HETU})
    staff = make.staff(credit.company.group, (role, credit.company))
    with walled_session(staff.acting(credit.company, purpose)) as session:
        held = viewing.record(session, person_id, record_id)
        code = next(value for value in held.values if value.key == "hetu")
        assert (code.value, code.openable) == (None, False)
        with pytest.raises(OtherPurposeNeeded):
            viewing.sealed_value(session, person_id, record_id, credit.fields["hetu"])


def test_who_acts_for_a_request_of_the_person_opens_the_code(credit: MadeRegister) -> None:
    person_id, record_id = written(credit, {"order": "T-1", "contract": "S-1", "hetu": HETU})
    handler = make.staff(credit.company.group, (Role.REQUEST_HANDLER, credit.company))
    with walled_session(handler.acting(credit.company, PurposeKind.RIGHTS_REQUEST)) as session:
        assert viewing.sealed_value(session, person_id, record_id, credit.fields["hetu"]) == HETU


def test_what_was_checked_is_checked_again_when_it_is_written(credit: MadeRegister) -> None:
    """The contract went while the file waited."""
    load(credit, "order;contract\nT-1;S-9\n")
    content = f"order;hetu\nT-1;{HETU}\n"
    checked = check(credit, content)
    approve(credit, checked.import_id)
    load(credit, "order;contract\nT-1;\n")
    from_file = content.encode()
    writing_of(credit, checked.import_id, from_file)
    assert (state(credit, checked.import_id).rows_written, state(credit, checked.import_id).rows_bad) == (0, 1)


def writing_of(of: MadeRegister, import_id: UUID, content: bytes) -> None:
    writing.write(of.company.system(), import_id, lambda: iter((content,)))
