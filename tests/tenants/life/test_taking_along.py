"""All of a group as files that anybody can count, check and read back."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg import Connection, sql
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from services import cli
from tenants.acting import exporter
from tenants.base import new_id
from tenants.database import walled_session
from tenants.life import taking_along
from tenants.life.taking_along import Contents, FolderTaken
from tenants.vault import objects
from tests.services.stage import IBAN, Stage
from tests.tenants.life.conftest import CATALOGUE, Counted


def read_back(admin: Connection[Any], folder: Path, group_id: UUID) -> Counted:
    """The lines of each table, which must be rows of its kind, counted as the database counts its own."""
    found = {}
    for file in sorted((folder / "tables").iterdir()):
        lines = file.read_text(encoding="utf-8").splitlines()
        if lines:
            row = admin.execute(
                sql.SQL(
                    "SELECT count(one.group_id), md5(string_agg(line::text, ',' ORDER BY line::text))"
                    " FROM unnest(%s::jsonb[]) AS line, jsonb_populate_record(NULL::{}, line) AS one"
                ).format(sql.Identifier(file.stem)),
                [lines],
            ).fetchone()
            assert row is not None
            found[file.stem] = (row[0], row[1])
    return found


def test_every_row_of_every_table_comes_back_as_it_was(
    built: Stage, tmp_path: Path, admin: Connection[Any], counted: Callable[[UUID], Counted]
) -> None:
    folder = tmp_path / "taken"
    taking_along.export(built.group.group_id, folder)
    there = counted(built.group.group_id)
    assert len(there) > 25
    assert there.keys() >= CATALOGUE
    assert read_back(admin, folder, built.group.group_id) == there


def test_the_list_of_contents_has_every_file_with_its_size_and_digest(built: Stage, tmp_path: Path) -> None:
    objects.put(f"{built.group.group_id}/exports/koe", [b"sealed"])
    told: list[str] = []
    folder = tmp_path / "taken"
    taking_along.export(built.group.group_id, folder, tell=lambda file: told.append(file.path))
    contents = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Contents)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {file.path for file in contents.files} == there - {"manifest.json"} == set(told)
    for file in contents.files:
        content = (folder / file.path).read_bytes()
        assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        if file.rows is not None:
            assert file.rows == len(content.splitlines())
    assert (folder / f"objects/{built.group.group_id}/exports/koe").read_bytes() == b"sealed"


def test_what_is_sealed_stays_sealed_unless_it_is_asked_for(built: Stage, tmp_path: Path) -> None:
    taking_along.export(built.group.group_id, tmp_path / "closed")
    taking_along.export(built.group.group_id, tmp_path / "open", opened=True)
    closed, opened = ((tmp_path / one / "tables/records.ndjson").read_text() for one in ("closed", "open"))
    assert IBAN not in closed
    assert IBAN in opened
    letters = (tmp_path / "open/tables/letters.ndjson").read_text()
    assert json.loads(letters.splitlines()[0])["sealed_content"].startswith("{")


def test_its_audit_verifies_offline_with_the_keys_beside_it(built: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    assert cli.main(["group", "export", built.group.slug, "--to", str(folder)]) == 0
    chains = [path for path in (folder / "audit").glob("*.ndjson") if path.read_bytes().count(b"\n") > 1]
    assert len(chains) > 1
    for chain in chains:
        assert cli.main(["verify-audit", str(chain), "--keys", str(folder / "audit/keys.json")]) == 0


def test_half_an_export_is_none_and_a_whole_one_is_not_overwritten(built: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "taken"

    def dies(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        taking_along.export(built.group.group_id, folder, tell=dies)
    assert not folder.exists()
    taking_along.export(built.group.group_id, folder)
    with pytest.raises(FolderTaken):
        taking_along.export(built.group.group_id, folder)


def test_it_is_one_moment_of_the_database(built: Stage, tmp_path: Path) -> None:
    """What is written while it runs is in none of its tables."""
    written: list[UUID] = []

    def meanwhile(_: object) -> None:
        if not written:
            written.append(new_id())
            with walled_session(built.alfa.system()) as session:
                session.execute(
                    text("INSERT INTO persons (group_id, company_id, person_id) VALUES (:group, :company, :person)"),
                    {"group": built.group.group_id, "company": built.alfa.company_id, "person": written[0]},
                )

    taking_along.export(built.group.group_id, tmp_path / "taken", tell=meanwhile)
    assert str(written[0]) not in (tmp_path / "taken/tables/persons.ndjson").read_text()


def test_nothing_of_another_group_is_in_it_and_nothing_can_be_changed_by_its_role(built: Stage, tmp_path: Path) -> None:
    taking_along.export(built.group.group_id, tmp_path / "taken")
    elsewhere = str(built.elsewhere.group.group_id)
    assert not [path for path in (tmp_path / "taken").rglob("*.ndjson") if elsewhere in path.read_text()]
    with pytest.raises(ProgrammingError) as refused, walled_session(exporter(built.group.group_id)) as session:
        session.execute(text("DELETE FROM persons"))
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)
