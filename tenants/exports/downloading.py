"""Handing out an archive: once for each link, within five minutes, decrypted as it leaves, with a receipt.

The link is used up only when the object is open, so an outage costs nobody their link.
"""

import hashlib
import secrets
from collections.abc import Callable, Generator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.acting import Acting, Actor
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.model import Company
from tenants.database import acting_of, walled_session
from tenants.errors import Conflict, NotFound
from tenants.exports.model import Download, DownloadToken, Export, ExportState
from tenants.exports.sealed import open_key, stream_context
from tenants.languages.speaking import HELSINKI
from tenants.vault import objects, streams
from tenants.vault.keys import keyring

LINK_LIVES = timedelta(minutes=5)
MEDIA_TYPE = "application/zip"

Then = Callable[[Session, Export], None]


class NoSuchArchive(NotFound):
    """There is no such archive here."""


class ArchiveNotReady(Conflict):
    """The archive is not ready yet."""


class ArchiveEnded(Conflict):
    """The archive is no longer available: its time is over and its data has been destroyed."""


class NoSuchLink(NotFound):
    """This download link is not known here."""


class LinkUsed(Conflict):
    """This download link has been used: each link opens the archive once. A new one is given on the status page."""


class LinkExpired(Conflict):
    """This download link has expired: each link lives for five minutes. A new one is given on the status page."""


class OpenArchive(Struct, frozen=True):
    """An archive on its way out. Whoever takes `pieces` must break off, not end, if they raise; close them if not
    all are taken."""

    file_name: str
    size: int
    sha256: str
    pieces: Generator[bytes]


class Ready(Struct, frozen=True):
    """An archive that can be opened."""

    export: Export
    wrapped_key: bytes
    object_key: str
    size: int
    sha256: str
    built_at: datetime


class Opening(Struct, frozen=True):
    """What a link leads to."""

    ready: Ready
    file_name: str
    key: bytes


def create_link(session: Session, export_id: UUID) -> str:
    """The secret of a new link, for the person behind the request, or for the member of staff who hands it over.

    It opens the archive for nobody else. Raises NoSuchArchive, ArchiveNotReady, ArchiveEnded.
    """
    export = session.scalar(select(Export).where(Export.export_id == export_id))
    if export is None:
        raise NoSuchArchive
    _ready(export)
    token = secrets.token_urlsafe(32)
    session.add(
        DownloadToken(
            company_id=export.company_id,
            digest=_digest(token),
            export_id=export_id,
            request_id=export.request_id,
            expires_at=func.now() + LINK_LIVES,
            member_id=_holder(session),
        )
    )
    trail.record(session, "export.link_created", about="export", ids=[export_id], company_id=export.company_id)
    return token


def open_archive(acting: Acting, token: str, then: Then) -> OpenArchive:
    """`then` is what else belongs to the transaction that uses the link up.

    Raises NoSuchLink, LinkUsed, LinkExpired, ArchiveNotReady, ArchiveEnded; StorageUnavailable, ObjectMissing before
    the link is used up.
    """
    with walled_session(acting) as session:
        opening = _find(session, token)
    sealed = objects.get(opening.ready.object_key)
    try:
        with walled_session(acting) as session:
            _use_up(session, token)
            # Before the receipt, which locks the archive: whoever hands it over locks the case first, too.
            then(session, opening.ready.export)
            receipt_id = _receipt(session, opening.ready)
    except BaseException:
        sealed.close()
        raise
    ready = opening.ready
    return OpenArchive(opening.file_name, ready.size, ready.sha256, _decrypted(acting, opening, sealed, receipt_id))


def _find(session: Session, token: str) -> Opening:
    found = session.execute(
        select(DownloadToken.used_at, DownloadToken.expires_at <= func.now(), Export, Company.key)
        .join(Export, Export.export_id == DownloadToken.export_id)
        .join(Company, Company.company_id == Export.company_id)
        .where(DownloadToken.digest == _digest(token), DownloadToken.member_id.is_not_distinct_from(_holder(session)))
    ).one_or_none()
    if found is None:
        raise NoSuchLink
    used_at, has_expired, export, company = found
    ready = _ready(export)
    if used_at is not None:
        raise LinkUsed
    if has_expired:
        raise LinkExpired
    day = ready.built_at.astimezone(HELSINKI).date()
    return Opening(ready, f"{company}-{day}.zip", open_key(keyring(session), export, ready.wrapped_key))


def _ready(export: Export) -> Ready:
    """Raises ArchiveNotReady, ArchiveEnded."""
    match export:
        case Export(state=ExportState.QUEUED):
            raise ArchiveNotReady
        case Export(
            state=ExportState.READY,
            wrapped_key=bytes(wrapped_key),
            object_key=str(object_key),
            size=int(size),
            sha256=str(sha256),
            built_at=datetime() as built_at,
            expires_at=datetime() as expires_at,
        ) if expires_at > datetime.now(UTC):
            return Ready(export, wrapped_key, object_key, size, sha256, built_at)
        case _:
            raise ArchiveEnded


def _use_up(session: Session, token: str) -> None:
    """Of two who come at once, one is too late."""
    used = session.scalar(
        update(DownloadToken)
        .where(DownloadToken.digest == _digest(token), DownloadToken.used_at.is_(None))
        .values(used_at=func.now())
        .returning(DownloadToken.export_id)
    )
    if used is None:
        raise LinkUsed


def _receipt(session: Session, ready: Ready) -> UUID:
    export = ready.export
    receipt = Download(
        company_id=export.company_id,
        download_id=new_id(),
        export_id=export.export_id,
        request_id=export.request_id,
        size=ready.size,
        member_id=_holder(session),
    )
    session.add(receipt)
    trail.record(
        session, "export.download_started", about="export", ids=[export.export_id], company_id=export.company_id
    )
    return receipt.download_id


def _decrypted(acting: Acting, opening: Opening, sealed: Generator[bytes], receipt_id: UUID) -> Generator[bytes]:
    export = opening.ready.export
    with closing(sealed):
        yield from streams.decrypt(opening.key, sealed, context=stream_context(export))
    with walled_session(acting) as session:
        session.execute(update(Download).where(Download.download_id == receipt_id).values(completed_at=func.now()))
        trail.record(session, "export.downloaded", about="export", ids=[export.export_id], company_id=export.company_id)


def _holder(session: Session) -> UUID | None:
    acting = acting_of(session)
    return acting.actor_id if acting.actor is Actor.MEMBER else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
