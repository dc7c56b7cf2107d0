"""Letters to people of processors: the invitation, and the code with which they sign in.

What such a letter opens is made when it is sent, and kept as a digest: it lies in no queue.
"""

from typing import ClassVar
from uuid import UUID

from msgspec import Struct

from tenants.deliveries.changing_forms import TellReadersOfForm
from tenants.feeds.noticing import Told
from tenants.jobs.model import Job, Queue


class SendInvitation(Job, frozen=True):
    name: ClassVar[str] = "contacts.send_invitation"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    contact_id: UUID


class SendSignInCode(Job, frozen=True):
    name: ClassVar[str] = "contacts.send_code"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    sign_in_id: UUID


class SendFeedChange(Job, frozen=True):
    """About a version of a feed, to one who looks after it."""

    name: ClassVar[str] = "contacts.send_feed_change"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    contact_id: UUID
    feed_id: UUID
    version: int
    what: Told


class SendFormChange(Job, frozen=True):
    """About what the files of a feed are written as, to one who looks after it."""

    name: ClassVar[str] = "contacts.send_form_change"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    contact_id: UUID
    told: TellReadersOfForm


class Invited(Struct, frozen=True):
    """What the letter's template asks for."""

    company: str
    processor: str
    url: str
    days: int


class FeedChanged(Struct, frozen=True, kw_only=True):
    """`day` is when it takes effect, `uncovered` and `because` say why it did not wait."""

    what: Told
    company: str
    feed: str
    added: tuple[str, ...]
    gone: tuple[str, ...]
    by_event_only: bool
    day: str | None
    uncovered: bool
    because: str | None
    url: str


class FormChanged(Struct, frozen=True, kw_only=True):
    """`day` is when files come in the new form, `because` says why it did not wait."""

    what: Told
    company: str
    feed: str
    was: str
    becomes: str
    day: str | None
    because: str | None
    url: str


class Coded(Struct, frozen=True):
    code: str
    minutes: int
