"""An agreement that is over is closed once the processor has certified that the data is gone (Art. 28(3)(g))."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from tenants.companies.permissions import standing
from tenants.database import walled_session
from tenants.errors import Forbidden, Refusal, SeveralInvalid
from tenants.processors import closing, reading
from tenants.processors.closing import Closing
from tenants.processors.law import endings
from tenants.processors.model import Document, Relation
from tenants.processors.refusals import AlreadyCertified, NoSuchAgreement, NothingToCertify
from tenants.reminding import agenda
from tenants.reminding.agenda import Kind
from tests.make import MadeCompany, MadeMember
from tests.tenants.processors.scene import Scene, today

CERTIFICATE = Document("Poistotodistus", "cd" * 32)


def certify(
    house: Scene,
    agreement_id: UUID,
    *,
    by: MadeMember | None = None,
    at: MadeCompany | None = None,
    document: Document = CERTIFICATE,
    on: date | None = None,
    sub_processors: bool = False,
    reason: str = "",
) -> None:
    with walled_session((by or house.approver).acting(at or house.alfa)) as session:
        closing.certify(
            session,
            agreement_id,
            document=document,
            issued_on=on or today(),
            sub_processors=sub_processors,
            reason=reason,
        )


def closing_of(house: Scene, agreement_id: UUID, *, on: date | None = None) -> Closing | None:
    with walled_session(house.alfa.system()) as session:
        return closing.of_agreement(session, reading.agreement(session, agreement_id), today=on or today())


def waits(house: Scene, member: MadeMember) -> list[tuple[date, UUID]]:
    with walled_session(member.acting(house.alfa)) as session:
        items = agenda.to_look_at(session, standing(session), today=today())
    return [(one.day, one.about) for one in items if one.kind is Kind.CERTIFICATE_DUE]


@pytest.fixture
def ended(house: Scene) -> UUID:
    house.verify()
    agreement_id = house.approved()
    house.end(agreement_id)
    return agreement_id


def test_what_goes_on_waits_for_nothing(house: Scene) -> None:
    house.verify()
    agreement_id = house.approved()
    assert closing_of(house, agreement_id) is None
    with pytest.raises(NothingToCertify):
        certify(house, agreement_id)


def test_what_has_ended_waits_for_its_certificate_until_that_is_there(house: Scene, ended: UUID) -> None:
    due = endings.certified_by(today())
    assert waits(house, house.approver) == [(due, ended)]
    assert waits(house, house.drafter) == []
    certify(house, ended)
    assert waits(house, house.approver) == []
    found = closing_of(house, ended)
    assert found
    assert found.certificate
    assert (found.due_on, found.certificate.document) == (due, CERTIFICATE)
    assert found.certificate.recorded_by == house.approver.member_id


def test_what_expired_by_the_clock_waits_for_it_too(house: Scene) -> None:
    house.verify()
    last = today() + timedelta(days=3)
    agreement_id = house.approved(valid_until=last)
    assert closing_of(house, agreement_id, on=last) is None
    found = closing_of(house, agreement_id, on=last + timedelta(days=1))
    assert found
    assert (found.ended_on, found.due_on) == (last, endings.certified_by(last))


def test_a_controller_of_its_own_certifies_nothing(house: Scene) -> None:
    house.verify()
    agreement_id = house.approved(relation=Relation.INDEPENDENT_CONTROLLER, checklist=())
    house.end(agreement_id)
    assert closing_of(house, agreement_id) is None


def test_it_is_certified_once(house: Scene, ended: UUID) -> None:
    certify(house, ended)
    with pytest.raises(AlreadyCertified):
        certify(house, ended)


def test_a_wrong_one_is_replaced_with_a_reason_and_stays_to_be_read(house: Scene, ended: UUID) -> None:
    certify(house, ended, reason="Ei vielä mitään korvattavaa")
    right = Document("Oikea todistus", "ef" * 32)
    certify(house, ended, document=right, reason="Väärä tiedosto")
    found = closing_of(house, ended)
    assert found
    assert found.certificate
    assert (found.certificate.document, found.certificate.reason) == (right, "Väärä tiedosto")
    assert [(one.document, one.reason, one.recorded_by) for one in found.former] == [
        (CERTIFICATE, None, house.approver.member_id)
    ]
    assert waits(house, house.approver) == []


def test_the_sub_processors_have_confirmed_it_too(house: Scene, ended: UUID) -> None:
    house.engage(house.pilvi, house.processor("konesali"))
    assert refused(house, ended) == ["SubProcessorsOpen"]
    certify(house, ended, sub_processors=True)


def test_all_that_is_wrong_is_told_at_once(house: Scene, ended: UUID) -> None:
    found = refused(house, ended, document=Document("", "x"), on=today() + timedelta(days=1))
    assert found == ["CertifiedInTheFuture", "NeedsDocument", "NotADigest"]


def refused(house: Scene, agreement_id: UUID, **given: object) -> list[str]:
    with pytest.raises(SeveralInvalid) as caught:
        certify(house, agreement_id, **given)  # type: ignore[arg-type]
    return sorted(type(one).__name__ for one in caught.value.problems)


@pytest.mark.parametrize(("who", "refusal"), [("drafter", Forbidden), ("sister", NoSuchAgreement)])
def test_only_whoever_ends_agreements_here_certifies(
    house: Scene, ended: UUID, who: str, refusal: type[Refusal]
) -> None:
    by, at = (house.drafter, house.alfa) if who == "drafter" else (house.approver, house.beta)
    with pytest.raises(refusal):
        certify(house, ended, by=by, at=at)
