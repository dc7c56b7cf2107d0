"""An auditor takes the exported file and the published keys, and needs nobody's word."""

from pathlib import Path

import pytest
from litestar.testing import TestClient

from services import cli
from services.api.app import create_app
from services.worker import sealing
from tenants.audit import trail
from tenants.base import new_id
from tenants.database import walled_session
from tests import make

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def company() -> make.MadeCompany:
    made = make.company(make.group())
    with walled_session(made.system()) as session:
        trail.record(session, "person.read", about="person", ids=[new_id()])
        trail.record(session, "case.approved", about="case", ids=[new_id()])
    sealing.seal_group(made.group.group_id)
    return made


def exported(company: make.MadeCompany, folder: Path) -> tuple[str, str]:
    audit, keys = folder / "audit.jsonl", folder / "keys.json"
    assert cli.main(["export-audit", company.group.slug, company.key, "--to", str(audit)]) == 0
    with TestClient(create_app(), base_url="https://testserver.example") as client:
        keys.write_bytes(client.get(f"/g/{company.group.slug}/keys.json").content)
    return str(audit), str(keys)


def test_a_whole_audit_verifies_against_the_keys_that_the_portal_publishes(
    company: make.MadeCompany, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit, keys = exported(company, tmp_path)
    capsys.readouterr()
    assert cli.main(["verify-audit", audit, "--keys", keys]) == 0
    assert "2" in capsys.readouterr().out


def test_a_changed_entry_is_named(
    company: make.MadeCompany, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit, keys = exported(company, tmp_path)
    Path(audit).write_bytes(Path(audit).read_bytes().replace(b"case.approved", b"case.refused "))
    assert cli.main(["verify-audit", audit, "--keys", keys]) == 1
    assert "2" in capsys.readouterr().err


def test_keys_that_are_no_keys_are_refused(company: make.MadeCompany, tmp_path: Path) -> None:
    audit, keys = exported(company, tmp_path)
    Path(keys).write_text("[]x")
    assert cli.main(["verify-audit", audit, "--keys", keys]) == 1


def test_the_portal_publishes_no_secret(company: make.MadeCompany) -> None:
    with TestClient(create_app(), base_url="https://testserver.example") as client:
        keys = client.get(f"/g/{company.group.slug}/keys.json").json()
        assert {key["use"] for key in keys} == {"audit"}
        assert all(set(key) == {"key_id", "use", "public"} and len(key["public"]) == 64 for key in keys)
        assert client.get("/g/no-such-group/keys.json").status_code == 404
