"""`seloste sign-in`: the operator registers providers, adds the first administrator, says and tries rules."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from services import cli
from tenants.companies import members, providers
from tenants.companies.model import Assignment, Role
from tenants.database import walled_session
from tenants.groups.model import Group
from tests import make
from tests.make import MadeGroup

pytestmark = pytest.mark.usefixtures("database")

ISSUER = "https://op.example"


@pytest.fixture
def group() -> MadeGroup:
    return make.group()


@pytest.fixture
def provider(group: MadeGroup, tmp_path: Path) -> str:
    secret = tmp_path / "secret"
    secret.write_text("salaisuus\n")
    told = ["--issuer", ISSUER, "--client-id", group.slug, "--client-secret-file", str(secret), "--label", "Emo"]
    assert cli.main(["sign-in", "register", group.slug, *told]) == 0
    with walled_session(group.system()) as session:
        [known] = providers.listed(session)
    return str(known.provider_id)


def test_the_first_administrator_is_added_though_the_group_wants_two(group: MadeGroup, provider: str) -> None:
    with walled_session(group.system()) as session:
        session.execute(update(Group).values(roles_by_two=True))
    said = ["--provider", provider, "--account", "ada", "--name", "Pääkäyttäjä", "--email", "ada@esimerkki.example"]
    assert cli.main(["sign-in", "administrator", group.slug, *said]) == 0
    with walled_session(group.system()) as session:
        added = members.find(session, issuer=ISSUER, subject="ada")
        held = session.scalars(select(Assignment.role).where(Assignment.member_id == added.member_id)).all()
    assert held == [Role.GROUP_ADMIN]


def test_somebody_who_is_known_becomes_an_administrator_once(
    group: MadeGroup, provider: str, capsys: pytest.CaptureFixture[str]
) -> None:
    known = make.staff(group)
    said = ["--provider", provider, "--account", known.subject, "--name", "x", "--email", "x@esimerkki.example"]
    assert cli.main(["sign-in", "administrator", group.slug, *said]) == 0
    assert str(known.member_id) in capsys.readouterr().out
    assert cli.main(["sign-in", "administrator", group.slug, *said]) != 0


def test_a_rule_is_tried_before_anybody_signs_in_by_it(
    group: MadeGroup, provider: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make.company(group, "alfa")
    rule = ["--claim", "groups", "--value", "tuki", "--role", "customer_care", "--company", "alfa"]
    assert cli.main(["sign-in", "give", group.slug, "--provider", provider, *rule]) == 0
    capsys.readouterr()
    assert cli.main(["sign-in", "try", group.slug, "--provider", provider, "groups=tuki", "groups=muut"]) == 0
    assert capsys.readouterr().out == "customer_care  Alfa Oy\n"
    assert cli.main(["sign-in", "try", group.slug, "--provider", provider, "groups=muut"]) == 0
    assert capsys.readouterr().out == ""
    assert cli.main(["sign-in", "try", group.slug, "--provider", provider, "email=x@esimerkki.example"]) != 0
