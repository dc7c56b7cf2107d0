"""The form by which a recipient says what became of what it was told: done, or why it cannot be."""

from uuid import UUID

from msgspec import Struct


class Answering(Struct, frozen=True):
    """A box that is ticked alone comes as one word. With `cannot`, why it cannot be done."""

    ids: UUID | list[UUID] = []
    answer: str = ""
    cannot: str = ""

    @property
    def ticked(self) -> list[UUID]:
        return self.ids if isinstance(self.ids, list) else [self.ids]

    @property
    def declines(self) -> bool:
        return self.answer == "cannot"
