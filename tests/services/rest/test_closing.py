"""A program closes an agreement that is over by a certificate of deletion, and replaces one that was wrong."""

from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct

from tenants.companies import api_tokens
from tenants.database import walled_session
from tests.make import MadeMember
from tests.tenants.processors.scene import Scene, scene, today

WRONG = {"document": {"name": "Väärä todistus", "sha256": "ab" * 32}}
RIGHT = {"document": {"name": "Oikea todistus", "sha256": "cd" * 32}}


class House(Struct, frozen=True):
    """Alfa's agreement with Pilvi has ended."""

    scene: Scene
    client: TestClient[Litestar]
    agreement_id: UUID

    def certifies(self, given: dict[str, Any], *, by: MadeMember | None = None) -> Response:
        body = {**given, "issued_on": today().isoformat()}
        return self.client.post(f"{self.url}/certificate", json=body, headers=self._let_in(by))

    def closing(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(self.url, headers=self._let_in(None)).json()["closing"]
        return found

    @property
    def url(self) -> str:
        return f"/api/v1/agreements/{self.agreement_id}"

    def _let_in(self, member: MadeMember | None) -> dict[str, str]:
        with walled_session((member or self.scene.approver).acting(self.scene.alfa)) as session:
            token = api_tokens.issue(
                session, label="koe", days=1, company_id=self.scene.alfa.company_id, purpose=None
            ).token
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def house(app: Litestar, client: TestClient[Litestar]) -> House:
    made = scene()
    made.verify()
    agreement_id = made.approved()
    made.end(agreement_id)
    return House(made, client, agreement_id)


def test_who_may_not_approve_agreements_certifies_nothing(house: House) -> None:
    assert house.certifies(WRONG, by=house.scene.drafter).status_code == 403
    assert house.closing()["certificate"] is None


def test_a_wrong_certificate_is_replaced_with_a_reason_and_stays_to_be_read(house: House) -> None:
    assert house.certifies(WRONG).status_code == 200
    assert house.certifies(RIGHT).status_code == 409
    answer = house.certifies(RIGHT | {"reason": "Toisen sopimuksen todistus"})
    assert answer.status_code == 200, answer.text
    told = answer.json()["closing"]
    assert told == house.closing()
    assert (told["certificate"]["document"], told["certificate"]["reason"]) == (
        RIGHT["document"],
        "Toisen sopimuksen todistus",
    )
    assert [(one["document"], one["reason"]) for one in told["former"]] == [(WRONG["document"], None)]


def test_what_replaces_it_is_judged_as_the_first_one_was(house: House) -> None:
    assert house.certifies(WRONG).status_code == 200
    unreadable = {"document": {"name": "Todistus", "sha256": "x"}, "reason": "Väärä tiedosto"}
    assert house.certifies(unreadable).status_code == 422
    assert house.closing()["former"] == []
