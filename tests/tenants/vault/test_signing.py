import pytest
from sqlalchemy import select

from tenants.acting import sealer, visitor
from tenants.base import new_id
from tenants.database import walled_session
from tenants.vault.model import SigningKey, SigningSecret
from tenants.vault.signing import Use, create_signing_key, is_genuine, public_keys, signing_key
from tenants.vault.wrapping import NotUnwrapped
from tests import make

pytestmark = pytest.mark.usefixtures("database")


def test_anybody_can_check_a_signature_with_the_published_key() -> None:
    group = make.group()
    with walled_session(group.system()) as session:
        signer = signing_key(session, Use.ARCHIVE)
    signature = signer.sign(b"manifest")
    with walled_session(visitor(group.group_id)) as session:
        published = public_keys(session, Use.ARCHIVE)
    assert [key.key_id for key in published] == [signer.key_id]
    assert published[0].public == signer.public
    assert is_genuine(published[0].public, signature, b"manifest")
    assert not is_genuine(published[0].public, signature, b"manifest!")
    assert not is_genuine(published[0].public, signature[:-1], b"manifest")


def test_the_key_is_made_at_its_first_use_and_kept() -> None:
    group = make.group()
    with walled_session(group.system()) as session:
        first = signing_key(session, Use.ARCHIVE).key_id
    with walled_session(group.system()) as session:
        assert signing_key(session, Use.ARCHIVE).key_id == first


def test_a_new_key_signs_and_the_old_one_stays_published() -> None:
    group = make.group()
    with walled_session(group.system()) as session:
        old = signing_key(session, Use.ARCHIVE).key_id
        new = create_signing_key(session, Use.ARCHIVE).key_id
        assert signing_key(session, Use.ARCHIVE).key_id == new
        assert [key.key_id for key in public_keys(session, Use.ARCHIVE)] == [new, old]


def test_only_the_sealer_holds_the_key_that_signs_the_audit() -> None:
    group = make.group()
    with walled_session(sealer(group.group_id)) as session:
        signing_key(session, Use.AUDIT)
    with walled_session(group.system()) as session:
        assert session.scalars(select(SigningSecret.use)).all() == []
        assert [key.use for key in public_keys(session, Use.AUDIT)] == [Use.AUDIT]


def test_a_private_key_wrapped_for_another_key_does_not_open() -> None:
    group = make.group()
    with walled_session(sealer(group.group_id)) as session:
        create_signing_key(session, Use.AUDIT)
        wrapped = session.scalars(select(SigningSecret.wrapped_private)).one()
        third = new_id()
        session.add(SigningKey(key_id=third, use=Use.AUDIT, public=bytes(32)))
        session.flush()
        session.add(SigningSecret(key_id=third, use=Use.AUDIT, wrapped_private=wrapped))
        session.flush()
        with pytest.raises(NotUnwrapped):
            signing_key(session, Use.AUDIT)
