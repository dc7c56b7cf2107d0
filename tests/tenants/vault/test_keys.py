import pytest
from sqlalchemy import delete, func, select, update

from tenants.acting import visitor
from tenants.database import walled_session
from tenants.vault import sealing
from tenants.vault.keys import Keyring, NoGroupKey, create_group_key, keyring
from tenants.vault.model import GroupKey
from tenants.vault.sealing import Place, Tampered
from tenants.vault.wrapping import NotUnwrapped
from tests import make
from tests.make import MadeGroup

pytestmark = pytest.mark.usefixtures("database")


def place(of: MadeGroup) -> Place:
    return Place("record", of.group_id, "iban")


def keys_of(group: MadeGroup) -> Keyring:
    with walled_session(group.system()) as session:
        return keyring(session)


def test_a_new_group_can_seal_and_open() -> None:
    group = make.group()
    sealed = sealing.seal(keys_of(group), place(group), b"FI21 1234")
    assert sealing.unseal(keys_of(group), place(group), sealed) == b"FI21 1234"


def test_two_groups_have_different_keys() -> None:
    ours, theirs = make.group(), make.group()
    sealed = sealing.seal(keys_of(ours), place(ours), b"FI21 1234")
    with pytest.raises(Tampered):
        sealing.unseal(keys_of(theirs), place(ours), sealed)
    assert keys_of(ours).versions[1].digesting != keys_of(theirs).versions[1].digesting


def test_keys_for_sealing_and_for_digests_differ_from_the_secret_and_stay_the_same() -> None:
    group = make.group()
    first, again = keys_of(group), keys_of(group)
    assert first.versions[1].digesting == again.versions[1].digesting
    with walled_session(group.system()) as session:
        assert first.versions[1].digesting not in session.scalars(select(GroupKey.wrapped)).one()


def test_a_new_version_writes_at_once_and_the_old_one_still_opens() -> None:
    group = make.group()
    sealed = sealing.seal(keys_of(group), place(group), b"old")
    with walled_session(group.system()) as session:
        create_group_key(session)
    rotated = keys_of(group)
    assert rotated.live == (2, 1)
    assert sealing.key_version(sealing.seal(rotated, place(group), b"new")) == 2
    assert sealing.unseal(rotated, place(group), sealed) == b"old"


def test_a_retired_version_is_searched_no_more_but_opens() -> None:
    group = make.group()
    sealed = sealing.seal(keys_of(group), place(group), b"old")
    with walled_session(group.system()) as session:
        create_group_key(session)
        session.execute(update(GroupKey).where(GroupKey.key_version == 1).values(retired_at=func.now()))
    rotated = keys_of(group)
    assert rotated.live == (2,)
    assert sealing.unseal(rotated, place(group), sealed) == b"old"


def test_a_group_without_a_live_key_says_so() -> None:
    group = make.group()
    with walled_session(group.system()) as session:
        session.execute(update(GroupKey).values(retired_at=func.now()))
    with pytest.raises(NoGroupKey):
        keys_of(group)


def test_a_wrapped_key_moved_to_another_group_or_version_does_not_open() -> None:
    ours, theirs = make.group(), make.group()
    with walled_session(ours.system()) as session:
        wrapped = session.scalars(select(GroupKey.wrapped)).one()
        session.add(GroupKey(key_version=2, wrapped=wrapped))
    with pytest.raises(NotUnwrapped):
        keys_of(ours)
    with walled_session(theirs.system()) as session:
        session.execute(update(GroupKey).values(wrapped=wrapped))
    with pytest.raises(NotUnwrapped):
        keys_of(theirs)


def test_neither_staff_nor_the_portal_may_delete_a_group_key() -> None:
    """The system may, at the end of a rotation."""
    group = make.group()
    with walled_session(make.staff(group).acting()) as session:
        session.execute(delete(GroupKey))
    with pytest.raises(Exception, match="permission denied"), walled_session(visitor(group.group_id)) as session:
        session.execute(delete(GroupKey))
    with walled_session(group.system()) as session:
        assert keyring(session).current == 1
