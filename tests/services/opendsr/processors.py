"""A processor of somebody else, on this machine, that speaks OpenDSR as the test tells it to."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select

from tenants.database import walled_session
from tenants.opendsr import asking, endpoints, signatures, wire
from tenants.opendsr.authority import Signing
from tenants.opendsr.endpoints import Terms
from tenants.opendsr.model import DsrEndpoint, SentRequest, Wanted
from tenants.processors import cataloguing
from tests import queue
from tests.receivers import Asked, Receiver, Says, receiving
from tests.services.opendsr.asking import RIGHTS, Kept
from tests.tenants.processors.scene import described

DOMAIN = "opendsr.processor.example"
OFFERED = [{"identity_type": "email", "identity_format": "raw"}]


class Other:
    """What it was asked is in `receiver.asked`; `says` may be changed at any time."""

    def __init__(self, receiver: Receiver, signing: Signing) -> None:
        self.receiver, self.signing = receiver, signing
        self.offered: list[dict[str, str]] = OFFERED
        self.types = ["access", "portability", "erasure"]
        self.to_request: Callable[[Asked], Says] = self.taken
        # Whose signature its answers bear, and under which name.
        self.vouches: Signing | None = signing
        self.domain = DOMAIN
        receiver.answers = self.answer

    def answer(self, asked: Asked) -> Says:
        if asked.path.endswith("/discovery"):
            return self._json(
                {
                    "api_version": "2.0",
                    "supported_identities": self.offered,
                    "supported_subject_request_types": self.types,
                    "processor_certificate": f"http://localhost:{self.receiver.port}/certificate",
                }
            )
        if asked.path == "/certificate":
            return Says(200, {}, self.signing.pem)
        return self.signed(self.to_request(asked))

    def signed(self, says: Says) -> Says:
        if self.vouches is None:
            return says
        signature = signatures.sign(self.vouches.key, says.body)
        headers = {wire.DOMAIN_HEADER: self.domain, wire.SIGNATURE_HEADER: signature}
        return Says(says.status, {**says.headers, **headers}, says.body, says.slowly)

    def taken(self, asked: Asked) -> Says:
        return self._taken(asked, "2026-12-01T00:00:00Z")

    def taken_until(self, at: datetime) -> Callable[[Asked], Says]:
        return lambda asked: self._taken(asked, at.isoformat())

    def _taken(self, asked: Asked, until: str) -> Says:
        said = json.loads(asked.body)
        told = {"subject_request_id": said["subject_request_id"], "controller_id": "c"}
        return self._json({**told, "expected_completion_time": until}, 201)

    def stands(self, status: str, **other: object) -> Callable[[Asked], Says]:
        return lambda asked: self._json(
            {"subject_request_id": asked.path.rsplit("/", 1)[1], "request_status": status, **other}
        )

    def requests(self, method: str = "POST") -> list[Asked]:
        return [one for one in self.receiver.asked if one.method == method and "requests" in one.path]

    def last(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.requests()[-1].body)
        return said

    def callback(self, status: str, **other: object) -> bytes:
        asked = self.last()
        said = {
            "controller_id": "c",
            "expected_completion_time": "2026-12-01T00:00:00Z",
            "status_callback_url": asked["status_callback_urls"][0],
            "subject_request_id": asked["subject_request_id"],
            "request_status": status,
            **other,
        }
        return json.dumps(said).encode()

    def call_back(
        self,
        client: TestClient[Litestar],
        body: bytes,
        *,
        by: Signing | None = None,
        domain: str = DOMAIN,
        sent: bytes | None = None,
    ) -> Response:
        """Signed is `body`, sent may be something else."""
        signature = signatures.sign((by or self.signing).key, body)
        headers = {wire.DOMAIN_HEADER: domain, wire.SIGNATURE_HEADER: signature}
        return client.post(self.last()["status_callback_urls"][0], content=sent or body, headers=headers)

    @staticmethod
    def _json(said: dict[str, Any], status: int = 200) -> Says:
        return Says(status, {"Content-Type": "application/json"}, json.dumps(said).encode())


@contextmanager
def other(signing: Signing) -> Iterator[Other]:
    with receiving() as receiver:
        yield Other(receiver, signing)


def register(house: Kept, to: Other, root: Signing, *, sister: UUID | None = None, **changed: Any) -> UUID:
    """As the endpoint of a processor of its own, which may be a company of the group itself."""
    terms = {
        "base_url": f"http://localhost:{to.receiver.port}/v2",
        "domain": DOMAIN,
        "secret": "sesam",
        "issuer": root.pem.decode(),
        **changed,
    }
    with walled_session(house.scene.admin.acting()) as session:
        processor = cataloguing.add(session, described(f"p{to.receiver.port}", company_id=sister)).processor_id
    with walled_session(house.scene.approver.acting(house.scene.alfa)) as session:
        return endpoints.register(session, processor, Terms(**terms)).endpoint_id


def ask(house: Kept, endpoint_id: UUID, person_id: UUID, wanted: Wanted = Wanted.ERASURE) -> UUID:
    with walled_session(house.scene.alfa.system(RIGHTS)) as session:
        return asking.ask(session, endpoint_id, person_id, wanted, submitted_at=wire.now())


def run(house: Kept, *names: str) -> None:
    """What is due at this processor; later attempts are brought forward by name."""
    for name in names:
        queue.bring_due(house.scene.group, name)
    queue.run_jobs(house.scene.group, only="opendsr.", but=("opendsr.look_into", "opendsr.tell"))


def sent(house: Kept, sent_id: UUID) -> SentRequest:
    with walled_session(house.scene.alfa.system(RIGHTS)) as session:
        return session.scalars(select(SentRequest).where(SentRequest.sent_id == sent_id)).one()


def endpoint(house: Kept, endpoint_id: UUID) -> DsrEndpoint:
    with walled_session(house.scene.alfa.system()) as session:
        return endpoints.get(session, endpoint_id)
