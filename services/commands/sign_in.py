"""`seloste sign-in`: the identity providers of a group's staff, and which roles their claims give."""

import argparse
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from services.commands.subparsers import Subparsers
from tenants.acting import DatabaseRole, system
from tenants.companies import claiming, companies, members, providers
from tenants.companies.members import AlreadyMember
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.groups.directory import Kind, find_group


def add(commands: Subparsers) -> None:
    sign_in = commands.add_parser("sign-in", help="identity providers of a group, and the roles that claims give")
    verbs = sign_in.add_subparsers(required=True, metavar="VERB")
    _verb(verbs, "list", "providers and rules").set_defaults(run=_list)
    register = _verb(verbs, "register", "add an OpenID provider, or give a known one new values")
    register.add_argument("--issuer", required=True)
    register.add_argument("--client-id", required=True)
    register.add_argument("--client-secret-file", required=True, type=Path)
    register.add_argument("--label", default="", help="its name at the sign-in, where there are several")
    register.add_argument("--acr", nargs="*", default=(), help="classes of authentication, one of which is required")
    register.add_argument("--amr", nargs="*", default=(), help="methods of authentication, all of which are required")
    register.set_defaults(run=_register)
    admin = _verb(verbs, "administrator", "add a group administrator: the first, who then adds everybody else")
    admin.add_argument("--provider", required=True, type=UUID, help="id of the provider, as `list` shows it")
    admin.add_argument("--account", required=True, help="the subject (sub) by which the provider knows the person")
    admin.add_argument("--name", required=True)
    admin.add_argument("--email", required=True)
    admin.set_defaults(run=_add_administrator)
    give = _verb(verbs, "give", "give a role to whoever signs in with this value of this claim")
    give.add_argument("--provider", required=True, type=UUID, help="id of the provider, as `list` shows it")
    give.add_argument("--claim", required=True)
    give.add_argument("--value", required=True)
    give.add_argument("--role", required=True, type=Role, choices=list(Role))
    give.add_argument("--company", default="", help="key of the company; without it the role is group-wide")
    give.set_defaults(run=_give)
    tried = _verb(verbs, "try", "say which roles a sign-in with these claims would give by the rules; changes nothing")
    tried.add_argument("--provider", required=True, type=UUID, help="id of the provider, as `list` shows it")
    tried.add_argument("claims", nargs="+", metavar="CLAIM=VALUE")
    tried.set_defaults(run=_try)
    stop = _verb(verbs, "stop-giving", "withdraw a rule; what it gave ends with the next sign-in")
    stop.add_argument("rule", type=UUID, help="id of the rule, as `list` shows it")
    stop.set_defaults(run=_stop_giving)


def _verb(verbs: Subparsers, name: str, told: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=told)
    verb.add_argument("group", help="the group's short name, as in /g/NAME")
    return verb


def _list(chosen: argparse.Namespace) -> None:
    with walled_session(system(_group_of(chosen))) as session:
        for one in providers.listed(session):
            print(f"{one.provider_id}  {one.issuer}  {one.client_id}  {one.label or ''}".rstrip())
        for rule in claiming.listed(session):
            at = rule.company or "*"
            print(f"  {rule.rule_id}  {rule.issuer}  {rule.claim}={rule.value}  {rule.role}  {at}")


def _register(chosen: argparse.Namespace) -> None:
    with walled_session(system(_group_of(chosen))) as session:
        providers.register(
            session,
            issuer=chosen.issuer,
            client_id=chosen.client_id,
            secret=chosen.client_secret_file.read_text(encoding="utf-8").strip(),
            label=chosen.label or None,
            acr_values=tuple(chosen.acr),
            required_amr=tuple(chosen.amr),
        )


def _add_administrator(chosen: argparse.Namespace) -> None:
    """Somebody who is known already gets the role, if they have it not."""
    with walled_session(system(_group_of(chosen))) as session:
        issuer = providers.get(session, chosen.provider).issuer
        try:
            found = members.add(session, issuer=issuer, subject=chosen.account, name=chosen.name, email=chosen.email)
        except AlreadyMember:
            found = members.find(session, issuer=issuer, subject=chosen.account)
        members.assign(session, found.member_id, Role.GROUP_ADMIN)
    print(found.member_id)


def _give(chosen: argparse.Namespace) -> None:
    with walled_session(system(_group_of(chosen))) as session:
        provider = providers.get(session, chosen.provider)
        rule_id = claiming.declare(
            session,
            provider.provider_id,
            claim=chosen.claim,
            value=chosen.value,
            role=chosen.role,
            company_id=_company_id(session, chosen.company),
        )
    print(rule_id)


def _try(chosen: argparse.Namespace) -> None:
    claims: dict[str, list[str]] = {}
    for one in chosen.claims:
        claim, _, value = one.partition("=")
        claiming.check_claim(claim, value)
        claims.setdefault(claim, []).append(value)
    with walled_session(system(_group_of(chosen))) as session:
        provider = providers.get(session, chosen.provider)
        names = companies.names(session)
        for place in claiming.would_give(session, provider.provider_id, claims):
            print(f"{place.role}  {names[place.company_id] if place.company_id else '*'}")


def _stop_giving(chosen: argparse.Namespace) -> None:
    with walled_session(system(_group_of(chosen))) as session:
        claiming.withdraw(session, chosen.rule)


def _company_id(session: Session, key: str) -> UUID | None:
    return companies.by_key(session, key).company_id if key else None


def _group_of(chosen: argparse.Namespace) -> UUID:
    return find_group(Kind.SLUG, chosen.group, role=DatabaseRole.APP)
