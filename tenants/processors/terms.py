"""What a version of an agreement says, as its company asks for it."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from tenants.processors.model import (
    AgreementVersion,
    Arrangement,
    AtEnd,
    Checked,
    Document,
    Point,
    Questionnaire,
    Relation,
    Transfer,
)


class Terms(Struct, frozen=True, kw_only=True):
    """`valid_until` is the last day on which it holds. What is left out may still be missing from a draft."""

    relation: Relation = Relation.PROCESSOR
    registers: tuple[UUID, ...] = ()
    purposes: tuple[UUID, ...] = ()
    checklist: tuple[Checked, ...] = ()
    document: Document | None = None
    valid_from: date
    valid_until: date | None = None
    verify_again_on: date | None = None
    at_end: AtEnd | None = None
    transfers: tuple[Transfer, ...] = ()
    questionnaire: Questionnaire | None = None
    arrangement: Arrangement | None = None
    objection_stops: bool = True


def terms_of(version: AgreementVersion) -> Terms:
    return Terms(
        relation=version.relation,
        registers=tuple(version.registers),
        purposes=tuple(version.purposes),
        checklist=tuple(version.checklist),
        document=version.document,
        valid_from=version.valid_from,
        valid_until=version.valid_until,
        verify_again_on=version.verify_again_on,
        at_end=version.at_end,
        transfers=tuple(version.transfers),
        questionnaire=version.questionnaire,
        arrangement=version.arrangement,
        objection_stops=version.objection_stops,
    )


def unmet(version: AgreementVersion) -> list[Point]:
    """The points of Art. 28(3) that are not found in the document, in the order of the article."""
    met = {one.point for one in version.checklist if one.met and (one.where or "").strip()}
    return [point for point in Point if point not in met]
