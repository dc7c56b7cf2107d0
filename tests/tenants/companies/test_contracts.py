"""People of a processor: tied to one contract, at its company, until its last day."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.base import new_id
from tenants.companies import contracts, members
from tenants.companies.model import Role, StaffContract
from tenants.companies.permissions import ContractEnded, NotPermitted, standing
from tenants.database import walled_session
from tenants.errors import SeveralInvalid, TooLong
from tenants.languages.speaking import HELSINKI
from tests import make
from tests.make import MadeCompany, MadeMember

pytestmark = pytest.mark.usefixtures("database")

RIGHTS = PurposeKind.RIGHTS_REQUEST
FAR = date(2090, 1, 31)
TODAY = datetime.now(HELSINKI).date()


@pytest.fixture
def alfa() -> MadeCompany:
    return make.company(make.group(), "alfa")


@pytest.fixture
def admin(alfa: MadeCompany) -> MadeMember:
    return make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))


def add(by: MadeMember, at: MadeCompany, reference: str = "S-1", ends_on: date = FAR) -> UUID:
    with walled_session(by.acting(at, RIGHTS)) as session:
        return contracts.add(
            session, company_id=at.company_id, processor="Palvelu Oy", reference=reference, ends_on=ends_on
        )


def tied(by: MadeMember, at: MadeCompany, ends_on: date = FAR) -> MadeMember:
    """A carer of the processor's."""
    carer = make.staff(at.group, (Role.CUSTOMER_CARE, at))
    with walled_session(by.acting(at, RIGHTS)) as session:
        contract_id = contracts.add(
            session, company_id=at.company_id, processor="Palvelu Oy", reference="S-9", ends_on=ends_on
        )
        contracts.tie(session, carer.member_id, contract_id)
    return carer


def test_a_contract_whose_last_day_has_passed_is_not_begun(alfa: MadeCompany, admin: MadeMember) -> None:
    with pytest.raises(SeveralInvalid) as refused:
        add(admin, alfa, ends_on=TODAY - timedelta(days=1))
    assert [type(one) for one in refused.value.problems] == [contracts.EndedAlready]
    add(admin, alfa, ends_on=TODAY)


def test_a_contract_needs_a_processor_and_a_reference_and_keeps_both_short(
    alfa: MadeCompany, admin: MadeMember
) -> None:
    with walled_session(admin.acting(alfa, RIGHTS)) as session, pytest.raises(SeveralInvalid) as refused:
        contracts.add(session, company_id=alfa.company_id, processor=" ", reference="", ends_on=FAR)
    assert [type(one) for one in refused.value.problems] == [contracts.NeedsProcessor, contracts.NeedsReference]
    with walled_session(admin.acting(alfa, RIGHTS)) as session, pytest.raises(SeveralInvalid) as refused:
        contracts.add(session, company_id=alfa.company_id, processor="x" * 201, reference="y" * 101, ends_on=FAR)
    assert [(type(one), one.field) for one in refused.value.problems] == [
        (TooLong, "processor"),
        (TooLong, "reference"),
    ]


def test_a_reference_is_used_once_at_a_company(alfa: MadeCompany, admin: MadeMember) -> None:
    add(admin, alfa)
    with pytest.raises(contracts.KnownReference):
        add(admin, alfa, " S-1 ")


def test_a_company_administrator_manages_the_contracts_of_the_own_company(alfa: MadeCompany, admin: MadeMember) -> None:
    beta = make.company(alfa.group, "beta")
    stranger = make.staff(alfa.group, (Role.COMPANY_ADMIN, beta))
    contract_id = add(admin, alfa)
    with walled_session(stranger.acting(beta, RIGHTS)) as session:
        assert contracts.listed(session) == []
        for refused in (
            lambda: contracts.add(session, company_id=alfa.company_id, processor="P", reference="S", ends_on=FAR),
            lambda: contracts.end(session, contract_id),
            lambda: contracts.tie(session, admin.member_id, contract_id),
        ):
            with pytest.raises(members.NotYoursToGive):
                refused()


def test_a_handler_adds_no_contract(alfa: MadeCompany) -> None:
    with pytest.raises(NotPermitted):
        add(make.staff(alfa.group, (Role.REQUEST_HANDLER, alfa)), alfa)


def test_a_contract_with_a_company_that_is_not_there_is_refused(alfa: MadeCompany) -> None:
    admin = make.staff(alfa.group, (Role.GROUP_ADMIN, None))
    with walled_session(admin.acting()) as session, pytest.raises(members.NoSuchCompany):
        contracts.add(session, company_id=new_id(), processor="P", reference="S", ends_on=FAR)


def test_an_account_is_tied_and_listed_with_its_contract(alfa: MadeCompany, admin: MadeMember) -> None:
    carer = tied(admin, alfa)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        [contract] = contracts.listed(session)
        assert contracts.people(session) == {contract.contract_id: ["Toimihenkilö"]}
    with walled_session(carer.acting(alfa, PurposeKind.CUSTOMER_CARE)) as session:
        assert standing(session).external


def test_nobody_ties_themselves_nor_somebody_with_a_role_that_outsiders_cannot_have(
    alfa: MadeCompany, admin: MadeMember
) -> None:
    colleague = make.staff(alfa.group, (Role.REGISTER_OWNER, alfa))
    elsewhere = make.staff(alfa.group, (Role.CUSTOMER_CARE, make.company(alfa.group, "beta")))
    contract_id = add(admin, alfa)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        with pytest.raises(members.OwnRoles):
            contracts.tie(session, admin.member_id, contract_id)
        for somebody in (colleague, elsewhere):
            with pytest.raises(contracts.RolesOfOwnPeople):
                contracts.tie(session, somebody.member_id, contract_id)
        with pytest.raises(contracts.NoSuchContract):
            contracts.tie(session, colleague.member_id, new_id())


def test_the_access_ends_with_the_last_day(alfa: MadeCompany, admin: MadeMember) -> None:
    carer = tied(admin, alfa, TODAY)
    with walled_session(carer.acting(alfa, PurposeKind.CUSTOMER_CARE)) as session:
        assert standing(session).roles_at(alfa.company_id) == (Role.CUSTOMER_CARE,)
    beta = make.company(alfa.group, "beta")
    former = tied(make.staff(alfa.group, (Role.COMPANY_ADMIN, beta)), beta)
    with walled_session(beta.system()) as session:
        ended = update(StaffContract).where(StaffContract.company_id == beta.company_id)
        session.execute(ended.values(ends_on=TODAY - timedelta(days=1)))
    with walled_session(former.acting(beta, PurposeKind.CUSTOMER_CARE)) as session, pytest.raises(ContractEnded):
        standing(session)


def test_a_contract_that_is_ended_shuts_its_people_out_and_is_an_entry(alfa: MadeCompany, admin: MadeMember) -> None:
    carer = tied(admin, alfa)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        [contract] = contracts.listed(session)
        contracts.end(session, contract.contract_id)
    with walled_session(carer.acting(alfa, PurposeKind.CUSTOMER_CARE)) as session, pytest.raises(ContractEnded):
        standing(session)
    with walled_session(alfa.system()) as session:
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.in_(["contract.added", "contract.ended", "member.tied"]))
        ).all()
    assert sorted(actions) == ["contract.added", "contract.ended", "member.tied"]


def newcomer(by: MadeMember, at: MadeCompany | None) -> MadeMember:
    with walled_session(by.acting(at, RIGHTS if at else None)) as session:
        subject = str(new_id())
        added = members.add(session, issuer="https://op.example", subject=subject, name="Uusi", email="u@o.example")
        return MadeMember(by.group, added.member_id, added.issuer, subject)


def test_a_newcomer_is_tied_by_the_company_that_brought_them_or_for_the_whole_group(
    alfa: MadeCompany, admin: MadeMember
) -> None:
    beta = make.company(alfa.group, "beta")
    sister = make.staff(alfa.group, (Role.COMPANY_ADMIN, beta))
    everywhere = make.staff(alfa.group, (Role.GROUP_ADMIN, None))
    ours, nobodys = newcomer(admin, alfa), newcomer(everywhere, None)
    theirs = add(sister, beta)
    with walled_session(sister.acting(beta, RIGHTS)) as session:
        members.assign(session, ours.member_id, Role.CUSTOMER_CARE, company_id=beta.company_id)
        for one in (ours, nobodys):
            with pytest.raises(contracts.BroughtByAnother):
                contracts.tie(session, one.member_id, theirs)
        members.assign(session, nobodys.member_id, Role.CUSTOMER_CARE, company_id=beta.company_id)
        contracts.tie(session, nobodys.member_id, theirs)
    with walled_session(everywhere.acting()) as session:
        contracts.tie(session, ours.member_id, theirs)


def test_a_sister_company_takes_over_nobody_of_a_processor(alfa: MadeCompany, admin: MadeMember) -> None:
    beta = make.company(alfa.group, "beta")
    sister = make.staff(alfa.group, (Role.COMPANY_ADMIN, beta))
    carer = newcomer(admin, alfa)
    with walled_session(admin.acting(alfa, RIGHTS)) as session:
        contracts.tie(session, carer.member_id, add(admin, alfa))
        contracts.tie(session, carer.member_id, add(admin, alfa, "S-2"))
    theirs = add(sister, beta)
    with walled_session(sister.acting(beta, RIGHTS)) as session, pytest.raises(members.NotYoursToGive):
        contracts.tie(session, carer.member_id, theirs)
    with walled_session(make.staff(alfa.group, (Role.GROUP_ADMIN, None)).acting()) as session:
        contracts.tie(session, carer.member_id, theirs)
