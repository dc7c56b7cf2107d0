from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Index,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.acting import Actor
from tenants.base import Base, OfGroup, Typed, new_id, refers_to, words

# Looked up by person, an entry is found by the first id that it names: the operators of arrays are not leakproof, and
# find no index under the walls; a subscript is. Those few that name several stand apart.
ABOUT_A_PERSON = "about = 'person' AND action <> 'records.imported'"
ABOUT_SEVERAL = f"{ABOUT_A_PERSON} AND about_ids[2] IS NOT NULL"


class AuditEntry(OfGroup, Base):
    """One statement on personal data, or one change of state: ids and figures, never the data itself."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        refers_to("groups"),
        Index(None, "group_id", "company_id", "entry_id"),
        Index("ix_audit_entries_unsealed", "group_id", "entry_id", postgresql_where=text("NOT sealed")),
        Index(
            "ix_audit_entries_person",
            "group_id",
            "company_id",
            text("(about_ids[1])"),
            "entry_id",
            postgresql_where=text(ABOUT_A_PERSON),
        ),
        Index("ix_audit_entries_several", "group_id", "company_id", "entry_id", postgresql_where=text(ABOUT_SEVERAL)),
    )

    entry_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor: Mapped[Actor] = mapped_column(words(Actor))
    actor_id: Mapped[UUID | None]
    purpose: Mapped[str | None]
    action: Mapped[str]
    about: Mapped[str]
    about_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    figures: Mapped[dict[str, int | str]] = mapped_column(Typed(dict[str, int | str]))
    sealed: Mapped[bool] = mapped_column(Boolean, server_default="false")


class Seal(OfGroup, Base):
    """One link of a chain: digest = SHA-256(previous digest, canonical entry). Chains are named by company or group."""

    __tablename__ = "audit_seals"
    __table_args__ = (refers_to("audit_entries", "entry_id"), UniqueConstraint("group_id", "entry_id", "chain_id"))

    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entry_id: Mapped[UUID]
    digest: Mapped[bytes]


class Checkpoint(OfGroup, Base):
    """The signed state of a chain at one position."""

    __tablename__ = "audit_checkpoints"
    __table_args__ = (refers_to("groups"),)

    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    digest: Mapped[bytes]
    at: Mapped[datetime]
    key_id: Mapped[UUID]
    signature: Mapped[bytes]
