"""A restricted person is stored and no more, until they have been told that the restriction ends."""

import secrets
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from infra.embedded.postoffice import PostOffice
from tenants.acting import SEES_RESTRICTED, PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted, OtherPurposeNeeded
from tenants.database import walled_session
from tenants.errors import Invalid
from tenants.languages.speaking import Language
from tenants.registers import identifiers, persons, records, restricting
from tenants.registers.matching import PersonRestricted
from tenants.registers.model import (
    Cardinality,
    Identifier,
    Person,
    Record,
    Restriction,
    RestrictionGround,
    RestrictionState,
)
from tenants.registers.restricting import (
    AlreadyRestricted,
    NoSuchRestriction,
    NotInForce,
    RestrictionReasonMissing,
    ReviewInThePast,
)
from tenants.registers.viewing import NoSuchPerson, NoSuchValue
from tenants.requests import lifting
from tenants.requests.lifting import NobodyToTell
from tenants.vault.digests import IdentifierKind
from tests import make
from tests.make import MadeCompany, MadeMember, MadeRegister
from tests.queue import run_jobs
from tests.tenants.registers.files import Column, load, reasons, register

RIGHTS, STORAGE, CARE = PurposeKind.RIGHTS_REQUEST, PurposeKind.STORAGE, PurposeKind.CUSTOMER_CARE
GROUND = RestrictionGround.ACCURACY_CONTESTED
SOON = date.today() + timedelta(days=60)
ADDRESS = "Aino Esimerkki\nEsimerkkikatu 1\n00100 Helsinki"
ORDERS = (
    Column("order_number", required=True, record_key=True),
    Column("customer_number", identifier="customer_number"),
    Column("email", type="email", identifier="email"),
)


class Shop:
    """A company with a customer register and an order register, and somebody who handles its requests."""

    def __init__(self) -> None:
        self.company: MadeCompany = make.company(make.group())
        self.customers: MadeRegister = make.register(self.company)
        self.orders: MadeRegister = register(self.company, "orders", Cardinality.MANY, *ORDERS)
        self.handler: MadeMember = make.staff(self.company.group, (Role.REQUEST_HANDLER, self.company))

    def person(self, number: str = "1", orders: int = 2) -> UUID:
        with walled_session(self.company.system()) as session:
            person_id = persons.create(session)
        own = {"customer_number": number, "name": "Aino Esimerkki", "email": f"aino{number}@firma.example"}
        self.write(self.customers, person_id, own)
        for order in range(orders):
            email = f"tilaus{number}-{order}@firma.example"
            self.write(
                self.orders,
                person_id,
                {"order_number": f"T-{number}-{order}", "customer_number": number, "email": email},
            )
        return person_id

    def write(self, of: MadeRegister, person_id: UUID, given: dict[str, str]) -> UUID:
        with walled_session(self.company.system()) as session:
            return records.write(session, of.register_id, person_id, given, source="kassa", at=datetime.now(UTC))

    def records_of(self, person_id: UUID) -> list[UUID]:
        with walled_session(self.company.system()) as session:
            wanted = select(Record.record_id).where(Record.person_id == person_id).order_by(Record.record_id)
            return list(session.scalars(wanted))

    def place(self, person_id: UUID, record_id: UUID | None = None, *, reason: str = "Kiistetty nimi") -> UUID:
        with walled_session(self.handler.acting(self.company, RIGHTS)) as session:
            return restricting.place(
                session, person_id, ground=GROUND, reason=reason, review_on=SOON, record_id=record_id
            )

    def lift(self, restriction_id: UUID, *, email: str = "", postal_address: str = "") -> None:
        with walled_session(self.handler.acting(self.company, RIGHTS)) as session:
            lifting.lift(
                session,
                restriction_id,
                reason="Nimi on tarkistettu.",
                language=Language.FI,
                email=email,
                postal_address=postal_address,
            )

    def post(self, restriction_id: UUID) -> None:
        with walled_session(self.handler.acting(self.company, RIGHTS)) as session:
            lifting.posted(session, restriction_id)

    def seen(self, purpose: PurposeKind) -> tuple[int, int, int]:
        """How many persons, records and identifiers there are for a purpose."""
        with walled_session(self.company.system(purpose)) as session:
            return (
                len(session.scalars(select(Person.person_id)).all()),
                len(session.scalars(select(Record.record_id)).all()),
                len(session.scalars(select(Identifier.digest)).all()),
            )

    def found(self, value: str, purpose: PurposeKind = CARE) -> list[UUID]:
        with walled_session(self.company.system(purpose)) as session:
            return identifiers.find(session, IdentifierKind.EMAIL, value)


@pytest.fixture
def shop(database: Postgres) -> Shop:
    return Shop()


@pytest.mark.parametrize("purpose", PurposeKind)
def test_a_restricted_person_is_seen_for_the_purposes_of_the_article_only(shop: Shop, purpose: PurposeKind) -> None:
    person_id = shop.person()
    everything = shop.seen(STORAGE)
    shop.place(person_id)
    assert shop.seen(purpose) == (everything if purpose in SEES_RESTRICTED else (0, 0, 0))


def test_whoever_reads_at_that_moment_sees_nothing_with_the_next_statement(shop: Shop) -> None:
    person_id = shop.person()
    everybody = select(Person.person_id)
    with walled_session(shop.company.system(CARE)) as reading:
        assert reading.scalars(everybody).all() == [person_id]
        restriction_id = shop.place(person_id)
        assert reading.scalars(everybody).all() == []
        assert reading.scalars(select(Record.record_id)).all() == []
        shop.lift(restriction_id, postal_address=ADDRESS)
        assert reading.scalars(everybody).all() == []
        shop.post(restriction_id)
        assert reading.scalars(everybody).all() == [person_id]


def test_a_restricted_record_hides_itself_and_what_only_it_says(shop: Shop) -> None:
    person_id = shop.person()
    _, order, _ = shop.records_of(person_id)
    persons_before, records_before, _ = shop.seen(CARE)
    shop.place(person_id, order)
    assert shop.seen(CARE)[:2] == (persons_before, records_before - 1)
    assert shop.found("tilaus1-0@firma.example") == []
    assert shop.found("tilaus1-0@firma.example", RIGHTS) == [person_id]
    assert shop.found("tilaus1-1@firma.example") == [person_id]
    assert shop.found("aino1@firma.example") == [person_id]


def test_what_is_written_while_a_person_is_restricted_is_restricted(shop: Shop) -> None:
    person_id = shop.person()
    shop.place(person_id)
    shop.write(shop.orders, person_id, {"order_number": "T-9", "email": "uusi@firma.example"})
    assert shop.seen(CARE) == (0, 0, 0)
    assert shop.found("uusi@firma.example", STORAGE) == [person_id]


def test_a_file_changes_nothing_that_is_restricted_and_tells_so(shop: Shop) -> None:
    whole, partly = shop.person("1"), shop.person("2")
    shop.place(whole)
    shop.place(partly, shop.records_of(partly)[1])
    header = "order_number;customer_number;email\n"
    rows = (
        "T-1-7;1;uusi1@firma.example\n"
        "T-2-0;2;uusi2@firma.example\n"
        "T-2-1;2;uusi3@firma.example\n"
        "T-3-0;3;uusi4@firma.example\n"
    )
    done = load(shop.orders, header + rows, keep_good=True)
    told = PersonRestricted().sentence
    assert reasons(shop.orders, done.import_id) == [(2, None, told), (3, None, told)]
    assert done.rows_written == 2
    assert shop.found("uusi2@firma.example", STORAGE) == []
    assert shop.found("uusi3@firma.example") == [partly]


class Marks(Struct, frozen=True):
    """What is marked as restricted."""

    persons: set[UUID]
    records: set[UUID]
    identifiers: set[tuple[UUID, str]]


def marks(shop: Shop) -> Marks:
    with walled_session(shop.company.system()) as session:
        rows = session.execute(select(Identifier.person_id, Identifier.digest).where(Identifier.restricted))
        return Marks(
            persons=set(session.scalars(select(Person.person_id).where(Person.restricted))),
            records=set(session.scalars(select(Record.record_id).where(Record.restricted))),
            identifiers={(person_id, digest.hex()) for person_id, digest in rows},
        )


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=8))
def test_all_marks_say_what_the_open_restrictions_say(shop: Shop, steps: list[tuple[int, bool]]) -> None:
    """Placed and lifted in any order: on the person (0) or on one of three records."""
    person_id = shop.person(secrets.token_hex(4))
    own = shop.records_of(person_id)
    found_by = [addresses(shop, one) for one in own]
    targets: list[UUID | None] = [None, *own]
    placed: dict[UUID | None, UUID] = {}
    unmarked = marks(shop)
    for number, placing in steps:
        target = targets[number]
        if placing and target not in placed:
            placed[target] = shop.place(person_id, target)
        elif not placing and target in placed:
            restriction_id = placed.pop(target)
            shop.lift(restriction_id, postal_address=ADDRESS)
            shop.post(restriction_id)
    whole = None in placed
    restricted = set(own) if whole else {one for one in placed if one}
    free = set().union(*(one for record, one in zip(own, found_by, strict=True) if record not in restricted))
    hidden = set().union(*found_by) - free
    now = marks(shop)
    assert now.persons - unmarked.persons == ({person_id} if whole else set())
    assert now.records - unmarked.records == restricted
    assert now.identifiers - unmarked.identifiers == {(person_id, digest) for digest in hidden}
    for restriction_id in placed.values():
        shop.lift(restriction_id, postal_address=ADDRESS)
        shop.post(restriction_id)
    assert marks(shop) == unmarked


def addresses(shop: Shop, record_id: UUID) -> set[str]:
    """The digests by which one record finds its person, as if it were alone."""
    with walled_session(shop.company.system()) as session:
        row = session.scalars(select(Record).where(Record.record_id == record_id)).one()
        others = session.scalars(
            select(Record).where(Record.person_id == row.person_id, Record.record_id != record_id)
        ).all()
        for other in others:
            session.delete(other)
        session.flush()
        identifiers.renew(session, [row.person_id])
        found = session.scalars(select(Identifier.digest).where(Identifier.person_id == row.person_id)).all()
        session.rollback()
    return {digest.hex() for digest in found}


def test_the_person_is_told_by_e_mail_before_the_restriction_ends(shop: Shop, post_office: PostOffice) -> None:
    person_id = shop.person()
    restriction_id = shop.place(person_id)
    shop.lift(restriction_id, email="aino1@firma.example")
    assert shop.seen(CARE) == (0, 0, 0)
    run_jobs(shop.company.group, only="requests.send_lifting_notice")
    [letter] = [one for one in post_office.letters() if "aino1@firma.example" in one.to]
    assert "Nimi on tarkistettu." in letter.text
    assert shop.seen(CARE)[0] == 1
    row = one(shop, restriction_id)
    assert (row.state, row.sealed_notice) == (RestrictionState.LIFTED, None)
    assert row.told_at is not None
    assert row.lifted_at is not None
    assert row.told_at <= row.lifted_at


def one(shop: Shop, restriction_id: UUID) -> Restriction:
    with walled_session(shop.company.system(RIGHTS)) as session:
        return session.scalars(select(Restriction).where(Restriction.restriction_id == restriction_id)).one()


def test_without_an_address_the_notice_is_posted_before_the_restriction_ends(shop: Shop) -> None:
    restriction_id = shop.place(shop.person())
    shop.lift(restriction_id, postal_address=ADDRESS)
    with walled_session(shop.handler.acting(shop.company, RIGHTS)) as session:
        _, sheet = lifting.open_sheet(session, restriction_id)
    assert sheet.to == ADDRESS.splitlines()
    assert "Nimi on tarkistettu." in sheet.paragraphs
    assert shop.seen(CARE) == (0, 0, 0)
    shop.post(restriction_id)
    assert shop.seen(CARE)[0] == 1
    with pytest.raises(NotInForce):
        shop.post(restriction_id)


def test_nothing_is_lifted_without_anybody_to_tell(shop: Shop) -> None:
    restriction_id = shop.place(shop.person())
    with pytest.raises(NobodyToTell):
        shop.lift(restriction_id)
    with pytest.raises(Invalid):
        shop.lift(restriction_id, email="ei osoite")
    assert one(shop, restriction_id).state is RestrictionState.IN_FORCE


def test_what_is_lifted_is_not_lifted_again(shop: Shop) -> None:
    restriction_id = shop.place(shop.person())
    shop.lift(restriction_id, postal_address=ADDRESS)
    with pytest.raises(NotInForce):
        shop.lift(restriction_id, postal_address=ADDRESS)


def test_the_same_is_not_restricted_twice_and_may_be_again_later(shop: Shop) -> None:
    person_id = shop.person()
    restriction_id = shop.place(person_id)
    with pytest.raises(AlreadyRestricted):
        shop.place(person_id)
    shop.lift(restriction_id, postal_address=ADDRESS)
    shop.post(restriction_id)
    assert shop.place(person_id) != restriction_id


def test_a_restriction_needs_a_reason_a_day_of_review_and_somebody(shop: Shop) -> None:
    person_id = shop.person()
    with pytest.raises(RestrictionReasonMissing):
        shop.place(person_id, reason=" ")
    with pytest.raises(NoSuchPerson):
        shop.place(shop.records_of(person_id)[0])
    with pytest.raises(NoSuchValue):
        shop.place(person_id, shop.records_of(shop.person("2"))[0])
    with walled_session(shop.handler.acting(shop.company, RIGHTS)) as session, pytest.raises(ReviewInThePast):
        restricting.place(session, person_id, ground=GROUND, reason="x", review_on=date.today())


@pytest.mark.parametrize(
    ("role", "purpose", "refusal"),
    [
        (Role.CUSTOMER_CARE, CARE, NotPermitted),
        (Role.REGISTER_OWNER, STORAGE, NotPermitted),
        (Role.COMPANY_ADMIN, STORAGE, OtherPurposeNeeded),
    ],
)
def test_only_who_answers_requests_restricts_and_lifts(
    shop: Shop, role: Role, purpose: PurposeKind, refusal: type[Exception]
) -> None:
    person_id = shop.person()
    restriction_id = shop.place(person_id)
    other = make.staff(shop.company.group, (role, shop.company))
    with walled_session(other.acting(shop.company, purpose)) as session, pytest.raises(refusal):
        restricting.place(session, person_id, ground=GROUND, reason="x", review_on=SOON)
    with walled_session(other.acting(shop.company, purpose)) as session, pytest.raises(refusal):
        lifting.lift(session, restriction_id, reason="x", language=Language.FI, postal_address="x")
    with walled_session(other.acting(shop.company, purpose)) as session, pytest.raises(refusal):
        lifting.posted(session, restriction_id)


def test_a_sister_company_lifts_nothing(shop: Shop) -> None:
    restriction_id = shop.place(shop.person())
    sister = make.company(shop.company.group, "beta")
    other = make.staff(shop.company.group, (Role.REQUEST_HANDLER, sister))
    with walled_session(other.acting(sister, RIGHTS)) as session, pytest.raises(NoSuchRestriction):
        lifting.lift(session, restriction_id, reason="x", language=Language.FI, postal_address="x")


def test_every_step_is_an_entry_without_its_words(shop: Shop) -> None:
    person_id = shop.person()
    restriction_id = shop.place(person_id)
    shop.lift(restriction_id, postal_address=ADDRESS)
    shop.post(restriction_id)
    with walled_session(shop.company.system()) as session:
        told = select(AuditEntry).where(AuditEntry.action.startswith("restriction.")).order_by(AuditEntry.at)
        entries = session.scalars(told).all()
    assert [entry.action for entry in entries] == [
        "restriction.placed",
        "restriction.lifting",
        "restriction.lifted",
    ]
    assert all(entry.about_ids == [person_id] for entry in entries)
    assert "Kiistetty" not in str([entry.figures for entry in entries])
