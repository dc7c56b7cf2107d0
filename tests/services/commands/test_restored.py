"""`seloste restored`: a cursor from before a restore is no place in any feed."""

import pytest
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from services import cli
from tenants.audit.model import AuditEntry
from tenants.database import walled_session
from tenants.feeds.refusals import BeginAnew
from tests.tenants.feeds.follower import Follower
from tests.tenants.feeds.scene import Scene, scene
from tests.tenants.feeds.writing import customer


@pytest.fixture
def feeds(database: Postgres) -> Scene:
    return scene()


@pytest.mark.parametrize("suspended", [False, True], ids=["in use", "suspended"])
def test_whoever_follows_a_feed_reads_it_from_the_start_after_a_restore(
    feeds: Scene, suspended: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    slug = feeds.house.group.slug
    customer(feeds, "Ada")
    one = Follower(feeds, feeds.approved())
    one.catch_up()
    if suspended:
        assert cli.main(["group", "suspend", slug, "--reason", "security"]) == 0
    assert cli.main(["restored", slug]) == 0
    if suspended:
        assert cli.main(["group", "resume", slug]) == 0
    assert "syötteitä on 1" in capsys.readouterr().out
    with pytest.raises(BeginAnew):
        one.read()
    one.cursor = None
    one.catch_up()
    assert one.names == {"Ada"}
    with walled_session(feeds.house.alfa.system()) as session:
        [said] = session.scalars(select(AuditEntry).where(AuditEntry.action == "feed.begun_anew"))
    assert said.about_ids == [one.feed_id]


def test_the_epoch_after_a_restore_was_never_given_before(feeds: Scene) -> None:
    """A scope that was widened since the dump had the next number already."""
    customer(feeds, "Ada")
    one = Follower(feeds, feeds.approved())
    before = one.read().epoch
    assert cli.main(["restored", feeds.house.group.slug]) == 0
    one.cursor = None
    assert one.read().epoch > before + 1_000_000
