"""What a feed may give is drafted, approved and replaced by the company whose data it is, and by nobody else."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind, client
from tenants.audit.model import AuditEntry
from tenants.base import say
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.feeds import compiling, reading, refusals, scopes
from tenants.feeds.model import Feed, FeedScope, ScopeState
from tenants.feeds.terms import terms_of
from tenants.languages.speaking import Text
from tenants.ledger.model import DisclosureScope
from tenants.processors.model import Processor
from tenants.processors.refusals import NotAKey
from tenants.registers.model import Field, LegalBasis, RecipientKind, Register
from tenants.sharing.conditions import All, Consented, FieldIs, HasRecord
from tests import make
from tests.tenants.feeds.scene import Scene, scene
from tests.tenants.processors.scene import today

VIP = FieldIs("segment", ("vip",))
OPEN_ORDER = HasRecord("orders", "state", ("open",))


@pytest.fixture(scope="module")
def lasting(database: Postgres) -> Scene:
    """For tests that draft feeds of their own and change nothing else."""
    return scene()


@pytest.fixture(scope="module")
def declared(database: Postgres) -> Scene:
    """For tests that say first what kind the recipient and the purpose are of."""
    return scene()


def refused(told: pytest.ExceptionInfo[SeveralInvalid]) -> set[str]:
    return {type(one).__name__ for one in told.value.problems}


def test_a_scope_is_drafted_approved_suspended_resumed_and_ended(feeds: Scene) -> None:
    feed_id = feeds.draft()
    states = [feeds.state(feed_id)]
    for step in (feeds.approve, feeds.suspend, feeds.resume, feeds.end):
        step(feed_id)
        states.append(feeds.state(feed_id))
    assert states == [
        ScopeState.DRAFT, ScopeState.IN_FORCE, ScopeState.SUSPENDED, ScopeState.IN_FORCE, ScopeState.ENDED,
    ]  # fmt: skip
    with walled_session(feeds.house.alfa.system()) as session:
        told = session.scalars(
            select(AuditEntry.action).where(AuditEntry.about == "feed").order_by(AuditEntry.at)
        ).all()
    assert told == ["feed.drafted", "feed.approved", "feed.suspended", "feed.resumed", "feed.ended"]


def test_what_begins_later_is_approved_and_what_has_passed_is_expired(lasting: Scene) -> None:
    assert lasting.state(lasting.approved(valid_from=today() + timedelta(days=3))) is ScopeState.APPROVED
    found = lasting.given(lasting.approved(valid_until=today()))
    last = terms_of(found.shown).closes_at
    assert last is not None
    assert reading.state_of(found.feed, found.shown, last) is ScopeState.EXPIRED


def test_what_is_approved_says_by_ids_what_was_drafted_by_keys(feeds: Scene) -> None:
    feed_id = feeds.approved(sealed_fields=("iban",), condition=All((VIP, OPEN_ORDER)), consent_required=True)
    scope, customers, orders = feeds.newest(feed_id), feeds.house.customers, feeds.orders
    assert scope.field_ids == [customers.fields["name"], customers.fields["segment"]]
    assert scope.sealed_ids == [customers.fields["iban"]]
    assert scope.compiled == All((
        Consented(PurposeKind.CUSTOMER_CARE),
        All((
            FieldIs(str(customers.fields["segment"]), ("vip",)),
            HasRecord(str(orders.register_id), str(orders.fields["state"]), ("open",)),
        )),
    ))  # fmt: skip
    assert scope.asked == [orders.register_id]
    assert set(scope.reads) == {customers.register_id, orders.register_id}


def test_the_ledger_knows_the_processor_and_the_version(feeds: Scene) -> None:
    feed_id = feeds.approved(sealed_fields=("iban",))
    scope = feeds.newest(feed_id)
    with walled_session(feeds.house.alfa.system()) as session:
        noted = session.scalars(select(DisclosureScope)).one()
        assert (noted.scope_id, noted.recipient_id) == (scope.scope_id, feeds.house.pilvi)
        assert (noted.source_id, noted.source_version, noted.closed_at) == (feed_id, 1, None)
        assert noted.fields == [*scope.field_ids, *scope.sealed_ids]
    feeds.end(feed_id)
    with walled_session(feeds.house.alfa.system()) as session:
        assert session.scalar(select(DisclosureScope.closed_at)) is not None


@pytest.mark.parametrize(
    ("other", "begins_anew"),
    [
        ({"fields": ("name", "segment", "email")}, True),
        ({"fields": ("name",)}, False),
        ({"condition": None}, True),
        ({"condition": All((OPEN_ORDER, VIP))}, False),
        ({"condition": OPEN_ORDER}, True),
        ({"condition": VIP, "consent_required": True}, False),
        ({"sealed_fields": ("iban",)}, True),
        ({"condition": VIP}, False),
    ],
)
def test_what_goes_beyond_the_former_scope_begins_a_new_epoch(
    lasting: Scene, other: dict[str, object], begins_anew: bool
) -> None:
    feed_id = lasting.approved(condition=VIP)
    lasting.change(feed_id, **{"condition": VIP, **other})  # type: ignore[arg-type]
    found = lasting.given(feed_id)
    assert (found.shown.version, found.next_draft is not None, found.feed.epoch) == (1, True, 1)
    lasting.approve(feed_id, at_once="Suostumus poistui")
    found = lasting.given(feed_id)
    assert (found.shown.version, found.feed.epoch) == (2, 2 if begins_anew else 1)
    former = found.versions[1]
    assert reading.state_of(found.feed, former, datetime.now(UTC)) is ScopeState.REPLACED
    assert compiling.widens(found.shown, former) is begins_anew


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"fields": ()}, {"NoFields"}),
        ({"fields": ("name", "name", "shoe_size")}, {"FieldTwice", "NotAFieldOfTheRegister"}),
        ({"fields": ("name", "iban")}, {"SealedNamedExpressly"}),
        ({"sealed_fields": ("email",)}, {"NotSealed"}),
        ({"condition": FieldIs("email", ("ada@example.fi",))}, {"ConditionNamesPeople"}),
        ({"condition": HasRecord("invoices", "state", ("open",))}, {"ConditionRegisterUnknown"}),
        ({"valid_until": today() - timedelta(days=9), "balancing": "x" * 10_001}, {"EndsBeforeItBegins", "TooLong"}),
    ],
)
def test_what_could_never_be_is_not_even_drafted(lasting: Scene, other: dict[str, object], named: set[str]) -> None:
    with pytest.raises(SeveralInvalid) as told:
        lasting.draft(**other)  # type: ignore[arg-type]
    assert refused(told) == named


def test_everything_that_is_missing_is_told_at_once(feeds: Scene) -> None:
    feed_id = feeds.draft(legal_basis=LegalBasis.LEGITIMATE_INTEREST)
    feeds.house.change(feeds.agreement, registers=(feeds.orders.register_id,), purposes=())
    with walled_session(feeds.house.group.system()) as session:
        session.execute(update(Field).values(purposes=[]))
        session.execute(update(Register).values(recipients=[]))
        session.execute(update(Processor).values(retired_at=func.now()))
    feeds.house.end(feeds.agreement)
    with pytest.raises(SeveralInvalid) as told:
        feeds.approve(feed_id)
    assert refused(told) == {
        "FieldNotForPurpose", "BalancingTestMissing", "AgreementNotInForce", "OutOfUse", "NotNamedByTheNotice",
    }  # fmt: skip
    assert len(told.value.problems) == 6
    assert feeds.missing(feed_id) == refused(told)


def test_what_the_agreement_does_not_cover_is_not_approved(lasting: Scene) -> None:
    feed_id = lasting.draft(register_id=lasting.orders.register_id, purpose_id=lasting.order_purpose, fields=("state",))
    assert lasting.missing(feed_id) == {"RegisterNotAgreed", "PurposeNotAgreed"}


def test_nothing_leaves_the_group_for_marketing(feeds: Scene) -> None:
    feed_id = feeds.approved()
    feeds.serve(PurposeKind.MARKETING)
    with pytest.raises(SeveralInvalid) as told:
        feeds.draft()
    assert refused(told) == {"NothingForMarketingOutside"}
    assert feeds.missing(feed_id) == {"NothingForMarketingOutside"}
    with walled_session(feeds.house.group.system()) as session:
        session.execute(update(Processor).values(company_id=feeds.house.beta.company_id))
    assert feeds.missing(feed_id) == set()


@pytest.mark.parametrize(
    ("recipient", "purpose", "other", "named"),
    [
        (RecipientKind.CREDIT_INFORMATION, PurposeKind.CREDIT, {}, {"CreditByEventOnly"}),
        (RecipientKind.CREDIT_INFORMATION, PurposeKind.CREDIT, {"bound_to_event": True}, {"EventMissing"}),
        (RecipientKind.CREDIT_INFORMATION, PurposeKind.SALES, {}, {"NotTheRecipientsPurpose"}),
        (RecipientKind.COLLECTION, PurposeKind.CUSTOMER_CARE, {}, {"NotTheRecipientsPurpose"}),
        (RecipientKind.ACCOUNTING, PurposeKind.ACCOUNTING, {}, set()),
        (RecipientKind.PAYMENT, PurposeKind.DELIVERY, {}, {"NotTheRecipientsPurpose"}),
        (RecipientKind.TRANSPORT, PurposeKind.DELIVERY, {}, {"WhoseOrdersMissing"}),
        (RecipientKind.TRANSPORT, PurposeKind.DELIVERY, {"condition": OPEN_ORDER}, set()),
        (RecipientKind.OTHER_PARTNER, PurposeKind.SALES, {}, set()),
    ],
)
def test_a_recipient_gets_what_one_of_its_kind_is_there_for(
    declared: Scene, recipient: RecipientKind, purpose: PurposeKind, other: dict[str, object], named: set[str]
) -> None:
    declared.serve(PurposeKind.CUSTOMER_CARE, to=RecipientKind.ICT_PROVIDER)
    feed_id = declared.draft()
    declared.serve(purpose, to=recipient)
    with walled_session(declared.house.alfa.system()) as session:
        scope = session.scalars(select(FeedScope).where(FeedScope.feed_id == feed_id)).one()
        say(scope, declared.terms(**other))
    assert declared.missing(feed_id) == named


def test_with_four_eyes_nobody_approves_what_they_had_a_hand_in(feeds: Scene) -> None:
    feeds.house.ask_for_two()
    feed_id = feeds.draft()
    with walled_session(feeds.house.approver.acting(feeds.house.alfa)) as session:
        scopes.change(session, feed_id, feeds.terms(fields=("name",)))
    with pytest.raises(refusals.OwnScopeDraft):
        feeds.approve(feed_id)
    feeds.change(feed_id)
    with pytest.raises(refusals.OwnScopeDraft):
        feeds.approve(feed_id)
    other = make.staff(feeds.house.group, (Role.COMPANY_ADMIN, feeds.house.alfa))
    with walled_session(other.acting(feeds.house.alfa)) as session:
        scopes.approve(session, feed_id)


def test_who_decides_says_what_they_have_seen(lasting: Scene) -> None:
    feed_id = lasting.draft()
    seen = reading.looked_at(lasting.newest(feed_id))
    lasting.change(feed_id, seen=seen, fields=("name",))
    with pytest.raises(refusals.FeedChangedMeanwhile):
        lasting.change(feed_id, seen=seen)
    with pytest.raises(refusals.FeedChangedMeanwhile):
        lasting.approve(feed_id, seen=seen)
    lasting.approve(feed_id, seen=reading.looked_at(lasting.newest(feed_id)))


def test_no_step_is_taken_twice(lasting: Scene) -> None:
    feed_id = lasting.draft()
    for step in (lasting.suspend, lasting.resume):
        with pytest.raises(refusals.NotThisFeedStep):
            step(feed_id)
    lasting.approve(feed_id)
    for step in (lasting.approve, lasting.resume):
        with pytest.raises(refusals.NotThisFeedStep):
            step(feed_id)
    lasting.end(feed_id)
    for step in (lasting.approve, lasting.suspend, lasting.end, lasting.change):
        with pytest.raises(refusals.NotThisFeedStep):
            step(feed_id)


def test_what_could_not_be_approved_today_is_not_resumed(feeds: Scene) -> None:
    feed_id = feeds.approved()
    feeds.suspend(feed_id)
    feeds.house.end(feeds.agreement)
    with pytest.raises(SeveralInvalid) as told:
        feeds.resume(feed_id)
    assert refused(told) == {"AgreementNotInForce"}


def test_a_feed_has_a_name_of_its_own_within_its_company(feeds: Scene) -> None:
    feeds.draft("customers")
    with pytest.raises(refusals.KnownFeed):
        feeds.draft("customers")
    with pytest.raises(NotAKey):
        feeds.draft("Customers.2")
    with walled_session(feeds.house.drafter.acting(feeds.house.alfa)) as session:
        with pytest.raises(refusals.FeedNameMissing):
            scopes.draft(session, feeds.agreement, "other", Text(fi=" "), feeds.terms())
        [feed] = session.scalars(select(Feed)).all()
        assert reading.named(session, [feed]) == {feed.feed_id: "alfa.customers"}


def test_only_the_company_whose_it_is_decides(feeds: Scene) -> None:
    feed_id = feeds.draft()
    with walled_session(feeds.house.drafter.acting(feeds.house.alfa)) as session, pytest.raises(NotPermitted):
        scopes.approve(session, feed_id)
    with walled_session(feeds.house.approver.acting(feeds.house.beta)) as session:
        with pytest.raises(refusals.NoSuchFeed):
            scopes.approve(session, feed_id)
        assert reading.listed(session) == []


def test_a_client_sees_the_feeds_of_its_own_agreement(feeds: Scene) -> None:
    own, other = feeds.approved(), feeds.house.approved("other")
    for agreement, seen in ((feeds.agreement, [own]), (other, [])):
        with walled_session(client(feeds.house.group.group_id, agreement)) as session:
            assert [one.feed.feed_id for one in reading.listed(session)] == seen
    with walled_session(feeds.house.group.system()) as session:
        assert [one.feed.feed_id for one in reading.listed(session, agreement_id=feeds.agreement)] == [own]
