"""Whoever decides is reminded in time, once for each step, by a letter that names nobody."""

import secrets
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from infra.embedded.postgres import Postgres
from infra.embedded.postoffice import PostOffice
from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies import maintaining
from tenants.companies.model import Member, Role, StaffContract
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Language, Text, long_date
from tenants.registers import restricting
from tenants.registers.model import PaperPlace, RestrictionGround
from tenants.reminding import reminders
from tenants.reminding.agenda import Kind
from tenants.reminding.reminders import LookForReminders, SendReminder
from tenants.sharing.model import SharingPolicy
from tests import make
from tests.make import MadeMember
from tests.queue import run_jobs
from tests.tenants.sharing.scene import Scene, scene, today

RIGHTS = PurposeKind.RIGHTS_REQUEST
FAR = timedelta(days=300)


@pytest.fixture
def house(database: Postgres, post_office: PostOffice) -> Scene:
    return scene()


def look(house: Scene, day: date | None = None) -> None:
    with walled_session(house.alfa.system(RIGHTS)) as session:
        reminders.look(session, today=day)


def queued(house: Scene) -> list[dict[str, object]]:
    with walled_session(house.group.system()) as session:
        return list(session.scalars(select(QueuedJob.arguments).where(QueuedJob.name == SendReminder.name)))


def look_as_scheduled(house: Scene) -> list[str]:
    with walled_session(house.group.system()) as session:
        enqueue(session, LookForReminders(), company_id=house.alfa.company_id)
    return run_jobs(house.group, only="reminding")


def address_of(who: MadeMember) -> str:
    address = f"{secrets.token_hex(6)}@toimisto.example"
    with walled_session(who.group.system()) as session:
        session.execute(update(Member).where(Member.member_id == who.member_id).values(email=address))
    return address


def restrict(house: Scene, review_on: date) -> UUID:
    person_id = house.customer(name="Aino Esimerkki")
    with walled_session(house.granter.acting(house.alfa, RIGHTS)) as session:
        restricting.place(
            session, person_id, ground=RestrictionGround.UNLAWFUL, reason="Kiistetty nimi", review_on=review_on
        )
    return person_id


@pytest.mark.parametrize(
    ("terms", "steps"),
    [
        ("review_on", {31: 0, 30: 1, 29: 1, 20: 1, 14: 2, 13: 2, 3: 3, 0: 3, -1: 4, -2: 4, -9: 4}),
        ("valid_until", {31: 0, 30: 1, 29: 1, 20: 1, 14: 2, 13: 2, 3: 3, 0: 3, -1: 3}),
    ],
)
def test_every_step_is_reminded_of_once(house: Scene, terms: str, steps: dict[int, int]) -> None:
    day = today() + timedelta(days=40)
    house.active(**({"review_on": today() + FAR} | {terms: day}))
    counted = {}
    for left in steps:
        look(house, day - timedelta(days=left))
        counted[left] = len(queued(house))
    assert counted == steps


def test_what_falls_on_one_day_is_one_reminder(house: Scene) -> None:
    for _ in range(2):
        restrict(house, today() + timedelta(days=14))
    look(house)
    [job] = queued(house)
    assert (job["kind"], job["member_id"]) == (Kind.RESTRICTION_REVIEW, str(house.granter.member_id))


def test_the_letter_says_what_where_and_when_and_names_nobody(house: Scene, post_office: PostOffice) -> None:
    day, address = today() + timedelta(days=14), address_of(house.granter)
    person_id = restrict(house, day)
    assert look_as_scheduled(house) == [LookForReminders.name, SendReminder.name]
    letter = post_office.wait_for(address)
    assert letter.subject == "Tarkistettavia rajoituksia: Alfa Oy"
    assert f"Tarkistuspäivä on {long_date(Language.FI, day)}." in letter.text
    assert "1 käsittelyn rajoitus on tarkistettava." in letter.text
    assert "/office" in letter.text
    told = f"{letter.subject} {letter.text}"
    assert [one for one in ("Aino", "Kiistetty", str(person_id), "Toimihenkilö") if one in told] == []


def test_a_second_look_sends_nothing_and_the_first_is_in_the_audit(house: Scene, post_office: PostOffice) -> None:
    address = address_of(house.granter)
    house.active(review_on=today() + timedelta(days=3))
    look_as_scheduled(house)
    look_as_scheduled(house)
    assert len(post_office.letters(to=address)) == 1
    with walled_session(house.alfa.system(RIGHTS)) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "member.reminded")).one()
    assert (entry.about_ids, entry.figures["of"]) == ([house.granter.member_id], "sharing_review")


def test_an_overdue_review_is_told_as_that(house: Scene, post_office: PostOffice) -> None:
    address, policy_id = address_of(house.granter), house.active()
    passed = today() - timedelta(days=1)
    with walled_session(house.alfa.system()) as session:
        session.execute(update(SharingPolicy).where(SharingPolicy.policy_id == policy_id).values(review_on=passed))
    look_as_scheduled(house)
    assert f"Tarkistuspäivä oli {long_date(Language.FI, passed)}." in post_office.wait_for(address).text


def test_what_was_revoked_meanwhile_is_not_reminded_of(house: Scene, post_office: PostOffice) -> None:
    address = address_of(house.granter)
    policy_id = house.active(review_on=today() + timedelta(days=3))
    look(house)
    house.revoke(policy_id)
    assert run_jobs(house.group, only="reminding") == [SendReminder.name]
    assert post_office.letters(to=address) == []


def test_only_those_who_decide_at_the_company_are_reminded(house: Scene) -> None:
    make.staff(house.group, (Role.REQUEST_HANDLER, house.beta))
    make.staff(house.group, (Role.CUSTOMER_CARE, house.alfa))
    former = make.staff(house.group, (Role.COMPANY_ADMIN, house.alfa))
    outsider = make.staff(house.group, (Role.REQUEST_HANDLER, house.alfa))
    processor = make.staff(house.group, (Role.REQUEST_HANDLER, house.alfa))
    everywhere = make.staff(house.group, (Role.REQUEST_HANDLER, None))
    with walled_session(house.group.system()) as session:
        session.execute(update(Member).where(Member.member_id == former.member_id).values(deactivated_at=today()))
    under_contract(house, outsider, ends_on=today() - timedelta(days=1))
    under_contract(house, processor, ends_on=today())
    with walled_session(house.alfa.system(RIGHTS)) as session:
        assert list(reminders.responsible(session, Kind.SHARING_REVIEW)) == [house.granter.member_id]
        found = set(reminders.responsible(session, Kind.RESTRICTION_REVIEW))
    assert found == {house.granter.member_id, processor.member_id, everywhere.member_id}


def test_the_receiver_is_reminded_that_what_it_reads_ends(house: Scene, post_office: PostOffice) -> None:
    address = address_of(house.accepter)
    house.active(valid_until=today() + timedelta(days=14))
    with walled_session(house.group.system()) as session:
        enqueue(session, LookForReminders(), company_id=house.beta.company_id)
    run_jobs(house.group, only="reminding")
    letter = post_office.wait_for(address)
    assert letter.subject == "Päättyvät luovutukset muilta: Beta Oy"
    assert f"Viimeinen päivä on {long_date(Language.FI, today() + timedelta(days=14))}." in letter.text


def test_whoever_manages_the_staff_is_reminded_that_a_contract_ends(house: Scene, post_office: PostOffice) -> None:
    address = address_of(house.granter)
    carer = make.staff(house.group, (Role.CUSTOMER_CARE, house.alfa))
    under_contract(house, carer, ends_on=today() + timedelta(days=3))
    look_as_scheduled(house)
    letter = post_office.wait_for(address)
    assert letter.subject == "Päättyviä käsittelijöiden sopimuksia: Alfa Oy"
    assert "/office/contracts" in letter.text
    with walled_session(house.alfa.system(RIGHTS)) as session:
        assert carer.member_id not in reminders.responsible(session, Kind.CONTRACT_END)


def test_a_contract_without_people_or_of_the_past_reminds_nobody(house: Scene) -> None:
    with walled_session(house.group.system()) as session:
        session.add(
            StaffContract(
                company_id=house.alfa.company_id, processor="P", reference="S", ends_on=today() + timedelta(days=3)
            )
        )
    under_contract(house, make.staff(house.group), ends_on=today() - timedelta(days=1))
    look(house)
    assert queued(house) == []


def test_paper_that_nobody_has_looked_at_for_a_year_reminds_its_owner(house: Scene, post_office: PostOffice) -> None:
    owner = make.staff(house.group, (Role.REGISTER_OWNER, house.alfa))
    address = address_of(owner)
    long_ago = datetime.now(UTC) - timedelta(days=32)
    with walled_session(house.alfa.system(RIGHTS)) as session:
        session.add(
            PaperPlace(
                company_id=house.alfa.company_id,
                register_id=house.customers.register_id,
                key="arkisto",
                place=Text(fi="Kellari"),
                lock=Text(fi="Avain"),
                key_holder=Text(fi="Vahtimestari"),
                position=0,
                created_at=long_ago,
            )
        )
    look_as_scheduled(house)
    letter = post_office.wait_for(address)
    assert letter.subject == "Tarkistettavia paperiaineistoja: Alfa Oy"
    assert "Määräpäivä oli" in letter.text


def test_maintenance_that_is_let_in_reminds_the_company(house: Scene, post_office: PostOffice) -> None:
    address = address_of(house.granter)
    mechanic = make.staff(house.group, (Role.MAINTENANCE, None))
    with walled_session(mechanic.acting()) as session:
        ask_id = maintaining.ask(
            session,
            company_id=house.alfa.company_id,
            purpose=PurposeKind.STORAGE,
            ticket="HD-1",
            reason="Vika",
            hours=2,
        )
    look(house)
    assert queued(house) == []
    with walled_session(house.granter.acting(house.alfa, RIGHTS)) as session:
        maintaining.answer(session, ask_id, grant=True)
    look_as_scheduled(house)
    assert post_office.wait_for(address).subject == "Päättyvä ylläpitopääsy: Alfa Oy"


def under_contract(house: Scene, who: MadeMember, *, ends_on: date) -> None:
    with walled_session(house.group.system()) as session:
        contract = StaffContract(
            company_id=house.alfa.company_id, processor="Palvelu Oy", reference=secrets.token_hex(4), ends_on=ends_on
        )
        session.add(contract)
        session.flush()
        session.execute(
            update(Member).where(Member.member_id == who.member_id).values(contract_id=contract.contract_id)
        )
