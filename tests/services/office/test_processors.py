"""What the office's list tells of agreements before it is too late."""

from datetime import timedelta

import pytest

from services.api.office import processors_told
from tenants.database import walled_session
from tenants.processors import cataloguing
from tenants.processors.standing import AgreementsStand
from tests.tenants.processors.scene import Scene, scene, today

pytestmark = pytest.mark.usefixtures("database")


def listed(house: Scene) -> processors_told.Listed:
    with walled_session(house.approver.acting(house.alfa)) as session:
        known = processors_told.catalogue(session)
        return processors_told.listed(known, cataloguing.get(session, house.pilvi))


def test_the_first_agreement_that_ends_within_a_month_is_told_and_no_other() -> None:
    house = scene()
    house.verify()
    house.approved("later", valid_until=today() + timedelta(days=31))
    house.draft("drafted", valid_until=today() + timedelta(days=3))
    assert listed(house).ends is None
    for days in (30, 14):
        house.approved(f"in-{days}", valid_until=today() + timedelta(days=days))
    assert listed(house).ends == today() + timedelta(days=14)
    assert listed(house).standing is AgreementsStand.STOPPED
