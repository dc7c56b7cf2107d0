"""The audit is sealed by another role than wrote it, and anybody can check it afterwards."""

from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from services.worker import sealing
from tenants.acting import auditor, sealer, visitor
from tenants.audit import chain, exporting, trail, verifying
from tenants.audit.model import AuditEntry, Checkpoint
from tenants.base import new_id
from tenants.database import walled_session
from tenants.vault.signing import Use, public_keys
from tests import make

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def company() -> make.MadeCompany:
    return make.company(make.group())


def write(company: make.MadeCompany, count: int = 3) -> None:
    with walled_session(company.system()) as session:
        for _ in range(count):
            trail.record(session, "person.read", about="person", ids=[new_id()], records=2)


def export(company: make.MadeCompany) -> list[bytes]:
    with walled_session(auditor(company.group.group_id, company_id=company.company_id)) as session:
        return list(exporting.lines(session))


def keys(company: make.MadeCompany) -> dict[UUID, bytes]:
    with walled_session(auditor(company.group.group_id)) as session:
        return {key.key_id: key.public for key in public_keys(session, Use.AUDIT)}


def test_what_was_sealed_verifies_with_the_published_key(company: make.MadeCompany) -> None:
    write(company)
    assert sealing.seal_group(company.group.group_id) == 3
    found = verifying.verify(export(company), keys(company))
    assert (found.entries, found.signed, found.chain_id) == (3, 3, company.company_id)


def test_nothing_is_sealed_twice(company: make.MadeCompany) -> None:
    write(company)
    sealing.seal_group(company.group.group_id)
    assert sealing.seal_group(company.group.group_id) == 0


def test_an_entry_that_commits_late_is_sealed_all_the_same(company: make.MadeCompany) -> None:
    with walled_session(company.system()) as slow:
        trail.record(slow, "person.read", about="person")
        slow.flush()
        write(company, 2)
        assert sealing.seal_group(company.group.group_id) == 2
    assert sealing.seal_group(company.group.group_id) == 1
    assert verifying.verify(export(company), keys(company)).signed == 3


def test_the_group_has_a_chain_of_its_own(company: make.MadeCompany) -> None:
    write(company, 1)
    with walled_session(company.group.system()) as session:
        trail.record(session, "manifest.applied", about="group", version=1)
    sealing.seal_group(company.group.group_id)
    with walled_session(auditor(company.group.group_id)) as session:
        lines = list(exporting.lines(session))
    found = verifying.verify(lines, keys(company))
    assert (found.entries, found.chain_id) == (1, company.group.group_id)


def change_a_figure(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"records":2', b'"records":9') if b'"position":2,' in line else line for line in lines]


def drop_the_second(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines if b'"position":2,' not in line]


def swap_two(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[3], lines[2], *lines[4:]]


@pytest.mark.parametrize(
    ("tamper", "refusal"),
    [
        (change_a_figure, verifying.ChainBroken),
        (drop_the_second, verifying.EntryMissing),
        (swap_two, verifying.EntryMissing),
        (lambda lines: [b"{}\n", *lines[1:]], verifying.NotAnAuditFile),
        (lambda lines: [*lines, b"not json\n"], verifying.NotAnAuditFile),
        (lambda lines: [], verifying.NotAnAuditFile),
    ],
)
def test_a_tampered_file_is_refused_and_the_first_broken_entry_named(
    company: make.MadeCompany, tamper: Callable[[list[bytes]], list[bytes]], refusal: type[Exception]
) -> None:
    write(company)
    sealing.seal_group(company.group.group_id)
    with pytest.raises(refusal) as refused:
        verifying.verify(tamper(export(company)), keys(company))
    if refusal is not verifying.NotAnAuditFile:
        assert refused.value.values["position"] == 2  # type: ignore[attr-defined]


def test_a_recomputed_chain_fails_at_the_signature(company: make.MadeCompany) -> None:
    """Whoever rewrites every digest after a change still has no key to sign with."""
    write(company)
    sealing.seal_group(company.group.group_id)
    forged = rewrite(change_a_figure(export(company)))
    with pytest.raises(verifying.CheckpointFalse):
        verifying.verify(forged, keys(company))


def rewrite(lines: list[bytes]) -> list[bytes]:
    head, *rest = (msgspec.json.decode(line, type=exporting.Line) for line in lines)
    assert isinstance(head, exporting.Head)
    digest, forged = chain.first_digest(head.chain_id), [lines[0]]
    for line in rest:
        assert not isinstance(line, exporting.Head)
        if isinstance(line, exporting.Link):
            digest = chain.next_digest(digest, line.entry)
        forged.append(msgspec.json.encode(msgspec.structs.replace(line, digest=digest.hex())) + b"\n")
    return forged


def test_a_key_that_was_not_published_is_refused(company: make.MadeCompany) -> None:
    write(company)
    sealing.seal_group(company.group.group_id)
    with pytest.raises(verifying.KeyUnknown):
        verifying.verify(export(company), {})


def test_a_file_without_its_signatures_shows_nothing(company: make.MadeCompany) -> None:
    write(company)
    sealing.seal_group(company.group.group_id)
    bare = [line for line in export(company) if b"signature" not in line]
    with pytest.raises(verifying.NothingSigned):
        verifying.verify(bare, keys(company))
    with pytest.raises(verifying.NothingSigned):
        verifying.last_checkpoint(bare)


def test_a_shortened_chain_does_not_continue_the_earlier_one(company: make.MadeCompany) -> None:
    write(company, 1)
    sealing.seal_group(company.group.group_id)
    short = export(company)
    write(company, 2)
    sealing.seal_group(company.group.group_id)
    earlier = verifying.last_checkpoint(export(company))
    with pytest.raises(verifying.NotTheSameChain):
        verifying.verify(short, keys(company), earlier=earlier)
    assert verifying.verify(export(company), keys(company), earlier=verifying.last_checkpoint(short)).entries == 3


@pytest.mark.parametrize("statement", ["UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries"])
def test_the_runtime_role_can_neither_change_nor_remove_an_entry(company: make.MadeCompany, statement: str) -> None:
    write(company)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        walled_session(company.system()) as session,
    ):
        session.execute(text(statement))


def test_the_runtime_role_can_neither_seal_nor_sign(company: make.MadeCompany) -> None:
    write(company)
    sealing.seal_group(company.group.group_id)
    for table in ("audit_seals", "audit_checkpoints"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            walled_session(company.system()) as session,
        ):
            session.execute(text(f"INSERT INTO {table} SELECT * FROM {table}"))
    with walled_session(company.system()) as session:
        secrets = session.execute(text("SELECT count(*) FROM signing_secrets WHERE use = 'audit'"))
        assert secrets.scalar_one() == 0


def test_nobody_writes_entries_in_anothers_name(company: make.MadeCompany) -> None:
    forged = AuditEntry(actor="member", actor_id=new_id(), action="x", about="person", about_ids=[], figures={})
    with pytest.raises(ProgrammingError, match="row-level security"), walled_session(company.system()) as session:
        session.add(forged)


def test_the_sealer_changes_nothing_but_the_mark(company: make.MadeCompany) -> None:
    write(company)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        walled_session(sealer(company.group.group_id)) as session,
    ):
        session.execute(text("UPDATE audit_entries SET action = 'x'"))


def test_a_company_reads_its_own_audit_only(company: make.MadeCompany) -> None:
    sister = make.company(company.group, "beta")
    write(company)
    with walled_session(sister.system()) as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0
    sealing.seal_group(company.group.group_id)
    with walled_session(sister.system()) as session:
        assert session.scalar(select(func.count()).select_from(Checkpoint)) == 0


def test_a_visitor_leaves_entries_and_reads_none(company: make.MadeCompany) -> None:
    with walled_session(visitor(company.group.group_id)) as session:
        trail.record(session, "request.received", about="request", company_id=company.company_id)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        walled_session(visitor(company.group.group_id)) as session,
    ):
        session.execute(select(AuditEntry))
