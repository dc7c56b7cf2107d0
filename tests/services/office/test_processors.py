"""What the office's list tells of agreements before it is too late."""

from datetime import timedelta

import pytest

from services.api.office import flows_told, processors_told
from services.api.office.flows_told import AskedFlow
from tenants.database import walled_session
from tenants.processors import cataloguing
from tenants.processors.standing import AgreementsStand
from tests.tenants.feeds import scene as feeding
from tests.tenants.feeds.follower import Follower
from tests.tenants.feeds.writing import customer
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


def test_what_a_processors_page_draws_is_what_its_client_was_given() -> None:
    feeds = feeding.scene()
    for name in ("Ada", "Bo", "Cleo"):
        customer(feeds, name)
    one, other = Follower(feeds, feeds.approved("one")), Follower(feeds, feeds.approved("other"))
    given = [len(each.read().lines) for each in (one, other, other)]
    for chosen, lines in ((None, 6), (one.feed_id, 3), (feeds.house.pilvi, 6)):
        with walled_session(feeds.house.approver.acting(feeds.house.alfa)) as session:
            flow = flows_told.flow_of(
                session,
                feeds.house.pilvi,
                [feeds.agreement],
                asked=AskedFlow(90, chosen),
                confirmations=False,
            )
        assert (flow.period, sum(span.lines for span in flow.spans), flow.spans[-1].lines) == (90, lines, lines)
        assert sorted(each.lines for each in flow.feeds) == [3, 3]
    assert sum(given) == 6
