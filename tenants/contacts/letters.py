"""Letters to people of processors: the invitation, and the code with which they sign in.

What such a letter opens is made when it is sent, and kept as a digest: it lies in no queue.
"""

from typing import ClassVar
from uuid import UUID

from msgspec import Struct

from tenants.jobs.model import Job, Queue


class SendInvitation(Job, frozen=True):
    name: ClassVar[str] = "contacts.send_invitation"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    contact_id: UUID


class SendSignInCode(Job, frozen=True):
    name: ClassVar[str] = "contacts.send_code"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    sign_in_id: UUID


class Invited(Struct, frozen=True):
    """What the letter's template asks for."""

    company: str
    processor: str
    url: str
    days: int


class Coded(Struct, frozen=True):
    code: str
    minutes: int
