"""Who may be one human: persons whom the same identifier finds. Proposals only; people decide, and say why.

An organisation's number is that of all its contacts and proposes nobody; who was told apart from somebody is not
proposed with them again. Who also has the same words in their names is
likely; others may share an address or a telephone.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.registers import finding
from tenants.registers.matching import NOT_MATCHING
from tenants.vault.digests import IdentifierKind

SHOWN = 50
# What more persons than this share is a switchboard's or a family's.
MOST_SHARING = 5

_TELLING = [kind.value for kind in IdentifierKind if kind not in (NOT_MATCHING, IdentifierKind.NAME)]


class Likeness(Struct, frozen=True):
    """Two persons, as their registers spell them, and what finds both. `likely`: their names have the same words."""

    one_id: UUID
    one: str
    other_id: UUID
    other: str
    shared: list[IdentifierKind]
    likely: bool


def of_company(session: Session) -> list[Likeness]:
    """The likely ones first; at most `SHOWN`. Raises Forbidden."""
    permissions.require(session, Permission.MERGE_PERSONS)
    wanted = {"kinds": _TELLING, "most": MOST_SHARING, "shown": SHOWN}
    return _told(session, session.execute(_OF_COMPANY, wanted).all())


def of_person(session: Session, person_id: UUID) -> list[Likeness]:
    """The person is `one`. Raises Forbidden."""
    permissions.require(session, Permission.MERGE_PERSONS)
    return _told(session, session.execute(_OF_PERSON, {"kinds": _TELLING, "person": person_id, "shown": SHOWN}).all())


def _told(session: Session, pairs: Sequence[Row[UUID, UUID, list[str]]]) -> list[Likeness]:
    persons = sorted({person for one, other, _ in pairs for person in (one, other)})
    if not persons:
        return []
    names, words = finding.names_of(session, persons), _words(session, persons)
    trail.record(session, "duplicates.listed", about="person", ids=persons, found=len(pairs))
    told = [
        Likeness(
            one,
            names.get(one, ""),
            other,
            names.get(other, ""),
            [IdentifierKind(kind) for kind in kinds],
            likely=bool(words.get(one)) and words.get(one) == words.get(other),
        )
        for one, other, kinds in pairs
    ]
    return sorted(told, key=lambda pair: not pair.likely)


def _words(session: Session, persons: Sequence[UUID]) -> Mapping[UUID, set[bytes]]:
    found: dict[UUID, set[bytes]] = {}
    for person_id, digest in session.execute(_WORDS, {"persons": list(persons)}):
        found.setdefault(person_id, set()).add(bytes(digest))
    return found


# In the order of the key, so that it stops when enough is found: of what still proposes somebody.
_OF_COMPANY = text("""
    WITH shared AS (
      SELECT kind, digest
        FROM (SELECT kind, digest, array_agg(person_id) AS persons
                FROM identifiers WHERE kind = ANY (CAST(:kinds AS text[]))
               GROUP BY kind, digest HAVING count(*) BETWEEN 2 AND :most) AS several
       WHERE EXISTS (SELECT FROM unnest(persons) AS one (id) JOIN unnest(persons) AS other (id) ON other.id > one.id
                      WHERE NOT EXISTS (SELECT FROM distinctions WHERE one_id = one.id AND other_id = other.id
                                                                   AND undone_at IS NULL))
       ORDER BY kind, digest LIMIT :shown)
    SELECT one.person_id, other.person_id, array_agg(DISTINCT one.kind::text ORDER BY one.kind::text)
      FROM shared
      JOIN identifiers one ON one.kind = shared.kind AND one.digest = shared.digest
      JOIN identifiers other ON other.kind = one.kind AND other.digest = one.digest
                            AND other.person_id > one.person_id
     WHERE NOT EXISTS (SELECT FROM distinctions WHERE one_id = one.person_id AND other_id = other.person_id
                                                  AND undone_at IS NULL)
     GROUP BY one.person_id, other.person_id ORDER BY one.person_id, other.person_id LIMIT :shown
""")
_OF_PERSON = text("""
    SELECT one.person_id, other.person_id, array_agg(DISTINCT one.kind::text ORDER BY one.kind::text)
      FROM identifiers one
      JOIN identifiers other ON other.kind = one.kind AND other.digest = one.digest
                            AND other.person_id <> one.person_id
     WHERE one.person_id = :person AND one.kind = ANY (CAST(:kinds AS text[]))
       AND NOT EXISTS (SELECT FROM distinctions WHERE one_id = LEAST(one.person_id, other.person_id)
                          AND other_id = GREATEST(one.person_id, other.person_id) AND undone_at IS NULL)
     GROUP BY one.person_id, other.person_id ORDER BY other.person_id LIMIT :shown
""")
_WORDS = text(
    "SELECT person_id, digest FROM identifiers WHERE kind = 'name' AND person_id = ANY (CAST(:persons AS uuid[]))"
)
