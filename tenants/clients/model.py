from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Boolean, Index, Integer, LargeBinary, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, OfGroup, Typed, new_id, refers_to, words

Jwk = dict[str, str]
# In place of a client or a company that there is not.
NOBODY = UUID(int=0)


class Method(StrEnum):
    """How a client proves who it is (RFC 7523 §2.2; RFC 6749 §2.3.1)."""

    PRIVATE_KEY_JWT = "private_key_jwt"
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 (the name of a way, no secret)


class FailureReason(StrEnum):
    """Why a client, or whoever said to be it, was refused."""

    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    OTHER_METHOD = "other_method"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    SECRET = "secret"  # noqa: S105 (the name of a reason, no secret)
    OTHER_NAMES = "other_names"
    AUDIENCE = "audience"
    TIMES = "times"
    REUSED_ASSERTION = "reused_assertion"
    PROOF = "proof"
    REUSED_PROOF = "reused_proof"
    OTHER_KEY = "other_key"
    WITHOUT_KEY = "without_key"
    WIDER_SCOPE = "wider_scope"
    OTHER_CURSOR = "other_cursor"


class KeySetProblem(StrEnum):
    """Why a set of keys could not be had, or not be used."""

    UNREACHED = "unreached"
    REFUSED_ADDRESS = "refused_address"
    REDIRECT = "redirect"
    TOO_LARGE = "too_large"
    NOT_FOUND = "not_found"
    NOT_A_SET = "not_a_set"
    PRIVATE = "private"
    NO_KEYS = "no_keys"


class PublicKey(Struct, frozen=True):
    """`jwk` holds the public members only; `thumbprint` is that of RFC 7638, and the id of a key that has none."""

    kid: str
    jwk: Jwk
    thumbprint: str


class OAuthClient(OfGroup, Base):
    """A system of a processor, under the agreements that one company, `company_id`, has with it.

    `dpop`: its tokens are bound to a key (RFC 9449). `failures` are those since somebody looked at them last.
    `locked_at`: it failed too often with its own key or secret; `alarmed_at`: others failed too often in its name.
    `jwks_uri` is where it publishes its keys, if it does; then none are registered here. What was fetched before
    `jwks_set_at` was fetched from another address.
    """

    __tablename__ = "oauth_clients"
    __table_args__ = (
        refers_to("companies", "company_id"),
        refers_to("processors", "processor_id"),
        UniqueConstraint("group_id", "company_id", "client_id"),
        Index("ix_oauth_clients_processor", "group_id", "processor_id"),
    )

    client_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    processor_id: Mapped[UUID]
    name: Mapped[str]
    method: Mapped[Method] = mapped_column(words(Method))
    dpop: Mapped[bool] = mapped_column(Boolean)
    jwks_uri: Mapped[str | None]
    jwks_set_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[UUID | None]
    disabled_at: Mapped[datetime | None]
    disabled_by: Mapped[UUID | None]
    last_used_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    last_failed_at: Mapped[datetime | None]
    alarmed_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]


class ClientInUse(Struct, frozen=True, array_like=True):
    """What each of a client's own requests asks of its row."""

    client_id: UUID
    company_id: UUID
    processor_id: UUID
    method: Method
    dpop: bool
    jwks_uri: str | None
    jwks_set_at: datetime | None
    last_used_at: datetime | None
    locked_at: datetime | None


AnyClient = OAuthClient | ClientInUse


class ClientKey(OfGroup, Base):
    """A public key (RFC 7517). Several are in use at once while a client changes from one to the next."""

    __tablename__ = "oauth_client_keys"
    __table_args__ = (refers_to("oauth_clients", "company_id", "client_id"),)

    client_id: Mapped[UUID] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    jwk: Mapped[Jwk] = mapped_column(Typed(Jwk))
    thumbprint: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())
    added_by: Mapped[UUID | None]
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[UUID | None]


class ClientKeySet(OfGroup, Base):
    """The keys that a client publishes at its `jwks_uri`, as they were when they were fetched last.

    `tried_at` is when somebody went for them last, whatever came of it; `problem` what came in the way then.
    """

    __tablename__ = "oauth_client_key_sets"
    __table_args__ = (refers_to("oauth_clients", "company_id", "client_id"),)

    client_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    keys: Mapped[list[PublicKey]] = mapped_column(Typed(list[PublicKey]), server_default="[]")
    tried_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    problem: Mapped[KeySetProblem | None] = mapped_column(words(KeySetProblem))


class ClientFailure(OfGroup, Base):
    """One refusal of a client, or of whoever said to be it. Nothing that was brought is kept."""

    __tablename__ = "oauth_client_failures"
    __table_args__ = (
        refers_to("oauth_clients", "company_id", "client_id"),
        Index("ix_oauth_client_failures_client", "group_id", "client_id", "failure_id"),
    )

    failure_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID]
    company_id: Mapped[UUID]
    reason: Mapped[FailureReason] = mapped_column(words(FailureReason))
    failed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ClientSecret(OfGroup, Base):
    """What is kept of a secret: its SHA-256. It is 32 random bytes, so there is nothing to guess from."""

    __tablename__ = "oauth_client_secrets"
    __table_args__ = (
        refers_to("oauth_clients", "company_id", "client_id"),
        Index("ix_oauth_client_secrets_client", "group_id", "client_id"),
    )

    secret_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID]
    company_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    made_by: Mapped[UUID | None]
    retired_at: Mapped[datetime | None]


class AccessToken(OfGroup, Base):
    """An access token, kept as a digest. `jkt` is the thumbprint of the key that it is bound to (RFC 9449 §6)."""

    __tablename__ = "oauth_tokens"
    __table_args__ = (
        refers_to("oauth_clients", "company_id", "client_id"),
        UniqueConstraint("group_id", "digest"),
        Index("ix_oauth_tokens_client", "group_id", "client_id"),
        Index("ix_oauth_tokens_expires", "group_id", "expires_at"),
    )

    token_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID]
    company_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    jkt: Mapped[str | None]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class UsedOnce(OfGroup, Base):
    """That the `jti` of an assertion or of a proof was seen. Kept for as long as it could be shown again."""

    __tablename__ = "oauth_used_once"
    __table_args__ = (refers_to("groups"), Index("ix_oauth_used_once_expires", "group_id", "expires_at"))

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime]
