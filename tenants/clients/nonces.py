"""Nonces for proofs of possession (RFC 9449 §8, §9): the time of now, in a form that only this group can have made.

Nothing is kept of them. A nonce says that a proof was made within the last minutes; that it is shown once only is up
to its `jti`.
"""

import base64
import time

from sqlalchemy.orm import Session

from tenants.vault.digests import is_keyed, keyed
from tenants.vault.keys import keyring

WINDOW = 300
_USE = "nonce of a proof"


def current(session: Session, *, now: float | None = None) -> str:
    """The same for everybody within five minutes, and taken for five to ten."""
    window = _window(now)
    made = keyed(keyring(session), _USE, str(window).encode())
    return base64.urlsafe_b64encode(window.to_bytes(8) + made).decode().rstrip("=")


def is_current(session: Session, nonce: str, *, now: float | None = None) -> bool:
    window = _window(now)
    try:
        given = base64.urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))
    except ValueError:
        return False
    said = int.from_bytes(given[:8])
    return said in (window, window - 1) and is_keyed(keyring(session), _USE, str(said).encode(), given[8:])


def _window(now: float | None) -> int:
    return int(time.time() if now is None else now) // WINDOW
