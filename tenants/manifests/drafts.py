"""Drafts of registers as rows, the approvals they got, and what is refused about them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Integer, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfGroup, Typed, new_id, refers_to
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.manifests.parts import Parts


class RegisterDraft(OfGroup, Base):
    """What a company would declare of one register, made from a version. It is written by that company alone.

    `edition` grows with every change; an approval is of one edition. That a draft was published is said by the version
    that it became, because the last of several companies to approve may be another than the draft's.
    """

    __tablename__ = "register_drafts"
    __table_args__ = (
        refers_to("companies", "company_id"),
        Index("ix_register_drafts_company", "group_id", "company_id"),
    )

    draft_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    register_key: Mapped[str]
    base_version: Mapped[int] = mapped_column(Integer)
    parts: Mapped[Parts] = mapped_column(Typed(Parts))
    edition: Mapped[int] = mapped_column(Integer, default=1)
    editors: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    drafted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    discarded_at: Mapped[datetime | None]


class DraftApproval(OfGroup, Base):
    """That a company whose notice an edition of a draft changes agrees to it. Never changed."""

    __tablename__ = "draft_approvals"
    __table_args__ = (
        refers_to("register_drafts", "draft_id"),
        refers_to("companies", "company_id"),
        ForeignKeyConstraint(["group_id", "approved_by"], ["members.group_id", "members.member_id"]),
    )

    draft_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    edition: Mapped[int] = mapped_column(Integer, primary_key=True)
    approved_by: Mapped[UUID]
    approved_at: Mapped[datetime] = mapped_column(server_default=func.now())


class NoSuchDraft(NotFound):
    """There is no such draft here."""


class NoSuchPart(NotFound):
    """The draft has nothing of this name."""


class NotOpen(Conflict):
    """This draft was published or discarded; begin a new one."""


class DraftChanged(Conflict):
    """The draft was changed by somebody else meanwhile; look at it again, then decide."""


class DraftClashes(Conflict):
    """What the draft changes was also changed in force since; say first which of the two holds."""


class NothingChanges(Conflict):
    """The draft says what is in force already; there is nothing to approve."""


class AlreadyApproved(Conflict):
    """This company has approved the draft already."""


class OwnDraft(Forbidden):
    """Whoever had a hand in a draft does not approve it; in this group another member of staff does."""


class NotConcerned(Forbidden):
    """This draft changes nothing of the company that is acted for, so its approval is not asked for."""


class NotTheDraftsCompany(Forbidden):
    """A draft is changed by the company that made it."""


class NoCompanyActedFor(Forbidden):
    """Registers are drafted and approved for a company; choose one first."""


class RegisterKeyTaken(Invalid):
    """The group has a register with the key %(key)s already."""


class AnotherRegister(Invalid):
    """A draft stays about its register; another one is drafted on its own."""


class KeptByOthers(Invalid):
    """The company of a draft is among those that keep the register, or gives the register up as a whole."""
