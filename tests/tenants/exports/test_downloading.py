"""One link opens the archive once, for five minutes, and costs nobody anything if the store is out."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from tenants.audit.model import AuditEntry
from tenants.base import new_id
from tenants.database import walled_session
from tenants.exports import downloading, expiring
from tenants.exports.downloading import (
    ArchiveEnded,
    ArchiveNotReady,
    LinkExpired,
    LinkUsed,
    NoSuchArchive,
    NoSuchLink,
)
from tenants.exports.model import Download, DownloadToken, Export
from tenants.vault import objects
from tenants.vault.objects import ObjectMissing, StorageUnavailable
from tenants.vault.sealing import Tampered
from tests import make, stores
from tests.tenants.exports.people import Customer, built, link_to, new_customer, opened, ordered
from tests.waiting import until


@pytest.fixture
def ready(aino: Customer) -> Export:
    return built(aino)


@pytest.fixture
def link(aino: Customer, ready: Export) -> str:
    return link_to(aino, ready)


def receipts(whose: Customer) -> list[Download]:
    with walled_session(whose.portal) as session:
        return list(session.scalars(select(Download)))


def test_aino_downloads_the_very_archive_that_was_built(aino: Customer, ready: Export, link: str) -> None:
    archive = opened(aino, link)
    whole = b"".join(archive.pieces)
    assert (len(whole), hashlib.sha256(whole).hexdigest()) == (ready.size, ready.sha256)
    assert (archive.size, archive.sha256) == (ready.size, ready.sha256)
    assert ready.built_at is not None
    assert archive.file_name.startswith("alfa-20")
    (receipt,) = receipts(aino)
    assert receipt.completed_at is not None
    assert receipt.size == ready.size


def test_starting_and_finishing_a_download_are_in_the_audit(aino: Customer, link: str) -> None:
    list(opened(aino, link).pieces)
    with walled_session(aino.worker) as session:
        actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.entry_id)))
    assert actions[-3:] == ["export.link_created", "export.download_started", "export.downloaded"]


def test_a_link_opens_once(aino: Customer, link: str) -> None:
    list(opened(aino, link).pieces)
    with pytest.raises(LinkUsed):
        opened(aino, link)
    assert len(receipts(aino)) == 1


def test_of_two_who_open_one_link_at_once_one_is_too_late(aino: Customer, link: str) -> None:
    with ThreadPoolExecutor(1) as elsewhere:
        attempts = []

        def then_another_tries(session: Session, export: Export) -> None:
            """The link is used up, which nobody else can see before this transaction ends."""
            attempts.append(elsewhere.submit(opened, aino, link))
            until(lambda: session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))

        first = downloading.open_archive(aino.portal, link, then_another_tries)
        with pytest.raises(LinkUsed):
            attempts[0].result(10)
    assert list(first.pieces)
    assert len(receipts(aino)) == 1


def test_a_link_lives_for_five_minutes(aino: Customer, link: str) -> None:
    with walled_session(aino.portal) as session:
        granted = session.scalars(select(DownloadToken)).one()
        lives = granted.expires_at - granted.created_at
        session.execute(update(DownloadToken).values(expires_at=func.now()))
    assert 290 < lives.total_seconds() <= 300
    with pytest.raises(LinkExpired):
        opened(aino, link)
    assert receipts(aino) == []


def test_a_new_link_can_be_had_after_the_old_one(aino: Customer, ready: Export, link: str) -> None:
    list(opened(aino, link).pieces)
    assert list(opened(aino, link_to(aino, ready)).pieces)


def test_a_link_that_was_never_given_opens_nothing(aino: Customer, link: str) -> None:
    with pytest.raises(NoSuchLink):
        opened(aino, link[:-1] + ("A" if link[-1] != "A" else "B"))


def test_beata_cannot_open_aino_s_link_or_have_one_of_her_own(aino: Customer, ready: Export, link: str) -> None:
    beata = new_customer(aino.company)
    stranger = new_customer(make.company(make.group()))
    for other in (beata, stranger):
        with pytest.raises(NoSuchLink):
            opened(other, link)
        with pytest.raises(NoSuchArchive):
            link_to(other, ready)
    assert list(opened(aino, link).pieces)


def test_only_a_digest_of_the_link_is_kept(aino: Customer, link: str) -> None:
    with walled_session(aino.portal) as session:
        kept = session.scalars(select(DownloadToken.digest)).one()
    assert kept == hashlib.sha256(link.encode()).digest()


def test_there_is_no_link_to_an_archive_that_is_not_ready_or_not_there(aino: Customer) -> None:
    export_id = ordered(aino)
    with walled_session(aino.portal) as session:
        with pytest.raises(ArchiveNotReady):
            downloading.create_link(session, export_id)
        with pytest.raises(NoSuchArchive):
            downloading.create_link(session, new_id())


def test_an_ended_archive_opens_no_more(aino: Customer, ready: Export, link: str) -> None:
    with walled_session(aino.worker) as session:
        expiring.expire(session, ready.export_id)
    with pytest.raises(ArchiveEnded):
        opened(aino, link)
    with pytest.raises(ArchiveEnded):
        link_to(aino, ready)


def test_an_archive_whose_time_is_over_opens_no_more_even_if_its_job_is_late(
    aino: Customer, ready: Export, link: str
) -> None:
    with walled_session(aino.worker) as session:
        session.execute(update(Export).where(Export.export_id == ready.export_id).values(expires_at=func.now()))
    with pytest.raises(ArchiveEnded):
        opened(aino, link)


def test_an_outage_costs_nobody_their_link(aino: Customer, link: str) -> None:
    with stores.outage(), pytest.raises(StorageUnavailable):
        opened(aino, link)
    assert receipts(aino) == []
    assert list(opened(aino, link).pieces)


def test_an_object_that_is_lost_costs_nobody_their_link_either(aino: Customer, ready: Export, link: str) -> None:
    assert ready.object_key is not None
    sealed = list(objects.get(ready.object_key))
    objects.delete(ready.object_key)
    with pytest.raises(ObjectMissing):
        opened(aino, link)
    objects.put(ready.object_key, sealed)
    assert list(opened(aino, link).pieces)


def test_what_belongs_to_the_same_transaction_can_still_refuse(aino: Customer, link: str) -> None:
    class Withdrawn(Exception):
        pass

    def refuse(session: Session, export: Export) -> NoReturn:
        raise Withdrawn

    with pytest.raises(Withdrawn):
        downloading.open_archive(aino.portal, link, refuse)
    assert receipts(aino) == []
    assert list(opened(aino, link).pieces)


@pytest.mark.parametrize("damage", [lambda sealed: sealed[:-1], lambda sealed: sealed[:-1] + b"x", lambda sealed: b""])
def test_a_damaged_archive_breaks_off_and_gets_no_receipt_of_completion(
    aino: Customer, ready: Export, link: str, damage: object
) -> None:
    assert ready.object_key is not None
    assert callable(damage)
    objects.put(ready.object_key, [damage(b"".join(objects.get(ready.object_key)))])
    archive = opened(aino, link)
    with pytest.raises(Tampered):
        list(archive.pieces)
    (receipt,) = receipts(aino)
    assert receipt.completed_at is None


def test_the_archive_of_another_export_does_not_open_in_its_place(aino: Customer, ready: Export, link: str) -> None:
    other = built(aino)
    assert ready.object_key is not None
    assert other.object_key is not None
    objects.put(ready.object_key, objects.get(other.object_key))
    with pytest.raises(Tampered):
        list(opened(aino, link).pieces)


def test_a_download_that_was_broken_off_has_no_receipt_of_completion(aino: Customer, link: str) -> None:
    archive = opened(aino, link)
    next(archive.pieces)
    archive.pieces.close()
    (receipt,) = receipts(aino)
    assert receipt.completed_at is None


def test_an_archive_of_one_company_does_not_pass_into_the_walls_of_another(aino: Customer, ready: Export) -> None:
    beeta = make.company(aino.company.group, "beeta")
    found: UUID | None
    with walled_session(beeta.system()) as session:
        found = session.scalar(select(Export.export_id).where(Export.export_id == ready.export_id))
    assert found is None
