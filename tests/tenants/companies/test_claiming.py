"""What a claim gives, and what it never does."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import ProgrammingError

from tenants.acting import PurposeKind
from tenants.base import new_id
from tenants.companies import certifying, claiming, contracts, members, providers
from tenants.companies.claiming import Claims, KnownRule, NeedsValue, UnfitClaim
from tenants.companies.members import CompanyNeeded, GroupWideOnly
from tenants.companies.model import Assignment, ClaimRule, Role
from tenants.companies.providers import NoProvider
from tenants.database import walled_session
from tests import make
from tests.make import MadeCompany, MadeGroup, MadeMember

pytestmark = pytest.mark.usefixtures("database")

RIGHTS = PurposeKind.RIGHTS_REQUEST
ISSUER = "https://op.example"
Held = set[tuple[Role, UUID | None]]


@pytest.fixture
def alfa() -> MadeCompany:
    return make.company(make.group())


@pytest.fixture
def provider_id(alfa: MadeCompany) -> UUID:
    return provider_of(alfa.group)


@pytest.fixture
def somebody(alfa: MadeCompany) -> MadeMember:
    return make.staff(alfa.group)


def provider_of(group: MadeGroup, issuer: str = ISSUER) -> UUID:
    with walled_session(group.system()) as session:
        return providers.register(session, issuer=issuer, client_id=f"{group.slug}-{new_id().hex[-6:]}", secret="x")


def declare(provider_id: UUID, at: MadeCompany, role: Role, *, claim: str = "groups", value: str) -> UUID:
    with walled_session(at.group.system()) as session:
        company_id = None if role is Role.GROUP_ADMIN else at.company_id
        return claiming.declare(session, provider_id, claim=claim, value=value, role=role, company_id=company_id)


def sign_in(who: MadeMember, provider_id: UUID, claims: Claims) -> Held:
    with walled_session(who.group.system()) as session:
        claiming.follow(session, who.member_id, provider_id=provider_id, claims=claims)
    return held(who)


def held(who: MadeMember) -> Held:
    with walled_session(who.group.system()) as session:
        rows = session.execute(
            select(Assignment.role, Assignment.company_id).where(Assignment.member_id == who.member_id)
        )
        return {(role, company_id) for role, company_id in rows}


def test_a_claim_gives_what_its_rule_says_and_takes_it_when_it_goes(
    alfa: MadeCompany, provider_id: UUID, somebody: MadeMember
) -> None:
    declare(provider_id, alfa, Role.REQUEST_HANDLER, value="requests")
    declare(provider_id, alfa, Role.CUSTOMER_CARE, value="care")
    handler, care = (Role.REQUEST_HANDLER, alfa.company_id), (Role.CUSTOMER_CARE, alfa.company_id)
    assert sign_in(somebody, provider_id, {"groups": ["requests", "else"]}) == {handler}
    assert sign_in(somebody, provider_id, {"groups": ["care", "requests"]}) == {handler, care}
    assert sign_in(somebody, provider_id, {"groups": ["care"]}) == {care}
    assert sign_in(somebody, provider_id, {}) == set()


@pytest.mark.parametrize(
    "claims",
    [
        {"groups": ["Requests"]},
        {"groups": ["requests "]},
        {"groups": ["x,requests"]},
        {"groups": ["requests*"]},
        {"groups.0": ["requests"]},
        {"Groups": ["requests"]},
        {"department": ["requests"]},
        {"groups": ["' OR '1'='1"]},
    ],
)
def test_what_only_resembles_the_value_gives_nothing(
    alfa: MadeCompany, provider_id: UUID, somebody: MadeMember, claims: Claims
) -> None:
    declare(provider_id, alfa, Role.REQUEST_HANDLER, value="requests")
    assert sign_in(somebody, provider_id, claims) == set()


def test_the_same_claim_at_another_provider_gives_nothing(
    alfa: MadeCompany, provider_id: UUID, somebody: MadeMember
) -> None:
    declare(provider_id, alfa, Role.REQUEST_HANDLER, value="requests")
    other = provider_of(alfa.group, "https://other.example")
    assert sign_in(somebody, other, {"groups": ["requests"]}) == set()


def test_a_claim_at_one_provider_does_not_take_what_another_said(
    alfa: MadeCompany, provider_id: UUID, somebody: MadeMember
) -> None:
    declare(provider_id, alfa, Role.REQUEST_HANDLER, value="requests")
    sign_in(somebody, provider_id, {"groups": ["requests"]})
    other = provider_of(alfa.group, "https://other.example")
    assert sign_in(somebody, other, {}) == {(Role.REQUEST_HANDLER, alfa.company_id)}


def test_the_provider_of_another_group_is_none_here(alfa: MadeCompany) -> None:
    elsewhere = provider_of(make.group())
    with walled_session(alfa.group.system()) as session, pytest.raises(NoProvider):
        providers.get(session, elsewhere)


def test_what_an_administrator_gave_no_claim_takes(alfa: MadeCompany, provider_id: UUID) -> None:
    hired = make.staff(alfa.group, (Role.REQUEST_HANDLER, alfa))
    declare(provider_id, alfa, Role.REQUEST_HANDLER, value="requests")
    sign_in(hired, provider_id, {"groups": ["requests"]})
    assert sign_in(hired, provider_id, {}) == {(Role.REQUEST_HANDLER, alfa.company_id)}


def test_a_rule_that_is_withdrawn_gives_no_more(alfa: MadeCompany, provider_id: UUID, somebody: MadeMember) -> None:
    rule_id = declare(provider_id, alfa, Role.REQUEST_HANDLER, value="requests")
    sign_in(somebody, provider_id, {"groups": ["requests"]})
    with walled_session(alfa.group.system()) as session:
        claiming.withdraw(session, rule_id)
    assert sign_in(somebody, provider_id, {"groups": ["requests"]}) == set()


def test_people_of_a_processor_get_no_more_than_their_contract_allows(alfa: MadeCompany, provider_id: UUID) -> None:
    admin, outsider = make.staff(alfa.group, (Role.GROUP_ADMIN, None)), make.staff(alfa.group)
    with walled_session(admin.acting()) as session:
        contract_id = contracts.add(
            session, company_id=alfa.company_id, processor="Palvelu Oy", reference="S-1", ends_on=date(2099, 1, 31)
        )
        contracts.tie(session, outsider.member_id, contract_id)
    beta = make.company(alfa.group, "beta")
    declare(provider_id, alfa, Role.COMPANY_ADMIN, value="all")
    declare(provider_id, alfa, Role.GROUP_ADMIN, value="all")
    declare(provider_id, beta, Role.REQUEST_HANDLER, value="all")
    declare(provider_id, alfa, Role.REQUEST_HANDLER, value="all")
    assert sign_in(outsider, provider_id, {"groups": ["all"]}) == {(Role.REQUEST_HANDLER, alfa.company_id)}


def test_what_was_not_confirmed_no_claim_gives_back(alfa: MadeCompany, provider_id: UUID, somebody: MadeMember) -> None:
    admin = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    declare(provider_id, alfa, Role.REQUEST_HANDLER, value="requests")
    sign_in(somebody, provider_id, {"groups": ["requests"]})
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        campaign_id = certifying.begin(session, today=date(2026, 3, 2) + timedelta(days=1))
        (campaign,) = certifying.running(session)
        theirs = next(one.assignment_id for one in campaign.roles if one.member_id == somebody.member_id)
        certifying.decide(session, campaign_id, theirs, keep=False)
    assert sign_in(somebody, provider_id, {"groups": ["requests"]}) == set()


@pytest.mark.parametrize("claim", ["name", "email", "preferred_username", "sub", "acr"])
def test_no_role_hangs_on_what_people_write_themselves(alfa: MadeCompany, provider_id: UUID, claim: str) -> None:
    with pytest.raises(UnfitClaim):
        declare(provider_id, alfa, Role.AUDITOR, claim=claim, value="x")


def test_a_rule_is_whole_and_said_once(alfa: MadeCompany, provider_id: UUID) -> None:
    declare(provider_id, alfa, Role.AUDITOR, value="x")
    with pytest.raises(KnownRule):
        declare(provider_id, alfa, Role.AUDITOR, value="x")
    with pytest.raises(NeedsValue):
        declare(provider_id, alfa, Role.AUDITOR, value=" ")
    with walled_session(alfa.group.system()) as session:
        with pytest.raises(CompanyNeeded):
            claiming.declare(session, provider_id, claim="groups", value="x", role=Role.COMPANY_ADMIN, company_id=None)
        with pytest.raises(GroupWideOnly):
            claiming.declare(
                session, provider_id, claim="groups", value="x", role=Role.GROUP_ADMIN, company_id=alfa.company_id
            )


def test_the_database_takes_a_rule_from_no_member(alfa: MadeCompany, provider_id: UUID) -> None:
    admin = make.staff(alfa.group, (Role.GROUP_ADMIN, None))
    declare(provider_id, alfa, Role.AUDITOR, value="x")
    row = {
        "group_id": alfa.group.group_id,
        "rule_id": new_id(),
        "provider_id": provider_id,
        "claim": "groups",
        "value": "everybody",
        "role": Role.COMPANY_ADMIN,
        "company_id": alfa.company_id,
    }
    with pytest.raises(ProgrammingError), walled_session(admin.acting()) as session:
        session.execute(insert(ClaimRule).values(row))
    with walled_session(admin.acting()) as session:
        session.execute(delete(ClaimRule))
    with walled_session(alfa.group.system()) as session:
        assert len(claiming.listed(session)) == 1


def test_a_role_that_a_claim_gives_is_taken_away_where_the_claim_is(
    alfa: MadeCompany, provider_id: UUID, somebody: MadeMember
) -> None:
    admin = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    declare(provider_id, alfa, Role.REQUEST_HANDLER, value="requests")
    sign_in(somebody, provider_id, {"groups": ["requests"]})
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        assignment_id = session.scalars(
            select(Assignment.assignment_id).where(Assignment.member_id == somebody.member_id)
        ).one()
        with pytest.raises(members.GivenBySignIn):
            members.unassign(session, assignment_id)
