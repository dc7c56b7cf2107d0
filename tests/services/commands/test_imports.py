from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text

from infra.demo import people
from infra.embedded.dev import MANIFESTS
from infra.embedded.postgres import Postgres
from services import cli
from tenants.acting import PurposeKind, system
from tenants.companies.model import Assignment, Company, Member, Role
from tenants.companies.providers import current
from tenants.database import walled_session
from tenants.feeds import checking as checking_feeds
from tenants.feeds import reading as feeds
from tenants.groups.directory import Kind, find_group
from tenants.processors import reading as agreed
from tenants.processors import standing
from tenants.processors.standing import Reason, Stop
from tenants.registers import identifiers
from tenants.registers.model import Import, ImportState
from tenants.vault.digests import IdentifierKind
from tests import make
from tests.make import MadeRegister

HEADER = "customer_number;name;email\n"
ADA = "K-1;Ada;ada@firma.example\n"


@pytest.fixture
def customers(database: Postgres) -> MadeRegister:
    return make.register(make.company(make.group()))


def run(of: MadeRegister, file: Path, *options: str) -> int:
    return cli.main(["import", of.company.group.slug, of.company.key, "customers", str(file), *options])


def persons(of: MadeRegister) -> int:
    with walled_session(of.company.system()) as session:
        return int(session.scalar(text("SELECT count(*) FROM persons")) or 0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "asiakkaat.csv"


def test_a_file_is_imported(customers: MadeRegister, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(HEADER + ADA)
    assert run(customers, file) == 0
    assert persons(customers) == 1
    assert "Kirjoitettu: rivejä 1, uusia henkilöitä 1" in capsys.readouterr().out


def test_a_dry_run_writes_nothing(customers: MadeRegister, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(HEADER + ADA)
    assert run(customers, file, "--dry-run", "--language", "en") == 0
    assert persons(customers) == 0
    assert capsys.readouterr().out.splitlines() == ["Checked: 1 rows, 0 of them bad.", "Nothing was written."]


def test_bad_rows_are_told_and_keep_the_good_ones_out(
    customers: MadeRegister, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER + "K-2;Bo;bo@firma\n" + ADA)
    assert run(customers, file, "--language", "sv") == 1
    assert persons(customers) == 0
    assert capsys.readouterr().err == "rad 2, kolumn 3: email: Detta är inte en e-postadress.\n"


def test_good_rows_are_kept_if_somebody_says_so(customers: MadeRegister, file: Path) -> None:
    file.write_text(HEADER + "K-2;Bo;bo@firma\n" + ADA)
    assert run(customers, file, "--keep-good") == 0
    assert persons(customers) == 1


def test_an_unknown_column_is_told_for_the_whole_file(
    customers: MadeRegister, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("customer_number;colour\nK-1;red\n")
    assert run(customers, file, "--keep-good", "--language", "en") == 1
    assert "line 1, column 2" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_one_sentence(
    customers: MadeRegister, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(customers, file) == 1
    assert capsys.readouterr().err.startswith("Tiedostoa ei voi lukea: ")


def test_an_unknown_register_is_one_sentence(
    customers: MadeRegister, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER)
    assert cli.main(["import", customers.company.group.slug, customers.company.key, "guests", str(file)]) == 1
    assert capsys.readouterr().err == "Tällaista rekisteriä ei ole täällä.\n"


def test_no_import_is_left_open(customers: MadeRegister, file: Path) -> None:
    file.write_text(HEADER + ADA)
    run(customers, file, "--dry-run")
    run(customers, file)
    with walled_session(customers.company.system()) as session:
        states = session.scalars(select(Import.state).order_by(Import.created_at)).all()
    assert states == [ImportState.REFUSED, ImportState.DONE]


# The demo


@pytest.fixture
def ideafix(database: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """The group with its demo data, made twice; fewer people than in the demo."""
    monkeypatch.setattr(people, "HUMANS", 100)
    assert cli.main(["apply", str(MANIFESTS / "ideafix.yaml")]) == 0
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    options = ["--issuer", "http://127.0.0.1:8090", "--client-id", "seloste", "--client-secret-file", str(secret)]
    for _ in range(2):
        assert cli.main(["demo-data", *options]) == 0
    return find_group(Kind.SLUG, "ideafix")


def test_the_demo_has_its_people_staff_and_sign_in_once(ideafix: UUID) -> None:
    demo = people.generate(humans=100)
    with walled_session(system(ideafix)) as session:
        assert current(session).secret == "s3cret"
        roles = {(row.name, row.role) for row in session.execute(select(Member.name, Assignment.role).join(Assignment))}
        companies = {row.key: row.company_id for row in session.scalars(select(Company))}
    assert ("Kinkerips Oy: pyyntöjen käsittelijä", Role.REQUEST_HANDLER) in roles
    assert "Ulkopuolinen ilman rooleja" not in {name for name, _ in roles}
    assert agreements_of(ideafix, companies["ideafix"]) == {
        "asiakaspalvelin": [],
        "toimitukset": [],
        "laskutus": [],
        "luottotiedot": [],
        "maksut": [],
        "jakelu": [],
        "kirjanpito": [Stop(Reason.UNVERIFIED)],
        "paivitykset": [Stop(Reason.NO_TRANSFER_BASIS, "IN")],
        "kayttotuki": [Stop(Reason.SUB_PROCESSOR_OBJECTED, "mallitulkki")],
    }
    assert feeds_of(ideafix, companies["ideafix"]) == {
        "asiakkaat": ("in_force", set()),
        "avoimet-toimitukset": ("in_force", set()),
        "laskutettavat": ("in_force", set()),
        "luottokyselyt": ("in_force", set()),
        "maksutapahtumat": ("in_force", set()),
        "palvelun-asiakkaat": ("in_force", set()),
        "jakelukumppanin-yhteystiedot": ("in_force", set()),
        "myyntitapahtumat": ("draft", {"NotVerifiedNow"}),
        "paivitettavat": ("draft", {"TransferBasisMissing"}),
        "yhteydenottajat": ("draft", {"SubProcessorObjectedTo", "BalancingTestMissing"}),
    }
    for key, company_id in companies.items():
        with walled_session(system(ideafix, company_id=company_id, purpose=PurposeKind.STORAGE)) as session:
            kept = session.scalar(text("SELECT count(*) FROM records"))
            known = session.scalar(text("SELECT count(*) FROM persons"))
            shared = identifiers.find(session, IdentifierKind.EMAIL, people.SHARED)
            customer = identifiers.find(session, IdentifierKind.EMAIL, people.CUSTOMER)
        assert kept == sum(len(demo.rows[key, register]) for register in people.REGISTERS)
        assert known == len(demo.rows[key, "customers"])
        assert len(shared) == (3 if key == "ideafix" else 0)
        assert len(customer) == (0 if key == "ideafix-palvelut" else 1)


def feeds_of(group_id: UUID, company_id: UUID) -> dict[str, tuple[str, set[str]]]:
    """The state of each feed, and what is missing of a draft."""
    with walled_session(system(group_id, company_id=company_id)) as session:
        return {
            one.feed.key: (
                one.state.value,
                {type(each).__name__ for each in checking_feeds.missing(session, one.feed, one.newest)},
            )
            for one in feeds.listed(session)
        }


def agreements_of(group_id: UUID, company_id: UUID) -> dict[str, list[Stop]]:
    """What stops each of a company's agreements today."""
    with walled_session(system(group_id, company_id=company_id)) as session:
        known, today = standing.ground(session), agreed.today()
        found = agreed.listed(session)
        return {one.agreement.key: standing.stops(known, one, one.on(today), today) for one in found}
