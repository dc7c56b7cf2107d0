"""Programs of controllers that ask by OpenDSR, and the house that is asked."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct
from sqlalchemy import select

from services.api.oauth import addresses
from tenants.acting import PurposeKind
from tenants.database import walled_session
from tenants.opendsr import controllers, wire
from tenants.opendsr.controllers import Terms
from tenants.opendsr.model import DsrStep, ReceivedRequest
from tenants.opendsr.wire import IdentityType
from tenants.registers import persons, records
from tests import make
from tests.make import MadeMember, MadeRegister
from tests.services.oauth import wires
from tests.services.oauth.wires import Program, ath
from tests.tenants.processors import scene as catalogue
from tests.tenants.processors.scene import Scene

CALLED = "localhost"


class Asker(Struct, frozen=True):
    """A controller's program, with a token of its own."""

    program: Program
    controller_id: UUID
    token: str

    @property
    def base(self) -> str:
        return f"/opendsr/{self.program.slug}/v2"

    def call(self, method: str, path: str, body: bytes | None = None, *, token: str | None = None) -> Response:
        held = token or self.token
        proof = self.program.proof(addresses.external(path), method, ath=ath(held))
        headers = {"Authorization": f"DPoP {held}", "DPoP": proof}
        return self.program.client.request(method, path, content=body, headers=headers)

    def ask(self, body: bytes, *, path: str = wire.REQUESTS) -> Response:
        return self.call("POST", self.base + path, body)

    def status(self, asked: str, *, path: str = wire.REQUESTS) -> Response:
        return self.call("GET", f"{self.base}{path}/{asked}")

    def cancel(self, asked: str, *, path: str = wire.REQUESTS) -> Response:
        return self.call("DELETE", f"{self.base}{path}/{asked}")


class Kept(Struct, frozen=True):
    """Of Alfa: a register that it keeps for Pilvi, and one of its own, of which Pilvi is to learn nothing."""

    scene: Scene
    own: MadeRegister
    handler: MadeMember

    def asker(self, client: TestClient[Litestar], *callbacks: str) -> Asker:
        program = wires.program(client, self.scene)
        terms = Terms(
            callback_domains=callbacks or (CALLED,),
            identity_types=(IdentityType.EMAIL, IdentityType.CONTROLLER_CUSTOMER_ID),
            registers=(self.scene.customers.register_id,),
        )
        with walled_session(self.scene.approver.acting(self.scene.alfa)) as session:
            made = controllers.enter(session, self.scene.pilvi, client_id=program.client_id, terms=terms)
            controller_id = made.controller_id
        return Asker(program, controller_id, program.bound(scope=controllers.SCOPE).json()["access_token"])

    def person(self, email: str, *, number: str | None = None, register: MadeRegister | None = None) -> UUID:
        written = {"customer_number": number or uuid4().hex[:10], "name": "Aino Esimerkki", "email": email}
        into = (register or self.scene.customers).register_id
        with walled_session(self.scene.alfa.system()) as session:
            person_id = persons.create(session)
            records.write(session, into, person_id, written, source="Testi", at=datetime.now(UTC))
        return person_id

    def received(self, asked: str) -> ReceivedRequest:
        with walled_session(self.scene.alfa.system()) as session:
            wanted = select(ReceivedRequest).where(ReceivedRequest.subject_request_id == UUID(asked))
            return session.scalars(wanted).one()

    def trace(self, about: UUID) -> list[tuple[str, str]]:
        with walled_session(self.scene.alfa.system()) as session:
            rows = session.scalars(select(DsrStep).where(DsrStep.about_id == about).order_by(DsrStep.step_id))
            return [(row.step, row.outcome) for row in rows]


def kept() -> Kept:
    scene = catalogue.scene()
    return Kept(scene, make.register(scene.alfa, "own"), scene.approver)


def new_email() -> str:
    return f"{uuid4().hex[:12]}@esimerkki.example"


def request(email: str, kind: str = "erasure", **other: Any) -> bytes:
    said: dict[str, object] = {
        "regulation": "gdpr",
        "subject_request_id": str(uuid4()),
        "subject_request_type": kind,
        "submitted_time": "2026-11-20T15:00:00Z",
        "subject_identities": [{"identity_type": "email", "identity_value": email, "identity_format": "raw"}],
        "api_version": "2.0",
        **other,
    }
    return json.dumps({name: value for name, value in said.items() if value is not None}).encode()


def id_of(body: bytes) -> str:
    return str(json.loads(body)["subject_request_id"])


RIGHTS = PurposeKind.RIGHTS_REQUEST
