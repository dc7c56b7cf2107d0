"""A member's token acts as the member, for one company and purpose, until it ends."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from tenants.acting import PurposeKind
from tenants.companies import api_tokens
from tenants.companies.model import ApiToken, Role
from tenants.companies.permissions import NotActingHere
from tenants.database import walled_session
from tenants.errors import TooLong
from tests import make
from tests.make import MadeCompany, MadeMember

pytestmark = pytest.mark.usefixtures("database")

RIGHTS = PurposeKind.RIGHTS_REQUEST


@pytest.fixture
def alfa() -> MadeCompany:
    return make.company(make.group(), "alfa")


@pytest.fixture
def handler(alfa: MadeCompany) -> MadeMember:
    return make.staff(alfa.group, (Role.REQUEST_HANDLER, alfa))


def issue(handler: MadeMember, alfa: MadeCompany, *, label: str = "laskutus", days: int = 30) -> api_tokens.Issued:
    with walled_session(handler.acting(alfa, RIGHTS)) as session:
        return api_tokens.issue(session, label=label, days=days, company_id=alfa.company_id, purpose=RIGHTS)


def test_a_token_acts_as_its_member_for_its_company(handler: MadeMember, alfa: MadeCompany) -> None:
    issued = issue(handler, alfa)
    assert issued.token.startswith(f"seloste_pat_{alfa.group.group_id.hex}_")
    assert api_tokens.acting_for(issued.token) == handler.acting(alfa, RIGHTS)


def test_only_a_digest_of_the_token_is_kept(handler: MadeMember, alfa: MadeCompany) -> None:
    issued = issue(handler, alfa)
    with walled_session(alfa.group.system()) as session:
        row = session.scalars(select(ApiToken)).one()
    assert issued.token.encode() not in row.digest
    assert len(row.digest) == 32


@pytest.mark.parametrize("broken", ["", "seloste_pat_", "seloste_pat_nothex_x", "Bearer", "seloste_pat_" + "0" * 32])
def test_what_is_no_token_opens_nothing(broken: str) -> None:
    with pytest.raises(api_tokens.UnknownToken):
        api_tokens.acting_for(broken)


def test_a_guessed_secret_opens_nothing(handler: MadeMember, alfa: MadeCompany) -> None:
    issued = issue(handler, alfa)
    with pytest.raises(api_tokens.UnknownToken):
        api_tokens.acting_for(issued.token[:-1] + ("A" if issued.token[-1] != "A" else "B"))


def test_a_token_renamed_to_another_group_opens_nothing(handler: MadeMember, alfa: MadeCompany) -> None:
    other = make.group()
    issued = issue(handler, alfa)
    with pytest.raises(api_tokens.UnknownToken):
        api_tokens.acting_for(issued.token.replace(alfa.group.group_id.hex, other.group_id.hex))


def test_a_revoked_token_opens_nothing(handler: MadeMember, alfa: MadeCompany) -> None:
    issued = issue(handler, alfa)
    with walled_session(handler.acting(alfa, RIGHTS)) as session:
        api_tokens.revoke(session, issued.token_id)
    with pytest.raises(api_tokens.UnknownToken):
        api_tokens.acting_for(issued.token)


def test_an_expired_token_opens_nothing(handler: MadeMember, alfa: MadeCompany) -> None:
    issued = issue(handler, alfa)
    with walled_session(alfa.group.system()) as session:
        session.execute(update(ApiToken).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    with pytest.raises(api_tokens.UnknownToken):
        api_tokens.acting_for(issued.token)


def test_a_colleague_cannot_revoke_it(handler: MadeMember, alfa: MadeCompany) -> None:
    issued = issue(handler, alfa)
    colleague = make.staff(alfa.group, (Role.REQUEST_HANDLER, alfa))
    with walled_session(colleague.acting(alfa, RIGHTS)) as session:
        assert api_tokens.listed(session) == []
        with pytest.raises(api_tokens.NoSuchToken):
            api_tokens.revoke(session, issued.token_id)


def test_a_token_reaches_no_further_than_its_member(handler: MadeMember, alfa: MadeCompany) -> None:
    beta = make.company(alfa.group, "beta")
    with walled_session(handler.acting(alfa, RIGHTS)) as session:
        for company_id, purpose in ((beta.company_id, RIGHTS), (alfa.company_id, PurposeKind.STORAGE)):
            with pytest.raises(NotActingHere):
                api_tokens.issue(session, label="x", days=1, company_id=company_id, purpose=purpose)


@pytest.mark.parametrize("days", [0, 366])
def test_a_token_lives_a_year_at_most(handler: MadeMember, alfa: MadeCompany, days: int) -> None:
    with pytest.raises(api_tokens.BadLifetime):
        issue(handler, alfa, days=days)


def test_a_token_has_a_name(handler: MadeMember, alfa: MadeCompany) -> None:
    with pytest.raises(api_tokens.NeedsLabel):
        issue(handler, alfa, label=" ")


def test_the_name_of_a_token_is_short(handler: MadeMember, alfa: MadeCompany) -> None:
    issue(handler, alfa, label="x" * api_tokens.LONGEST_LABEL)
    with pytest.raises(TooLong) as refused:
        issue(handler, alfa, label="x" * (api_tokens.LONGEST_LABEL + 1))
    assert refused.value.field == "label"
