"""A program takes a request in and makes the file, another one's key decides; an emergency goes the same way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from services import cli
from tenants.authorities import emergencies, records
from tenants.companies import api_tokens
from tenants.database import walled_session
from tests.make import MadeMember
from tests.tenants.authorities.scene import RIGHTS, Scene, scene

Ask = Callable[..., Response]


@pytest.fixture(scope="module")
def house(app: Litestar) -> Scene:
    made = scene()
    made.customer("Aino", "1")
    return made


@pytest.fixture
def ask(client: TestClient[Litestar], house: Scene) -> Ask:
    def send(who: MadeMember, path: str, body: Any = None) -> Response:
        with walled_session(who.acting(house.alfa, RIGHTS)) as session:
            made = api_tokens.issue(session, label="Koe", days=1, company_id=house.alfa.company_id, purpose=RIGHTS)
        headers = {"Authorization": f"Bearer {made.token}", "Accept-Language": "en"}
        return client.request("GET" if body is None else "POST", f"/api/v1{path}", json=body, headers=headers)

    return send


def asked(house: Scene, **other: object) -> dict[str, object]:
    given: dict[str, object] = {
        "authority_id": str(house.police),
        "reference": "5500/R/1/26",
        "provision": "police",
        "document": "Tietopyyntö 1",
        "document_sha256": "ab" * 32,
        "asker": "Konstaapeli",
        "verified_how": "called_back",
        "register_id": str(house.customers.register_id),
        "purpose_id": str(house.purpose),
        "fields": [str(house.customers.fields[one]) for one in ("name", "segment")],
        "persons": ["1"],
    }
    return given | other


def test_from_the_request_to_the_file_by_two_keys(house: Scene, ask: Ask) -> None:
    made = ask(house.handler, "/authorities", asked(house))
    assert made.status_code == 201
    url = f"/authorities/{made.json()['case_id']}"
    name = str(house.customers.fields["name"])
    decided = {"refused": False, "fields": [name], "reason": "Nimi riittää"}
    assert ask(house.handler, f"{url}/decision", decided).status_code == 403
    whole = ask(house.approver, f"{url}/decision", decided).json()
    assert (whole["summary"]["state"], whole["decision"]["fields"]) == ("partly_approved", [name])
    assert ask(house.approver, f"{url}/decision", decided).status_code == 409
    file = ask(house.handler, f"{url}/files", {}).json()["file_id"]
    told = ask(house.officer, url).json()
    assert [(one["file_id"], one["records"], one["downloaded_at"]) for one in told["files"]] == [(file, 1, None)]
    assert "Konstaapeli" not in str(told)
    assert url.rsplit("/", 1)[-1] in [one["case_id"] for one in ask(house.officer, "/authorities").json()]


def test_whose_data_it_is_not_is_told_by_its_number(house: Scene, ask: Ask) -> None:
    refused = ask(house.handler, "/authorities", asked(house, persons=["1", "x\ny", " "]))
    assert refused.status_code == 422
    assert "line 2" in refused.text
    assert "line 3" in refused.text


def test_provisions_say_whether_they_were_held_against_the_law(house: Scene, ask: Ask) -> None:
    told = {one["key"]: one["checked"] for one in ask(house.handler, "/authorities/provisions").json()}
    assert told["customs"]
    assert not told["police"]


def test_an_emergency_goes_through_three_keys(house: Scene, ask: Ask) -> None:
    register = str(house.customers.register_id)
    wanted = {"ground": "life_or_health", "reason": "Hätä", "minutes": 30, "registers": [register]}
    emergency_id = ask(house.handler, "/emergencies", wanted).json()["emergency_id"]
    url = f"/emergencies/{emergency_id}"
    assert ask(house.handler, f"{url}/answer", {"confirm": True}).status_code == 403
    assert ask(house.approver, f"{url}/answer", {"confirm": True}).status_code == 204
    assert ask(house.officer, url).json()["summary"]["running"]
    assert ask(house.officer, f"{url}/review", {"review": "Liian aikaisin"}).status_code == 409
    with walled_session(house.approver.acting(house.alfa, RIGHTS)) as session:
        emergencies.end(session, emergency_id)
    with walled_session(house.alfa.system()) as session:
        emergencies.report(session, emergency_id)
    assert ask(house.approver, f"{url}/review", {"review": "Itse"}).status_code == 403
    assert ask(house.officer, f"{url}/review", {"review": "Kunnossa"}).status_code == 204
    whole = ask(house.officer, url).json()
    assert (whole["review"], whole["summary"]["running"], whole["report"]) == ("Kunnossa", False, [])


def test_days_are_asked_for_and_shown(house: Scene, ask: Ask) -> None:
    no_day = {"field_id": str(house.customers.fields["name"]), "first": "2026-05-01", "last": "2026-05-31"}
    refused = ask(house.handler, "/authorities", asked(house, period=no_day))
    assert refused.status_code == 422
    assert "holds a day" in refused.text
    made = ask(house.handler, "/authorities", asked(house)).json()["case_id"]
    assert ask(house.officer, f"/authorities/{made}").json()["period"] is None


def test_a_record_is_checked_on_the_command_line_with_the_published_keys(
    house: Scene, client: TestClient[Litestar], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case_id = house.open("1")
    house.approve(case_id)
    house.disclose(case_id)
    with walled_session(house.officer.acting(house.alfa, RIGHTS)) as session:
        written = records.written(records.of_case(session, case_id))
    file, keys = tmp_path / "record.json", tmp_path / "keys.json"
    file.write_bytes(written)
    keys.write_bytes(client.get(f"/g/{house.group.slug}/keys.json").content)
    assert cli.main(["verify-record", str(file), "--keys", str(keys)]) == 0
    assert "5500/R/1/26" in capsys.readouterr().out
    file.write_bytes(written.replace(b"5500/R/1/26", b"5500/R/9/26"))
    assert cli.main(["verify-record", str(file), "--keys", str(keys)]) != 0
    assert "aito" in capsys.readouterr().err
