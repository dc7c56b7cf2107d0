"""A group is erased: asked for, waited for, confirmed, and gone, with a certificate that nobody can forge."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import func, select, text, update

from services import cli
from services.api.login import sessions
from services.api.login.sessions import OfficeSession
from tenants.acting import eraser
from tenants.database import walled_session
from tenants.errors import GroupSuspended
from tenants.life import certificates, erasing, suspending
from tenants.life.certificates import CertificateFalse, NotACertificate, Signed
from tenants.life.erasing import AlreadyAsked, NotAsked, OtherName, ReasonNeeded, TooEarly
from tenants.life.model import GroupDeletion
from tenants.life.suspending import BeingErased
from tenants.vault import objects
from tests import make
from tests.make import MadeGroup
from tests.services.stage import Stage
from tests.tenants.life.conftest import CATALOGUE, Counted

pytestmark = pytest.mark.usefixtures("database", "storage", "redis_server")


def ask(group: MadeGroup, *, waited: bool = True) -> None:
    with walled_session(group.system()) as session:
        erasing.ask(session, by="Ylläpito", reason="Sopimus on päättynyt")
    if waited:
        with walled_session(group.system()) as session:
            session.execute(update(GroupDeletion).values(not_before=func.now()))


def confirm(group: MadeGroup, slug: str | None = None) -> None:
    with walled_session(group.system()) as session:
        erasing.confirm(session, slug or group.slug)


def erase(group: MadeGroup, folder: Path) -> int:
    return cli.main(["group", "delete", group.slug, "--confirm", group.slug, "--certificate", str(folder)])


def test_nothing_of_the_group_is_left_and_nothing_of_others_is_touched(
    built: Stage, tmp_path: Path, counted: Callable[[UUID], Counted]
) -> None:
    group, other = built.group, built.elsewhere.group
    objects.put(f"{group.group_id}/exports/koe", [b"sealed"])
    objects.put(f"{other.group_id}/exports/koe", [b"sealed"])
    ask(group)
    before, of_other = counted(group.group_id), counted(other.group_id)
    assert before.keys() >= CATALOGUE
    assert erase(group, tmp_path) == 0
    assert counted(group.group_id) == {}
    assert counted(other.group_id) == of_other
    assert list(objects.keys(f"{group.group_id}/")) == []
    assert list(objects.keys(f"{other.group_id}/")) == [f"{other.group_id}/exports/koe"]
    signed = msgspec.json.decode((tmp_path / f"erased-{group.slug}.json").read_bytes(), type=Signed)
    rows = signed.certificate.rows
    assert rows.keys() == before.keys()
    assert {table: count for table, (count, _) in before.items() if rows[table] < count} == {}
    assert signed.certificate.objects >= 1
    assert {key.kind for key in signed.certificate.keys} >= {"group key", "audit"}
    assert group.group_id in {one.chain_id for one in signed.certificate.checkpoints}


def test_the_certificate_verifies_and_a_forged_one_does_not(
    built: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(built.group)
    assert erase(built.group, tmp_path) == 0
    file = tmp_path / f"erased-{built.group.slug}.json"
    cli.main(["group", "certificate-key"])
    key = capsys.readouterr().out.splitlines()[-1]
    assert cli.main(["group", "verify-certificate", str(file), "--key", key]) == 0
    shown = capsys.readouterr().out
    assert "Todistus poistamisesta" in shown
    assert "Certificate of erasure" in shown
    assert "Intyg över radering" in shown
    assert shown == file.with_suffix(".txt").read_text(encoding="utf-8")
    genuine = file.read_bytes()
    with pytest.raises(CertificateFalse):
        certificates.verify(genuine.replace(b'"objects": ', b'"objects": 9'), key)
    with pytest.raises(CertificateFalse):
        certificates.verify(genuine, "00" * 32)
    with pytest.raises(NotACertificate):
        certificates.verify(b"{}", key)


def test_it_is_not_confirmed_before_its_day_nor_by_another_name_nor_unasked() -> None:
    group = make.group()
    with pytest.raises(NotAsked):
        confirm(group)
    ask(group, waited=False)
    with pytest.raises(TooEarly):
        confirm(group)
    with pytest.raises(OtherName):
        confirm(group, "toinen")
    with pytest.raises(AlreadyAsked):
        ask(group)
    with pytest.raises(ReasonNeeded), walled_session(make.group().system()) as session:
        erasing.ask(session, by="Ylläpito", reason=" ")


def test_it_is_cancelled_in_between_and_may_be_asked_for_again() -> None:
    group = make.group()
    ask(group)
    with walled_session(group.system()) as session:
        erasing.cancel(session)
    with pytest.raises(NotAsked):
        confirm(group)
    ask(group, waited=False)


def test_once_confirmed_nobody_acts_for_it_and_there_is_no_way_back() -> None:
    group = make.group()
    ask(group)
    confirm(group)
    with pytest.raises(BeingErased), walled_session(group.system()) as session:
        erasing.cancel(session)
    with pytest.raises(GroupSuspended), walled_session(group.system()) as session:
        session.execute(select(GroupDeletion)).all()
    with pytest.raises(BeingErased), walled_session(group.system()) as session:
        suspending.resume(session)


def test_the_erasers_role_reaches_nothing_that_was_not_confirmed(built: Stage, tmp_path: Path) -> None:
    ask(built.group)
    with walled_session(eraser(built.group.group_id)) as session:
        assert session.scalar(text("SELECT count(*) FROM persons")) == 0
        assert session.connection().execute(text("DELETE FROM audit_seals")).rowcount == 0
    with pytest.raises(NotAsked):
        erasing.erase(built.group.group_id)


class Died(Exception):
    pass


def dying_after(steps: int) -> Callable[[str, int], None]:
    left = iter(range(steps))

    def tell(_: str, __: int) -> None:
        if next(left, None) is None:
            raise Died

    return tell


@pytest.mark.parametrize("steps", [0, 1, 3, 20, 60])
def test_whoever_goes_on_after_a_crash_counts_nothing_twice(
    built: Stage, steps: int, counted: Callable[[UUID], Counted]
) -> None:
    ask(built.group)
    confirm(built.group)
    before = {table: count for table, (count, _) in counted(built.group.group_id).items()}
    with pytest.raises(Died):
        erasing.erase(built.group.group_id, tell=dying_after(steps))
    assert erasing.erase(built.group.group_id).rows == before


def test_the_keys_are_gone_before_anything_else_is(built: Stage, counted: Callable[[UUID], Counted]) -> None:
    ask(built.group)
    confirm(built.group)
    before = counted(built.group.group_id)
    with pytest.raises(Died):
        erasing.erase(built.group.group_id, tell=lambda table, _: None if table in erasing.KEYS else _die())
    left = counted(built.group.group_id)
    assert not left.keys() & {"group_keys", "signing_secrets"}
    assert left["persons"] == before["persons"]


def _die() -> None:
    raise Died


def test_a_certificate_that_was_not_put_in_place_is_by_the_next_call(built: Stage, tmp_path: Path) -> None:
    group = built.group
    ask(group)
    confirm(group)
    target = tmp_path / f"erased-{group.slug}.json"
    target.with_name(f"{target.name}.unfinished").write_bytes(certificates.sign(erasing.erase(group.group_id)))
    erasing.finish(group.group_id)
    assert not target.exists()
    assert erase(group, tmp_path) == 0
    assert target.exists()
    assert erase(group, tmp_path) == 1


def test_its_people_are_signed_out(built: Stage, tmp_path: Path) -> None:
    signed_in = OfficeSession(
        group_id=built.group.group_id,
        member_id=built.admin.member_id,
        issuer=built.admin.issuer,
        client_id="seloste-office",
        subject=built.admin.subject,
        sid=None,
        signed_in_at=datetime.now(UTC),
    )
    token = sessions.start(signed_in)
    ask(built.group)
    assert erase(built.group, tmp_path) == 0
    assert sessions.find(token) is None
