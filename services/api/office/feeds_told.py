"""Feeds as the pages of the office show them: in lists, and a version of a scope in plain words."""

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import conditions
from services.api.conditions import Clause
from services.api.office.processors_told import PROCESSORS
from services.api.wording import said
from tenants.acting import PurposeKind
from tenants.clients import registering
from tenants.feeds import reading
from tenants.feeds.model import FeedScope, ScopeState
from tenants.feeds.reading import Given
from tenants.feeds.terms import terms_of
from tenants.languages.speaking import Language, Text, sentence, short_date, translate
from tenants.processors import stopping
from tenants.registers.model import LegalBasis
from tenants.sharing import naming
from tenants.sharing.naming import Names

FEEDS = f"{PROCESSORS}/feeds"


class ListedFeed(Struct, frozen=True, kw_only=True):
    """`drafted`: a next version is on the way. `clients` are the names of those that may fetch it."""

    url: str
    key: str
    name: Text
    state: ScopeState
    stopped: bool
    register: Text
    purpose: Text
    kind: PurposeKind
    version: int
    until: date | None
    by_event: bool
    drafted: int | None
    clients: list[str]


class ShownScope(Struct, frozen=True, kw_only=True):
    version: int
    state: ScopeState
    register: Text
    purpose: Text
    kind: PurposeKind
    fields: list[Text]
    sealed: list[Text]
    condition: Clause | None
    asks_consent: bool
    event_register: Text | None
    event_days: int | None
    by_event: bool
    legal_basis: LegalBasis
    balancing: str | None
    valid_from: date
    valid_until: date | None


class Difference(Struct, frozen=True):
    """What a version says otherwise than the one before it."""

    what: str
    before: str
    now: str


def url_of(feed_id: UUID) -> str:
    return f"{FEEDS}/{feed_id}"


def listed(session: Session, agreement_id: UUID, processor_id: UUID) -> list[ListedFeed]:
    found = reading.listed(session, agreement_id=agreement_id)
    if not found:
        return []
    names = naming.names(session, {one.feed.company_id for one in found})
    clients = [one.name for one in registering.listed(session, processor_id) if one.disabled_at is None]
    stopped = {one.feed_id for one in stopping.in_force(session)}
    return [_listed(one, names, clients, one.feed.feed_id in stopped) for one in found]


def _listed(given: Given, names: Names, clients: list[str], stopped: bool) -> ListedFeed:
    scope = given.shown
    return ListedFeed(
        url=url_of(given.feed.feed_id),
        key=given.feed.key,
        name=given.feed.name,
        state=given.state,
        stopped=stopped,
        register=names.registers[scope.register_id].name,
        purpose=names.purposes[scope.purpose_id].label,
        kind=names.purposes[scope.purpose_id].kind,
        version=scope.version,
        until=scope.valid_until,
        by_event=scope.bound_to_event,
        drafted=given.next_draft.version if given.next_draft else None,
        clients=clients,
    )


def scope(language: Language, row: FeedScope, state: ScopeState, names: Names) -> ShownScope:
    return ShownScope(
        version=row.version,
        state=state,
        register=names.registers[row.register_id].name,
        purpose=names.purposes[row.purpose_id].label,
        kind=names.purposes[row.purpose_id].kind,
        fields=_labels(row, row.fields, names),
        sealed=_labels(row, row.sealed_fields, names),
        condition=_condition(language, row, names),
        asks_consent=terms_of(row).asks_consent,
        event_register=names.registers[row.event_register_id].name if row.event_register_id else None,
        event_days=row.event_days,
        by_event=row.bound_to_event,
        legal_basis=row.legal_basis,
        balancing=row.balancing,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def differences(language: Language, row: FeedScope, before: FeedScope, names: Names) -> list[Difference]:
    return [
        Difference(translate(language, what), then, now)
        for (what, now), (_, then) in zip(_said(language, row, names), _said(language, before, names), strict=True)
        if now != then
    ]


def _said(language: Language, row: FeedScope, names: Names) -> Iterator[tuple[str, str]]:
    """Everything that a version says, in words that can be compared."""
    shown = scope(language, row, ScopeState.DRAFT, names)
    yield sentence("Register"), shown.register.in_(language)
    yield sentence("Purpose"), shown.purpose.in_(language)
    yield sentence("Fields that are given"), _joined(language, shown.fields)
    yield sentence("Sealed fields that are opened"), _joined(language, shown.sealed)
    yield sentence("Whose data"), _in_line(shown.condition) or translate(language, "everybody's in the register")
    yield sentence("Consent of each person"), _asked(language, shown)
    yield sentence("By an event"), _event(language, shown)
    yield sentence("Legal basis"), said(language, shown.legal_basis)
    yield sentence("Balancing test"), shown.balancing or "–"
    yield sentence("First day"), short_date(language, shown.valid_from)
    yield sentence("Last day"), short_date(language, shown.valid_until) if shown.valid_until else "–"


def _asked(language: Language, shown: ShownScope) -> str:
    return translate(language, "asked") if shown.asks_consent else translate(language, "not asked")


def _event(language: Language, shown: ShownScope) -> str:
    if not shown.by_event or shown.event_register is None:
        return "–"
    return translate(language, "%(register)s, %(days)s days", register=shown.event_register, days=shown.event_days or 0)


def _joined(language: Language, labels: Sequence[Text]) -> str:
    return ", ".join(one.in_(language) for one in labels) or "–"


def _in_line(clause: Clause | None) -> str:
    if clause is None:
        return ""
    return clause.words + (" " + "; ".join(_in_line(part) for part in clause.of) if clause.of else "")


def _labels(row: FeedScope, keys: Sequence[str], names: Names) -> list[Text]:
    fields = (names.field(row.register_id, key) for key in keys)
    return [field.label if field else Text(fi=key) for field, key in zip(fields, keys, strict=True)]


def _condition(language: Language, row: FeedScope, names: Names) -> Clause | None:
    if row.condition is None:
        return None
    return conditions.told(language, row.condition, names, company_id=row.company_id, register_id=row.register_id)
