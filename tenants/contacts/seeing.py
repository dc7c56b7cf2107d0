"""What a contact sees of the agreements and feeds that are theirs to look after."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import system
from tenants.clients import key_sets
from tenants.clients.model import ClientKey, ClientKeySet, OAuthClient
from tenants.companies.model import Company
from tenants.contacts.people import Here
from tenants.database import acting_of, walled_session
from tenants.feeds import noticing, trying
from tenants.feeds.model import Feed, FeedScope
from tenants.feeds.noticing import Change
from tenants.feeds.reading import Given
from tenants.feeds.refusals import NoSuchFeed
from tenants.feeds.sandbox import Sandbox
from tenants.languages.speaking import Text
from tenants.processors import reading, standing, stopping
from tenants.processors.model import AgreementState
from tenants.processors.standing import Stop
from tenants.registers.model import Field, Purpose, Register

# What the walls let a contact read of them: nothing of who drafted what, nor of the company's own reasons.
_FEED = (
    Feed.group_id,
    Feed.feed_id,
    Feed.company_id,
    Feed.agreement_id,
    Feed.key,
    Feed.name,
    Feed.epoch,
    Feed.created_at,
    Feed.ended_at,
)
_SCOPE = (
    FeedScope.group_id,
    FeedScope.feed_id,
    FeedScope.version,
    FeedScope.company_id,
    FeedScope.agreement_id,
    FeedScope.register_id,
    FeedScope.purpose_id,
    FeedScope.fields,
    FeedScope.sealed_fields,
    FeedScope.condition,
    FeedScope.consent_required,
    FeedScope.bound_to_event,
    FeedScope.legal_basis,
    FeedScope.valid_from,
    FeedScope.valid_until,
    FeedScope.drafted_at,
    FeedScope.announced_at,
    FeedScope.takes_effect_at,
    FeedScope.at_once,
    FeedScope.at_once_because,
    FeedScope.approved_at,
    FeedScope.suspended_at,
    FeedScope.replaced_at,
    FeedScope.opens_at,
    FeedScope.closes_at,
)
_CLIENT = (
    OAuthClient.client_id,
    OAuthClient.name,
    OAuthClient.method,
    OAuthClient.dpop,
    OAuthClient.jwks_uri,
    OAuthClient.disabled_at,
    OAuthClient.last_used_at,
    OAuthClient.failures,
    OAuthClient.last_failed_at,
    OAuthClient.alarmed_at,
    OAuthClient.locked_at,
)


class SeenAgreement(Struct, frozen=True, kw_only=True):
    """`days_left`: until the last day, of one that has one."""

    agreement_id: UUID
    key: str
    state: AgreementState
    valid_from: date | None
    valid_until: date | None
    days_left: int | None
    stops: list[Stop]


class SeenFeed(Struct, frozen=True, kw_only=True):
    """`name` is what clients call it. Of its versions those that were approved, and the draft while there is none.

    `labels` are those of every field that the register has, or had when an earlier version gave it.
    """

    given: Given
    name: str
    register: Text
    purpose: Text
    fields: list[Field]
    labels: dict[str, Text]
    sandbox: Sandbox
    stopped: bool

    @property
    def versions(self) -> list[FeedScope]:
        return [one for one in self.given.versions if one.approved_at] or [self.given.shown]

    @property
    def announced(self) -> "Difference | None":
        """The version that was announced, against the one in force."""
        newest = self.given.newest
        return Difference(newest, self.given.shown) if noticing.is_announced(newest) else None

    @property
    def changes(self) -> "list[Difference]":
        """Each version against the one before it, the newest first."""
        return [Difference(newer, older) for newer, older in pairwise(self.versions)]


class Difference(Struct, frozen=True):
    newer: FeedScope
    older: FeedScope

    @property
    def schema(self) -> Change:
        return noticing.between(self.older, self.newer)

    @property
    def asks_otherwise(self) -> bool:
        asked = [(one.condition, one.consent_required, one.bound_to_event) for one in (self.newer, self.older)]
        return asked[0] != asked[1]


class SeenClient(Struct, frozen=True):
    """`keys` are those that are registered, `published` what was fetched last of a client that publishes its own."""

    row: OAuthClient
    keys: Sequence[ClientKey]
    published: ClientKeySet | None

    @property
    def has_keys(self) -> bool:
        return bool(self.keys or (self.published and self.published.keys))


def agreements(session: Session, here: Here) -> list[SeenAgreement]:
    today = reading.today()
    stops = _stops(session, here, today)
    found = []
    for one in reading.listed(session, processor_id=here.contact.processor_id):
        version = one.on(today) if one.versions else None
        ends = version.valid_until if version else None
        state = one.state(version, today) if version else AgreementState.DRAFT
        found.append(
            SeenAgreement(
                agreement_id=one.agreement.agreement_id,
                key=one.agreement.key,
                state=AgreementState.ENDED if one.agreement.ended_at else state,
                valid_from=version.valid_from if version else None,
                valid_until=ends,
                days_left=(ends - today).days if ends and state is AgreementState.IN_FORCE else None,
                stops=stops.get(one.agreement.agreement_id, []),
            )
        )
    return found


def feeds(session: Session, here: Here) -> list[SeenFeed]:
    """The oldest first; what has ended is not shown."""
    stopped = _stopped(session, here)
    return [_seen(session, one, stopped) for one in _given(session) if one.feed.ended_at is None]


def feed(session: Session, here: Here, feed_id: UUID) -> SeenFeed:
    """Raises NoSuchFeed."""
    found = _given(session, feed_id)
    if not found:
        raise NoSuchFeed
    return _seen(session, found[0], _stopped(session, here))


def clients(session: Session) -> list[SeenClient]:
    """With their keys in use. Those in use first."""
    rows = session.execute(
        select(*_CLIENT).order_by(OAuthClient.disabled_at.is_not(None), OAuthClient.client_id.desc())
    ).all()
    keys = session.scalars(
        select(ClientKey).where(ClientKey.retired_at.is_(None)).order_by(ClientKey.added_at.desc(), ClientKey.kid)
    ).all()
    published = key_sets.of_clients(session, [row.client_id for row in rows])
    return [
        SeenClient(
            OAuthClient(**row._mapping),
            [key for key in keys if key.client_id == row.client_id],
            published.get(row.client_id),
        )
        for row in rows
    ]


def _stops(session: Session, here: Here, today: date) -> Mapping[UUID, list[Stop]]:
    """What stops an agreement lies in facts about others too; of those a contact sees only what follows from them."""
    group_id, company_id = acting_of(session).group_id, here.contact.company_id
    with walled_session(system(group_id, company_id=company_id)) as own:
        known = standing.ground(own)
        agreed = reading.listed(own, processor_id=here.contact.processor_id)
        return {one.agreement.agreement_id: standing.stops(known, one, one.on(today), today) for one in agreed}


def _stopped(session: Session, here: Here) -> frozenset[UUID]:
    """Feeds that the company has stopped by themselves; of whatever stops more the agreement tells."""
    acting = system(acting_of(session).group_id, company_id=here.contact.company_id)
    with walled_session(acting) as own:
        return frozenset(one.feed_id for one in stopping.in_force(own) if one.feed_id)


def _given(session: Session, feed_id: UUID | None = None) -> list[Given]:
    """Rows of our own making, for no session: they say what may be seen and no more."""
    rows = session.execute(select(*_FEED).order_by(Feed.feed_id)).all()
    scopes = session.execute(select(*_SCOPE).order_by(FeedScope.version.desc())).all()
    return [
        Given(
            Feed(**row._mapping),
            tuple(FeedScope(**one._mapping) for one in scopes if one.feed_id == row.feed_id),
        )
        for row in rows
        if feed_id in (None, row.feed_id)
    ]


def _seen(session: Session, given: Given, stopped: frozenset[UUID]) -> SeenFeed:
    scope = given.shown
    company = session.scalars(select(Company.key).where(Company.company_id == given.feed.company_id)).one()
    own = {one.key: one for one in session.scalars(select(Field).where(Field.register_id == scope.register_id))}
    return SeenFeed(
        given=given,
        name=f"{company}.{given.feed.key}",
        register=session.scalars(select(Register.name).where(Register.register_id == scope.register_id)).one(),
        purpose=session.scalars(select(Purpose.label).where(Purpose.purpose_id == scope.purpose_id)).one(),
        fields=[own[key] for key in (*scope.fields, *scope.sealed_fields) if key in own],
        labels={key: one.label for key, one in own.items()},
        sandbox=trying.of_scope(session, given.feed, scope),
        stopped=given.feed.feed_id in stopped,
    )
