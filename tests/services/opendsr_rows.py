"""An organisation that is asked by OpenDSR, and asks: what the tests of strangers could name of it."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.clients import registering
from tenants.clients.model import Method
from tenants.opendsr import asking, carrying_out, controllers, endpoints, receiving
from tenants.opendsr.model import DsrController, ReceivedRequest, Wanted
from tenants.opendsr.wire import Identity, IdentityType
from tests.make import MadeRegister


def asked_both_ways(session: Session, processor_id: UUID, register: MadeRegister) -> dict[str, UUID]:
    """It is asked, and asks: once what nobody has begun, and once what somebody has."""
    made = registering.register(session, processor_id, name="Kysyjä", method=Method.CLIENT_SECRET_BASIC)
    asks = controllers.enter(
        session,
        processor_id,
        client_id=made.client_id,
        terms=controllers.Terms(
            callback_domains=["opendsr.pilvi.example"],
            identity_types=[IdentityType.EMAIL],
            registers=[register.register_id],
        ),
    )
    received, begun = (_received(session, asks) for _ in range(2))
    carrying_out.take_up(session, begun)
    endpoint = endpoints.register(
        session,
        processor_id,
        endpoints.Terms(base_url="https://opendsr.pilvi.example/v2", domain="opendsr.pilvi.example", secret="sesam"),
    )
    known = [Identity("email", "aino@esimerkki.example", "raw")]
    sent = asking.ask(session, endpoint.endpoint_id, None, Wanted.ERASURE, submitted_at=datetime.now(UTC), known=known)
    return {
        "controller_id": asks.controller_id,
        "received_id": received,
        "begun_id": begun,
        "dsr_endpoint_id": endpoint.endpoint_id,
        "sent_id": sent,
    }


def _received(session: Session, asks: DsrController) -> UUID:
    named = {"identity_type": "email", "identity_value": "aino@esimerkki.example", "identity_format": "raw"}
    asked = str(uuid4())
    said = {
        "regulation": "gdpr",
        "subject_request_id": asked,
        "subject_request_type": "erasure",
        "submitted_time": "2026-11-20T15:00:00Z",
        "subject_identities": [named],
    }
    receiving.receive(session, asks, json.dumps(said).encode())
    return session.scalars(
        select(ReceivedRequest.received_id).where(ReceivedRequest.subject_request_id == UUID(asked))
    ).one()
