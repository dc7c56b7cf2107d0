"""A personal identity code is taken in beside its contract only, and shown nowhere but to whoever opens it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct
from sqlalchemy import cast, select
from sqlalchemy.dialects.postgresql import TEXT

from infra.embedded.s3 import S3
from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies import api_tokens
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.registers import persons, records
from tenants.registers.model import Cardinality, FieldRule, Import, Record
from tenants.vault.digests import IdentifierKind
from tests import make
from tests.make import MadeCompany, MadeMember, MadeRegister
from tests.services.browsing import Browser, Page
from tests.tenants.registers.files import Column, check, register

CODE = "131052-952K"
RIGHTS, CARE, STORAGE = PurposeKind.RIGHTS_REQUEST, PurposeKind.CUSTOMER_CARE, PurposeKind.STORAGE
COLUMNS = (
    Column("order", identifier=IdentifierKind.CUSTOMER_NUMBER, required=True, record_key=True),
    Column("contract"),
    Column("amount", type="number"),
    Column(
        "hetu",
        type="hetu",
        identifier=IdentifierKind.HETU,
        sealed=True,
        rule=FieldRule((PurposeKind.CREDIT_SALE,), beside="contract"),
    ),
)
CURE = "This is kept only together with The contract, which is empty here: give both or neither."


class Shop(Struct, frozen=True):
    """A company that sells on credit, and Aino, whose code it holds."""

    company: MadeCompany
    register: MadeRegister
    person_id: UUID
    record_id: UUID
    handler: MadeMember
    clerk: MadeMember
    admin: MadeMember

    @property
    def aino(self) -> str:
        return f"/persons/{self.person_id}"

    @property
    def corrections(self) -> str:
        return f"{self.aino}/records/{self.record_id}/corrections"

    def kept(self) -> tuple[int, dict[str, object]]:
        """How many records there are, and what is kept of Aino's."""
        with walled_session(self.company.system()) as session:
            found = {one.record_id: one.data for one in session.scalars(select(Record))}
        return len(found), found[self.record_id]


class Program:
    def __init__(self, client: TestClient[Litestar], shop: Shop, member: MadeMember, purpose: PurposeKind) -> None:
        with walled_session(member.acting(shop.company, purpose)) as session:
            company_id = shop.company.company_id
            token = api_tokens.issue(session, label="koe", days=1, company_id=company_id, purpose=purpose).token
        self.client, self.headers = client, {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def refused(self, path: str, body: object) -> list[dict[str, str]]:
        answer = self.client.post(f"/api/v1{path}", headers=self.headers, json=body)
        assert answer.status_code == 422, answer.text
        assert CODE not in answer.text
        problems: list[dict[str, str]] = answer.json()["errors"]
        return problems

    def text(self, path: str) -> str:
        answer = self.client.get(f"/api/v1{path}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture(scope="module")
def shop(app: Litestar, storage: S3) -> Shop:
    company = make.company(make.group())
    made = register(company, "credit", Cardinality.ONE, *COLUMNS, purposes=(PurposeKind.CREDIT_SALE,))
    with walled_session(company.system()) as session:
        person_id = persons.create(session)
        given = {"order": "T-1", "contract": "S-9", "hetu": CODE}
        at = datetime.now(UTC)
        record_id = records.write(session, made.register_id, person_id, given, source="kassa", at=at)
    staff = [
        make.staff(company.group, (role, company))
        for role in (Role.REQUEST_HANDLER, Role.CUSTOMER_CARE, Role.COMPANY_ADMIN)
    ]
    return Shop(company, made, person_id, record_id, *staff)


@pytest.fixture
def sit(open_browser: Callable[[], Browser], shop: Shop) -> Callable[[MadeMember, PurposeKind], Browser]:
    def down(member: MadeMember, purpose: PurposeKind) -> Browser:
        browser = open_browser()
        browser.sit_down(member, shop.company, purpose)
        browser.get("/office?language=en")
        return browser

    return down


Sit = Callable[[MadeMember, PurposeKind], Browser]


def test_in_the_office_a_contract_is_not_taken_from_beside_a_code(shop: Shop, sit: Sit) -> None:
    handler, before = sit(shop.handler, RIGHTS), shop.kept()
    form = {"value-order": "T-1", "value-contract": "", "value-hetu": "", "source": "kirje", "reason": "Pyyntö"}
    answer = handler.post(f"/office{shop.corrections}", form)
    assert answer.status_code == 422
    page = Page(answer)
    assert CURE in page.words
    assert "#value-hetu" in page.links
    assert CODE not in answer.text
    assert shop.kept() == before


def test_a_program_corrects_no_contract_away_from_beside_a_code(shop: Shop, client: TestClient[Litestar]) -> None:
    program, before = Program(client, shop, shop.handler, RIGHTS), shop.kept()
    body = {"values": {"contract": ""}, "source": "kirje", "reason": "Pyyntö"}
    assert program.refused(shop.corrections, body) == [{"field": "hetu", "detail": CURE}]
    assert shop.kept() == before


@pytest.mark.parametrize(
    ("row", "field", "cure"),
    [
        ({"hetu": CODE}, "hetu", CURE),
        ({"contract": "S-1", "hetu": "131052-952L"}, "hetu", "This is not a Finnish personal identity code."),
        ({"amount": "kymmenen"}, "amount", "This is not a number."),
        ({"shoe_size": "43"}, "shoe_size", "The register has no such field: leave it out, or declare it first."),
    ],
)
def test_of_a_batch_with_one_bad_row_nothing_is_written(
    shop: Shop, client: TestClient[Litestar], row: dict[str, str], field: str, cure: str
) -> None:
    program, before = Program(client, shop, shop.admin, STORAGE), shop.kept()
    path = f"/registers/{shop.register.register_id}/records:batch?source=kassa"
    rows = [{"order": "T-2", "contract": "S-2"}, {"order": "T-3", **row}]
    assert program.refused(path, rows) == [{"field": f"2.{field}", "detail": cure}]
    assert shop.kept() == before


def test_an_import_tells_the_line_the_field_and_the_cure_and_not_the_code(shop: Shop, sit: Sit) -> None:
    checked = check(shop.register, f"order;contract;hetu\nT-4;;{CODE}\n")
    answer = sit(shop.admin, STORAGE).get(f"/office/imports/{checked.import_id}")
    assert CURE in Page(answer).words
    assert CODE not in answer.text


def test_the_code_is_in_no_page_answer_or_file(shop: Shop, sit: Sit, client: TestClient[Litestar]) -> None:
    files = f"/registers/{shop.register.register_id}/records"
    answers = [sit(member, purpose).get(f"/office{shop.aino}") for member, purpose in seats(shop)]
    answers.append(sit(shop.handler, RIGHTS).get(f"/office{shop.corrections}"))
    assert {answer.status_code for answer in answers} == {200}
    told = [answer.text for answer in answers]
    told += [Program(client, shop, member, purpose).text(shop.aino) for member, purpose in seats(shop)]
    told.append(Program(client, shop, shop.admin, STORAGE).text(f"{files}.csv"))
    assert any("S-9" in text for text in told)
    assert not any(CODE in text or CODE[7:] in text for text in told)


def seats(shop: Shop) -> list[tuple[MadeMember, PurposeKind]]:
    return [(shop.handler, RIGHTS), (shop.clerk, CARE), (shop.admin, STORAGE)]


def test_the_code_is_in_no_log_address_job_or_file_name(
    shop: Shop, sit: Sit, client: TestClient[Litestar], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    sit(shop.admin, STORAGE).post("/office/persons/searches", {"wanted": CODE, "kind": ""})
    answer = sit(shop.handler, RIGHTS).post("/office/persons/searches", {"wanted": CODE, "kind": ""})
    assert answer.headers["location"] == f"/office{shop.aino}"
    assert CODE not in str(answer.headers)
    program = Program(client, shop, shop.handler, RIGHTS)
    program.refused(shop.corrections, {"values": {"contract": "", "hetu": CODE}, "source": "k", "reason": "p"})
    check(shop.register, f"order;contract;hetu\nT-5;;{CODE}\n")
    with walled_session(shop.company.system()) as session:
        kept = [json.dumps(one) for one in session.scalars(select(QueuedJob.arguments))]
        kept += [str(one) for one in session.scalars(select(cast(AuditEntry.figures, TEXT)))]
        kept += [str(one) for one in session.scalars(select(Import.object_key))]
    assert kept
    assert not any(CODE in one for one in [*kept, caplog.text])
