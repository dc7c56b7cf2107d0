"""What the page of a person says of sharing: who may read them now, who has, and what the person has chosen."""

from collections.abc import Iterable, Set
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.api import wording
from services.api.office import feeds_told, policies_told
from services.api.office.authorities import AUTHORITIES
from services.api.office.desk import Desk
from services.api.office.emergencies import EMERGENCIES
from tenants.acting import SEES_RESTRICTED, PurposeKind
from tenants.authorities.model import AuthorityCase
from tenants.companies.permissions import Permission
from tenants.consents.model import Consent, Objection
from tenants.feeds.model import Feed
from tenants.languages.speaking import Text
from tenants.ledger.received import Received
from tenants.requests.person_file import PersonFile
from tenants.sharing import naming
from tenants.sharing.explaining import Share
from tenants.sharing.naming import Names


class Under(StrEnum):
    """What lets somebody receive."""

    POLICY = "policy"
    FEED = "feed"
    AUTHORITY = "authority"
    EMERGENCY = "emergency"


# The page of each, and who may see it.
PAGES = {
    Under.POLICY: (policies_told.SHARING, Permission.SEE_SHARING),
    Under.FEED: (feeds_told.FEEDS, Permission.SEE_PROCESSORS),
    Under.AUTHORITY: (AUTHORITIES, Permission.SEE_AUTHORITIES),
    Under.EMERGENCY: (EMERGENCIES, Permission.SEE_AUTHORITIES),
}


class ShownShare(Struct, frozen=True, kw_only=True):
    """`under_url` is None for whoever may not see what it is received under; `until` while it goes on."""

    receiver: str
    register: Text
    purpose: Text
    kind: PurposeKind
    fields: list[Text]
    under: Under
    version: int
    under_url: str | None
    since: datetime | None = None
    until: datetime | None = None


class Chosen(Struct, frozen=True):
    """A consent or an objection; `source` says where a consent is shown."""

    kind: PurposeKind
    since: datetime
    until: datetime | None
    source: str


class Sharing(Struct, frozen=True, kw_only=True):
    """`kinds` are pairs of value and label; `may_note` whether this member notes consents and objections."""

    now: list[ShownShare]
    received: list[ShownShare]
    consents: list[Chosen]
    objections: list[Chosen]
    kinds: list[tuple[str, str]]
    may_note: bool
    url: str
    explain_url: str | None


def shown(session: Session, desk: Desk, file: PersonFile, url: str) -> Sharing:
    company_id = desk.here.acting.company_id
    names = naming.names(session, [company_id] if company_id else [])
    may_see = desk.here.may(Permission.SEE_SHARING)
    sources = _sources(session, {one.source_id for one in file.received if one.outside})
    return Sharing(
        now=[_now(one, names, may_see) for one in file.shares],
        received=[_received(desk, one, sources.get(one.source_id, Under.POLICY)) for one in file.received],
        consents=[_chosen(one) for one in file.consents],
        objections=[_chosen(one) for one in file.objections],
        kinds=[(kind.value, wording.said(desk.language, kind)) for kind in _kinds(names)],
        may_note=desk.here.may(Permission.CORRECT_RECORDS),
        url=url,
        explain_url=f"{url}/explanation" if may_see else None,
    )


def _now(one: Share, names: Names, may_see: bool) -> ShownShare:
    return ShownShare(
        receiver=names.companies[one.recipient_id],
        register=names.registers[one.register_id].name,
        purpose=names.purposes[one.purpose_id].label,
        kind=one.kind,
        fields=[names.fields[field].label for field in one.fields],
        under=Under.POLICY,
        version=one.version,
        under_url=policies_told.url_of(one.policy_id) if may_see else None,
    )


def _sources(session: Session, ids: Set[UUID]) -> dict[UUID, Under]:
    """Of those outside of the group: what is neither a feed nor an authority's case is an emergency."""
    feeds = session.scalars(select(Feed.feed_id).where(Feed.feed_id.in_(ids)))
    cases = session.scalars(select(AuthorityCase.case_id).where(AuthorityCase.case_id.in_(ids)))
    found = dict.fromkeys(ids, Under.EMERGENCY)
    return found | dict.fromkeys(feeds, Under.FEED) | dict.fromkeys(cases, Under.AUTHORITY)


def _received(desk: Desk, one: Received, under: Under) -> ShownShare:
    page, needed = PAGES[under]
    version = f"?version={one.source_version}" if under is Under.POLICY else ""
    return ShownShare(
        receiver=one.recipient,
        register=one.register,
        purpose=one.purpose,
        kind=one.kind,
        fields=list(one.fields),
        under=under,
        version=one.source_version,
        under_url=f"{page}/{one.source_id}{version}" if desk.here.may(needed) else None,
        since=one.since,
        until=one.until,
    )


def _chosen(one: Consent | Objection) -> Chosen:
    return Chosen(one.kind, one.since, one.until, one.source if isinstance(one, Consent) else "")


def _kinds(names: Names) -> Iterable[PurposeKind]:
    """Those that the company's notice names; for the system's own, people are not asked."""
    used = {one.kind for one in names.purposes.values() if one.retired_at is None}
    return (kind for kind in PurposeKind if kind in used and kind not in SEES_RESTRICTED)
