"""The life of a policy, and everything that stands in its way."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.companies.permissions import NoLongerMember, NotPermitted
from tenants.database import walled_session
from tenants.errors import Refusal, SeveralInvalid
from tenants.groups.model import Group
from tenants.languages.speaking import Text
from tenants.registers.model import LegalBasis, Purpose, Recipient
from tenants.sharing import policies, reading, refusals
from tenants.sharing.conditions import All, Any, Condition, FieldIs, HasRecord
from tenants.sharing.model import Agreement, PolicyState, SharingAcceptance, SharingGrant
from tests import make
from tests.tenants.sharing.scene import Scene, scene, today

STATES = PolicyState


def state(house: Scene, policy_id: UUID) -> PolicyState:
    with walled_session(house.group.system()) as session:
        return reading.newest(session, policy_id).state


def missing(step: Callable[[], object]) -> set[tuple[str | None, str]]:
    """Where something is missing, and which refusal says so."""
    with pytest.raises(SeveralInvalid) as refused:
        step()
    return {(one.field, type(one).__name__) for one in refused.value.problems}


def test_a_policy_goes_from_draft_to_active_and_is_revoked(house: Scene) -> None:
    policy_id = house.draft()
    seen = [state(house, policy_id)]
    for step in (house.grant, house.accept, house.suspend, house.resume, house.revoke):
        step(policy_id)
        seen.append(state(house, policy_id))
    assert seen == [STATES.DRAFT, STATES.GRANTED, STATES.ACTIVE, STATES.SUSPENDED, STATES.ACTIVE, STATES.REVOKED]


def test_every_step_is_in_the_audit_of_whoever_took_it(house: Scene) -> None:
    policy_id = house.active()
    house.suspend(policy_id)
    house.resume(policy_id)
    house.revoke(policy_id)
    actions = []
    for company in (house.alfa, house.beta):
        with walled_session(company.system()) as session:
            told = select(AuditEntry).where(AuditEntry.about == "sharing_policy").order_by(AuditEntry.at)
            entries = session.scalars(told)
            actions.append([entry.action for entry in entries if entry.about_ids == [policy_id]])
    assert actions == [
        ["sharing.drafted", "sharing.granted", "sharing.suspended", "sharing.resumed", "sharing.revoked"],
        ["sharing.accepted"],
    ]


def test_it_expires_by_the_clock(house: Scene) -> None:
    policy_id = house.active(valid_from=today() - timedelta(days=9), valid_until=today())
    with walled_session(house.group.system()) as session:
        found = reading.newest(session, policy_id)
        day_after = found.grants[0].closes_at
        assert day_after is not None
        assert reading.state_of(found.policy, accepted=True, now=day_after) is STATES.EXPIRED
        assert reading.state_of(found.policy, accepted=True, now=day_after - timedelta(seconds=1)) is STATES.ACTIVE


def test_a_new_version_shuts_the_former_when_it_is_granted_and_waits_for_its_receiver(house: Scene) -> None:
    ada, policy_id = house.customer(name="Ada", segment="A"), house.active()
    house.change(policy_id, fields=("segment",))
    assert house.read(ada) == [{"name": "Ada", "segment": "A"}]
    house.grant(policy_id)
    assert house.read(ada) == []
    house.accept(policy_id)
    assert house.read(ada) == [{"segment": "A"}]
    with walled_session(house.group.system()) as session:
        assert [one.state for one in reading.versions(session, policy_id)] == [STATES.ACTIVE, STATES.REPLACED]


def test_each_receiver_accepts_for_itself(house: Scene) -> None:
    policy_id = house.draft(recipients=(house.beta.company_id, house.gamma.company_id))
    house.grant(policy_id)
    house.accept(policy_id, by=house.gamma)
    with walled_session(house.group.system()) as session:
        found = reading.newest(session, policy_id)
    assert (found.state, found.awaited) == (STATES.ACTIVE, (house.beta.company_id,))


def test_whoever_drafted_does_not_grant_where_the_group_wants_four_eyes(house: Scene) -> None:
    with walled_session(house.group.system()) as session:
        session.execute(update(Group).values(four_eyes=True))
    with walled_session(house.granter.acting(house.alfa)) as session:
        own = policies.draft(session, house.terms()).policy_id
    with pytest.raises(refusals.OwnDraft):
        house.grant(own)
    house.grant(house.draft())


def test_with_four_eyes_anothers_small_change_makes_nobodys_own_terms_anothers(house: Scene) -> None:
    with walled_session(house.group.system()) as session:
        session.execute(update(Group).values(four_eyes=True))
    with walled_session(house.granter.acting(house.alfa)) as session:
        policy_id = policies.draft(session, house.terms()).policy_id
    house.change(policy_id, review_on=today() + timedelta(days=200))
    with pytest.raises(refusals.OwnDraft):
        house.grant(policy_id)
    other = make.staff(house.group, (Role.COMPANY_ADMIN, house.alfa))
    with walled_session(other.acting(house.alfa)) as session:
        policies.grant(session, policy_id)


def test_who_may_take_which_step(house: Scene) -> None:
    policy_id = house.draft()
    with pytest.raises(NotPermitted), walled_session(house.drafter.acting(house.alfa)) as session:
        policies.grant(session, policy_id)
    with pytest.raises(NoLongerMember), walled_session(house.alfa.system()) as session:
        policies.grant(session, policy_id)
    with pytest.raises(refusals.NotTheOwner), walled_session(house.accepter.acting(house.beta)) as session:
        policies.grant(session, policy_id)
    house.grant(policy_id)
    with pytest.raises(refusals.NotAReceiver):
        house.accept(policy_id, by=house.gamma)
    with pytest.raises(refusals.NotTheOwner), walled_session(house.accepter.acting(house.beta)) as session:
        policies.revoke(session, policy_id)


@pytest.mark.parametrize(
    "steps", ["accept", "grant grant", "grant accept accept", "resume", "suspend", "revoke revoke"]
)
def test_steps_out_of_turn_are_refused(house: Scene, steps: str) -> None:
    policy_id = house.draft()
    *before, last = steps.split()
    for step in before:
        getattr(house, step)(policy_id)
    with pytest.raises((refusals.NotThisStep, refusals.NotAReceiver)):
        getattr(house, last)(policy_id)


def test_the_policies_of_another_group_are_not_there(house: Scene) -> None:
    policy_id, stranger = house.draft(), scene()
    with pytest.raises(refusals.NoSuchPolicy):
        stranger.grant(policy_id)


def test_nothing_becomes_active_that_the_notice_does_not_name(house: Scene) -> None:
    policy_id = house.draft(fields=("name", "email"))
    house.notice(Recipient(Text(fi="Tilitoimisto")))
    assert missing(lambda: house.grant(policy_id)) == {("recipients", "RecipientNotInNotice")}
    house.notice(Recipient(Text(fi="Kumppanit"), name="Beta Oy"))
    house.grant(policy_id)
    house.notice()
    assert missing(lambda: house.accept(policy_id)) == {("recipients", "RecipientNotInNotice")}
    house.notice(Recipient(Text(fi="Konserniyhtiöt"), in_group=True))
    house.accept(policy_id)
    house.suspend(policy_id)
    with walled_session(house.group.system()) as session:
        session.execute(update(Purpose).where(Purpose.purpose_id == house.care).values(retired_at=func.now()))
    assert missing(lambda: house.resume(policy_id)) == {("purpose", "PurposeNotInNotice")}


def test_the_refusal_lists_everything_that_is_missing(house: Scene) -> None:
    policy_id = house.draft(
        purpose_id=house.marketing,
        fields=("name", "email"),
        legal_basis=LegalBasis.LEGITIMATE_INTEREST,
        agreement=None,
        review_on=None,
        valid_from=today() - timedelta(days=9),
        valid_until=today() - timedelta(days=1),
    )
    house.notice()
    assert missing(lambda: house.grant(policy_id)) == {
        ("recipients", "RecipientNotInNotice"),
        ("fields.email", "FieldNotForPurpose"),
        ("balancing", "BalancingTestMissing"),
        ("agreement", "AgreementMissing"),
        ("valid_until", "HasEndedAlready"),
        ("review_on", "ReviewMissing"),
    }
    assert state(house, policy_id) is STATES.DRAFT


def test_what_could_never_be_is_refused_at_once_and_all_together(house: Scene) -> None:
    condition = All((FieldIs("iban", ("FI",)), FieldIs("email", ("a@b.example",)), HasRecord("letters", "x", ("y",))))
    given = {
        "fields": ("name", "name", "iban", "shoe_size"),
        "recipients": (house.alfa.company_id,),
        "valid_until": today() - timedelta(days=30),
        "agreement": Agreement("Sopimus", "ABC"),
    }
    assert missing(lambda: house.draft(condition=condition, **given)) == {
        ("recipients", "SharedWithItself"),
        ("fields.name", "FieldTwice"),
        ("fields.iban", "FieldIsSealed"),
        ("fields.shoe_size", "NotAFieldOfTheRegister"),
        ("condition.iban", "ConditionFieldSealed"),
        ("condition.email", "ConditionNamesPeople"),
        ("condition", "ConditionRegisterUnknown"),
        ("valid_until", "EndsBeforeItBegins"),
        ("agreement.sha256", "NotASha256"),
    }


def test_nothing_leaves_the_group_and_least_of_all_for_marketing(house: Scene) -> None:
    stranger = make.company(make.group(), "delta")
    outside = {"recipients": (stranger.company_id,)}
    assert missing(lambda: house.draft(**outside)) == {("recipients", "NotOfThisGroup")}
    assert missing(lambda: house.draft(**outside, purpose_id=house.marketing)) == {
        ("recipients", "NotOfThisGroup"),
        ("recipients", "MarketingOutsideTheGroup"),
    }


@pytest.mark.parametrize(
    ("condition", "place", "refusal"),
    [
        (FieldIs("segment", ()), "condition.segment", "ConditionWithoutValues"),
        (FieldIs("segment", (True,)), "condition.segment", "ConditionValueWrong"),
        (FieldIs("nothing", ("A",)), "condition.nothing", "ConditionFieldUnknown"),
        (HasRecord("orders", "amount", ("12",)), "condition.amount", "ConditionValueWrong"),
        (HasRecord("orders", "paid", (1,)), "condition.paid", "ConditionValueWrong"),
        (Any(()), "condition", "ConditionWithoutValues"),
        (All((FieldIs("segment", ("A",)),) * 21), "condition", "ConditionTooLarge"),
        (All((All((All((All((All((All(()),)),)),)),)),)), "condition", "ConditionTooLarge"),
        (FieldIs("segment", tuple(str(n) for n in range(51))), "condition", "ConditionTooLarge"),
    ],
)
def test_a_condition_says_where_it_is_wrong(house: Scene, condition: Condition, place: str, refusal: str) -> None:
    assert missing(lambda: house.draft(condition=condition)) == {(place, refusal)}


def test_two_policies_for_the_same_days_are_refused_and_one_after_the_other_is_not(house: Scene) -> None:
    first = house.draft(valid_until=today())
    second, third = house.draft(), house.draft(valid_from=today() + timedelta(days=1))
    other_purpose = house.draft(
        purpose_id=house.marketing, legal_basis=LegalBasis.LEGITIMATE_INTEREST, balancing="Punnittu."
    )
    house.grant(first)
    assert missing(lambda: house.grant(second)) == {("recipients", "Overlaps")}
    house.grant(third)
    house.grant(other_purpose)
    house.revoke(first)
    house.revoke(third)
    house.grant(second)


def test_a_company_writes_only_its_own_side(house: Scene) -> None:
    """The key of the receiver is the receiver's to turn, and the grant the giver's, whatever the code would say."""
    policy_id = house.draft()
    house.grant(policy_id)
    with walled_session(house.alfa.system()) as session:
        grant = session.scalars(select(SharingGrant).where(SharingGrant.policy_id == policy_id)).one()
    with pytest.raises(DBAPIError), walled_session(house.alfa.system()) as session:
        session.add(SharingAcceptance(grant_id=grant.grant_id, company_id=house.beta.company_id))
    with pytest.raises(DBAPIError), walled_session(house.gamma.system()) as session:
        session.add(SharingAcceptance(grant_id=grant.grant_id, company_id=house.gamma.company_id))
    with walled_session(house.beta.system()) as session:
        changed = session.execute(update(SharingGrant).values(closes_at=None).returning(SharingGrant.grant_id)).all()
    assert changed == []


def test_refusals_are_sentences_without_personal_data() -> None:
    sentences = [one for one in vars(refusals).values() if isinstance(one, type) and issubclass(one, Refusal)]
    assert all(one.__doc__ and "\n" not in one.__doc__ for one in sentences)


def test_what_is_due_for_review_is_listed(house: Scene) -> None:
    policy_id = house.active(review_on=today() + timedelta(days=10))
    with walled_session(house.group.system()) as session:
        assert [one.policy.policy_id for one in reading.to_review(session, today() + timedelta(days=10))] == [policy_id]
        assert reading.to_review(session, today() + timedelta(days=9)) == []
