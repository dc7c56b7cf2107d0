"""The four kinds of refusal.

A refusal is a class with one sentence, its docstring. The sentence is English and the key of its
translations; values in it are written `%(name)s` and are never personal data.
"""

import inspect
from collections.abc import Sequence
from typing import ClassVar

from tenants.languages.speaking import Said


class Refusal(Exception):
    """Seloste refused to do this."""

    def __init__(self, *, field: str | None = None, **values: Said) -> None:
        super().__init__(type(self).__name__)
        self.field = field
        self.values = values

    @property
    def sentence(self) -> str:
        return inspect.cleandoc(type(self).__doc__ or "").splitlines()[0]


class NotFound(Refusal):
    """There is no such thing here, or it is not yours to see."""


class Forbidden(Refusal):
    """You are not permitted to do this."""


class Conflict(Refusal):
    """The state of things does not allow this now."""


class Invalid(Refusal):
    """Something that was given is not right."""

    # A form does not show again what nobody should see a second time.
    shown_again: ClassVar[bool] = True


class GroupSuspended(Forbidden):
    """The service is suspended for this group. Nothing can be read or changed until it is resumed."""


class TooLong(Invalid):
    """This is too long: at most %(most)s characters fit."""


class SeveralInvalid(Invalid):
    """Some of what was given needs mending."""

    def __init__(self, problems: Sequence[Invalid]) -> None:
        super().__init__()
        self.problems = tuple(problems)
