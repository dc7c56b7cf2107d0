"""Whether a sister company may see a field of a person, by which policy and clause, or why not."""

from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import conditions
from services.api.conditions import Clause
from services.api.forms import Form
from services.api.office import policies_told
from services.api.office.desk import Desk
from services.api.office.persons import PERSONS
from tenants.acting import PurposeKind
from tenants.companies import companies
from tenants.companies.permissions import Permission
from tenants.registers import finding, viewing
from tenants.sharing import explaining, naming
from tenants.sharing.explaining import Verdict, Why
from tenants.sharing.naming import Names


class ShownVerdict(Struct, frozen=True, kw_only=True):
    """`clause` is what was met, or the part that was not."""

    why: Why
    kind: PurposeKind | None
    version: int | None
    policy_url: str | None
    clause: Clause | None


class OfRegister(Struct, frozen=True):
    """Pairs of value and label under the register's name."""

    name: str
    fields: list[tuple[str, str]]


@get("/persons/{person_id:uuid}/explanation", sync_to_thread=True)
def explain(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    *,
    company: FromQuery[UUID | None] = None,
    field: FromQuery[UUID | None] = None,
) -> Response[str]:
    """Each answer is an entry of the audit."""
    desk.require(Permission.SEE_PERSONS)
    desk.require(Permission.SEE_SHARING)
    viewing.exists(session, person_id)
    own = desk.here.acting.company_id
    names = naming.names(session, [own] if own else [])
    verdicts = None
    if company and field:
        found = explaining.explain(session, person_id, recipient_id=company, field_id=field)
        verdicts = [_verdict(desk, one, names, names.fields[field].register_id) for one in found]
    return desk.page(
        "office/persons/explanation.html",
        form=Form({"company": str(company or ""), "field": str(field or "")}),
        name=finding.names_of(session, [person_id]).get(person_id, ""),
        sisters=[(str(one.company_id), one.name) for one in companies.listed(session) if one.company_id != own],
        registers=_fields(desk, names),
        verdicts=verdicts,
        receiver=names.companies.get(company, "") if company else "",
        field=names.fields[field].label if verdicts and field else None,
        action_url=f"{PERSONS}/{person_id}/explanation",
        person_url=f"{PERSONS}/{person_id}",
        search_url=PERSONS,
    )


def _fields(desk: Desk, names: Names) -> list[OfRegister]:
    own = desk.here.acting.company_id
    return [
        OfRegister(
            register.name.in_(desk.language),
            [(str(one.field_id), one.label.in_(desk.language)) for one in names.fields_of(register.register_id)],
        )
        for register in (names.registers_of(own) if own else [])
    ]


def _verdict(desk: Desk, one: Verdict, names: Names, register_id: UUID) -> ShownVerdict:
    own = desk.here.acting.company_id
    clause = None
    if one.clause is not None and own is not None:
        clause = conditions.told(desk.language, one.clause, names, company_id=own, register_id=register_id)
    url = f"{policies_told.url_of(one.policy_id)}?version={one.version}" if one.policy_id else None
    return ShownVerdict(why=one.why, kind=one.kind, version=one.version, policy_url=url, clause=clause)
