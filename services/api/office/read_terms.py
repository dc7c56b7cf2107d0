"""What forms of terms have in common: purpose, basis and days, with all that is wrong told at once."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar
from uuid import UUID

from services.api.office.not_chosen import NotOneOfThese
from tenants.errors import Invalid, SeveralInvalid
from tenants.languages.speaking import sentence
from tenants.registers.model import LegalBasis
from tenants.registers.values import NotADate
from tenants.sharing.naming import Names

T = TypeVar("T")


class NoFirstDay(Invalid):
    """The first day is missing."""


class Reading:
    """Goes on where something is wrong, and says it all in the end."""

    def __init__(self) -> None:
        self.problems: list[Invalid] = []

    def take(self, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except SeveralInvalid as refusal:
            self.problems.extend(refusal.problems)
        except Invalid as refusal:
            self.problems.append(refusal)
        return otherwise

    def refuse(self) -> None:
        """Raises SeveralInvalid."""
        if self.problems:
            raise SeveralInvalid(self.problems)


def purpose(chosen: str, register_id: UUID, names: Names) -> UUID:
    offered = {str(one.purpose_id): one.purpose_id for one in names.purposes_of(register_id)}
    if chosen not in offered:
        raise NotOneOfThese(sentence("Purpose"), field="purpose")
    return offered[chosen]


def basis(chosen: str) -> LegalBasis:
    found = next((one for one in LegalBasis if one == chosen), None)
    if found is None:
        raise NotOneOfThese(sentence("Legal basis"), field="legal_basis")
    return found


def first_day(given: str) -> date:
    found = day(given, "valid_from")
    if found is None:
        raise NoFirstDay(field="valid_from")
    return found


def day(given: str, name: str) -> date | None:
    try:
        return date.fromisoformat(given) if given.strip() else None
    except ValueError:
        raise NotADate(field=name) from None
