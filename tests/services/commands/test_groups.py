"""`seloste group`: what an operator sees and does."""

import secrets
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from services import cli
from tenants.audit.model import AuditEntry
from tenants.database import walled_session
from tenants.groups.model import Group
from tenants.jobs.model import QueuedJob
from tenants.jobs.outbox import PruneQueue, enqueue
from tenants.vault.keys import keyring
from tests import make

pytestmark = pytest.mark.usefixtures("database")


def test_a_group_is_founded_with_keys_and_found_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    slug = f"g-{secrets.token_hex(4)}"
    assert cli.main(["group", "create", slug, "--name", "Uusi konserni", "--languages", "sv", "fi"]) == 0
    assert cli.main(["group", "show", slug]) == 0
    shown = capsys.readouterr().out
    assert f"{slug}  käytössä  Uusi konserni" in shown
    assert "sv, fi" in shown
    assert cli.main(["group", "create", slug, "--name", "Toinen"]) == 1


@pytest.mark.parametrize("slug", ["Iso", "1-alussa", "väli lyönti", "x" * 41])
def test_a_name_that_no_address_can_carry_is_refused(slug: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["group", "create", slug, "--name", "Konserni"]) == 1
    assert "Lyhyt nimi alkaa pienellä kirjaimella" in capsys.readouterr().err


def test_a_group_is_suspended_and_resumed_and_the_list_tells(capsys: pytest.CaptureFixture[str]) -> None:
    group = make.group()
    assert cli.main(["group", "suspend", group.slug, "--reason", "security"]) == 0
    assert "Lain määräajat kuluvat edelleen" in capsys.readouterr().out
    assert cli.main(["group", "list"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(group.slug))
    assert "keskeytetty" in line
    assert "security" in line
    assert cli.main(["group", "resume", group.slug]) == 0
    assert cli.main(["group", "resume", group.slug]) == 1
    with walled_session(group.system()) as session:
        assert session.scalars(select(Group.suspended_at)).one() is None
        assert keyring(session).current == 1
        assert len(session.scalars(select(AuditEntry)).all()) == 2


def test_whoever_looks_at_a_group_is_told_that_its_erasure_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    group = make.group()
    asked = f"Konsernin {group.slug} poistamista on pyydetty."
    assert cli.main(["group", "delete", group.slug, "--by", "Johto", "--reason", "Loppui"]) == 0
    assert asked in capsys.readouterr().out
    assert cli.main(["group", "show", group.slug]) == 0
    assert asked in capsys.readouterr().out
    assert cli.main(["group", "delete", group.slug, "--cancel"]) == 0
    assert cli.main(["group", "show", group.slug]) == 0
    assert asked not in capsys.readouterr().out


def test_a_key_that_is_none_is_not_blamed_on_the_certificate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "erased.json"
    file.write_bytes(b"{}")
    assert cli.main(["group", "verify-certificate", str(file), "--key", "avain.txt"]) == 1
    assert "ei ole julkinen avain" in capsys.readouterr().err


def test_other_commands_for_a_suspended_group_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    group = make.group()
    with walled_session(group.system()) as session:
        enqueue(session, PruneQueue())
        session.flush()
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).values(failed_at=func.now(), failure="Koe"))
    cli.main(["group", "suspend", group.slug, "--reason", "not_paid"])
    assert cli.main(["jobs", "list", group.slug]) == 1
    assert "Palvelu on keskeytetty" in capsys.readouterr().err


def test_there_is_no_group_of_another_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["group", "show", "olematon"]) == 1
