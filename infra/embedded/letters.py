"""The post office's letters: one file each, in a folder."""

import email.policy
import threading
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import msgspec


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One letter as it arrived. `to` are the addresses it was delivered to, `text` and `html` its readable parts."""

    number: int
    received: datetime
    sender: str
    to: list[str]
    subject: str
    language: str
    text: str
    html: str
    headers: dict[str, str]
    attachments: list[str]


class Shelf:
    """Keeps letters in arrival order. Their files are named by number only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        files = sorted(folder.glob("*.json"), key=lambda file: int(file.stem))
        self._letters = [msgspec.json.decode(file.read_bytes(), type=Letter) for file in files]

    def put(self, envelope: bytes, *, sender: str, to: list[str]) -> None:
        with self._lock:
            letter = _opened(envelope, number=len(self._letters) + 1, sender=sender, to=to)
            (self._folder / f"{letter.number}.json").write_bytes(msgspec.json.encode(letter))
            self._letters.append(letter)

    def newest_first(self, *, to: str | None = None) -> list[Letter]:
        with self._lock:
            return [letter for letter in reversed(self._letters) if to is None or _is_for(letter, to)]

    def one(self, number: int) -> Letter | None:
        with self._lock:
            return self._letters[number - 1] if 0 < number <= len(self._letters) else None


def _is_for(letter: Letter, address: str) -> bool:
    return address.casefold() in (recipient.casefold() for recipient in letter.to)


def _opened(envelope: bytes, *, number: int, sender: str, to: list[str]) -> Letter:
    message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(envelope)
    return Letter(
        number=number,
        received=datetime.now(UTC),
        sender=sender,
        to=to,
        subject=str(message.get("Subject", "")),
        language=str(message.get("Content-Language", "")),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        headers={name: str(value) for name, value in message.items()},
        attachments=[part.get_filename() or "" for part in message.iter_attachments()],
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
