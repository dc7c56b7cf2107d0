"""A clean end when the operating system asks for it."""

import signal
import threading
from types import FrameType


def asked_to_stop() -> threading.Event:
    """Set at SIGTERM or SIGINT. To be called in the main thread."""
    stopping = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopping
