"""How fast the proof may ask, so that whoever works meanwhile does not notice it."""

import time


class Pace:
    def __init__(self, per_second: float) -> None:
        """Nothing is held back where `per_second` is 0."""
        self._between = 1 / per_second if per_second else 0.0
        self._next = time.monotonic()
        self.steps = 0

    def step(self) -> None:
        """Returns when the next statement or request may go out."""
        self.steps += 1
        wait = self._next - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._next = max(self._next, time.monotonic()) + self._between
