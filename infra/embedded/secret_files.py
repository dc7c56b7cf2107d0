"""Secrets of the embedded stack: made once, kept in files that only their owner reads."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def kept(file: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
    """The secret in `file`; made and written (mode 0600) if there is none."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write(file, make())
    return file.read_text()


def write(file: Path, content: str) -> None:
    """Replaces the file in one step, so that a reader never sees half of it."""
    new = file.with_name(file.name + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(content)
    new.replace(file)
