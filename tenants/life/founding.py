"""A group that is founded by hand, before there is a manifest to apply."""

import re
from collections.abc import Sequence

from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.database import acting_of
from tenants.errors import Invalid
from tenants.groups.model import Group
from tenants.languages.speaking import Language
from tenants.manifests.model import KEY
from tenants.vault.founding import found


class NotAShortName(Invalid):
    """A short name begins with a small letter and has small letters, digits, hyphens and underscores, 40 at most."""


class NameMissing(Invalid):
    """Give the group a name."""


def create(session: Session, slug: str, *, name: str, languages: Sequence[Language]) -> None:
    """For the system of the new group's own id; the first language is its default.

    Raises NotAShortName, NameMissing, GroupAppeared.
    """
    if not re.match(KEY, slug):
        raise NotAShortName
    if not name.strip():
        raise NameMissing
    spoken = list(dict.fromkeys(languages))
    found(session, Group(slug=slug, name=name.strip(), languages=spoken, default_language=spoken[0]))
    trail.record(session, "group.created", about="group", ids=[acting_of(session).group_id])
