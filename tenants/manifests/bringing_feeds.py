"""Feeds of a manifest into the agreements of a company, by the three ways of `bringing`. None is approved here."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.orm import Session

from tenants.companies.model import Company
from tenants.deliveries import targets
from tenants.errors import Invalid, SeveralInvalid
from tenants.feeds import reading, scopes
from tenants.feeds.reading import Given
from tenants.feeds.refusals import KnownFeed
from tenants.feeds.terms import Terms, terms_of
from tenants.manifests import catalogued, declared_feeds
from tenants.manifests.declared_feeds import STANDS_FOR, Ground, wanted
from tenants.manifests.faults import (
    ChangedInTheOffice,
    Fault,
    FeedEnded,
    FixedOnceDeclared,
    NeverAsFiles,
    NotForThisFeed,
)
from tenants.manifests.merging import merged
from tenants.manifests.model import DeclaredAgreement, DeclaredFeed, DeclaredFiles
from tenants.manifests.planning import said_now, spelt_out
from tenants.manifests.tree import Place

# What of a declared feed its terms say: the files are no part of what is approved.
OF_TERMS = tuple(name for name in DeclaredFeed.__struct_fields__ if name != "files")


class Brought(Struct, frozen=True):
    """How many feeds came and changed, and what was wrong with the others."""

    added: int
    changed: int
    faults: Sequence[Fault]


class Feeding(Struct):
    """The feeds of one company on their way; `before` are those that the version in force declares, by key."""

    session: Session
    tree: Place
    company: Company
    known: Ground
    found: Mapping[str, Given]
    before: Mapping[str, DeclaredFeed]
    faults: list[Fault]
    added: int = 0
    changed: int = 0

    def fault(self, kind: type[Fault], place: str, **values: str) -> None:
        self.faults.append(kind(self.tree.nearest(place).line, place, **values))

    def refused(self, refusal: Invalid, place: str) -> None:
        for each in refusal.problems if isinstance(refusal, SeveralInvalid) else (refusal,):
            where = f"{place}.{declared_feeds.place_of(each)}"
            self.faults.append(NotForThisFeed(self.tree.nearest(where).line, where, each))


def bring(
    session: Session,
    tree: Place,
    company: Company,
    agreements: Sequence[DeclaredAgreement],
    before: Sequence[DeclaredAgreement],
) -> Brought:
    """After the company's agreements are there."""
    if not any(one.feeds for one in agreements):
        return Brought(0, 0, ())
    session.flush()
    feeding = Feeding(
        session=session,
        tree=tree,
        company=company,
        known=declared_feeds.ground(session, company.company_id),
        found=declared_feeds.given(session, company.company_id),
        before={feed.key: feed for one in before for feed in one.feeds},
        faults=[],
    )
    agreed = catalogued.agreed(session, company.company_id)
    for agreement in agreements:
        for feed in agreement.feeds if agreement.key in agreed else ():
            place = f"companies.{company.key}.agreements.{agreement.key}.feeds.{feed.key}"
            _bring(feeding, agreed[agreement.key].agreement.agreement_id, feed, place)
    return Brought(feeding.added, feeding.changed, feeding.faults)


def _bring(feeding: Feeding, agreement_id: UUID, feed: DeclaredFeed, place: str) -> None:
    found = feeding.found.get(feed.key)
    try:
        if found is None:
            _draft(feeding, agreement_id, feed)
        elif found.feed.agreement_id != agreement_id:
            feeding.refused(KnownFeed(field="key"), place)
        else:
            _redraft(feeding, found, feed, place)
    except Invalid as refusal:
        feeding.refused(refusal, place)


def _draft(feeding: Feeding, agreement_id: UUID, feed: DeclaredFeed) -> None:
    said = declared_feeds.terms(feeding.known, feed)
    company_id = feeding.company.company_id
    begun = scopes.begin(feeding.session, company_id, agreement_id, key=feed.key, name=feed.name, terms=said)
    if feed.files is not None:
        targets.declare(feeding.session, reading.feed(feeding.session, begun.feed_id), wanted(feed.files))
    feeding.added += 1


def _redraft(feeding: Feeding, found: Given, feed: DeclaredFeed, place: str) -> None:
    """The draft is written anew, or of what was approved a next version is drafted. Where files go holds at once."""
    now = declared_feeds.declared(feeding.known, found)
    before = feeding.before.get(feed.key)
    both, clashes = merged(spelt_out(before) if before else {}, spelt_out(feed), spelt_out(now))
    for one in clashes:
        feeding.fault(ChangedInTheOffice, f"{place}.{one.place}", now=said_now(one.theirs))
    if clashes:
        return
    becomes = msgspec.convert(both, DeclaredFeed)
    if becomes.name != now.name:
        feeding.fault(FixedOnceDeclared, f"{place}.name")
        return
    kept = terms_of(found.newest)
    said = _with_changes(kept, now, becomes, declared_feeds.terms(feeding.known, becomes))
    if said == kept and becomes.files == now.files:
        return
    if found.feed.ended_at is not None:
        feeding.fault(FeedEnded, place)
        return
    if said != kept:
        scopes.draft_anew(feeding.session, found, said)
    if becomes.files != now.files:
        _deliver(feeding, found, becomes.files, place)
    feeding.changed += 1


def _deliver(feeding: Feeding, found: Given, files: DeclaredFiles | None, place: str) -> None:
    """What is declared no longer is delivered no longer, until it is enabled."""
    if files is None:
        targets.undeclare(feeding.session, found.feed.feed_id)
    elif found.shown.bound_to_event:
        feeding.fault(NeverAsFiles, f"{place}.files")
    else:
        targets.declare(feeding.session, found, wanted(files))


def _with_changes(kept: Terms, now: DeclaredFeed, becomes: DeclaredFeed, said: Terms) -> Terms:
    """Only what is declared otherwise changes: the office may have left more unfinished than can be declared."""
    names = [name for name in OF_TERMS if getattr(now, name) != getattr(becomes, name)]
    names = [each for name in names for each in STANDS_FOR.get(name, (name,))]
    return replace(kept, **{name: getattr(said, name) for name in names})
