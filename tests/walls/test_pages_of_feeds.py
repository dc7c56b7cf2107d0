"""A page of a feed reads what is on it, whatever there is beside it: counted as the door's functions really run."""

from uuid import UUID

import psycopg
import pytest
from msgspec import Struct
from psycopg.conninfo import make_conninfo
from sqlalchemy import text
from sqlalchemy.orm import Session

from infra.embedded.postgres import Postgres
from tenants.acting import Acting, client
from tenants.database import walled_session
from tenants.feeds import delivering, publishing
from tenants.feeds.delivering import Page
from tests import make
from tests.tenants.feeds.scene import Scene, scene
from tests.tenants.feeds.writing import customer

OWN, FOREIGN, PAGE = 3_000, 50_000, 50
# A page may look twice at what is on it, and at the blocks that it touches.
AT_MOST = 4 * PAGE


class House(Struct, frozen=True):
    """Alfa's customers, and a group with so many that the statistics speak of it alone."""

    feeds: Scene
    feed_id: UUID

    @property
    def acting(self) -> Acting:
        return client(self.feeds.house.group.group_id, self.feeds.agreement)

    def publish(self) -> None:
        with walled_session(self.feeds.house.alfa.system()) as session:
            publishing.publish(session)


@pytest.fixture(scope="module")
def house(database: Postgres) -> House:
    feeds = scene()
    made = House(feeds, feeds.approved())
    other = make.company(make.group())
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as admin:
        for company, register, people in (
            (feeds.house.alfa, feeds.house.customers.register_id, OWN),
            (other, make.register(other).register_id, FOREIGN),
        ):
            ids = {"group": company.group.group_id, "company": company.company_id, "register": register}
            admin.execute(
                "WITH people AS (INSERT INTO persons (group_id, company_id, person_id)"
                " SELECT %(group)s, %(company)s, uuidv7() FROM generate_series(1, %(people)s) RETURNING *)"
                " INSERT INTO records (group_id, company_id, record_id, register_id, person_id, data, provenance)"
                " SELECT group_id, company_id, uuidv7(), %(register)s, person_id, '{}', '{}' FROM people",
                ids | {"people": people},
            )
        admin.commit()
        admin.execute("ANALYZE persons, records")
    return made


def paged(house: House, cursor: str | None) -> tuple[Page, dict[str, int]]:
    """A page, and how many rows of each table it has read. What transactions just before it have read may count too."""
    with walled_session(house.acting) as session:
        before = read(session)
        page = delivering.page(session, house.feed_id, cursor, most=PAGE)
        return page, {name: rows - before[name] for name, rows in read(session).items()}


def read(session: Session) -> dict[str, int]:
    counted = text(
        "SELECT relname, idx_tup_fetch + seq_tup_read FROM pg_stat_xact_user_tables"
        " WHERE relname IN ('records', 'persons', 'objections', 'changes', 'disclosures', 'disclosure_blocks',"
        " 'feed_holdings')"
    )
    return {name: rows or 0 for name, rows in session.execute(counted)}


def test_a_page_of_everybody_reads_whom_it_gives(house: House) -> None:
    cursor = None
    for _ in range(3):
        page, rows = paged(house, cursor)
        assert len(page.lines) == PAGE
        assert max(rows.values()) <= AT_MOST, rows
        cursor = page.cursor


def test_a_page_of_changes_reads_who_changed(house: House) -> None:
    house.publish()
    page = give(house, None, most=OWN)
    while page.more:
        page = give(house, page.cursor, most=OWN)
    someone = customer(house.feeds, "Uusi")
    house.publish()
    told, rows = paged(house, page.cursor)
    assert [line.person_id for line in told.lines] == [someone]
    assert max(rows.values()) <= AT_MOST, rows


def give(house: House, cursor: str | None, *, most: int) -> Page:
    with walled_session(house.acting) as session:
        return delivering.page(session, house.feed_id, cursor, most=most)
