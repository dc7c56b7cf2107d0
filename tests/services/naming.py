"""The ids of what a test could name."""

from collections.abc import Callable, Mapping
from uuid import UUID

Later = Mapping[tuple[str, ...], Callable[[], Mapping[str, UUID]]]


class Ids(dict[str, UUID]):
    """Some come about when somebody names them: few tests need more than one or two of them, and all cost time."""

    def __init__(self, made: Mapping[str, UUID], later: Later) -> None:
        super().__init__(made)
        self._later: dict[str, Callable[[], Mapping[str, UUID]]] = {}
        self.later(later)

    def later(self, later: Later) -> None:
        """By what they have in common: whoever names one of them makes them all."""
        self._later |= {name: make for names, make in later.items() for name in names}

    def __missing__(self, name: str) -> UUID:
        made = self._later[name]()
        self.update(made)
        return made[name]

    def name_all(self) -> None:
        for name in self._later:
            assert self[name]
