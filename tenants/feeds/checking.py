"""Whether a feed's scope can be: everything that stands in its way, all at once.

A draft may be unfinished; what could never be is refused at once. Nothing is approved or resumed that the notice in
force does not name (P43), the agreement does not cover, or the agreement could not carry today; and nothing leaves the
group for marketing (P44): no setting and no role changes that.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.errors import Invalid, SeveralInvalid, TooLong
from tenants.feeds import refusals
from tenants.feeds.model import Feed, FeedScope
from tenants.feeds.terms import Terms, terms_of
from tenants.processors import reading as agreements
from tenants.processors import refusals as of_agreements
from tenants.processors import standing
from tenants.processors.model import AgreementVersion, Processor
from tenants.processors.standing import Reason, Stop
from tenants.registers.model import RecipientKind
from tenants.sharing import refusals as of_sharing
from tenants.sharing.checking import (
    LONGEST,
    balancing_faults,
    condition_faults,
    field_faults,
    purpose_faults,
)
from tenants.sharing.ground import Ground, ground

# What a recipient of a kind is there for (P46, P47, P51, P52); of the others the notice alone says it.
SERVES: Mapping[RecipientKind, frozenset[PurposeKind]] = {
    RecipientKind.CREDIT_INFORMATION: frozenset({PurposeKind.CREDIT, PurposeKind.CREDIT_SALE}),
    RecipientKind.COLLECTION: frozenset({PurposeKind.INVOICING, PurposeKind.CREDIT, PurposeKind.LEGAL_CLAIM}),
    RecipientKind.ACCOUNTING: frozenset({PurposeKind.ACCOUNTING, PurposeKind.INVOICING, PurposeKind.LEGAL_DUTY}),
    RecipientKind.PAYMENT: frozenset({PurposeKind.INVOICING, PurposeKind.ACCOUNTING}),
    RecipientKind.TRANSPORT: frozenset({PurposeKind.DELIVERY}),
    RecipientKind.SUPPLIER: frozenset({PurposeKind.DELIVERY, PurposeKind.CUSTOMER_CARE}),
}
BY_EVENT = frozenset({PurposeKind.CREDIT, PurposeKind.CREDIT_SALE})
OLDEST_EVENT = 366
BY_ORDER = frozenset({RecipientKind.TRANSPORT, RecipientKind.SUPPLIER})
# How a reason for which an agreement stops is refused, and what the sentence calls that which it is about.
STOPPED: Mapping[Reason, tuple[type[Invalid], str]] = {
    Reason.COMPANY_STOPPED: (of_agreements.CompanyFlowStopped, ""),
    Reason.PROCESSOR_STOPPED: (of_agreements.ProcessorFlowStopped, ""),
    Reason.NOT_APPROVED: (refusals.AgreementNotInForce, ""),
    Reason.NOT_BEGUN: (refusals.AgreementNotInForce, ""),
    Reason.ENDED: (refusals.AgreementNotInForce, ""),
    Reason.EXPIRED: (refusals.AgreementNotInForce, ""),
    Reason.RETIRED: (of_agreements.OutOfUse, ""),
    Reason.UNVERIFIED: (refusals.NotVerifiedNow, ""),
    Reason.VERIFICATION_EXPIRED: (refusals.NotVerifiedNow, ""),
    Reason.CHECKLIST_INCOMPLETE: (of_agreements.ChecklistIncomplete, ""),
    Reason.NO_TRANSFER_BASIS: (of_agreements.TransferBasisMissing, "country"),
    Reason.SUB_PROCESSOR_OBJECTED: (refusals.SubProcessorObjectedTo, "key"),
    Reason.COVERS_NOTHING: (of_agreements.CoversNothing, ""),
    Reason.NOT_DECLARED: (refusals.AgreementNotDeclared, "key"),
    Reason.NOT_NAMED: (of_agreements.NotNamedByTheNotice, "register"),
}


class Known(Struct, frozen=True):
    """What a scope is held against: the company's declarations, the agreement of today, and what stops it."""

    declared: Ground
    processor: Processor
    agreed: AgreementVersion
    stops: list[Stop]


def known(session: Session, feed: Feed, terms: Terms) -> Known:
    found, today = agreements.agreement(session, feed.agreement_id), agreements.today()
    of_agreement = standing.ground(session)
    return Known(
        declared=ground(session, feed.company_id, terms),
        processor=of_agreement.processors[found.agreement.processor_id],
        agreed=found.on(today),
        stops=standing.stops(of_agreement, found, found.on(today), today),
    )


def refuse_impossible(of: Known, terms: Terms) -> None:
    """What no draft can say. Raises SeveralInvalid."""
    _refuse(_impossible(of, terms))


def refuse_incomplete(of: Known, terms: Terms) -> None:
    """What must not be given. Raises SeveralInvalid."""
    _refuse(_incomplete(of, terms))


def missing(session: Session, feed: Feed, scope: FeedScope) -> list[Invalid]:
    """All that stands between this version and its being approved or resumed today."""
    terms = terms_of(scope)
    return list(_incomplete(known(session, feed, terms), terms))


def _refuse(problems: Iterator[Invalid]) -> None:
    if found := list(problems):
        raise SeveralInvalid(found)


def _impossible(of: Known, terms: Terms) -> Iterator[Invalid]:
    if of.declared.shared is None:
        yield of_sharing.NotARegister(field="register")
    if of.declared.purpose is None:
        yield of_sharing.PurposeNotInNotice(field="purpose")
    yield from field_faults(of.declared, (*terms.fields, *terms.sealed_fields))
    yield from _sealed(of.declared, terms)
    yield from condition_faults(of.declared, terms.condition)
    yield from _purpose(of, terms)
    yield from _event(of, terms)
    if terms.valid_until and terms.valid_until < terms.valid_from:
        yield of_sharing.EndsBeforeItBegins(field="valid_until")
    if len(terms.balancing or "") > LONGEST["balancing"]:
        yield TooLong(field="balancing", most=LONGEST["balancing"])


def _sealed(of: Ground, terms: Terms) -> Iterator[Invalid]:
    own = of.shared.fields if of.shared else {}
    for key in terms.fields:
        if key in own and own[key].sealed:
            yield refusals.SealedNamedExpressly(field=f"fields.{key}", key=own[key].label)
    for key in terms.sealed_fields:
        if key in own and not own[key].sealed:
            yield refusals.NotSealed(field=f"fields.{key}", key=own[key].label)


def _purpose(of: Known, terms: Terms) -> Iterator[Invalid]:
    """What the recipient is, against what the data is for."""
    if of.declared.purpose is None:
        return
    kind = of.declared.purpose.kind
    if kind is PurposeKind.MARKETING and of.processor.company_id is None:
        yield refusals.NothingForMarketingOutside(field="purpose")
    if kind not in SERVES.get(of.processor.kind, {kind}):
        yield refusals.NotTheRecipientsPurpose(field="purpose")
    if kind in BY_EVENT and not terms.bound_to_event:
        yield refusals.CreditByEventOnly(field="bound_to_event")
    own = of.declared.shared.fields if of.declared.shared else {}
    for key in (*terms.fields, *terms.sealed_fields):
        if key in own and (rule := own[key].rule) and kind not in rule.kinds:
            yield refusals.NotUsedForThis(field=f"fields.{key}", key=own[key].label)


def _event(of: Known, terms: Terms) -> Iterator[Invalid]:
    if terms.event_register_id is None and terms.event_days is None:
        return
    if not terms.bound_to_event:
        yield refusals.EventWithoutBinding(field="event_register")
    if terms.event_register_id not in {one.register.register_id for one in of.declared.registers.values()}:
        yield refusals.NoEventRegister(field="event_register")
    if not 1 <= (terms.event_days or 0) <= OLDEST_EVENT:
        yield refusals.EventTooOld(field="event_days", most=OLDEST_EVENT)


def _incomplete(of: Known, terms: Terms) -> Iterator[Invalid]:
    yield from _impossible(of, terms)
    if terms.bound_to_event and terms.event_register_id is None:
        yield refusals.EventMissing(field="event_register")
    yield from purpose_faults(of.declared, (*terms.fields, *terms.sealed_fields))
    yield from balancing_faults(terms.legal_basis, terms.balancing)
    if of.processor.kind in BY_ORDER and terms.condition is None and not terms.bound_to_event:
        yield refusals.WhoseOrdersMissing(field="condition")
    if terms.valid_until and terms.valid_until < agreements.today():
        yield of_sharing.HasEndedAlready(field="valid_until")
    yield from _agreement(of, terms)


def _agreement(of: Known, terms: Terms) -> Iterator[Invalid]:
    if terms.register_id not in of.agreed.registers:
        yield refusals.RegisterNotAgreed(field="register")
    if terms.purpose_id not in of.agreed.purposes:
        yield refusals.PurposeNotAgreed(field="purpose")
    stopped = {(STOPPED[stop.reason][0], stop.about if STOPPED[stop.reason][1] else ""): stop for stop in of.stops}
    yield from (_stopped(stop) for stop in stopped.values())


def _stopped(stop: Stop) -> Invalid:
    refusal, name = STOPPED[stop.reason]
    return refusal(field="agreement", **({name: stop.about} if name else {}))
