"""Public keys that contacts bring, and the loss of those in use.

Whoever registers a key could fetch with it, so a key that a contact has brought proves nothing before the company has
released it. What takes away needs no release: a contact retires and reports as lost at once.
"""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.clients import public_keys, registering
from tenants.clients import refusals as of_clients
from tenants.clients.model import AccessToken, ClientKey, Method, OAuthClient, PublicKey
from tenants.companies.permissions import Permission, require
from tenants.contacts import refusals
from tenants.contacts.model import LostKey, OfferedKey
from tenants.contacts.people import Here
from tenants.database import acting_of
from tenants.errors import TooLong
from tenants.jobs.model import Job
from tenants.jobs.outbox import enqueue

LONGEST_REASON = 1_000
# Of one processor at one company: more are not looked at one by one, which a release is for.
MOST_WAITING = 20
_PEM = "-----BEGIN"


class TellOfLostKey(Job, frozen=True):
    """Its company, at once."""

    name: ClassVar[str] = "contacts.tell_of_lost_key"
    lost_for: UUID


def read(pasted: str) -> PublicKey:
    """A JWK, a JWKS of one, or PEM. Raises NoKeyChosen, OneKeyAtATime, PrivateKeyShown, KeyNotAccepted,
    KeyForEncryption.
    """
    if not pasted.strip():
        raise refusals.NoKeyChosen(field="keys")
    if pasted.lstrip().startswith(_PEM):
        return _of_pem(pasted.strip())
    try:
        found = public_keys.read(pasted)
    except of_clients.NotAPublicKey:
        raise refusals.NoKeyChosen(field="keys") from None
    if len(found) > 1:
        raise refusals.OneKeyAtATime(field="keys")
    return found[0]


def offer(session: Session, here: Here, key: PublicKey, *, client_id: UUID | None, name: str) -> UUID:
    """By a contact: for one of the processor's clients, or for a new one by this name.

    Raises TooManyOffered, NoSuchClient, KnownClientKey, KnownKeyId, NeedsClientName, TooLong.
    """
    named = _named(session, client_id, name)
    _must_be_new(session, key, client_id)
    brought = OfferedKey(client_id=client_id, name=named, kid=key.kid, jwk=key.jwk, thumbprint=key.thumbprint)
    return _bring(session, here, brought, "contact.key_offered", field="keys")


def offer_address(session: Session, here: Here, client_id: UUID, jwks_uri: str) -> UUID:
    """By a contact: where one of the processor's clients publishes its keys from now on, once the company agrees.

    Raises TooManyOffered, NoSuchClient, PublishesNoKeys, NeedsKey, what `outside.destination` raises.
    """
    client = session.execute(
        select(OAuthClient.name, OAuthClient.jwks_uri).where(OAuthClient.client_id == client_id)
    ).one_or_none()
    if client is None:
        raise of_clients.NoSuchClient
    if client.jwks_uri is None:
        raise of_clients.PublishesNoKeys
    brought = OfferedKey(client_id=client_id, name=client.name, jwks_uri=registering.address_of_keys(jwks_uri))
    return _bring(session, here, brought, "contact.key_address_offered", field="jwks_uri")


def offers(session: Session, processor_id: UUID | None = None) -> Sequence[OfferedKey]:
    """The newest first; of a contact its processor's, of the company that is acted for those of all or of one."""
    wanted = select(OfferedKey).order_by(OfferedKey.offer_id.desc())
    return session.scalars(wanted.where(OfferedKey.processor_id == processor_id) if processor_id else wanted).all()


def release(session: Session, offer_id: UUID) -> None:
    """By the company: from now on the key proves who the client is.

    Raises NoSuchOffer, KnownClientKey, KnownKeyId, UsesNoKeys, PublishesNoKeys, ProcessorOutOfUse, NoSuchClient,
    Forbidden.
    """
    found = _waiting(session, offer_id)
    _take_into_use(session, found)
    found.released_at, found.decided_by = func.now(), acting_of(session).actor_id
    session.flush()
    _note(session, "contact.key_released", offer_id)


def decline(session: Session, offer_id: UUID, *, reason: str) -> None:
    """Raises NoSuchOffer, WhyMissing, TooLong, Forbidden."""
    found = _waiting(session, offer_id)
    found.reason = why(reason, field="reason")
    found.declined_at, found.decided_by = func.now(), acting_of(session).actor_id
    session.flush()
    _note(session, "contact.key_declined", offer_id)


def retire(session: Session, here: Here, client_id: UUID, kid: str) -> None:
    """By a contact: it proves nothing from the next request on. Raises NoSuchKey."""
    _retire(session, client_id, kid)
    _note_of_client(session, "oauth_client.key_retired", here, client_id)


def report_lost(session: Session, here: Here, client_id: UUID, kid: str) -> None:
    """By a contact: the key proves nothing, and no token of its client opens anything, from the next request on.

    The company is told at once. Raises NoSuchKey.
    """
    _retire(session, client_id, kid)
    session.execute(
        update(AccessToken)
        .where(AccessToken.client_id == client_id, AccessToken.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .execution_options(synchronize_session=False)
    )
    session.add(
        LostKey(
            lost_id=new_id(),
            company_id=here.contact.company_id,
            processor_id=here.contact.processor_id,
            client_id=client_id,
            contact_id=here.contact.contact_id,
            kid=kid,
        )
    )
    session.flush()
    _note_of_client(session, "oauth_client.key_lost", here, client_id)
    enqueue(session, TellOfLostKey(here.contact.company_id), company_id=None)


def lost(session: Session, processor_id: UUID | None = None, *, unseen: bool = False) -> Sequence[LostKey]:
    """The newest first. `unseen`: that nobody of the company has looked at."""
    wanted = select(LostKey).order_by(LostKey.lost_id.desc())
    wanted = wanted.where(LostKey.processor_id == processor_id) if processor_id else wanted
    return session.scalars(wanted.where(LostKey.seen_at.is_(None)) if unseen else wanted).all()


def waiting(session: Session) -> Sequence[OfferedKey]:
    """Of the company that is acted for, or the contact's processor: undecided, the oldest first."""
    undecided = OfferedKey.released_at.is_(None), OfferedKey.declined_at.is_(None)
    return session.scalars(select(OfferedKey).where(*undecided).order_by(OfferedKey.offer_id)).all()


def see(session: Session, lost_id: UUID) -> None:
    """Somebody of the company has looked at what may have been fetched. Raises NoSuchReport, Forbidden."""
    require(session, Permission.MANAGE_PROCESSORS)
    seen = session.execute(
        update(LostKey)
        .where(LostKey.lost_id == lost_id, LostKey.seen_at.is_(None))
        .values(seen_at=func.now(), seen_by=acting_of(session).actor_id)
        .returning(LostKey.client_id)
    ).one_or_none()
    if seen is None:
        raise refusals.NoSuchReport
    trail.record(session, "oauth_client.loss_seen", about="oauth_client", ids=[seen.client_id])


def why(said: str, *, field: str) -> str:
    """Raises WhyMissing, TooLong."""
    given = said.strip()
    if not given:
        raise refusals.WhyMissing(field=field)
    if len(given) > LONGEST_REASON:
        raise TooLong(field=field, most=LONGEST_REASON)
    return given


def _take_into_use(session: Session, found: OfferedKey) -> None:
    if found.jwk is None or found.kid is None or found.thumbprint is None:
        if found.client_id is not None and found.jwks_uri is not None:
            registering.publish_at(session, found.client_id, found.jwks_uri)
        return
    key = PublicKey(found.kid, found.jwk, found.thumbprint)
    if found.client_id is None:
        registering.register(
            session, found.processor_id, name=found.name, method=Method.PRIVATE_KEY_JWT, keys=[key]
        )  # fmt: skip
    else:
        registering.add_keys(session, found.client_id, [key])


def _bring(session: Session, here: Here, brought: OfferedKey, action: str, *, field: str) -> UUID:
    contact = here.contact
    if len(waiting(session)) >= MOST_WAITING:
        raise refusals.TooManyOffered(field=field, most=MOST_WAITING)
    brought.offer_id = new_id()
    brought.company_id, brought.processor_id, brought.contact_id = (
        contact.company_id,
        contact.processor_id,
        contact.contact_id,
    )
    session.add(brought)
    session.flush()
    _note(session, action, brought.offer_id, company_id=contact.company_id)
    return brought.offer_id


def _of_pem(pem: str) -> PublicKey:
    if "PRIVATE KEY" in pem:
        raise of_clients.PrivateKeyShown(field="keys")
    if len(pem) > public_keys.LONGEST:
        raise of_clients.NotAPublicKey(field="keys")
    for kind in (ECKey, RSAKey, OKPKey):
        try:
            return public_keys.key_of(kind.import_key(pem).as_dict(private=False))
        except (JoseError, ValueError, TypeError, AttributeError):
            continue
    raise of_clients.NotAPublicKey(field="keys")


def _named(session: Session, client_id: UUID | None, name: str) -> str:
    if client_id is not None:
        known = session.scalar(select(OAuthClient.name).where(OAuthClient.client_id == client_id))
        if known is None:
            raise of_clients.NoSuchClient
        return known
    said = name.strip()
    if not said:
        raise of_clients.NeedsClientName(field="name")
    if len(said) > registering.LONGEST_NAME:
        raise TooLong(field="name", most=registering.LONGEST_NAME)
    return said


def _must_be_new(session: Session, key: PublicKey, client_id: UUID | None) -> None:
    """As far as the contact sees; the rest is asked when the key is released."""
    known = session.scalars(
        select(ClientKey.thumbprint).where(
            (ClientKey.thumbprint == key.thumbprint) | ((ClientKey.client_id == client_id) & (ClientKey.kid == key.kid))
        )
    ).all()
    offered = session.scalars(
        select(OfferedKey.thumbprint).where(OfferedKey.thumbprint == key.thumbprint, OfferedKey.declined_at.is_(None))
    ).all()
    if key.thumbprint in (*known, *offered):
        raise of_clients.KnownClientKey(field="keys")
    if known:
        raise of_clients.KnownKeyId(field="keys", kid=key.kid)


def _waiting(session: Session, offer_id: UUID) -> OfferedKey:
    require(session, Permission.MANAGE_PROCESSORS)
    found = session.scalar(
        select(OfferedKey)
        .where(
            OfferedKey.offer_id == offer_id,
            OfferedKey.released_at.is_(None),
            OfferedKey.declined_at.is_(None),
        )
        .with_for_update()
    )
    if found is None:
        raise refusals.NoSuchOffer
    return found


def _retire(session: Session, client_id: UUID, kid: str) -> None:
    retired = session.execute(
        update(ClientKey)
        .where(ClientKey.client_id == client_id, ClientKey.kid == kid, ClientKey.retired_at.is_(None))
        .values(retired_at=func.now())
        .returning(ClientKey.kid)
        .execution_options(synchronize_session=False)
    )
    if retired.first() is None:
        raise of_clients.NoSuchKey


def _note(session: Session, action: str, offer_id: UUID, *, company_id: UUID | None = None) -> None:
    trail.record(session, action, about="offered_key", ids=[offer_id], company_id=company_id)


def _note_of_client(session: Session, action: str, here: Here, client_id: UUID) -> None:
    trail.record(session, action, about="oauth_client", ids=[client_id], company_id=here.contact.company_id)
