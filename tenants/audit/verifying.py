"""Checks an exported audit chain with nothing but the file and the published keys."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from tenants.audit.chain import first_digest, next_digest, signed_statement
from tenants.audit.exporting import Head, Line, Link, SignedState
from tenants.errors import Invalid

_decode = msgspec.json.Decoder(Line).decode


class NotAnAuditFile(Invalid):
    """Line %(line)s of the file is not a line of an exported audit."""


class ChainBroken(Invalid):
    """The audit is broken at entry %(position)s (%(entry)s): its content or its place was changed."""


class EntryMissing(Invalid):
    """The audit is broken: entry %(position)s is missing."""


class CheckpointFalse(Invalid):
    """The audit is broken at entry %(position)s: the signature of the checkpoint there is not genuine."""


class KeyUnknown(Invalid):
    """The checkpoint at entry %(position)s was signed with a key that is not among the published ones."""


class NotTheSameChain(Invalid):
    """The audit is not a continuation of the earlier one: entry %(position)s was replaced or removed."""


class NothingSigned(Invalid):
    """No entry of the file is under a signature, so nothing shows that it is the audit that was kept."""


class Verified(Struct, frozen=True):
    """`signed` entries stand under a genuine signature; the newest few may still wait for theirs."""

    group_id: UUID
    chain_id: UUID
    entries: int
    signed: int
    digest: str


def verify(lines: Iterable[bytes], keys: Mapping[UUID, bytes], *, earlier: SignedState | None = None) -> Verified:
    """`keys` are raw Ed25519 public keys by id; `earlier` a checkpoint that an earlier export ended with.

    Reads line by line, in constant memory. Raises the refusals above for the first thing that is wrong.
    """
    parsed = _parsed(lines)
    head = next(parsed, None)
    if not isinstance(head, Head):
        raise NotAnAuditFile(line=1)
    position, signed, digest = 0, 0, first_digest(head.chain_id)
    for line in parsed:
        if isinstance(line, Link):
            digest = _next(head, line, position, digest)
            position = line.position
            _continues(earlier, position, digest)
        elif isinstance(line, SignedState):
            _check_signature(head, line, position, digest, keys)
            signed = position
    if earlier and position < earlier.position:
        raise NotTheSameChain(position=position + 1)
    if position and not signed:
        raise NothingSigned
    return Verified(
        group_id=head.group_id, chain_id=head.chain_id, entries=position, signed=signed, digest=digest.hex()
    )


def last_checkpoint(lines: Iterable[bytes]) -> SignedState:
    """The newest checkpoint of an export; keep it, and later exports can be held against it. Raises NothingSigned."""
    found = None
    for line in _parsed(lines):
        if isinstance(line, SignedState):
            found = line
    if found is None:
        raise NothingSigned
    return found


def _parsed(lines: Iterable[bytes]) -> Iterator[Line]:
    for number, line in enumerate(lines, start=1):
        try:
            parsed = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise NotAnAuditFile(line=number) from None
        if isinstance(parsed, Head) != (number == 1):
            raise NotAnAuditFile(line=number)
        yield parsed


def _next(head: Head, link: Link, position: int, digest: bytes) -> bytes:
    if link.position != position + 1:
        raise EntryMissing(position=position + 1)
    following = next_digest(digest, link.entry)
    of_this_chain = link.entry.chain_id == head.chain_id and link.entry.group_id == head.group_id
    if not of_this_chain or following.hex() != link.digest:
        raise ChainBroken(position=link.position, entry=str(link.entry.entry_id))
    return following


def _continues(earlier: SignedState | None, position: int, digest: bytes) -> None:
    if earlier and position == earlier.position and digest.hex() != earlier.digest:
        raise NotTheSameChain(position=position)


def _check_signature(head: Head, state: SignedState, position: int, digest: bytes, keys: Mapping[UUID, bytes]) -> None:
    if state.key_id not in keys:
        raise KeyUnknown(position=position)
    statement = signed_statement(head.chain_id, position, digest, state.at)
    try:
        Ed25519PublicKey.from_public_bytes(keys[state.key_id]).verify(bytes.fromhex(state.signature), statement)
    except (InvalidSignature, ValueError):
        raise CheckpointFalse(position=position) from None
