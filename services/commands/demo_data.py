"""`seloste demo-data`: the demo's sign-in, staff, people, sharing, processors, authority. Again, it changes nothing."""

import argparse
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy.orm import Session

from infra.demo import people
from services.commands import demo_authorities, demo_feeds, demo_processors, demo_recipients, demo_sharing
from services.commands.subparsers import Subparsers
from tenants.acting import DatabaseRole, PurposeKind, member, system
from tenants.companies import committing, companies, members, providers
from tenants.companies.members import AlreadyAssigned, AlreadyMember
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.errors import Conflict
from tenants.groups.directory import Kind, find_group
from tenants.languages.speaking import Language
from tenants.manifests import versions
from tenants.registers import checking, imports, shapes, writing

GROUP = "ideafix"
STAFF = Path(people.__file__).parents[1] / "identity" / "staff.json"
SOURCE = "Esittelyaineisto"
DECLARED = "person"
# What the demo's provider answers to a sign-in with two factors.
TWO_FACTORS, SECOND_FACTOR = "urn:seloste:mfa", "otp"


class DemoDataRefused(Conflict):
    """The demo's people do not fit the registers as they are declared now."""


class StaffRole(Struct, frozen=True):
    role: Role
    company: str | None = None


class StaffMember(Struct, frozen=True):
    """`signed`: the confidentiality commitment, as people who have worked here for some time."""

    sub: str
    email: str
    name: str
    group: str
    roles: tuple[StaffRole, ...] = ()
    signed: bool = True


def add(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "demo-data", help="the Ideafix group's sign-in, demo staff, sharing, processors and 2,000 sample persons"
    )
    parser.add_argument("--issuer", help="address of the identity provider")
    parser.add_argument("--client-id")
    parser.add_argument("--client-secret-file", type=Path)
    parser.add_argument("--feed-client-file", type=Path, help="where to write how the demo's feed is fetched")
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> None:
    group_id = find_group(Kind.SLUG, GROUP, role=DatabaseRole.APP)
    if chosen.issuer:
        with walled_session(system(group_id)) as session:
            _register_provider(session, chosen)
            signed = _add_staff(session, chosen.issuer)
        for member_id in signed:
            _sign(group_id, member_id)
    demo = people.generate(humans=people.HUMANS)
    for company in people.COMPANIES:
        for register in people.REGISTERS:
            _import(group_id, company, register, demo.csv(company, register))
    if chosen.issuer:
        demo_sharing.share(group_id, chosen.issuer)
        demo_processors.engage(group_id, chosen.issuer)
        demo_feeds.give(group_id, chosen.issuer, chosen.feed_client_file)
        demo_authorities.answer(group_id, chosen.issuer)
        demo_recipients.tell(group_id, chosen.issuer)


def _register_provider(session: Session, chosen: argparse.Namespace) -> None:
    providers.register(
        session,
        issuer=chosen.issuer,
        client_id=chosen.client_id,
        secret=chosen.client_secret_file.read_text(encoding="utf-8").strip(),
        acr_values=(TWO_FACTORS,),
        required_amr=(SECOND_FACTOR,),
    )


def _add_staff(session: Session, issuer: str) -> list[UUID]:
    """Those of them who sign the confidentiality commitment."""
    # Whoever has no role anywhere is known to the provider only.
    known = [one for one in msgspec.json.decode(STAFF.read_bytes(), type=list[StaffMember]) if one.group == GROUP]
    added = [(one, _add_member(session, issuer, one)) for one in known if one.roles]
    return [member_id for one, member_id in added if one.signed]


def _add_member(session: Session, issuer: str, one: StaffMember) -> UUID:
    try:
        found = members.add(session, issuer=issuer, subject=one.sub, name=one.name, email=one.email)
    except AlreadyMember:
        found = members.find(session, issuer=issuer, subject=one.sub)
    for given in one.roles:
        company_id = companies.by_key(session, given.company).company_id if given.company else None
        try:
            members.assign(session, found.member_id, given.role, company_id=company_id)
        except AlreadyAssigned:
            continue
    return found.member_id


def _sign(group_id: UUID, member_id: UUID) -> None:
    with walled_session(member(group_id, member_id)) as session:
        committing.sign(session, version=committing.in_force(session).version, language=Language.FI)


def _import(group_id: UUID, company: str, register: str, file: bytes) -> None:
    with walled_session(system(group_id)) as session:
        company_id = companies.by_key(session, company).company_id
        register_id = shapes.register_by_key(session, company_id, register)
    acting = system(group_id, company_id=company_id, purpose=PurposeKind.STORAGE)
    with walled_session(acting) as session:
        received = imports.receive(
            session, register_id, source=DECLARED, detail=SOURCE, notice=versions.number(session)
        )
        import_id = received.import_id
    checking.check(acting, import_id, lambda: iter((file,)))
    with walled_session(acting) as session:
        if imports.get(session, import_id).rows_bad:
            raise DemoDataRefused
        imports.approve(session, import_id)
    writing.write(acting, import_id, lambda: iter((file,)))
