"""What a draft would do to the shares is told before anybody approves it; then the door does just that."""

from collections.abc import Callable
from uuid import UUID

import pytest
from msgspec.structs import replace

from tenants.acting import PurposeKind
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.manifests import editing, effects
from tenants.manifests.effects import ShareEffect
from tenants.manifests.parts import Parts
from tenants.sharing import checking, door, policies, reading, refusals
from tenants.sharing.model import PolicyState
from tests.tenants.manifests import sharing_house
from tests.tenants.manifests.drafters import House, house, named
from tests.tenants.manifests.sharing_house import GROUP, active, drafted

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def group() -> House:
    """Alfa's contracts may be shared with its sister, by the notice."""
    made = house()
    sharing_house.may_share(made)
    return made


def changed(group: House, *edits: Callable[[Parts], Parts]) -> UUID:
    draft_id = group.begin()
    for edit in edits:
        group.change(draft_id, edit)
    return draft_id


def told(group: House, draft_id: UUID) -> tuple[ShareEffect, ...]:
    with walled_session(group.admin.acting(group.alfa)) as session:
        return effects.of_draft(session, group.look(draft_id)).shares


def reach(group: House) -> int:
    """How many fields Beta is handed out."""
    with walled_session(group.sister.acting(group.beta)) as session:
        return sum(len(fields) for fields in door.reach(session).values())


def without(key: str) -> Callable[[Parts], Parts]:
    return lambda parts: editing.without_field(parts, key)


def no_recipients(parts: Parts) -> Parts:
    return editing.without_recipient(parts, "sisters")


def other_kind(parts: Parts) -> Parts:
    purposes = tuple(replace(one, kind=PurposeKind.LEGAL_CLAIM) for one in parts.purposes)
    return replace(parts, purposes=purposes)


def other_purpose(parts: Parts) -> Parts:
    renamed = replace(parts.purposes[0], key="credit2")
    return replace(parts, purposes=(renamed,))


def test_a_field_that_goes_is_read_no_longer_and_the_rest_is(group: House) -> None:
    policy_id = active(group)
    draft_id = changed(group, without("instalment"))
    [one] = told(group, draft_id)
    assert (one.policy_id, one.state, one.owner, one.receivers) == (
        policy_id,
        PolicyState.ACTIVE,
        "Alfa Oy",
        ("Beta Oy",),
    )
    assert [(type(each), each.field) for each in one.breaks] == [(refusals.NotAFieldOfTheRegister, "fields.instalment")]
    assert ([each.fi for each in one.loses], one.gains, one.shut) == (["Maksuerä"], (), ())
    assert reach(group) == 2
    group.approve(draft_id)
    assert reach(group) == 1


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (no_recipients, refusals.RecipientNotInNotice),
        (other_kind, refusals.PurposeOfAnotherKind),
        (other_purpose, refusals.PurposeNotInNotice),
    ],
)
def test_what_takes_the_ground_away_shuts_the_door(
    group: House, edit: Callable[[Parts], Parts], reason: type[Exception]
) -> None:
    policy_id = active(group)
    draft_id = changed(group, edit)
    [one] = told(group, draft_id)
    assert reason in [type(each) for each in one.breaks]
    assert (one.shut, len(one.loses)) == (("Beta Oy",), 2)
    assert reach(group) == 2
    group.approve(draft_id)
    assert reach(group) == 0
    with walled_session(group.admin.acting(group.alfa)) as session:
        missing = checking.missing(session, reading.policy(session, policy_id).shown.policy)
        policies.suspend(session, policy_id)
        assert reason in [type(each) for each in missing]
        with pytest.raises(SeveralInvalid):
            policies.resume(session, policy_id)


def test_a_policy_on_its_way_loses_its_ground_without_a_door_to_shut(group: House) -> None:
    drafted(group)
    [one] = told(group, changed(group, no_recipients))
    assert (one.state, one.shut, one.loses) == (PolicyState.DRAFT, (), ())
    assert [type(each) for each in one.breaks] == [refusals.RecipientNotInNotice]


def test_what_comes_back_opens_again_and_is_told(group: House) -> None:
    active(group)
    group.approve(changed(group, no_recipients))
    draft_id = changed(group, lambda parts: editing.with_recipient(parts, GROUP))
    [one] = told(group, draft_id)
    assert [type(each) for each in one.mends] == [refusals.RecipientNotInNotice]
    assert (one.breaks, len(one.gains), one.shut) == ((), 2, ())
    group.approve(draft_id)
    assert reach(group) == 2


def test_a_register_that_is_given_up_shuts_what_it_shares(group: House) -> None:
    active(group)
    [one] = told(group, changed(group, lambda _: Parts()))
    assert refusals.NotARegister in [type(each) for each in one.breaks]
    assert one.shut == ("Beta Oy",)


def test_what_touches_no_share_tells_of_none(group: House) -> None:
    active(group, ("contract_number",))
    assert told(group, changed(group, named("Luotot"), without("instalment"))) == ()


def test_looking_changes_nothing(group: House) -> None:
    active(group)
    told(group, changed(group, other_kind))
    assert reach(group) == 2
    assert group.in_force().base_version == 2
