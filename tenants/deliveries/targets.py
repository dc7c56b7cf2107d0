"""Where the files of a feed go, and when: said by the company that gives it."""

import re
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants import outside
from tenants.audit import trail
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.deliveries import changing_forms, refusals
from tenants.deliveries.formats import Format
from tenants.deliveries.model import Every, FileTarget, Form, Place, form_of
from tenants.feeds import reading as feeds
from tenants.feeds.reading import Given
from tenants.vault import sealing
from tenants.vault.keys import keyring
from tenants.vault.objects import Bucket
from tenants.vault.sealing import Place as Sealed

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"([A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]+")
_REGION = re.compile(r"[a-z0-9-]{2,40}")
_ACCESS_KEY = re.compile(r"[\x21-\x7e]{3,128}")
LONGEST_PREFIX = 200
LONGEST_SECRET = 200


class TheirBucket(Struct, frozen=True):
    """As the recipient says. Without a `secret_key` the one that is kept stays; a declared one has no keys."""

    endpoint: str
    region: str
    bucket: str
    access_key: str = ""
    secret_key: str = ""
    prefix: str = ""


class Wanted(Struct, frozen=True):
    """Without `bucket` files lie in ours. `weekday` counts from Monday, 0; `hour` is that of Helsinki.

    `gzip` is for lines and tables; Parquet is packed in itself.
    """

    every: Every
    hour: int = 5
    weekday: int = 0
    gzip: bool = True
    format: Format = Format.NDJSON
    bucket: TheirBucket | None = None

    @property
    def form(self) -> Form:
        return form_of(self.format, gzip=self.gzip)


def set_target(session: Session, feed_id: UUID, wanted: Wanted, *, at_once: str = "") -> FileTarget:
    """By the company that is acted for. Another place than before begins with all that is in scope.

    Another form is announced first (`changing_forms`), unless `at_once` says why it cannot wait.

    Raises FeedHasEnded, FilesByEvent, NoSuchFeed, Invalid, Forbidden, and what `outside.destination` raises.
    """
    _may(session)
    target = _to_say(session, feeds.feed(session, feed_id), wanted)
    if (theirs := wanted.bucket) is not None:
        _take_keys(session, target, theirs)
    return _keep(session, target, wanted, at_once=at_once)


def declare(session: Session, given: Given, wanted: Wanted) -> FileTarget:
    """As a manifest says, which holds no keys: those of the same bucket stay, another one waits for its own.

    Raises FeedHasEnded, FilesByEvent, Invalid, and what `outside.destination` raises.
    """
    target, theirs = _to_say(session, given, wanted), wanted.bucket
    if theirs is None or (target.endpoint, target.bucket) != (theirs.endpoint, theirs.bucket):
        target.access_key = target.sealed_secret = None
    target.disabled_at = target.disabled_by = None
    return _keep(session, target, wanted)


def undeclare(session: Session, feed_id: UUID) -> None:
    """What a manifest says no longer is disabled, as in the office; the settings stay."""
    target = _found(session, feed_id)
    if target is not None and target.disabled_at is None:
        _disable(session, target)


def disable(session: Session, feed_id: UUID) -> None:
    """A delivery on its way ends as stopped. Raises FilesDisabled, NoFilesOfThisFeed, Forbidden."""
    target = locked(session, feed_id)
    if target.disabled_at is not None:
        raise refusals.FilesDisabled
    _disable(session, target)


def enable(session: Session, feed_id: UUID) -> None:
    """Raises FilesNotDisabled, NoFilesOfThisFeed, Forbidden."""
    target = locked(session, feed_id)
    if target.disabled_at is None:
        raise refusals.FilesNotDisabled
    target.disabled_at = target.disabled_by = None
    session.flush()
    note(session, "files.enabled", target)


def of_feed(session: Session, feed_id: UUID) -> FileTarget | None:
    return session.scalar(select(FileTarget).where(FileTarget.feed_id == feed_id))


def of_company(session: Session, company_id: UUID) -> dict[UUID, FileTarget]:
    """By feed."""
    found = session.scalars(select(FileTarget).where(FileTarget.company_id == company_id))
    return {one.feed_id: one for one in found}


def locked(session: Session, feed_id: UUID) -> FileTarget:
    """To be changed, or delivered to, by staff. Raises NoFilesOfThisFeed, Forbidden."""
    _may(session)
    found = _found(session, feed_id)
    if found is None:
        raise refusals.NoFilesOfThisFeed
    return found


def bucket_of(session: Session, target: FileTarget) -> Bucket | None:
    """The recipient's, opened; None where files lie in ours. Raises Tampered."""
    if target.sealed_secret is None:
        return None
    secret = sealing.unseal(keyring(session), _place(target), target.sealed_secret).decode()
    return Bucket(target.endpoint or "", target.region or "", target.bucket or "", target.access_key or "", secret)


def note(session: Session, action: str, target: FileTarget, **said: str) -> None:
    trail.record(session, action, about="feed", ids=[target.feed_id], company_id=target.company_id, **said)


def _may(session: Session) -> None:
    require(session, Permission.MANAGE_PROCESSORS)
    if acting_of(session).company_id is None:
        raise refusals.CompanyOfTheFiles


def _found(session: Session, feed_id: UUID) -> FileTarget | None:
    return session.scalar(select(FileTarget).where(FileTarget.feed_id == feed_id).with_for_update())


def _to_say(session: Session, given: Given, wanted: Wanted) -> FileTarget:
    """The one that is kept; or a new one, in the form that is wanted."""
    if given.feed.ended_at is not None:
        raise refusals.FeedHasEnded
    if given.shown.bound_to_event:
        raise refusals.FilesByEvent
    _check(wanted)
    feed, form = given.feed, wanted.form
    target = _found(session, feed.feed_id) or FileTarget(
        feed_id=feed.feed_id,
        company_id=feed.company_id,
        agreement_id=feed.agreement_id,
        format=form.format,
        gzip=form.gzip,
    )
    if _goes(target) != _would_go(wanted):
        target.anew_at = datetime.now(UTC)
    return target


def _keep(session: Session, target: FileTarget, wanted: Wanted, *, at_once: str = "") -> FileTarget:
    theirs = wanted.bucket
    target.every, target.hour, target.weekday = wanted.every, wanted.hour, wanted.weekday
    changing_forms.change(session, target, wanted.form, at_once=at_once)
    if theirs is None:
        target.place, target.sealed_secret = Place.OURS, None
        target.endpoint = target.region = target.bucket = target.prefix = target.access_key = None
    else:
        target.place, target.endpoint, target.region = Place.THEIRS, theirs.endpoint, theirs.region
        target.bucket, target.prefix = theirs.bucket, theirs.prefix
    target.set_at, target.set_by = datetime.now(UTC), acting_of(session).actor_id
    session.add(target)
    session.flush()
    note(session, "files.set", target, place=str(target.place), every=str(target.every), format=str(target.format))
    return target


def _disable(session: Session, target: FileTarget) -> None:
    target.disabled_at, target.disabled_by = func.now(), acting_of(session).actor_id
    session.flush()
    note(session, "files.disabled", target)


def _goes(target: FileTarget) -> tuple[str | None, ...]:
    return (target.endpoint, target.bucket, target.prefix) if target.place else ("",)


def _would_go(wanted: Wanted) -> tuple[str | None, ...]:
    theirs = wanted.bucket
    return (theirs.endpoint, theirs.bucket, theirs.prefix) if theirs else (None, None, None)


def _check(wanted: Wanted) -> None:
    if not 0 <= wanted.hour <= 23:
        raise refusals.NoHourOfADay(field="hour")
    if not 0 <= wanted.weekday <= 6:
        raise refusals.NoDayOfAWeek(field="weekday")
    if (theirs := wanted.bucket) is None:
        return
    outside.destination(theirs.endpoint, field="endpoint")
    if not _BUCKET.fullmatch(theirs.bucket):
        raise refusals.NoBucketName(field="bucket")
    if theirs.prefix and (len(theirs.prefix) > LONGEST_PREFIX or not _PREFIX.fullmatch(theirs.prefix)):
        raise refusals.NoPrefix(field="prefix")
    if not _REGION.fullmatch(theirs.region):
        raise refusals.NoRegion(field="region")


def _take_keys(session: Session, target: FileTarget, theirs: TheirBucket) -> None:
    """Raises AccessKeyMissing; SecretKeyMissing where none is given, and none is kept for this endpoint and key."""
    if not _ACCESS_KEY.fullmatch(theirs.access_key):
        raise refusals.AccessKeyMissing(field="access_key")
    if len(theirs.secret_key) > LONGEST_SECRET:
        raise refusals.SecretKeyMissing(field="secret_key")
    # A kept key is not sent to another address than the one that it was given for.
    same = (target.endpoint, target.access_key) == (theirs.endpoint, theirs.access_key)
    if not theirs.secret_key and not (same and target.sealed_secret):
        raise refusals.SecretKeyMissing(field="secret_key")
    if theirs.secret_key:
        target.sealed_secret = sealing.seal(keyring(session), _place(target), theirs.secret_key.encode())
    target.access_key = theirs.access_key


def _place(target: FileTarget) -> Sealed:
    return Sealed("feed files", target.feed_id, "secret")
