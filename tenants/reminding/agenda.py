"""What the acting company has to look at: reviews and ends that come near or are overdue, and others' drafts."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.authorities import cases, emergencies
from tenants.clients import registering
from tenants.companies import certifying, contracts, maintaining
from tenants.companies.permissions import Permission, Standing
from tenants.contacts import keys, wishes
from tenants.database import acting_of
from tenants.deliveries import reading as deliveries
from tenants.feeds import waiting
from tenants.languages.speaking import civil_date
from tenants.manifests import drafting
from tenants.notifying import reading as silence
from tenants.processors import closing, ending, proposals
from tenants.registers import papers
from tenants.registers.model import Restriction, RestrictionState
from tenants.sharing import reading
from tenants.sharing.model import PolicyState
from tenants.sharing.reading import Policy
from tenants.webhooks import endpoints

AHEAD = timedelta(days=30)
ABOUT_SHARING = (Permission.SEE_SHARING, Permission.ACCEPT_SHARING, Permission.GRANT_SHARING)
IN_FORCE = (PolicyState.GRANTED, PolicyState.ACTIVE, PolicyState.SUSPENDED)


class Kind(StrEnum):
    RESTRICTION_REVIEW = "restriction_review"
    SHARING_REVIEW = "sharing_review"
    SHARING_END = "sharing_end"
    SHARING_DRAFT = "sharing_draft"
    REGISTER_DRAFT = "register_draft"
    SHARING_OFFER = "sharing_offer"
    RECEIVING_END = "receiving_end"
    PAPER_ATTESTATION = "paper_attestation"
    CERTIFICATION = "certification"
    CONTRACT_END = "contract_end"
    MAINTENANCE_END = "maintenance_end"
    AGREEMENT_END = "agreement_end"
    VERIFICATION_END = "verification_end"
    AGREEMENT_DRAFT = "agreement_draft"
    CHANGE_PROPOSED = "change_proposed"
    CLIENT_FAILURES = "client_failures"
    WEBHOOK_DISABLED = "webhook_disabled"
    FILES_FAILED = "files_failed"
    FEED_END = "feed_end"
    FEED_DRAFT = "feed_draft"
    FEED_STOPPED = "feed_stopped"
    FLOW_STOPPED = "flow_stopped"
    KEY_OFFERED = "key_offered"
    KEY_LOST = "key_lost"
    SCOPE_WISH = "scope_wish"
    CERTIFICATE_DUE = "certificate_due"
    RECIPIENT_SILENT = "recipient_silent"
    AUTHORITY_ASKS = "authority_asks"
    EMERGENCY_ASKED = "emergency_asked"
    EMERGENCY_OPEN = "emergency_open"
    EMERGENCY_REPORT = "emergency_report"


class Item(Struct, frozen=True):
    """`about` is the person of a restriction, the processor of evidence, failures and webhooks, the first
    notification that a recipient did not confirm, else what the kind is.

    `day` is when to look at it, or, of a draft, an offer, failures, silence and a switch, since when it waits.
    """

    kind: Kind
    day: date
    about: UUID


def to_look_at(session: Session, here: Standing, *, today: date) -> list[Item]:
    """What the member who sits here may look at or decide, for the purpose acted for; the earliest first."""
    found: list[Item] = []
    if here.may(Permission.RESTRICT_PERSONS):
        found += restrictions(session, until=today + AHEAD)
    policies = reading.listed(session) if any(map(here.may, ABOUT_SHARING)) else []
    if here.may(Permission.SEE_SHARING):
        found += sharing(session, policies, until=today + AHEAD)
    if here.may(Permission.ACCEPT_SHARING):
        found += receiving(session, policies, until=today + AHEAD) + _offers(session, policies)
    if here.may(Permission.ATTEST_PAPER):
        found += attestations(session, until=today + AHEAD)
    if here.may(Permission.MANAGE_MEMBERS):
        found += certifications(session, here.member_id) + contract_ends(session, since=today, until=today + AHEAD)
    if here.may(Permission.GRANT_MAINTENANCE):
        found += maintenance_ends(session)
    if here.may(Permission.APPROVE_AGREEMENTS):
        found += agreement_ends(session, since=today, until=today + AHEAD)
        found += verification_ends(session, today=today, until=today + AHEAD)
        found += certificates_due(session, today=today, until=today + AHEAD)
        found += _drafts_of_agreements(session, here.member_id)
    found += _about_feeds(session, here, today)
    if here.may(Permission.MANAGE_PROCESSORS):
        found += client_failures(session) + disabled_webhooks(session) + failed_files(session)
        found += offered_keys(session) + lost_keys(session) + proposed_changes(session)
    if here.may(Permission.DRAFT_FEEDS):
        found += scope_wishes(session)
    if here.may(Permission.TELL_RECIPIENTS):
        found += silent_recipients(session)
    found += _about_authorities(session, here)
    if here.may(Permission.GRANT_SHARING):
        found += _drafts_of_policies(session, policies, here.member_id)
    if here.may(Permission.APPROVE_REGISTERS):
        found += _drafts_of_registers(session, here.member_id)
    return sorted(found, key=lambda item: (item.day, item.kind))


def _about_feeds(session: Session, here: Standing, today: date) -> Iterator[Item]:
    if here.may(Permission.APPROVE_FEEDS):
        yield from feed_ends(session, since=today, until=today + AHEAD)
        yield from _drafts_of_feeds(session, here.member_id)
    if here.may(Permission.DRAFT_FEEDS):
        yield from (Item(Kind.FEED_STOPPED, today, feed_id) for feed_id in waiting.stopped(session, today=today))
    if here.may(Permission.STOP_FLOWS):
        yield from (Item(Kind.FLOW_STOPPED, civil_date(at), stop_id) for at, stop_id in waiting.switched_off(session))


def _about_authorities(session: Session, here: Standing) -> Iterator[Item]:
    """What another one has to decide, an access that is open, and reports that a third has to read."""
    if here.may(Permission.APPROVE_AUTHORITIES):
        for one in cases.waiting(session, for_another_than=here.member_id):
            yield Item(Kind.AUTHORITY_ASKS, civil_date(one.opened_at), one.case_id)
    confirms, reviews = here.may(Permission.CONFIRM_EMERGENCY), here.may(Permission.REVIEW_EMERGENCY)
    for asked, answer in emergencies.unsettled(session) if confirms or reviews else ():
        if answer is None and confirms and asked.asked_by != here.member_id:
            yield Item(Kind.EMERGENCY_ASKED, civil_date(asked.asked_at), asked.emergency_id)
        elif answer is not None and answer.reported_at is None:
            yield Item(Kind.EMERGENCY_OPEN, civil_date(answer.ended_at or answer.ends_at), asked.emergency_id)
        elif answer is not None and answer.reported_at and reviews:
            yield Item(Kind.EMERGENCY_REPORT, civil_date(answer.reported_at), asked.emergency_id)


def restrictions(session: Session, *, until: date) -> list[Item]:
    """In force, to be reviewed by this day. Restricted persons are seen for few purposes only."""
    rows = session.execute(
        select(Restriction.review_on, Restriction.person_id).where(
            Restriction.state == RestrictionState.IN_FORCE, Restriction.review_on <= until
        )
    )
    return [Item(Kind.RESTRICTION_REVIEW, day, person_id) for day, person_id in rows]


def sharing(session: Session, policies: Sequence[Policy], *, until: date) -> list[Item]:
    """What this company gives: policies in force that are to be reviewed, or that end, by this day."""
    return [item for policy in _own_policies(session, policies) for item in _days_of(policy) if item.day <= until]


def receiving(session: Session, policies: Sequence[Policy], *, until: date) -> list[Item]:
    """What this company receives: policies that it has accepted, whose last day comes near."""
    company_id = acting_of(session).company_id
    terms = [one.shown.policy for one in policies if one.shown.state in IN_FORCE and company_id in one.shown.accepted]
    return [
        Item(Kind.RECEIVING_END, one.valid_until, one.policy_id)
        for one in terms
        if one.valid_until and one.valid_until <= until
    ]


def _offers(session: Session, policies: Sequence[Policy]) -> list[Item]:
    """What sisters have granted and this company has not accepted."""
    company_id = acting_of(session).company_id
    shown = [one.shown for one in policies]
    offered = [one.policy for one in shown if one.state in IN_FORCE and company_id in one.awaited]
    return [Item(Kind.SHARING_OFFER, civil_date(one.granted_at), one.policy_id) for one in offered if one.granted_at]


def attestations(session: Session, *, until: date) -> list[Item]:
    """Paper of the company that somebody is to look at, once a year."""
    return [
        Item(Kind.PAPER_ATTESTATION, one.due_on, one.row.place_id)
        for one in papers.listed(session)
        if one.due_on <= until
    ]


def certifications(session: Session, member_id: UUID) -> list[Item]:
    """Campaigns of the company, or of the group-wide roles, in which this member has something to decide."""
    here = acting_of(session).company_id
    return [
        Item(Kind.CERTIFICATION, one.due_on, one.campaign_id)
        for one in certifying.running(session)
        if any(role.company_id == here and role.verdict is None and role.member_id != member_id for role in one.roles)
    ]


def contract_ends(session: Session, *, since: date, until: date) -> list[Item]:
    """Contracts with processors to which accounts are tied: on their last day these get in for the last time."""
    tied = contracts.people(session)
    return [
        Item(Kind.CONTRACT_END, one.ends_on, one.contract_id)
        for one in contracts.listed(session)
        if one.ended_at is None and one.contract_id in tied and since <= one.ends_on <= until
    ]


def maintenance_ends(session: Session) -> list[Item]:
    """Maintenance that is let in at this moment."""
    return [Item(Kind.MAINTENANCE_END, civil_date(ends_at), ask_id) for ask_id, ends_at in maintaining.running(session)]


def agreement_ends(session: Session, *, since: date, until: date) -> list[Item]:
    """Agreements with processors: on their last day something flows under them for the last time."""
    found = ending.agreements(session, since=since, until=until)
    return [Item(Kind.AGREEMENT_END, day, agreement_id) for day, agreement_id in found]


def verification_ends(session: Session, *, today: date, until: date) -> list[Item]:
    """Evidence about the processors of agreements that go on, and that of it which has lapsed."""
    found = ending.evidence(session, until=until, today=today)
    return [Item(Kind.VERIFICATION_END, day, processor_id) for day, processor_id in found]


def certificates_due(session: Session, *, today: date, until: date) -> list[Item]:
    """Agreements that are over, of which no processor has certified yet that the data is gone."""
    return [
        Item(Kind.CERTIFICATE_DUE, one.due_on, one.agreement_id)
        for one in closing.waiting(session, today=today)
        if one.due_on <= until
    ]


def feed_ends(session: Session, *, since: date, until: date) -> list[Item]:
    """Scopes of feeds: on their last day something is given by them for the last time."""
    return [Item(Kind.FEED_END, day, feed_id) for day, feed_id in waiting.ends(session, since=since, until=until)]


def client_failures(session: Session) -> list[Item]:
    """Systems of processors that failed too often, or in whose name others did, until somebody has looked."""
    return [
        Item(Kind.CLIENT_FAILURES, civil_date(since), one.processor_id)
        for one in registering.troubled(session)
        if (since := one.locked_at or one.alarmed_at)
    ]


def disabled_webhooks(session: Session) -> list[Item]:
    """Endpoints of processors to which nothing is sent any more because of what they answered."""
    return [
        Item(Kind.WEBHOOK_DISABLED, civil_date(one.disabled_at), processor_id)
        for one, processor_id in endpoints.troubled(session)
        if one.disabled_at
    ]


def failed_files(session: Session) -> list[Item]:
    """Feeds whose files were given up because a bucket did not take them, until some get through."""
    return [Item(Kind.FILES_FAILED, civil_date(one.since), one.feed_id) for one in deliveries.failing(session)]


def offered_keys(session: Session) -> list[Item]:
    """Keys that prove nothing before somebody releases them."""
    return [Item(Kind.KEY_OFFERED, civil_date(one.offered_at), one.processor_id) for one in keys.waiting(session)]


def lost_keys(session: Session) -> list[Item]:
    """Reported by processors, until somebody has looked at what may have been fetched."""
    found = keys.lost(session, unseen=True)
    return [Item(Kind.KEY_LOST, civil_date(one.reported_at), one.processor_id) for one in found]


def proposed_changes(session: Session) -> list[Item]:
    """Of facts on which several companies rely: for whoever acts for the whole group."""
    return [
        Item(Kind.CHANGE_PROPOSED, civil_date(one.proposed_at), one.proposal_id) for one in proposals.waiting(session)
    ]


def scope_wishes(session: Session) -> list[Item]:
    return [Item(Kind.SCOPE_WISH, civil_date(one.asked_at), one.processor_id) for one in wishes.waiting(session)]


def silent_recipients(session: Session) -> list[Item]:
    """Recipients that were told what became of somebody's data and have not confirmed it in time, each once."""
    return [Item(Kind.RECIPIENT_SILENT, civil_date(at), about) for at, about in silence.escalated(session)]


def _days_of(policy: Policy) -> Iterator[Item]:
    if policy.shown.state in IN_FORCE:
        terms = policy.shown.policy
        if terms.review_on:
            yield Item(Kind.SHARING_REVIEW, terms.review_on, terms.policy_id)
        if terms.valid_until:
            yield Item(Kind.SHARING_END, terms.valid_until, terms.policy_id)


def _own_policies(session: Session, policies: Sequence[Policy]) -> Iterator[Policy]:
    """Policies are known to the whole group; what is done about one is up to whoever gives."""
    company_id = acting_of(session).company_id
    return (one for one in policies if one.newest.policy.company_id == company_id)


def _drafts_of_policies(session: Session, policies: Sequence[Policy], member_id: UUID) -> list[Item]:
    drafts = [one.newest.policy for one in _own_policies(session, policies) if one.newest.state is PolicyState.DRAFT]
    return [
        Item(Kind.SHARING_DRAFT, civil_date(one.drafted_at), one.policy_id)
        for one in drafts
        if member_id not in {one.drafted_by, *one.editors}
    ]


def _drafts_of_agreements(session: Session, member_id: UUID) -> list[Item]:
    return [
        Item(Kind.AGREEMENT_DRAFT, civil_date(row.drafted_at), agreement_id)
        for row, agreement_id in ending.drafts(session)
        if member_id not in {row.drafted_by, *row.editors}
    ]


def _drafts_of_feeds(session: Session, member_id: UUID) -> list[Item]:
    return [
        Item(Kind.FEED_DRAFT, civil_date(row.drafted_at), feed_id)
        for row, feed_id in waiting.drafts(session)
        if member_id not in {row.drafted_by, *row.editors}
    ]


def _drafts_of_registers(session: Session, member_id: UUID) -> list[Item]:
    company_id = acting_of(session).company_id
    return [
        Item(Kind.REGISTER_DRAFT, civil_date(row.changed_at), row.draft_id)
        for row, company in drafting.listed(session)
        if company.company_id == company_id and member_id not in row.editors
    ]
