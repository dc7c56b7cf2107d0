"""Joint controllers tell people what they have arranged, or agree on nothing (Art. 26(2))."""

from datetime import timedelta

import pytest

from tenants.acting import visitor
from tenants.companies import companies
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.languages.speaking import Text
from tenants.processors import agreements, arranging, reading
from tenants.processors.model import Arrangement, Relation
from tenants.processors.refusals import AgreementChangedMeanwhile
from tests.make import MadeCompany
from tests.tenants.processors.scene import Scene, today

JOINT = Relation.JOINT_CONTROLLER
ARRANGED = Arrangement(Text(fi="Alfa vastaa pyyntöihin.", sv="Alfa svarar."), "tietosuoja@alfa.example")


def told(house: Scene, company: MadeCompany | None = None) -> list[tuple[str, str]]:
    """As somebody reads it who is nobody here."""
    with walled_session(visitor(house.group.group_id)) as session:
        company_id = (company or house.alfa).company_id
        assert company_id in {one.company_id for one in companies.listed(session)}
        return [(one.controller, one.essence.fi) for one in arranging.shown(session, company_id)]


def fields(refused: pytest.ExceptionInfo[SeveralInvalid]) -> set[str | None]:
    return {one.field for one in refused.value.problems}


@pytest.mark.parametrize(
    ("arrangement", "missing"),
    [
        (None, {"essence", "contact_point"}),
        (Arrangement(Text(fi=" ", sv="Alfa svarar."), "tietosuoja@alfa.example"), {"essence"}),
        (Arrangement(Text(fi="Alfa vastaa."), " "), {"contact_point"}),
    ],
    ids=["nothing", "only-swedish", "no-contact"],
)
def test_without_what_people_are_told_none_is_approved(
    house: Scene, arrangement: Arrangement | None, missing: set[str]
) -> None:
    drafted = house.draft(relation=JOINT, arrangement=arrangement)
    with pytest.raises(SeveralInvalid) as refused:
        house.approve(drafted)
    assert fields(refused) == missing
    assert told(house) == []


def test_of_a_processor_it_is_not_asked(house: Scene) -> None:
    house.approved()
    assert told(house) == []


def test_people_read_it_once_it_is_approved_and_only_of_that_company(house: Scene) -> None:
    drafted = house.draft(relation=JOINT, arrangement=ARRANGED)
    assert told(house) == []
    house.approve(drafted)
    assert told(house) == [("Pilvi Oy", "Alfa vastaa pyyntöihin.")]
    assert told(house, house.beta) == []


def test_it_is_told_from_its_first_day_on(house: Scene) -> None:
    house.approved(relation=JOINT, arrangement=ARRANGED, valid_from=today() + timedelta(days=3))
    assert told(house) == []


def test_a_next_version_takes_its_place_and_with_the_agreement_it_ends(house: Scene) -> None:
    agreed = house.approved(relation=JOINT, arrangement=ARRANGED)
    house.change(agreed, relation=JOINT, arrangement=Arrangement(Text(fi="Pilvi vastaa."), ARRANGED.contact))
    assert [essence for _, essence in told(house)] == ["Alfa vastaa pyyntöihin."]
    house.approve(agreed)
    assert [essence for _, essence in told(house)] == ["Pilvi vastaa."]
    house.end(agreed)
    assert told(house) == []


def test_whoever_looked_before_it_was_changed_approves_nothing(house: Scene) -> None:
    drafted = house.draft(relation=JOINT, arrangement=ARRANGED)
    with walled_session(house.approver.acting(house.alfa)) as session:
        seen = reading.agreement(session, drafted).draft_looked_at
    house.change(drafted, relation=JOINT, arrangement=Arrangement(Text(fi="Muuta."), ARRANGED.contact))
    with (
        walled_session(house.approver.acting(house.alfa)) as session,
        pytest.raises(AgreementChangedMeanwhile),
    ):
        agreements.approve(session, drafted, seen=seen)


def test_what_is_longer_than_people_read_is_refused_in_a_draft(house: Scene) -> None:
    with pytest.raises(SeveralInvalid) as refused:
        house.draft(relation=JOINT, arrangement=Arrangement(Text(fi="x", sv="x" * 4001), "x" * 201))
    assert fields(refused) == {"essence", "contact_point"}
