"""Where an attacker stands: a context, and the rows that must be out of its reach wherever they lie.

Said without looking at any policy: whose a row is decides. What the policies say besides is proved by the comparison
with the migrations.
"""

from collections.abc import Callable, Iterator
from typing import cast
from uuid import UUID, uuid4

from msgspec import Struct, structs

from services.proving.canaries import Canaries, Owner, Planted, nobody
from services.proving.shapes import Shape
from tenants.acting import (
    Acting,
    DatabaseRole,
    PurposeKind,
    auditor,
    client,
    member,
    relay,
    sealer,
    subject,
    system,
    visitor,
)

CARE, RIGHTS, STORAGE = PurposeKind.CUSTOMER_CARE, PurposeKind.RIGHTS_REQUEST, PurposeKind.STORAGE
# The queue of all groups, so that it can be fair between them: ids and times, no personal data.
SEES_ALL_GROUPS = frozenset({("queued_jobs", "relay")})
# Kept by company although a row may be the group's own.
ALSO_BY_COMPANY = frozenset({"audit_entries"})
# Reads what companies share with each other, by grants; tested beside, and never the role of a login.
THE_DOOR = cast(DatabaseRole, "door")


class Position(Struct, frozen=True):
    name: str
    acting: Acting
    is_out_of_reach: Callable[[Shape, Planted], bool]


def all_positions(made: Canaries) -> list[Position]:
    found = [
        *_another_group(made),
        *_a_sister_company(made),
        *_no_company(made),
        *_no_purpose(made),
        *_another_request(made),
        *_forged(made),
    ]
    return [one for one in found if made.plays(one.acting.role)]


def _another_group(made: Canaries) -> Iterator[Position]:
    def of_ours(shape: Shape, row: Planted) -> bool:
        return row.owner.group_id == made.ours

    group, company = made.theirs, made.foreign
    there = Owner(group, company)
    for acting in (
        system(group),
        system(group, company_id=company, purpose=STORAGE),
        structs.replace(made.insider(there, None), company_id=None),
        made.insider(there, RIGHTS),
        made.insider(there, CARE),
        client(group, uuid4()),
        visitor(group),
        subject(group, uuid4()),
        sealer(group),
        auditor(group),
        auditor(group, company_id=company),
        structs.replace(system(group), role=DatabaseRole.EXPORTER),
        structs.replace(system(group), role=DatabaseRole.ERASER),
        structs.replace(made.insider(there, CARE), role=THE_DOOR),
    ):
        yield Position("another group", acting, of_ours)
    # The most that a forger could hope for: the ids of both.
    crossed = structs.replace(made.insider(there, RIGHTS), company_id=made.alfa)
    yield Position("another group, with a company of this one", crossed, of_ours)
    yield Position("a group that there is not", system(uuid4()), of_ours)


def _a_sister_company(made: Canaries) -> Iterator[Position]:
    def of_alfa(shape: Shape, row: Planted) -> bool:
        return row.owner == made.rows["companies"][0].owner and is_kept_by_company(shape)

    for acting in (
        system(made.ours, company_id=made.beta, purpose=STORAGE),
        made.insider(Owner(made.ours, made.beta), RIGHTS),
        made.insider(Owner(made.ours, made.beta), CARE),
        auditor(made.ours, company_id=made.beta),
    ):
        yield Position("a sister company", acting, of_alfa)


def is_kept_by_company(shape: Shape) -> bool:
    return shape.is_personal or shape.table in ALSO_BY_COMPANY


def _no_company(made: Canaries) -> Iterator[Position]:
    def personal(shape: Shape, row: Planted) -> bool:
        return shape.is_personal and row.owner.group_id == made.ours

    for acting in (
        structs.replace(made.insider(Owner(made.ours, made.alfa), None), company_id=None),
        system(made.ours),
        client(made.ours, uuid4()),
        auditor(made.ours),
    ):
        yield Position("the group without a company", acting, personal)


def _no_purpose(made: Canaries) -> Iterator[Position]:
    def restrictable(shape: Shape, row: Planted) -> bool:
        return "restricted" in shape.columns and row.owner == made.rows["companies"][0].owner

    def restricted(shape: Shape, row: Planted) -> bool:
        return restrictable(shape, row) and row.restricted

    own = made.insider(Owner(made.ours, made.alfa), None)
    yield Position("the own company without a purpose", own, restrictable)
    # Signed nothing, holds no role: a session of the office that should not be.
    outsider = member(made.ours, uuid4(), company_id=made.alfa, purpose=RIGHTS)
    yield Position("nobody who may open personal data", outsider, restrictable)
    for purpose in (CARE, PurposeKind.MARKETING, cast(PurposeKind, "everything")):
        name = f"the own company for {purpose.replace('_', ' ')}"
        yield Position(name, structs.replace(own, purpose=purpose), restricted)


def _another_request(made: Canaries) -> Iterator[Position]:
    def of_a_request(shape: Shape, row: Planted) -> bool:
        return "request_id" in shape.columns and row.owner.group_id == made.ours

    yield Position("another request", subject(made.ours, uuid4()), of_a_request)


def _forged(made: Canaries) -> Iterator[Position]:
    def any_row(shape: Shape, row: Planted) -> bool:
        return row.owner.group_id == made.ours

    for role in (*DatabaseRole, THE_DOOR):
        if role in (DatabaseRole.OWNER, DatabaseRole.RELAY):
            continue
        yield Position("no context", nobody(role), any_row)
        nonsense = structs.replace(nobody(role), group_id=cast(UUID, "' OR true --"))
        yield Position("a context of nonsense", nonsense, any_row)
    yield Position("the relay", relay(), any_row)
    yield Position("the owner of the tables", structs.replace(relay(), role=DatabaseRole.OWNER), any_row)
