"""Endpoints as the office keeps them: where recipients are told what happens, of what, and signed with what.

An endpoint is told of one company's feeds, and only that company registers it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants import outside
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import TooLong
from tenants.processors import reading as agreements
from tenants.processors.model import Agreement
from tenants.vault import sealing
from tenants.vault.keys import Keyring, keyring
from tenants.vault.sealing import Place
from tenants.webhooks import refusals, signing
from tenants.webhooks.model import (
    SUBSCRIBED,
    DisabledFor,
    EventType,
    SecretKind,
    WebhookEndpoint,
    WebhookSecret,
)
from tenants.webhooks.signing import Signer

MOST = 5
LONGEST_DESCRIPTION = 200
# For so long the former secret signs beside the new one.
OVERLAP = timedelta(hours=24)


class Issued(Struct, frozen=True):
    """`secret` is shown this once. `public_key` is that of the asymmetric signature, if there is one."""

    endpoint_id: UUID
    secret: str
    public_key: str | None


def register(
    session: Session,
    agreement_id: UUID,
    *,
    url: str,
    events: Sequence[str],
    description: str = "",
    asymmetric: bool = False,
) -> Issued:
    """By the company that is acted for. Nothing is called: whether anybody is there, a ping tells.

    Raises TooManyEndpoints, AgreementHasEnded, NoSuchAgreement, NeedsEvents, NoSuchEvent, TooLong, Forbidden, and what
    `outside.destination` raises.
    """
    _may(session)
    agreement = agreements.agreement(session, agreement_id).agreement
    if agreement.ended_at is not None:
        raise refusals.AgreementHasEnded
    if len(listed(session, [agreement_id])) >= MOST:
        raise refusals.TooManyEndpoints
    outside.destination(url, field="url")
    endpoint = WebhookEndpoint(
        endpoint_id=new_id(),
        company_id=agreement.company_id,
        agreement_id=agreement_id,
        url=url,
        description=_described(description),
        events=_chosen(events),
        created_by=acting_of(session).actor_id,
    )
    session.add(endpoint)
    session.flush()
    note(session, "webhook.registered", endpoint)
    return Issued(
        endpoint.endpoint_id, _make_secret(session, endpoint), _make_pair(session, endpoint) if asymmetric else None
    )


def change(session: Session, endpoint_id: UUID, *, url: str, events: Sequence[str], description: str = "") -> None:
    """Messages on their way go to the new address. Raises as `register`, and NoSuchEndpoint."""
    endpoint = locked(session, endpoint_id)
    outside.destination(url, field="url")
    endpoint.url, endpoint.events, endpoint.description = url, _chosen(events), _described(description)
    session.flush()
    note(session, "webhook.changed", endpoint)


def rotate(session: Session, endpoint_id: UUID) -> Issued:
    """A new secret, and a new pair where there is one; the former sign beside them for a day.

    Raises RotatesAlready, NoSuchEndpoint, Forbidden.
    """
    endpoint = locked(session, endpoint_id)
    former = signing_with(session, [endpoint_id])
    if any(one.retires_at for one in former):
        raise refusals.RotatesAlready
    for one in former:
        one.retires_at = func.now() + OVERLAP
    session.flush()
    note(session, "webhook.secret_rotated", endpoint)
    public_key = _make_pair(session, endpoint) if any(one.public_key for one in former) else None
    return Issued(endpoint_id, _make_secret(session, endpoint), public_key)


def disable(session: Session, endpoint_id: UUID) -> None:
    """Nothing is sent to it from the next call on. Raises EndpointDisabled, NoSuchEndpoint, Forbidden."""
    endpoint = locked(session, endpoint_id)
    if endpoint.disabled_at is not None:
        raise refusals.EndpointDisabled
    shut(session, endpoint, DisabledFor.BY_HAND)


def enable(session: Session, endpoint_id: UUID) -> None:
    """Messages that were dropped meanwhile stay so; of each feed that has changed it is told anew.

    Raises NotDisabled, NoSuchEndpoint, Forbidden.
    """
    endpoint = locked(session, endpoint_id)
    if endpoint.disabled_at is None:
        raise refusals.NotDisabled
    endpoint.disabled_at = endpoint.disabled_for = endpoint.disabled_by = None
    endpoint.quiet_until = endpoint.failing_since = None
    endpoint.exhausted = 0
    session.flush()
    note(session, "webhook.enabled", endpoint)


def shut(session: Session, endpoint: WebhookEndpoint, reason: DisabledFor) -> None:
    endpoint.disabled_at, endpoint.disabled_for = func.now(), reason
    endpoint.disabled_by = acting_of(session).actor_id
    session.flush()
    note(session, "webhook.disabled", endpoint, reason=reason)


def get(session: Session, endpoint_id: UUID) -> WebhookEndpoint:
    """Of the company that is acted for. Raises NoSuchEndpoint."""
    found = session.scalar(select(WebhookEndpoint).where(WebhookEndpoint.endpoint_id == endpoint_id))
    if found is None:
        raise refusals.NoSuchEndpoint
    return found


def locked(session: Session, endpoint_id: UUID) -> WebhookEndpoint:
    """For whoever changes it. Raises NoSuchEndpoint, CompanyOfTheEndpoint, Forbidden."""
    _may(session)
    found = session.scalar(select(WebhookEndpoint).where(WebhookEndpoint.endpoint_id == endpoint_id).with_for_update())
    if found is None:
        raise refusals.NoSuchEndpoint
    return found


def listed(session: Session, agreement_ids: Sequence[UUID]) -> Sequence[WebhookEndpoint]:
    """Of these agreements: those in use first, the oldest first."""
    return session.scalars(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.agreement_id.in_(agreement_ids))
        .order_by(WebhookEndpoint.disabled_at.is_not(None), WebhookEndpoint.endpoint_id)
    ).all()


def of_processor(session: Session, processor_id: UUID) -> Sequence[WebhookEndpoint]:
    """Of the acting company's agreements with it, as `listed`."""
    wanted = select(Agreement.agreement_id).where(Agreement.processor_id == processor_id)
    return listed(session, session.scalars(wanted).all())


def troubled(session: Session) -> Sequence[tuple[WebhookEndpoint, UUID]]:
    """Those of the acting company that were disabled because of what they answered, each with its processor."""
    found = session.execute(
        select(WebhookEndpoint, Agreement.processor_id)
        .join(Agreement, Agreement.agreement_id == WebhookEndpoint.agreement_id)
        .where(WebhookEndpoint.disabled_for.in_([DisabledFor.GONE, DisabledFor.EXHAUSTED]))
        .order_by(WebhookEndpoint.endpoint_id)
    )
    return [(endpoint, processor_id) for endpoint, processor_id in found]


def signing_with(session: Session, endpoint_ids: Sequence[UUID]) -> Sequence[WebhookSecret]:
    """What signs for these endpoints at this moment, the newest first."""
    return session.scalars(
        select(WebhookSecret)
        .where(
            WebhookSecret.endpoint_id.in_(endpoint_ids),
            WebhookSecret.retires_at.is_(None) | (WebhookSecret.retires_at > func.now()),
        )
        .order_by(WebhookSecret.secret_id.desc())
    ).all()


def signers(session: Session, endpoint_id: UUID) -> list[Signer]:
    """Opened. Raises Tampered."""
    keys = keyring(session)
    return [
        Signer(one.kind, sealing.unseal(keys, _place(one.secret_id), one.sealed_secret).decode())
        for one in signing_with(session, [endpoint_id])
    ]


def note(session: Session, action: str, endpoint: WebhookEndpoint, **said: str) -> None:
    trail.record(session, action, about="webhook", ids=[endpoint.endpoint_id], company_id=endpoint.company_id, **said)


def _may(session: Session) -> None:
    require(session, Permission.MANAGE_PROCESSORS)
    if acting_of(session).company_id is None:
        raise refusals.CompanyOfTheEndpoint


def _described(description: str) -> str:
    said = description.strip()
    if len(said) > LONGEST_DESCRIPTION:
        raise TooLong(field="description", most=LONGEST_DESCRIPTION)
    return said


def _chosen(events: Sequence[str]) -> list[str]:
    if not events:
        raise refusals.NeedsEvents(field="events")
    for event in events:
        if event not in SUBSCRIBED:
            raise refusals.NoSuchEvent(field="events", event=event[:LONGEST_DESCRIPTION])
    return [EventType(event) for event in dict.fromkeys(events)]


def _make_secret(session: Session, endpoint: WebhookEndpoint) -> str:
    secret = signing.new_secret()
    _keep(session, endpoint, SecretKind.V1, secret, None)
    return secret


def _make_pair(session: Session, endpoint: WebhookEndpoint) -> str:
    private, public = signing.new_pair()
    _keep(session, endpoint, SecretKind.V1A, private, public)
    return public


def _keep(session: Session, endpoint: WebhookEndpoint, kind: SecretKind, secret: str, public_key: str | None) -> None:
    keys: Keyring = keyring(session)
    secret_id = new_id()
    session.add(
        WebhookSecret(
            secret_id=secret_id,
            endpoint_id=endpoint.endpoint_id,
            company_id=endpoint.company_id,
            kind=kind,
            sealed_secret=sealing.seal(keys, _place(secret_id), secret.encode()),
            public_key=public_key,
            made_at=datetime.now(UTC),
            made_by=acting_of(session).actor_id,
        )
    )
    session.flush()


def _place(secret_id: UUID) -> Place:
    return Place("webhook secret", secret_id, "secret")
