"""The life of an agreement, everything that stops what flows under it, and that the database says the same."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.processors import agreements, cataloguing, reading, refusals, standing, verifying
from tenants.processors.law import transfers
from tenants.processors.model import (
    Agreement,
    AgreementState,
    AgreementVersion,
    Checked,
    Document,
    Point,
    Processor,
    Relation,
    Transfer,
    TransferKind,
)
from tenants.processors.standing import Reason, Stop
from tenants.registers.model import Purpose, Recipient, Register
from tests import make
from tests.tenants.processors.scene import ALL_MET, DOCUMENT, SYSTEMS, Scene, scene, today

STATES = AgreementState
DAY = timedelta(days=1)


def missing(step: Callable[[], object]) -> set[tuple[str | None, str]]:
    with pytest.raises(SeveralInvalid) as refused:
        step()
    return {(one.field, type(one).__name__) for one in refused.value.problems}


def test_an_agreement_goes_from_draft_into_force_and_is_ended(house: Scene) -> None:
    agreement_id = house.draft()
    seen = [house.state(agreement_id)]
    for step in (house.approve, house.end):
        step(agreement_id)
        seen.append(house.state(agreement_id))
    assert seen == [STATES.DRAFT, STATES.IN_FORCE, STATES.ENDED]


def test_it_comes_into_force_and_expires_by_the_clock(house: Scene) -> None:
    agreement_id = house.approved(valid_from=today() + DAY, valid_until=today() + 2 * DAY)
    assert [house.state(agreement_id, on=today() + days * DAY) for days in range(4)] == [
        STATES.APPROVED,
        STATES.IN_FORCE,
        STATES.IN_FORCE,
        STATES.EXPIRED,
    ]


def test_a_next_version_takes_its_place_on_its_first_day(house: Scene) -> None:
    agreement_id = house.approved()
    house.change(agreement_id, valid_from=today() + 5 * DAY)
    assert house.state(agreement_id) is STATES.IN_FORCE
    house.approve(agreement_id)
    with walled_session(house.alfa.system()) as session:
        found = reading.agreement(session, agreement_id)
    assert [found.on(today() + days * DAY).version for days in (0, 4, 5, 50)] == [1, 1, 2, 2]
    assert [found.state(found.versions[1], today() + days * DAY) for days in (4, 5)] == [
        STATES.IN_FORCE,
        STATES.REPLACED,
    ]


def test_a_third_version_that_begins_before_the_second_holds_in_its_place(house: Scene) -> None:
    agreement_id = house.approved()
    for first in (10, 5):
        house.change(agreement_id, valid_from=today() + first * DAY)
        house.approve(agreement_id)
    with walled_session(house.alfa.system()) as session:
        found = reading.agreement(session, agreement_id)
    assert [found.on(today() + days * DAY).version for days in (0, 4, 5, 10, 50)] == [1, 1, 3, 3, 3]


def test_what_is_not_finished_is_not_approved_and_all_of_it_is_told(house: Scene) -> None:
    house.processor("meri", country="US", recipients=())
    with walled_session(house.group.system()) as session:
        meri = session.scalars(select(Processor.processor_id).where(Processor.key == "meri")).one()
    bare = house.draft(
        processor_id=meri,
        checklist=(),
        document=None,
        valid_until=today() - DAY,
        verify_again_on=None,
        at_end=None,
        purposes=(),
    )
    assert missing(lambda: house.approve(bare)) == {
        ("checklist", "ChecklistIncomplete"),
        ("document", "DocumentMissing"),
        ("valid_until", "LastDayPassed"),
        ("verify_again_on", "VerifyAgainMissing"),
        ("at_end", "AtEndMissing"),
        ("purposes", "CoversNothing"),
        ("transfers", "TransferBasisMissing"),
        ("registers", "NotNamedByTheNotice"),
    }


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"valid_until": date(2020, 1, 1)}, ("valid_until", "LastDayBeforeFirst")),
        ({"document": Document("Sopimus", "AB" * 32)}, ("document.sha256", "NotADigest")),
        ({"checklist": (Checked(Point.AUDITS), Checked(Point.AUDITS))}, ("checklist", "PointTwice")),
        ({"transfers": (Transfer("XX", TransferKind.ADEQUACY),)}, ("transfers", "NotACountry")),
        ({"transfers": (Transfer("US", TransferKind.ADEQUACY),) * 2}, ("transfers", "CountryTwice")),
        ({"registers": ()}, ("purposes", "NotThatPurpose")),
    ],
)
def test_what_could_never_be_is_not_even_drafted(house: Scene, other: dict[str, object], said: tuple[str, str]) -> None:
    assert missing(lambda: house.draft(**other)) == {said}  # type: ignore[arg-type]


def test_a_sister_company_s_register_is_not_covered(house: Scene) -> None:
    with walled_session(house.group.system()) as session:
        other = session.scalars(select(Register.register_id).where(Register.company_id == house.beta.company_id)).one()
    assert ("registers", "NotThatRegister") in missing(lambda: house.draft(registers=(other,)))


def test_the_other_controller_needs_no_list_of_article_28(house: Scene) -> None:
    agreement_id = house.approved(relation=Relation.INDEPENDENT_CONTROLLER, checklist=(), at_end=None)
    assert house.stops(agreement_id) == [Stop(Reason.UNVERIFIED)]


def test_with_four_eyes_nobody_approves_what_they_had_a_hand_in(house: Scene) -> None:
    house.ask_for_two()
    with walled_session(house.approver.acting(house.alfa)) as session:
        own = agreements.draft(session, house.pilvi, "own", house.terms()).agreement_id
    house.change(own)
    with pytest.raises(refusals.OwnAgreementDraft):
        house.approve(own)
    house.approved("others")


def test_what_was_changed_since_it_was_looked_at_is_not_approved(house: Scene) -> None:
    agreement_id = house.draft()
    with walled_session(house.alfa.system()) as session:
        seen = reading.agreement(session, agreement_id).draft_looked_at
    house.change(agreement_id, valid_until=today() + DAY)
    with pytest.raises(refusals.AgreementChangedMeanwhile), walled_session(house.approver.acting(house.alfa)) as s:
        agreements.approve(s, agreement_id, seen=seen)


def test_an_owner_of_registers_drafts_and_does_not_approve(house: Scene) -> None:
    agreement_id = house.draft()
    with pytest.raises(NotPermitted), walled_session(house.drafter.acting(house.alfa)) as session:
        agreements.approve(session, agreement_id)


def test_for_the_whole_group_nobody_drafts(house: Scene) -> None:
    everywhere = make.staff(house.group, (Role.COMPANY_ADMIN, None))
    with pytest.raises(refusals.CompanyDecides), walled_session(everywhere.acting()) as session:
        agreements.draft(session, house.pilvi, "hosting", house.terms())


def test_a_sister_company_sees_and_changes_nothing_of_it(house: Scene) -> None:
    agreement_id = house.approved()
    with walled_session(house.approver.acting(house.beta)) as session:
        assert reading.listed(session) == []
        for step in (agreements.approve, agreements.end):
            with pytest.raises(refusals.NoSuchAgreement):
                step(session, agreement_id)
    with walled_session(house.approver.acting(house.beta)) as session:
        changed = session.execute(update(AgreementVersion).values(objection_stops=False)).rowcount  # type: ignore[attr-defined]
        assert changed == 0


def test_what_ended_is_not_drafted_or_approved_again(house: Scene) -> None:
    agreement_id = house.approved()
    house.end(agreement_id)
    for step in (house.change, house.approve, house.end):
        with pytest.raises(refusals.NotThisAgreementStep):
            step(agreement_id)


def test_a_name_is_used_once_in_a_company(house: Scene) -> None:
    house.draft()
    with pytest.raises(refusals.KnownAgreement):
        house.draft()


def test_in_good_standing_nothing_stops_it(house: Scene) -> None:
    house.verify()
    assert house.stops(house.approved()) == []


def test_everything_that_stops_it_is_told_at_once(house: Scene) -> None:
    lower = house.processor("konesali", country="IN")
    house.engage(house.pilvi, lower, countries=("SG",))
    agreement_id = house.draft(checklist=ALL_MET[2:])
    house.object_to(house.pilvi, lower)
    with walled_session(house.group.system()) as session:
        session.execute(update(Register).values(recipients=[Recipient(SYSTEMS.category, key="other")]))
        session.execute(update(Processor).where(Processor.key == "pilvi").values(retired_at=text("now()")))
    assert house.stops(agreement_id) == [
        Stop(Reason.NOT_APPROVED),
        Stop(Reason.RETIRED),
        Stop(Reason.UNVERIFIED),
        Stop(Reason.CHECKLIST_INCOMPLETE, Point.CONFIDENTIALITY),
        Stop(Reason.CHECKLIST_INCOMPLETE, Point.INSTRUCTIONS),
        Stop(Reason.NO_TRANSFER_BASIS, "IN"),
        Stop(Reason.NO_TRANSFER_BASIS, "SG"),
        Stop(Reason.SUB_PROCESSOR_OBJECTED, "konesali"),
        Stop(Reason.NOT_NAMED, "customers"),
    ]


def test_evidence_holds_until_its_last_day_and_no_longer_when_it_is_withdrawn(house: Scene) -> None:
    agreement_id = house.approved()
    made = house.verify(until=today() + DAY)
    assert house.stops(agreement_id, on=today() + DAY) == []
    assert house.stops(agreement_id, on=today() + 2 * DAY) == [Stop(Reason.VERIFICATION_EXPIRED)]
    with walled_session(house.approver.acting(house.alfa)) as session:
        verifying.withdraw(session, made)
    assert house.stops(agreement_id) == [Stop(Reason.UNVERIFIED)]


def test_on_the_day_agreed_the_processor_is_verified_anew(house: Scene) -> None:
    house.verify(on=today() - 9 * DAY)
    agreement_id = house.approved(verify_again_on=today())
    assert house.stops(agreement_id) == [Stop(Reason.VERIFICATION_EXPIRED)]
    house.verify()
    assert house.stops(agreement_id) == []


@pytest.mark.parametrize(
    ("basis", "holds", "lacks"),
    [
        (Transfer("CH", TransferKind.ADEQUACY), True, False),
        (Transfer("US", TransferKind.ADEQUACY), False, True),
        (Transfer("US", TransferKind.ADEQUACY, DOCUMENT), True, False),
        (Transfer("IN", TransferKind.ADEQUACY, DOCUMENT), False, False),
        (Transfer("IN", TransferKind.ADEQUACY), False, False),
        (Transfer("IN", TransferKind.STANDARD_CLAUSES), False, True),
        (Transfer("IN", TransferKind.STANDARD_CLAUSES, DOCUMENT), True, False),
    ],
)
def test_a_basis_carries_what_the_law_lets_it_carry(house: Scene, basis: Transfer, holds: bool, lacks: bool) -> None:
    house.verify()
    other = house.processor("meri", country=basis.country)
    house.verify(other)
    agreement_id = house.draft(processor_id=other, transfers=(basis,))
    wanted = [Stop(Reason.NOT_APPROVED)] + ([] if holds else [Stop(Reason.NO_TRANSFER_BASIS, basis.country)])
    assert house.stops(agreement_id) == wanted
    assert standing.lacks_assessment(basis, today()) == lacks


def test_a_sub_processor_that_has_not_begun_transfers_nothing_yet(house: Scene) -> None:
    house.verify()
    agreement_id, lower = house.approved(), house.processor("konesali", country="IN")
    house.engage(house.pilvi, lower, countries=("IN",), since=today() + 7 * DAY)
    assert house.stops(agreement_id) == []
    assert house.stops(agreement_id, on=today() + 7 * DAY) == [Stop(Reason.NO_TRANSFER_BASIS, "IN")]


def test_an_objection_stops_the_objector_s_agreements_that_say_so_and_nobody_else_s(house: Scene) -> None:
    house.verify()
    stopping, going_on = house.approved("a"), house.approved("b", objection_stops=False)
    middle, lower = house.processor("konesali"), house.processor("sahko")
    house.engage(house.pilvi, middle)
    house.engage(middle, lower)
    house.object_to(middle, lower, by=house.beta)
    assert house.stops(stopping) == []
    house.object_to(middle, lower)
    assert house.stops(stopping) == [Stop(Reason.SUB_PROCESSOR_OBJECTED, "sahko")]
    assert house.stops(going_on) == []


@pytest.mark.parametrize(
    ("recipient", "company"),
    [
        (Recipient(SYSTEMS.category, name="Pilvi Oy"), False),
        (Recipient(SYSTEMS.category, in_group=True), True),
    ],
)
def test_a_notice_names_it_also_by_name_or_as_a_company_of_the_group(
    house: Scene, recipient: Recipient, company: bool
) -> None:
    house.verify()
    agreement_id = house.approved()
    with walled_session(house.group.system()) as session:
        session.execute(update(Register).values(recipients=[recipient]))
        if company:
            cataloguing.get(session, house.pilvi).company_id = house.beta.company_id
    assert house.stops(agreement_id) == []


def test_what_the_notice_declares_no_longer_stops(house: Scene) -> None:
    house.verify()
    agreement_id = house.approved()
    with walled_session(house.group.system()) as session:
        session.execute(update(Purpose).values(retired_at=text("now()")))
    assert house.stops(agreement_id) == [Stop(Reason.NOT_DECLARED, "customers.care")]


def test_the_system_of_the_group_brings_drafts_and_approves_nothing(house: Scene) -> None:
    approved, drafted = house.approved("a"), house.draft("b")
    with walled_session(house.group.system()) as session:
        reached = session.execute(update(AgreementVersion).values(objection_stops=False)).rowcount  # type: ignore[attr-defined]
        assert reached == 1
        assert {one.agreement_id for one in session.scalars(select(Agreement))} == {approved, drafted}


def said_by_the_database(house: Scene, agreement_id: UUID, day: date) -> set[Stop]:
    asked = text("SELECT * FROM agreement_stops(:group, :agreement, :day, :free, :adequate, :partly)")
    with walled_session(house.alfa.system()) as session:
        rows = session.execute(
            asked, {"group": house.group.group_id, "agreement": agreement_id, "day": day, **standing.of_the_law(day)}
        )
        return {Stop(Reason(row.reason), row.about) for row in rows}


@pytest.fixture(scope="module")
def town(database: object) -> Scene:
    return scene()


@pytest.mark.parametrize("seed", range(40))
def test_the_database_says_the_same(town: Scene, seed: int) -> None:
    """Whatever the catalogue, the terms and the day: the two say the same of it. Nothing of it is kept."""
    chance = random.Random(seed)
    key = f"x{seed}"
    countries = ["FI", "SE", "US", "CH", "IN", "GB", "NO"]
    processor = town.processor(key, country=chance.choice(countries), recipients=chance.choice([(), ("ict",)]))
    chain = [processor]
    for number in range(chance.randint(0, 3)):
        lower = town.processor(f"{key}-{number}", country=chance.choice(countries))
        since = today() + timedelta(days=chance.randint(-20, 20))
        upper = chance.choice(chain)
        town.engage(upper, lower, countries=(chance.choice(countries),), since=since)
        if chance.random() < 0.4:
            town.object_to(upper, lower, by=chance.choice([town.alfa, town.beta]))
        chain.append(lower)
    for _ in range(chance.randint(0, 2)):
        on = today() - timedelta(days=chance.randint(0, 40))
        by = chance.choice([town.alfa, town.alfa, town.beta])
        town.verify(processor, on=on, until=on + timedelta(days=chance.randint(0, 80)), by=by)
    agreement_id = town.draft(f"a{seed}", processor_id=processor, **by_chance(chance, countries))
    with walled_session(town.alfa.system()) as session:
        found = reading.agreement(session, agreement_id)
        for number in range(chance.randint(0, 2)):
            if number:
                agreements.draft_anew(session, found, town.terms(**by_chance(chance, countries)))
                found = reading.agreement(session, agreement_id)
            for former in found.versions[1:]:
                former.replaced_on = max(found.newest.valid_from, today())
            found.newest.approved_at = text("now()")  # type: ignore[assignment]
            session.flush()
        if chance.random() < 0.1:
            found.agreement.ended_at = text("now()")  # type: ignore[assignment]
    if chance.random() < 0.15:
        town.stop(processor_id=processor)
    with walled_session(town.group.system()) as session:
        if chance.random() < 0.15:
            session.execute(
                update(Processor).where(Processor.processor_id == processor).values(retired_at=text("now()"))
            )
    for days in (-30, 0, 10, 45, 400):
        day = today() + timedelta(days=days)
        assert said_by_the_database(town, agreement_id, day) == set(town.stops(agreement_id, on=day)), days


def by_chance(chance: random.Random, countries: list[str]) -> dict[str, object]:
    begins = today() + timedelta(days=chance.randint(-30, 20))
    return {
        "relation": chance.choice(list(Relation)),
        "checklist": tuple(
            Checked(point, met=chance.random() < 0.8, where=chance.choice(["1 §", "1 §", " ", None])) for point in Point
        ),
        "valid_from": begins,
        "valid_until": chance.choice([None, begins + timedelta(days=chance.randint(0, 60))]),
        "verify_again_on": chance.choice([None, today() + timedelta(days=chance.randint(-30, 30))]),
        "transfers": tuple(
            Transfer(country, chance.choice(list(TransferKind)), chance.choice([None, DOCUMENT]))
            for country in chance.sample(countries, chance.randint(0, 4))
        ),
        "objection_stops": chance.random() < 0.7,
    }


def test_every_agreement_of_the_officer_s_companies_is_counted(house: Scene) -> None:
    house.verify()
    house.approved("a", valid_until=today() + 9 * DAY)
    house.approved("b", valid_until=today() + 8 * DAY)
    house.draft("c")
    officer = make.staff(house.group, (Role.DATA_PROTECTION_OFFICER, None))
    other = make.staff(house.group, (Role.COMPANY_ADMIN, None))
    with walled_session(officer.acting()) as session:
        assert [(one.state, one.agreements, one.stopped, one.first_end) for one in standing.overseen(session)] == [
            (STATES.DRAFT, 1, 1, None),
            (STATES.IN_FORCE, 2, 0, today() + 8 * DAY),
        ]
        assert reading.listed(session) == []
    with walled_session(other.acting()) as session:
        assert standing.overseen(session) == []


def test_the_law_tells_its_sources_and_its_days() -> None:
    assert all(one.source for one in transfers.every_area())
    assert all(one.source for one in transfers.every_decision())
    brexit = date(2021, 1, 1)
    assert "GB" in transfers.area(brexit - DAY).countries
    assert "GB" not in transfers.area(brexit).countries
    decisions = {
        day: transfers.decision("US", day) for day in (date(2020, 7, 16), date(2020, 7, 17), date(2023, 7, 10))
    }
    assert [decision is not None for decision in decisions.values()] == [True, False, True]
    assert transfers.decision("GB", date(2025, 12, 27)) != transfers.decision("GB", date(2025, 12, 28))
    assert len(transfers.area(today()).countries) == 30
    assert set(transfers.partly(today())) < set(transfers.adequate(today()))


def test_no_country_has_two_decisions_at_once() -> None:
    decisions = transfers.every_decision()
    clashing = [
        (one.source, other.source)
        for one in decisions
        for other in decisions
        if one is not other and one.country == other.country and one.holds(other.in_force_from)
    ]
    assert clashing == []


def test_a_company_that_is_itself_the_processor_sees_for_whom_it_does_what(house: Scene) -> None:
    beta = house.processor("beta-oy", company_id=house.beta.company_id)
    house.draft("drafted", processor_id=beta)
    house.approved("approved", processor_id=beta, transfers=(Transfer("IN", TransferKind.STANDARD_CLAUSES, DOCUMENT),))
    house.approved("with-another")
    for company, seen in ((house.beta, 1), (house.alfa, 0)):
        with walled_session(house.approver.acting(company)) as session:
            found = standing.for_others(session, beta)
            assert len(found) == seen
            assert standing.for_others(session, house.pilvi) == []
    with walled_session(house.approver.acting(house.beta)) as session:
        [one] = standing.for_others(session, beta)
        assert reading.listed(session) == []
    assert (one.controller_id, one.state) == (house.alfa.company_id, STATES.IN_FORCE)
    assert [one.fi for one in one.purposes] == ["Asiakassuhteen hoito"]
    assert [one.country for one in one.transfers] == ["IN"]


def test_a_purpose_of_two_registers_is_told_once_to_whoever_works_for_it(house: Scene) -> None:
    beta = house.processor("beta-oy", company_id=house.beta.company_id)
    with walled_session(house.group.system()) as session:
        register_id = make.register(house.alfa, "orders").register_id
        also = session.scalars(select(Purpose.purpose_id).where(Purpose.register_id == register_id)).one()
        session.scalars(select(Register).where(Register.register_id == register_id)).one().recipients = [SYSTEMS]
    house.approved(processor_id=beta, registers=(house.customers.register_id, register_id), purposes=(house.care, also))
    with walled_session(house.approver.acting(house.beta)) as session:
        [one] = standing.for_others(session, beta)
    assert [one.fi for one in one.purposes] == ["Asiakassuhteen hoito"]
