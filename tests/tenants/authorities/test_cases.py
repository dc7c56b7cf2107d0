"""An authority gets what a provision covers and another has approved, and the ledger says so."""

import hashlib
from datetime import date, timedelta
from threading import Barrier, Thread
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from infra.embedded.postgres import Postgres
from tenants.audit.model import AuditEntry
from tenants.authorities import cases, disclosing, records, refusals
from tenants.authorities.model import AuthorityDecision, CaseState, DisclosedFile, Period
from tenants.base import new_id
from tenants.companies.model import Role
from tenants.companies.permissions import NotActingHere, NotPermitted
from tenants.database import walled_session
from tenants.errors import Refusal, SeveralInvalid
from tenants.languages.speaking import Text
from tenants.ledger import received
from tenants.processors import stopping
from tenants.processors.refusals import FlowIsStopped
from tenants.registers.model import Field, FieldType, FileKind, Origin
from tenants.vault.signing import Use, public_keys
from tests import make
from tests.tenants.authorities.scene import RIGHTS, Scene, in_days, scene


@pytest.fixture(scope="module")
def house(database: Postgres) -> Scene:
    made = scene()
    for name, number in (("Ines", "1009"), ("Jan", "1010")):
        made.customer(name, number)
    return made


def refused(told: pytest.ExceptionInfo[SeveralInvalid]) -> set[str]:
    return {type(one).__name__ for one in told.value.problems}


def take(house: Scene, file_id: UUID) -> disclosing.Taken:
    with walled_session(house.handler.acting(house.alfa, RIGHTS)) as session:
        return disclosing.take_along(session, file_id)


def test_from_the_request_to_the_file(house: Scene) -> None:
    ada = house.customer("Ada Esimerkki", "1001")
    house.customer("Bo Malli", "1002")
    case_id = house.open("1001")
    assert house.case(case_id).state is CaseState.OPEN
    house.approve(case_id)
    assert house.case(case_id).state is CaseState.APPROVED
    file_id = house.disclose(case_id)
    assert house.case(case_id).state is CaseState.DISCLOSED
    taken = take(house, file_id)
    assert msgspec.json.decode(taken.content) == {"person_id": str(ada), "name": "Ada Esimerkki"}
    assert hashlib.sha256(taken.content).hexdigest() == taken.sha256
    with walled_session(house.alfa.system(RIGHTS)) as session:
        [told] = received.by_person(session, ada)
        assert (told.recipient, told.source_id, told.outside) == ("Poliisi Oy", case_id, True)
        actions = session.scalars(
            select(AuditEntry.action)
            .where(AuditEntry.action.startswith("authority."), AuditEntry.about_ids.overlap([case_id, ada, file_id]))
            .order_by(AuditEntry.at)
        ).all()
    assert list(actions) == ["authority.asked", "authority.approved", "authority.disclosed", "authority.taken"]


def test_a_file_is_taken_along_once(house: Scene) -> None:
    house.customer("Cleo", "1003")
    case_id = house.open("1003")
    house.approve(case_id)
    file_id = house.disclose(case_id, kind=FileKind.CSV)
    assert take(house, file_id).content.decode().splitlines()[0] == "_person_id,name,segment"
    with pytest.raises(refusals.NoSuchFile):
        take(house, file_id)


def test_while_the_flow_is_stopped_nothing_is_made_and_nothing_taken_along(house: Scene) -> None:
    house.customer("Cleo", "1023")
    case_id = house.open("1023")
    house.approve(case_id)
    file_id = house.disclose(case_id)
    with walled_session(house.approver.acting(house.alfa)) as session:
        stop_id = stopping.stop(session, reason="Epäily", processor_id=house.police).stop_id
    with pytest.raises(FlowIsStopped):
        house.disclose(case_id)
    with pytest.raises(FlowIsStopped):
        take(house, file_id)
    with walled_session(house.approver.acting(house.alfa)) as session:
        stopping.propose_resuming(session, stop_id, reason="Selvitetty")
    with walled_session(make.staff(house.group, (Role.COMPANY_ADMIN, house.alfa)).acting(house.alfa)) as session:
        stopping.resume(session, stop_id)
    assert take(house, file_id).content


def test_whoever_was_cut_off_before_the_file_arrived_makes_it_again(house: Scene) -> None:
    cleo = house.customer("Cleo", "1013")
    case_id = house.open("1013")
    house.approve(case_id)
    house.disclose(case_id)
    again = house.disclose(case_id)
    assert take(house, again).content
    with walled_session(house.alfa.system(RIGHTS)) as session:
        assert len(received.by_person(session, cleo)) == 2


def test_a_file_whose_day_is_over_is_gone(house: Scene) -> None:
    house.customer("Dan", "1004")
    case_id = house.open("1004")
    house.approve(case_id)
    file_id = house.disclose(case_id)
    with walled_session(house.alfa.system()) as session:
        disclosing.forget(session, file_id)
        kept = session.get_one(DisclosedFile, (house.group.group_id, house.alfa.company_id, file_id))
        assert kept.sealed_file is not None
        with pytest.raises(ProgrammingError):
            session.execute(update(DisclosedFile).values(expires_at=DisclosedFile.expires_at - timedelta(days=2)))


def test_whoever_took_it_in_does_not_decide(house: Scene) -> None:
    house.customer("Eve", "1005")
    with walled_session(house.approver.acting(house.alfa, RIGHTS)) as session:
        case_id = cases.open_case(session, house.asked("1005"))
    with pytest.raises(refusals.OwnCase):
        house.approve(case_id)
    with pytest.raises(IntegrityError), walled_session(house.approver.acting(house.alfa, RIGHTS)) as session:
        session.execute(insert(AuthorityDecision).values(_decision(house, case_id, by=house.approver.member_id)))


def test_nobody_decides_in_anothers_name(house: Scene) -> None:
    house.customer("Eve", "1015")
    case_id = house.open("1015")
    with pytest.raises(ProgrammingError), walled_session(house.handler.acting(house.alfa, RIGHTS)) as session:
        session.execute(insert(AuthorityDecision).values(_decision(house, case_id, by=house.approver.member_id)))


def _decision(house: Scene, case_id: UUID, *, by: UUID) -> dict[str, object]:
    return {
        "group_id": house.group.group_id,
        "company_id": house.alfa.company_id,
        "case_id": case_id,
        "opened_by": by if by == house.approver.member_id else house.handler.member_id,
        "decided_by": by,
        "refused": False,
        "field_ids": [],
        "person_ids": [],
        "reason": "",
    }


def test_of_two_who_decide_at_once_one_does(house: Scene) -> None:
    house.customer("Frida", "1006")
    case_id = house.open("1006")
    second = make.staff(house.group, (Role.COMPANY_ADMIN, house.alfa))
    both, told = Barrier(2), []

    def decide(who: make.MadeMember, *, refuse: bool) -> None:
        try:
            with walled_session(who.acting(house.alfa, RIGHTS)) as session:
                fields = cases.get(session, case_id).row.field_ids
                both.wait(timeout=30)
                cases.decide(session, case_id, refused=refuse, reason="Syy", field_ids=fields)
            told.append("decided")
        except Refusal as refusal:
            told.append(type(refusal).__name__)

    threads = [
        Thread(target=decide, args=(one,), kwargs={"refuse": no}) for one, no in ((house.approver, 0), (second, 1))
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert sorted(told) == ["DecidedAlready", "decided"]


def test_less_than_was_asked_for_needs_a_reason(house: Scene) -> None:
    house.customer("Gun", "1007", segment="vip")
    case_id = house.open("1007")
    name = house.customers.fields["name"]
    with pytest.raises(SeveralInvalid) as told:
        house.approve(case_id, field_ids=[name])
    assert refused(told) == {"ReasonMissing"}
    house.approve(case_id, field_ids=[name], reason="Segmentti ei ole tarpeen")
    assert house.case(case_id).state is CaseState.PARTLY_APPROVED
    assert b"vip" not in take(house, house.disclose(case_id)).content


def test_a_refused_case_gives_nothing(house: Scene) -> None:
    house.customer("Hilma", "1008")
    case_id = house.open("1008")
    with pytest.raises(refusals.NotApproved):
        house.disclose(case_id)
    house.approve(case_id, refused=True, reason="Säännös ei kata pyyntöä")
    assert house.case(case_id).state is CaseState.REFUSED
    with pytest.raises(refusals.NotApproved):
        house.disclose(case_id)
    with pytest.raises(refusals.DecidedAlready):
        house.approve(case_id)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"persons": "1009\n1010", "provision": "enforcement"}, {"NotCoveredPersons"}),
        ({"persons": "1009", "provision": "no such"}, {"ProvisionOver"}),
        ({"persons": "1009", "provision": None}, {"ProvisionMissing"}),
        ({"persons": "nobody"}, {"NobodyFits"}),
        ({"persons": " "}, {"NobodyNamed"}),
        ({"persons": "1009", "recipient_id": new_id()}, {"NotAnAuthority"}),
        ({"persons": "1009", "field_ids": ()}, {"FieldsMissing"}),
        ({"persons": "1009", "document": "", "document_sha256": "x"}, {"DocumentMissing", "NotASha256"}),
        ({"persons": "1009", "asker": " ", "reference": ""}, {"AskedByNobody", "ReferenceMissing"}),
        ({"persons": "1009", "secret_until": in_days(30)}, {"SecrecyHalfSaid"}),
        ({"persons": "1009", "secret_until": in_days(0), "secret_provision": "ETL"}, {"SecrecyTooLong"}),
    ],
    ids=[
        "too many", "unknown provision", "no provision", "nobody fits", "nobody named", "no authority", "no fields",
        "no document", "nobody asks", "half a secret", "a secret until today",
    ],
)  # fmt: skip
def test_what_is_missing_is_told_all_at_once(house: Scene, said: dict[str, object], named: set[str]) -> None:
    with pytest.raises(SeveralInvalid) as told:
        house.open(**said)  # type: ignore[arg-type]
    assert refused(told) == named


def test_sealed_fields_leave_only_by_a_provision_that_covers_them(house: Scene) -> None:
    house.customer("Kaino", "1011", iban="FI21 1234 5600 0007 85")
    fields = (house.customers.fields["iban"],)
    with pytest.raises(SeveralInvalid) as told:
        house.open("1011", provision=None, provision_text="Jokin laki 1 §", field_ids=fields)
    assert refused(told) == {"NotCoveredSealed"}
    case_id = house.open("1011", field_ids=fields)
    house.approve(case_id)
    assert b"FI2112345600000785" in take(house, house.disclose(case_id)).content


def test_what_stands_in_own_words_is_approved_with_what_was_found(house: Scene) -> None:
    house.customer("Lumi", "1012")
    case_id = house.open("1012", provision=None, provision_text="Jokin laki 1 §")
    with pytest.raises(SeveralInvalid) as told:
        house.approve(case_id)
    assert refused(told) == {"ReasonMissing"}
    house.approve(case_id, reason="Laki tarkistettu Finlexistä")


def test_a_secret_is_kept_from_its_person_until_its_day_is_over(house: Scene) -> None:
    person_id = house.customer("Mimmi", "1014")
    until = in_days(30)
    case_id = house.open("1014", secret_until=until, secret_provision="ETL 11 luku")
    house.approve(case_id)
    house.disclose(case_id)
    with walled_session(house.alfa.system(RIGHTS)) as session:
        assert len(received.by_person(session, person_id)) == 1
        assert received.told_to_person(session, person_id, today=until) == []
        assert len(received.told_to_person(session, person_id, today=until + timedelta(days=1))) == 1


def test_a_sister_company_and_another_group_see_no_case(house: Scene) -> None:
    house.customer("Nea", "1016")
    case_id = house.open("1016")
    other = scene()
    at_beta = make.staff(house.group, (Role.COMPANY_ADMIN, house.beta))
    for acting in (at_beta.acting(house.beta, RIGHTS), other.approver.acting(other.alfa, RIGHTS)):
        with pytest.raises(refusals.NoSuchAuthorityCase), walled_session(acting) as session:
            cases.get(session, case_id)
    with pytest.raises(NotActingHere), walled_session(at_beta.acting(house.alfa, RIGHTS)) as session:
        cases.get(session, case_id)


def test_the_officer_sees_and_neither_takes_in_nor_decides(house: Scene) -> None:
    house.customer("Otso", "1017")
    case_id = house.open("1017")
    with walled_session(house.officer.acting(house.alfa, RIGHTS)) as session:
        assert cases.get(session, case_id).row.case_id == case_id
        with pytest.raises(NotPermitted):
            cases.decide(session, case_id, refused=True, reason="Ei")
        with pytest.raises(NotPermitted):
            cases.open_case(session, house.asked("1017"))


@pytest.fixture(scope="module")
def paid_on(house: Scene) -> UUID:
    """The customers' register has a day, and a customer for each of some."""
    field_id = new_id()
    with walled_session(house.group.system()) as session:
        session.add(
            Field(
                field_id=field_id,
                company_id=house.alfa.company_id,
                register_id=house.customers.register_id,
                key="paid_on",
                label=Text(fi="Maksupäivä", sv="Betalningsdag", en="Day of payment"),
                category=Text(fi="Maksut", sv="Betalningar", en="Payments"),
                type=FieldType.DATE,
                identifier=None,
                origin=Origin.PROVIDED,
                sealed=False,
                required=False,
                record_key=False,
                purposes=["care"],
                position=9,
            )
        )
    days = {"2001": "2026-04-30", "2002": "2026-05-01", "2003": "2026-05-31", "2004": "2026-06-01"}
    for number, day in days.items():
        house.customer(f"Maksaja {number}", number, paid_on=day)
    house.customer("Maksaja 2005", "2005")
    return field_id


PAYERS = "2001\n2002\n2003\n2004\n2005"


def month(paid_on: UUID, number: int, last: int) -> Period:
    return Period(paid_on, date(2026, number, 1), date(2026, number, last))


def names(content: bytes) -> list[str]:
    return sorted(str(msgspec.json.decode(line)["name"])[-4:] for line in content.splitlines())


def test_only_records_of_the_days_that_were_asked_for_leave(house: Scene, paid_on: UUID) -> None:
    case_id = house.open(PAYERS, period=month(paid_on, 5, 31))
    house.approve(case_id)
    assert house.case(case_id).state is CaseState.APPROVED
    assert names(take(house, house.disclose(case_id)).content) == ["2002", "2003"]


def test_whoever_approves_gives_fewer_days_with_a_reason_and_never_more(house: Scene, paid_on: UUID) -> None:
    case_id = house.open(PAYERS, period=month(paid_on, 5, 31))
    for period, kind in (
        (month(paid_on, 6, 30), "LongerThanAsked"),
        (Period(paid_on, date(2026, 5, 2), date(2026, 5, 1)), "PeriodBackwards"),
        (Period(house.customers.fields["segment"], date(2026, 5, 1), date(2026, 5, 2)), "PeriodOfNoDay"),
        (month(paid_on, 5, 30), "ReasonMissing"),
    ):
        with pytest.raises(SeveralInvalid) as told:
            house.approve(case_id, period=period)
        assert kind in refused(told)
    house.approve(case_id, period=month(paid_on, 5, 30), reason="Viimeinen päivä ei kuulu asiaan.")
    assert house.case(case_id).state is CaseState.PARTLY_APPROVED
    assert names(take(house, house.disclose(case_id)).content) == ["2002"]


def test_days_may_be_said_by_whoever_approves_alone(house: Scene, paid_on: UUID) -> None:
    case_id = house.open(PAYERS)
    house.approve(case_id, period=month(paid_on, 6, 30), reason="Pyyntö koskee kesäkuuta.")
    assert names(take(house, house.disclose(case_id)).content) == ["2004"]


def signed(house: Scene, case_id: UUID) -> tuple[bytes, dict[UUID, bytes]]:
    with walled_session(house.officer.acting(house.alfa, RIGHTS)) as session:
        written = records.written(records.of_case(session, case_id))
        return written, {key.key_id: key.public for key in public_keys(session, Use.ARCHIVE)}


def test_a_record_is_signed_and_names_no_person(house: Scene, paid_on: UUID) -> None:
    case_id = house.open(PAYERS, period=month(paid_on, 5, 31))
    house.approve(case_id)
    with pytest.raises(refusals.NotDisclosed):
        signed(house, case_id)
    taken = take(house, house.disclose(case_id))
    written, keys = signed(house, case_id)
    assert written == signed(house, case_id)[0]
    told = records.verify(written, keys)
    assert [(one.sha256, one.records, one.persons) for one in told.files] == [(taken.sha256, 2, 2)]
    assert (told.days, told.fields, told.persons) == (
        records.GivenDays("paid_on", date(2026, 5, 1), date(2026, 5, 31)),
        ["name", "segment"],
        5,
    )
    assert (told.group, told.verified) == (house.group.slug, False)
    assert b"Maksaja" not in written
    assert b"Konstaapeli" not in written


def test_a_record_that_was_changed_or_signed_by_others_is_refused(house: Scene, paid_on: UUID) -> None:
    case_id = house.open("2002")
    house.approve(case_id)
    house.disclose(case_id)
    written, keys = signed(house, case_id)
    for changed, published in ((written.replace(b"5500/R/1/26", b"5500/R/2/26"), keys), (written, {})):
        with pytest.raises(refusals.RecordFalse):
            records.verify(changed, published)
    for broken in (b"{}", b"x", written.replace(b'"signature": "', b'"signature": "x')):
        with pytest.raises(refusals.NotARecord):
            records.verify(broken, keys)
