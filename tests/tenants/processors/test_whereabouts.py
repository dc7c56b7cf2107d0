"""Where recipients are: those under an agreement in force, with whom they engage, and what carries data there."""

from datetime import timedelta

import pytest

from tenants.database import walled_session
from tenants.processors import reading, standing, whereabouts
from tenants.processors.model import Document, Transfer, TransferKind
from tenants.processors.whereabouts import Carried, Country
from tests.tenants.processors.scene import Scene, scene, today

pytestmark = pytest.mark.usefixtures("database")
ASSESSED = Document("Arvio", "ab" * 32)


def found(house: Scene) -> dict[str, Country]:
    with walled_session(house.approver.acting(house.alfa)) as session:
        ground, agreements = standing.ground(session), reading.listed(session)
        return {one.code: one for one in whereabouts.countries(ground, agreements, today())}


def test_nobody_is_anywhere_before_an_agreement_is_in_force() -> None:
    house = scene()
    house.verify()
    house.draft("drafted")
    assert found(house) == {}


@pytest.mark.parametrize(
    ("country", "transfers", "carried"),
    [
        ("SE", [], Carried.AREA),
        ("CH", [Transfer("CH", TransferKind.ADEQUACY)], Carried.ADEQUACY),
        ("IN", [Transfer("IN", TransferKind.STANDARD_CLAUSES, ASSESSED)], Carried.SAFEGUARDS),
        ("IN", [Transfer("IN", TransferKind.STANDARD_CLAUSES)], Carried.NOTHING),
        ("IN", [], Carried.NOTHING),
    ],
    ids=["area", "adequacy", "safeguards", "not assessed", "nothing"],
)
def test_a_sub_processors_country_is_carried_by_what_the_agreement_says(
    country: str, transfers: list[Transfer], carried: Carried
) -> None:
    house = scene()
    house.verify()
    house.approved(transfers=tuple(transfers))
    lower = house.processor("alempi")
    house.engage(house.pilvi, lower, countries=(country,))
    there = found(house)[country]
    [one] = there.recipients
    assert (there.carried, one.processor.processor_id) == (carried, lower)
    assert one.through is not None
    assert one.through.processor_id == house.pilvi


def test_whoever_takes_part_later_is_not_there_yet() -> None:
    house = scene()
    house.verify()
    house.approved()
    house.engage(house.pilvi, house.processor("alempi"), countries=("IN",), since=today() + timedelta(days=40))
    assert "IN" not in found(house)
