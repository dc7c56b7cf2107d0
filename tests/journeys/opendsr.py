"""A controller's program that asks the running stack by OpenDSR."""

import json
from uuid import uuid4

import httpx

from infra.embedded import dev
from tests.journeys.stack import Stack


def ask(stack: Stack, client: tuple[str, str], base_url: str) -> None:
    """With the client's id and secret: a token, then one request about a customer whom nobody knows."""
    token = httpx.post(
        f"{stack.urls.base_url}/oauth/{dev.DEMO_GROUP}/token",
        data={"grant_type": "client_credentials", "scope": "opendsr"},
        auth=client,
    ).raise_for_status()
    named = {"identity_type": "email", "identity_value": "aino@esimerkki.example", "identity_format": "raw"}
    said = {
        "regulation": "gdpr",
        "subject_request_id": str(uuid4()),
        "subject_request_type": "erasure",
        "submitted_time": "2026-11-20T15:00:00Z",
        "subject_identities": [named],
    }
    headers = {"Authorization": f"Bearer {token.json()['access_token']}", "Content-Type": "application/json"}
    httpx.post(f"{base_url}/requests", content=json.dumps(said), headers=headers).raise_for_status()
