"""The letters to people of processors, made and handed to the post. Should that fail, they are made anew."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants import settings
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.model import Company
from tenants.contacts import people, signing_in
from tenants.contacts.letters import (
    Coded,
    FeedChanged,
    FormChanged,
    Invited,
    SendFeedChange,
    SendFormChange,
    SendInvitation,
    SendSignInCode,
)
from tenants.contacts.model import ProcessorContact
from tenants.deliveries import targets
from tenants.deliveries.changing_forms import TellReadersOfForm
from tenants.deliveries.model import Form
from tenants.feeds import noticing, reading
from tenants.feeds.model import AtOnce, Feed, FeedScope
from tenants.feeds.noticing import TellReaders, Told
from tenants.groups.model import Group
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Language, civil_date, short_date
from tenants.processors.model import Agreement, Processor
from tenants.registers.model import Field
from tenants.requests import posting, typesetting
from tenants.requests.verification import LASTS
from tenants.vault.keys import keyring

Finish = Callable[[Session], None]
LOOKS_AFTER = (ProcessorContact.accepted_at.is_not(None), ProcessorContact.ended_at.is_(None))


def send_invitation(session: Session, job: SendInvitation) -> Callable[[], Finish] | None:
    """None where nobody is to be invited any more."""
    found = session.scalar(
        select(ProcessorContact).where(
            ProcessorContact.contact_id == job.contact_id,
            ProcessorContact.accepted_at.is_(None),
            ProcessorContact.ended_at.is_(None),
        )
    )
    if found is None:
        return None
    secret = people.new_invitation(session, found)
    processor = session.scalars(select(Processor.name).where(Processor.processor_id == found.processor_id)).one()
    url = f"{console_url(session)}/invitations/{found.contact_id}/{secret}"
    values = Invited(_company(session, found.company_id), processor, url, people.INVITATION_LASTS.days)
    return _letter(session, found, "console_invitation", values)


def send_code(session: Session, job: SendSignInCode) -> Callable[[], Finish] | None:
    """None where nobody waits for the code any more."""
    found = signing_in.recipient(session, job.sign_in_id)
    code = signing_in.new_code(session, job.sign_in_id) if found else None
    if found is None or code is None:
        return None
    return _letter(session, found, "console_code", Coded(code, int(LASTS.total_seconds() // 60)))


def tell_readers(session: Session, job: TellReaders) -> None:
    """By the system, for the company of the feed: each of the recipient's people is written to apart."""
    for contact_id in _readers(session, job.feed_id):
        enqueue(session, SendFeedChange(contact_id, job.feed_id, job.version, job.what))


def tell_readers_of_form(session: Session, job: TellReadersOfForm) -> None:
    """As `tell_readers`."""
    for contact_id in _readers(session, job.feed_id):
        enqueue(session, SendFormChange(contact_id, job))


def send_feed_change(session: Session, job: SendFeedChange) -> Callable[[], Finish] | None:
    """None where they look after nothing any more, and of an announcement that was taken back meanwhile."""
    found = _looking_after(session, job.contact_id)
    if found is None:
        return None
    feed = reading.feed(session, job.feed_id)
    version, before = feed.versions[-job.version], feed.versions[1 - job.version]
    if job.what is Told.ANNOUNCED and not noticing.is_announced(version):
        return None
    change, language = noticing.between(before, version), Language(found.language)
    ends = version.takes_effect_at if noticing.is_announced(version) else None
    values = FeedChanged(
        what=job.what,
        company=_company(session, found.company_id),
        feed=feed.feed.name.in_(language),
        added=_labels(session, version, change.added, language),
        gone=_labels(session, before, change.gone, language),
        by_event_only=change.by_event_only,
        day=short_date(language, civil_date(ends)) if ends else None,
        uncovered=version.at_once is AtOnce.UNCOVERED,
        because=version.at_once_because,
        url=f"{console_url(session)}/feeds/{job.feed_id}",
    )
    return _letter(session, found, "console_feed_change", values)


def send_form_change(session: Session, job: SendFormChange) -> Callable[[], Finish] | None:
    """None where they look after nothing any more, and of an announcement that was taken back meanwhile."""
    told = job.told
    found, target = _looking_after(session, job.contact_id), targets.of_feed(session, told.feed_id)
    coming = target.coming if target and target.coming and target.coming.form == told.becomes else None
    if found is None or (told.what is Told.ANNOUNCED and coming is None):
        return None
    language = Language(found.language)
    values = FormChanged(
        what=told.what,
        company=_company(session, found.company_id),
        feed=reading.feed(session, told.feed_id).feed.name.in_(language),
        was=_said(told.was),
        becomes=_said(told.becomes),
        day=short_date(language, civil_date(coming.takes_effect_at)) if coming else None,
        because=target.at_once_because if target and told.what is Told.CHANGED else None,
        url=f"{console_url(session)}/feeds/{told.feed_id}",
    )
    return _letter(session, found, "console_form_change", values)


def _said(form: Form) -> str:
    """As everybody calls them, in every language."""
    return f"{form.format.upper()} (gzip)" if form.gzip else form.format.upper()


def _readers(session: Session, feed_id: UUID) -> Sequence[UUID]:
    processor_id = session.scalar(
        select(Agreement.processor_id)
        .join(Feed, Feed.agreement_id == Agreement.agreement_id)
        .where(Feed.feed_id == feed_id)
    )
    return session.scalars(
        select(ProcessorContact.contact_id).where(ProcessorContact.processor_id == processor_id, *LOOKS_AFTER)
    ).all()


def _looking_after(session: Session, contact_id: UUID) -> ProcessorContact | None:
    return session.scalar(select(ProcessorContact).where(ProcessorContact.contact_id == contact_id, *LOOKS_AFTER))


def _labels(session: Session, scope: FeedScope, keys: Sequence[str], language: Language) -> tuple[str, ...]:
    """With their keys, by which programs know them."""
    rows = session.execute(
        select(Field.key, Field.label).where(Field.register_id == scope.register_id, Field.key.in_(keys))
    )
    labels = {key: label.in_(language) for key, label in rows}
    return tuple(f"{labels[key]} ({key})" if key in labels else key for key in keys)


def console_url(session: Session) -> str:
    return f"{settings.current().base_url}/console/{session.scalars(select(Group.slug)).one()}"


def _company(session: Session, company_id: UUID) -> str:
    return session.scalars(select(Company.name).where(Company.company_id == company_id)).one()


def _letter(session: Session, to: ProcessorContact, kind: str, values: Struct) -> Callable[[], Finish]:
    """Each time another letter: what is in it was made for it, and the former one opens nothing."""
    language, sender = Language(to.language), _company(session, to.company_id)
    address = people.address_of(keyring(session), to)
    set_ = typesetting.typeset(language, kind, values, sender=sender, contact=None)
    message = posting.message(new_id(), set_, language=language, sender=sender, to=address)

    def send() -> Finish:
        """Raises NotPosted."""
        posting.post(message, to=address)
        return partial(_note, kind=kind, contact_id=to.contact_id, company_id=to.company_id)

    return send


def _note(session: Session, *, kind: str, contact_id: UUID, company_id: UUID) -> None:
    action = f"contact.{kind.removeprefix('console_')}_sent"
    trail.record(session, action, about="contact", ids=[contact_id], company_id=company_id)
