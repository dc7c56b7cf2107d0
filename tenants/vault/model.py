from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Integer, func
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfGroup, new_id, refers_to


class GroupKey(OfGroup, Base):
    """One version of a group's secret, wrapped by the master key."""

    __tablename__ = "group_keys"
    __table_args__ = (refers_to("groups"),)

    key_version: Mapped[int] = mapped_column(Integer, primary_key=True)
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    writes_from: Mapped[datetime] = mapped_column(server_default=func.now())
    retired_at: Mapped[datetime | None]


class SigningKey(OfGroup, Base):
    """The public half of an Ed25519 key pair of a group; `use` as `signing.Use` says. Published, kept for ever."""

    __tablename__ = "signing_keys"
    __table_args__ = (refers_to("groups"), Index(None, "group_id", "use"))

    key_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    use: Mapped[str]
    public: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    retired_at: Mapped[datetime | None]


class SigningSecret(OfGroup, Base):
    """The private half, wrapped by the master key. Only the sealer sees those for "audit", so only it signs chains."""

    __tablename__ = "signing_secrets"
    __table_args__ = (refers_to("signing_keys", "key_id"),)

    key_id: Mapped[UUID] = mapped_column(primary_key=True)
    use: Mapped[str]
    wrapped_private: Mapped[bytes]
