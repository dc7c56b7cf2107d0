"""Somebody who follows a feed as its client does: a page at a time, keeping what it is told."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from msgspec import Struct, field
from sqlalchemy import select

from tenants.acting import Acting, PurposeKind, client
from tenants.consents.model import Consent, Objection
from tenants.database import walled_session
from tenants.feeds import delivering, publishing
from tenants.feeds.delivering import Gone, Page, Tombstone, Upsert
from tenants.registers.model import Person, Record
from tenants.sharing import judging
from tests.tenants.feeds.scene import Scene

CARE = PurposeKind.CUSTOMER_CARE


class Follower(Struct):
    """`held` is by record: of whom, and what. `gone` is everything that was told as gone, in order."""

    feeds: Scene
    feed_id: UUID
    cursor: str | None = None
    held: dict[UUID, tuple[UUID, dict[str, object]]] = field(default_factory=dict)
    gone: list[tuple[UUID, Gone]] = field(default_factory=list)

    def read(self, *, most: int = 1_000) -> Page:
        """One page, and whatever it says is done."""
        page = self.look(most=most)
        for line in page.lines:
            match line:
                case Upsert():
                    self.held[line.record_id] = (line.person_id, msgspec.json.decode(line.data))
                case Tombstone():
                    self.held.pop(line.record_id, None)
                    self.gone.append((line.record_id, line.reason))
        self.cursor = page.cursor
        return page

    def look(self, *, most: int = 1_000) -> Page:
        """A page that is lost on its way."""
        with walled_session(self.feeds.house.alfa.system()) as session:
            publishing.publish(session)
        with walled_session(self.acting) as session:
            return delivering.page(session, self.feed_id, self.cursor, most=most)

    def catch_up(self, *, most: int = 1_000) -> None:
        while self.read(most=most).more:
            pass

    @property
    def acting(self) -> Acting:
        return client(self.feeds.house.group.group_id, self.feeds.agreement)

    @property
    def names(self) -> set[object]:
        return {data["name"] for _, data in self.held.values()}


def in_scope(feeds: Scene, feed_id: UUID) -> Mapping[UUID, tuple[UUID, dict[str, object]]]:
    """What a recipient should hold now, by the rules in Python."""
    scope = feeds.given(feed_id).shown
    with walled_session(feeds.house.alfa.system()) as session:
        records = session.scalars(select(Record)).all()
        people = session.scalars(select(Person)).all()
        objected = session.scalars(select(Objection).where(Objection.until.is_(None))).all()
        consented = session.scalars(select(Consent).where(Consent.until.is_(None))).all()
    found = {}
    keys = {str(one): key for key, one in {**feeds.house.customers.fields, **feeds.orders.fields}.items()}
    for row in people:
        own = [one for one in records if one.person_id == row.person_id]
        person = judging.Person(
            restricted=row.restricted,
            objected={one.kind for one in objected if one.person_id == row.person_id},
            consented={one.kind for one in consented if one.person_id == row.person_id},
            records=tuple(
                judging.Record(
                    record_id=one.record_id, register_id=one.register_id, restricted=one.restricted, data=one.data
                )
                for one in own
            ),
        )
        if row.restricted or CARE in person.objected:
            continue
        for one in person.records:
            meets = scope.compiled is None or judging.failing(scope.compiled, person, one) is None
            if one.register_id == scope.register_id and not one.restricted and meets:
                given = {str(field_id) for field_id in scope.field_ids}
                data = {keys[of]: one.data.get(of) for of in given}
                found[one.record_id] = (row.person_id, data)
    return found
