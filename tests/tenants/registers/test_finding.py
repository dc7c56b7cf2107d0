"""Staff find people of their own company, and only by what their purpose allows."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted, OtherPurposeNeeded
from tenants.database import walled_session
from tenants.registers import finding, identifiers, persons, records
from tenants.registers.finding import Findings, NotSoLong
from tenants.registers.identifiers import RenewIdentifiers
from tenants.registers.model import Identifier, Person
from tenants.vault.digests import EmptyIdentifier, IdentifierKind, NotAnEmailAddress
from tests import make
from tests.make import MadeCompany, MadeRegister
from tests.tenants.registers.files import load

CARE, RIGHTS, STORAGE = PurposeKind.CUSTOMER_CARE, PurposeKind.RIGHTS_REQUEST, PurposeKind.STORAGE
NAME = IdentifierKind.NAME


def customer(of: MadeRegister, number: str, name: str, email: str = "") -> UUID:
    with walled_session(of.company.system()) as session:
        person_id = persons.create(session)
        given = {"customer_number": number, "name": name, "email": email}
        records.write(session, of.register_id, person_id, given, source="kassa", at=datetime.now(UTC))
    return person_id


def searched(
    company: MadeCompany,
    wanted: str,
    kind: IdentifierKind | None = None,
    *,
    role: Role = Role.CUSTOMER_CARE,
    purpose: PurposeKind = CARE,
) -> Findings:
    clerk = make.staff(company.group, (role, company))
    with walled_session(clerk.acting(company, purpose)) as session:
        return finding.search(session, wanted, kind=kind)


def found(company: MadeCompany, wanted: str, kind: IdentifierKind | None = None) -> list[UUID]:
    return [one.person_id for one in searched(company, wanted, kind).persons]


@pytest.mark.parametrize(
    "wanted", ["Väinö Ö. d'Angélo-Lindén", "lindén väinö", "ANGELO", "Linden", " väinö\u00a0 angelo ", "d angélo"]
)
def test_a_name_is_found_by_its_words_in_any_order_case_and_spelling(customers: MadeRegister, wanted: str) -> None:
    person_id = customer(customers, "1", "Väinö Ö. d'Angélo-Lindén")
    customer(customers, "2", "Aino Esimerkki")
    assert found(customers.company, wanted, NAME) == [person_id]


@pytest.mark.parametrize("wanted", ["vaino", "Väin", "Väinö Esimerkki", "Angelö"])
def test_other_words_and_parts_of_words_find_nobody(customers: MadeRegister, wanted: str) -> None:
    customer(customers, "1", "Väinö d'Angélo-Lindén")
    customer(customers, "2", "Aino Esimerkki")
    assert found(customers.company, wanted, NAME) == []


@pytest.mark.parametrize("wanted", ["K-77", " k-77 ", "aino@firma.example", "AINO@FIRMA.EXAMPLE", "aino esimerkki"])
def test_without_a_kind_anything_that_fits_finds(customers: MadeRegister, wanted: str) -> None:
    person_id = customer(customers, "K-77", "Aino Esimerkki", "aino@firma.example")
    customer(customers, "K-78", "Aino Toinen", "toinen@firma.example")
    assert found(customers.company, wanted) == [person_id]


def test_a_name_that_was_given_up_finds_nobody(customers: MadeRegister) -> None:
    person_id = customer(customers, "1", "Aino Ennen")
    with walled_session(customers.company.system()) as session:
        given = {"customer_number": "1", "name": "Aino Jälkeen"}
        records.write(session, customers.register_id, person_id, given, source="kassa", at=datetime.now(UTC))
    assert found(customers.company, "ennen") == []
    assert found(customers.company, "jälkeen aino") == [person_id]


def test_whom_a_file_brings_is_found_by_name(customers: MadeRegister) -> None:
    load(customers, "customer_number;name\n1;Aino Esimerkki\n2;Onni Esimerkki\n")
    assert len(found(customers.company, "esimerkki")) == 2
    load(customers, "customer_number;name\n1;Aino Uusinimi\n2;Onni Esimerkki\n")
    [onni] = found(customers.company, "esimerkki")
    assert found(customers.company, "onni") == [onni]
    assert found(customers.company, "uusinimi") != [onni]


def test_a_shared_name_joins_no_row_to_a_person(customers: MadeRegister) -> None:
    load(customers, "customer_number;name\n1;Aino Esimerkki\n")
    load(customers, "customer_number;name\n2;Aino Esimerkki\n")
    assert len(found(customers.company, "Aino Esimerkki")) == 2


def test_a_field_that_becomes_a_name_finds_those_who_were_there_before(customers: MadeRegister) -> None:
    people = {customer(customers, str(number), "Aino Esimerkki") for number in range(3)}
    with walled_session(customers.company.system()) as session:
        session.query(Identifier).filter(Identifier.kind == NAME).delete()
    assert found(customers.company, "aino", NAME) == []
    with walled_session(customers.company.system()) as session:
        identifiers.renew_some(session, RenewIdentifiers(customers.register_id))
    assert set(found(customers.company, "aino", NAME)) == people


def test_no_more_are_shown_than_a_person_can_look_through(customers: MadeRegister) -> None:
    lines = "".join(f"{number};Aino Esimerkki\n" for number in range(finding.SHOWN + 1))
    load(customers, f"customer_number;name\n{lines}")
    results = searched(customers.company, "aino")
    assert len(results.persons) == finding.SHOWN
    assert results.more


def test_what_is_shown_tells_people_apart(customers: MadeRegister) -> None:
    customer(customers, "1", "Aino Esimerkki")
    [one] = searched(customers.company, "aino").persons
    assert (one.name, one.restricted) == ("Aino Esimerkki", False)
    assert [register.fi for register in one.registers] == ["Asiakasrekisteri"]


def test_a_sister_company_finds_none_of_them(customers: MadeRegister) -> None:
    customer(customers, "1", "Aino Esimerkki", "aino@firma.example")
    sister = make.company(customers.company.group, "beta")
    make.register(sister)
    assert found(sister, "Aino Esimerkki") == found(sister, "aino@firma.example") == found(sister, "1") == []


def test_whoever_serves_customers_does_not_find_the_restricted(customers: MadeRegister) -> None:
    person_id = customer(customers, "1", "Aino Esimerkki")
    with walled_session(customers.company.system()) as session:
        for model in (Person, Identifier):
            session.query(model).filter(model.person_id == person_id).update({"restricted": True})
    assert found(customers.company, "aino") == []
    results = searched(customers.company, "aino", role=Role.REQUEST_HANDLER, purpose=RIGHTS)
    assert [(one.person_id, one.restricted) for one in results.persons] == [(person_id, True)]


def test_a_personal_identity_code_finds_people_for_requests_only(orders: MadeRegister) -> None:
    with walled_session(orders.company.system()) as session:
        person_id = persons.create(session)
        given = {"order_number": "T-1", "hetu": "010190-999W"}
        records.write(session, orders.register_id, person_id, given, source="kassa", at=datetime.now(UTC))
    wanted, hetu = "010190-999W", IdentifierKind.HETU
    for kind in (hetu, None):
        results = searched(orders.company, wanted, kind, role=Role.REQUEST_HANDLER, purpose=RIGHTS)
        assert [one.person_id for one in results.persons] == [person_id]
    assert found(orders.company, wanted) == []
    with pytest.raises(NotPermitted):
        found(orders.company, wanted, hetu)
    with pytest.raises(OtherPurposeNeeded):
        searched(orders.company, wanted, hetu, role=Role.COMPANY_ADMIN, purpose=STORAGE)


def test_an_auditor_looks_for_nobody(customers: MadeRegister) -> None:
    auditor = make.staff(customers.company.group, (Role.AUDITOR, customers.company))
    with walled_session(auditor.acting(customers.company)) as session, pytest.raises(NotPermitted):
        finding.search(session, "aino")


@pytest.mark.parametrize(
    ("wanted", "kind", "refusal"),
    [
        ("  ", None, EmptyIdentifier),
        ("12", NAME, EmptyIdentifier),
        ("ei osoite", IdentifierKind.EMAIL, NotAnEmailAddress),
        ("x" * 255, None, NotSoLong),
    ],
)
def test_what_nobody_could_be_found_by_is_refused(
    customers: MadeRegister, wanted: str, kind: IdentifierKind | None, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal) as raised:
        found(customers.company, wanted, kind)
    assert getattr(raised.value, "field", None) == "wanted"


def test_a_search_is_an_entry_with_those_who_were_shown(customers: MadeRegister) -> None:
    person_id = customer(customers, "1", "Aino Esimerkki")
    searched(customers.company, "aino")
    with walled_session(customers.company.system()) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "persons.searched")).one()
    assert (entry.about_ids, entry.purpose) == ([person_id], CARE)
    assert entry.figures == {"kind": "any", "found": 1}
