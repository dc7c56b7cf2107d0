"""What happens to people's data, and who is told of it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, insert, select

from tenants.acting import Acting, PurposeKind, client
from tenants.base import new_id
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.ledger.model import Disclosure, DisclosureScope
from tenants.ledger.scopes import open_scope
from tenants.notifying import following
from tenants.notifying.model import Notification
from tenants.registers import correcting, erasing, restricting
from tenants.registers.model import ErasureGround, Record, RestrictionGround
from tests import make
from tests.make import MadeMember
from tests.tenants.feeds.follower import Follower
from tests.tenants.feeds.scene import Scene

RIGHTS = PurposeKind.RIGHTS_REQUEST


def records_of(feeds: Scene, person_id: UUID) -> list[UUID]:
    with walled_session(feeds.house.alfa.system()) as session:
        return list(session.scalars(select(Record.record_id).where(Record.person_id == person_id)))


def erase(
    feeds: Scene,
    person_id: UUID,
    *,
    register_id: UUID | None = None,
    ground: ErasureGround = ErasureGround.UNLAWFUL,
) -> None:
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        erasing.erase(
            session,
            person_id,
            ground=ground,
            reason="Pyydetty",
            register_ids=[register_id or feeds.house.customers.register_id],
        )


def restrict(feeds: Scene, person_id: UUID) -> None:
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        restricting.place(
            session, person_id, ground=RestrictionGround.UNLAWFUL, reason="Kiistää", review_on=date(2099, 1, 1)
        )


def correct(feeds: Scene, person_id: UUID, **given: str) -> None:
    [record_id] = records_of(feeds, person_id)
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        correcting.correct(session, person_id, record_id, given, source="Henkilö itse", reason="Väärin")


def follow(feeds: Scene) -> list[Notification]:
    """All that there is, the oldest first, once the changes have been followed."""
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        following.follow(session)
    return made(feeds)


def made(feeds: Scene) -> list[Notification]:
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        return list(session.scalars(select(Notification).order_by(Notification.notification_id)))


def noted(
    feeds: Scene,
    person_id: UUID,
    recipient_id: UUID,
    *,
    secret_until: date | None = None,
    until: datetime | None = None,
) -> None:
    """In the ledger, as what is given without a feed: all that the agreed purpose of the customer register is about."""
    house = feeds.house
    with walled_session(house.approver.acting(house.alfa, RIGHTS)) as session:
        scope = DisclosureScope(
            scope_id=new_id(),
            company_id=house.alfa.company_id,
            recipient_id=recipient_id,
            register_id=house.customers.register_id,
            purpose_id=house.care,
            kind=PurposeKind.LEGAL_DUTY,
            fields=list(house.customers.fields.values()),
            source_id=new_id(),
            source_version=1,
            secret_until=secret_until,
        )
        row = {"group_id": house.group.group_id, "company_id": house.alfa.company_id, "person_id": person_id}
        given = {"scope_id": open_scope(session, scope), "since": func.clock_timestamp(), "until": until}
        session.execute(insert(Disclosure).values(**row, **given, recipient_id=recipient_id))


def recipient(feeds: Scene, key: str, **terms: object) -> tuple[UUID, UUID, Follower]:
    """Another processor with an agreement and a feed of its own, whose client has read it: processor, agreement."""
    house = feeds.house
    processor_id = house.processor(key)
    house.verify(processor_id)
    agreement_id = house.draft(f"with-{key}", processor_id=processor_id)
    house.approve(agreement_id)
    of_it = Scene(house, feeds.orders, agreement_id)
    follower = Follower(of_it, of_it.approved(f"feed-{key}", **terms))
    follower.catch_up()
    return processor_id, agreement_id, follower


def handler(feeds: Scene) -> MadeMember:
    return make.staff(feeds.house.group, (Role.REQUEST_HANDLER, feeds.house.alfa))


def as_client(feeds: Scene, agreement_id: UUID | None = None) -> Acting:
    return client(feeds.house.group.group_id, agreement_id or feeds.agreement)
