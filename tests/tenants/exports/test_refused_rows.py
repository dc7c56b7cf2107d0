"""Rows that an import refused, taken along by whoever brought them, mended and brought again."""

import csv
import io
import json
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.embedded.s3 import S3
from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.companies.permissions import NotActingHere
from tenants.database import walled_session
from tenants.exports import refused_rows
from tenants.exports.refused_rows import BroughtByAnother, NoRefusedRows
from tenants.languages.speaking import Language
from tenants.registers import checking, imports, staging
from tenants.registers.model import Import, ImportState
from tenants.registers.staging import FileGone
from tests import make
from tests.make import MadeMember, MadeRegister
from tests.tenants.registers.files import SOURCE, file
from tests.tenants.registers.workbooks import workbook

STORAGE = PurposeKind.STORAGE
FORMULA = "=1+1"
CONTENT = (
    f"customer_number;name;email\nK-1;Ada;ada@firma.example\nK-2;{FORMULA};ei mikään\n;Bo;bo@firma.example\nK-4;A;a;x\n"
)


class Counter:
    """Where files are brought to; `clerk` brings them."""

    def __init__(self) -> None:
        self.register: MadeRegister = make.register(make.company(make.group()))
        self.clerk = self.staff()

    def staff(self, role: Role = Role.REGISTER_OWNER) -> MadeMember:
        return make.staff(self.register.company.group, (role, self.register.company))

    def bring(self, content: str | bytes) -> UUID:
        acting = self.clerk.acting(self.register.company, STORAGE)
        with walled_session(acting) as session:
            import_id = imports.expect(session, self.register.register_id, source=SOURCE)
        staged = staging.stage(acting.group_id, import_id, file(content)())
        with walled_session(acting) as session:
            imports.receive(session, self.register.register_id, source=SOURCE, staged=staged)
        system = self.register.company.system(STORAGE)
        checking.check(system, import_id, staging.source_of(system, import_id))
        return import_id

    def state(self, import_id: UUID) -> Import:
        with walled_session(self.register.company.system(STORAGE)) as session:
            return imports.get(session, import_id)

    def refused(self, import_id: UUID, by: MadeMember | None = None, language: Language = Language.EN) -> bytes:
        acting = (by or self.clerk).acting(self.register.company, STORAGE)
        return b"".join(refused_rows.open_refused(acting, import_id, language).pieces)


@pytest.fixture
def counter(storage: S3, database: object) -> Counter:
    return Counter()


def read(content: bytes, delimiter: str = ";") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_the_bad_rows_come_back_in_their_columns_with_line_and_reason(counter: Counter) -> None:
    header, *rows = read(counter.refused(counter.bring(CONTENT)))
    assert header == ["_line", "_why", "customer_number", "name", "email"]
    assert [(row[0], row[2:]) for row in rows] == [
        ("3", ["K-2", f"'{FORMULA}", "ei mikään"]),
        ("4", ["", "Bo", "bo@firma.example"]),
        ("5", ["K-4", "A", "a", "x"]),
    ]
    assert [row[1].split(":")[0] for row in rows] == [
        "email (email)",
        "customer_number (customer_number)",
        "The row has more cells than the header.",
    ]


def test_the_reasons_are_in_the_words_of_the_reader(counter: Counter) -> None:
    _, *rows = read(counter.refused(counter.bring(CONTENT), language=Language.FI))
    assert "otsikkoriv" in rows[2][1]


def test_mended_they_are_brought_again_as_they_are(counter: Counter) -> None:
    header, *rows = read(counter.refused(counter.bring(CONTENT)))
    mended = [[*rows[0][:4], "kelpaa@firma.example"], [*rows[1][:2], "K-3", *rows[1][3:]]]
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([header, *mended])
    again = counter.state(counter.bring(text.getvalue()))
    assert (again.state, again.rows_checked, again.rows_bad) == (ImportState.CHECKED, 2, 0)
    assert again.columns == ["", "", "customer_number", "name", "email"]


def test_of_a_spreadsheet_they_come_as_csv_and_of_json_as_json(counter: Counter) -> None:
    book = workbook([("customer_number", "name", "email"), (1, "Ada", "ei mikään"), (2, "Bo", "bo@firma.example")])
    header, row = read(counter.refused(counter.bring(book)))
    assert (header[2:], row[2:]) == (["customer_number", "name", "email"], ["1", "Ada", "ei mikään"])
    lines = '{"customer_number": 1, "email": 7}\n["x"]\n{"customer_number": 3, "name": null}\n'
    told = [json.loads(line) for line in counter.refused(counter.bring(lines)).decode().splitlines()]
    assert [set(one) for one in told] == [{"_line", "_why", "customer_number", "email"}, {"_line", "_why"}]
    assert (told[0]["customer_number"], told[0]["email"], told[1]["_line"]) == (1, 7, 2)


def test_nobody_else_gets_them(counter: Counter) -> None:
    import_id = counter.bring(CONTENT)
    with pytest.raises(BroughtByAnother):
        counter.refused(import_id, counter.staff())
    with pytest.raises(NotActingHere):
        counter.refused(import_id, counter.staff(Role.REQUEST_HANDLER))


def test_they_are_there_no_longer_than_the_upload(counter: Counter) -> None:
    import_id = counter.bring(CONTENT)
    with walled_session(counter.clerk.acting(counter.register.company, STORAGE)) as session:
        imports.discard(session, import_id)
    with pytest.raises(FileGone):
        counter.refused(import_id)


def test_a_file_of_good_rows_has_none(counter: Counter) -> None:
    with pytest.raises(NoRefusedRows):
        counter.refused(counter.bring("customer_number;name\nK-1;Ada\n"))


def test_taking_them_along_is_an_entry_of_the_audit(counter: Counter) -> None:
    import_id = counter.bring(CONTENT)
    counter.refused(import_id)
    with walled_session(counter.register.company.system(STORAGE)) as session:
        taken = select(AuditEntry).where(AuditEntry.action == "import.refused_rows_taken")
        entry = session.scalars(taken).one()
    assert (entry.about_ids, entry.actor_id, entry.figures["bad"]) == ([import_id], counter.clerk.member_id, 3)
