"""The grounds of refusal that the law knows."""

from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from tenants.languages.speaking import Text


class Ground(Struct, frozen=True, forbid_unknown_fields=True):
    """`says` is the sentence of the letter, `rights` what it may be a ground to refuse.

    `by_two` grounds are for the controller to demonstrate: a second member of staff confirms them.
    """

    key: str
    provision: Text
    rights: frozenset[str]
    says: Text
    by_two: bool = False


@cache
def every_ground() -> dict[str, Ground]:
    """By key, in the order in which they are offered."""
    text = files(__package__).joinpath("grounds.yaml").read_bytes()
    return {ground.key: ground for ground in msgspec.yaml.decode(text, type=tuple[Ground, ...])}


def offered(rights: list[str]) -> list[Ground]:
    """Those that can refuse all of what a request asks."""
    return [ground for ground in every_ground().values() if ground.rights.issuperset(rights)]
