"""A register taken along: ordered, built as whoever ordered it, downloaded by them alone, destroyed after a day."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from infra.embedded.s3 import S3
from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies import departments
from tenants.companies.model import Assignment, Role
from tenants.companies.permissions import NotActingHere
from tenants.database import walled_session
from tenants.exports import extracting, extracts, register_file
from tenants.exports.extracts import ExtractEnded, NoPurposeOfRegister, NoSuchExtract, NothingChosen, OnlyMembersExtract
from tenants.exports.model import Extract, ExtractState
from tenants.exports.register_file import StaysSealed, TooManyForSpreadsheet
from tenants.languages.speaking import Text
from tenants.registers import binding, persons, records, restricting
from tenants.registers.model import FileKind, Purpose, RestrictionGround
from tenants.registers.shapes import UnknownField
from tenants.vault import objects
from tenants.vault.objects import ObjectMissing
from tests import make
from tests.make import MadeMember, MadeRegister
from tests.queue import bring_due, run_jobs

STORAGE = PurposeKind.STORAGE
FORMULA = "=1+1"


class Registry:
    """Alfa's register with three customers, one of whom is called like a formula; `owner` keeps it."""

    def __init__(self) -> None:
        self.register: MadeRegister = make.register(make.company(make.group()))
        self.owner = self.staff()
        self.persons = [self.customer(str(number), name) for number, name in enumerate(("Ada", FORMULA, "Åsa"))]

    def staff(self, role: Role = Role.REGISTER_OWNER) -> MadeMember:
        return make.staff(self.register.company.group, (role, self.register.company))

    def customer(self, number: str, name: str) -> UUID:
        with walled_session(self.register.company.system()) as session:
            person_id = persons.create(session)
            values = {"customer_number": number, "name": name}
            at = datetime.now(UTC)
            records.write(session, self.register.register_id, person_id, values, source="kassa", at=at)
        return person_id

    def order(
        self, *keys: str, kind: FileKind = FileKind.CSV, by: MadeMember | None = None, purpose: UUID | None = None
    ) -> UUID:
        fields = [self.register.fields[key] for key in keys or ("customer_number", "name")]
        with walled_session((by or self.owner).acting(self.register.company, STORAGE)) as session:
            wanted = select(Purpose.purpose_id).where(Purpose.register_id == self.register.register_id)
            purpose_id = purpose or session.scalars(wanted).one()
            ordered = extracts.order(
                session, self.register.register_id, fields=fields, kind=kind, purpose_id=purpose_id
            )
        return ordered.extract_id

    def build(self) -> None:
        run_jobs(self.register.company.group, only="exports.")

    def state(self, extract_id: UUID) -> Extract:
        with walled_session(self.register.company.system(STORAGE)) as session:
            return session.scalars(select(Extract).where(Extract.extract_id == extract_id)).one()

    def file(self, extract_id: UUID, by: MadeMember | None = None) -> bytes:
        acting = (by or self.owner).acting(self.register.company, STORAGE)
        return b"".join(extracting.open_file(acting, extract_id).pieces)


@pytest.fixture
def registry(storage: S3, database: object) -> Registry:
    return Registry()


def of_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def of_xlsx(content: bytes) -> list[list[str]]:
    return [[str(cell.value) for cell in row] for row in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows()]


def of_ndjson(content: bytes) -> list[list[str]]:
    rows = [json.loads(line) for line in content.decode().splitlines()]
    return [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]


@pytest.mark.parametrize(
    ("kind", "read", "formula"),
    [(FileKind.CSV, of_csv, f"'{FORMULA}"), (FileKind.XLSX, of_xlsx, FORMULA), (FileKind.NDJSON, of_ndjson, FORMULA)],
)
def test_the_chosen_columns_leave_in_the_order_of_the_register(
    registry: Registry, kind: FileKind, read: Callable[[bytes], list[list[str]]], formula: str
) -> None:
    extract_id = registry.order("name", "customer_number", kind=kind)
    registry.build()
    header, *rows = read(registry.file(extract_id))
    assert header == ["_person_id", "customer_number", "name"]
    names = ("Ada", formula, "Åsa")
    assert sorted(rows) == sorted(
        [str(one), str(number), name] for number, (one, name) in enumerate(zip(registry.persons, names, strict=True))
    )
    done = registry.state(extract_id)
    assert (done.state, done.records, done.records_done, done.downloads) == (ExtractState.READY, 3, 3, 1)


def test_the_file_is_sealed_where_it_lies_and_named_after_nobody(registry: Registry) -> None:
    extract_id = registry.order()
    registry.build()
    kept = registry.state(extract_id)
    key = kept.object_key or ""
    assert key.startswith(f"{registry.register.company.group.group_id}/extracts/{extract_id}/")
    assert b"Ada" not in b"".join(objects.get(key))
    acting = registry.owner.acting(registry.register.company, STORAGE)
    opened = extracting.open_file(acting, extract_id)
    opened.pieces.close()
    assert opened.file_name == "customers.csv"


def test_who_ordered_what_for_what_is_in_the_audit_and_so_is_everybody_in_it(registry: Registry) -> None:
    extract_id = registry.order()
    registry.build()
    registry.file(extract_id)
    with walled_session(registry.register.company.system()) as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.at)).all()
        purpose = session.scalars(select(Purpose.purpose_id)).one()
    steps = [entry for entry in entries if entry.about == "extract"]
    assert [(one.action, one.about_ids) for one in steps] == [
        (f"extract.{step}", [extract_id]) for step in ("ordered", "ready", "downloaded")
    ]
    assert {one.figures["purpose_id"] for one in steps} == {str(purpose)}
    [read] = [entry for entry in entries if entry.action == "records.exported"]
    assert (read.actor_id, set(read.about_ids)) == (registry.owner.member_id, set(registry.persons))


def test_nobody_else_downloads_it(registry: Registry) -> None:
    extract_id = registry.order()
    with pytest.raises(NoSuchExtract):
        registry.file(extract_id)
    registry.build()
    with pytest.raises(NoSuchExtract):
        registry.file(extract_id, registry.staff())
    with pytest.raises(NotActingHere):
        registry.file(extract_id, registry.staff(Role.REQUEST_HANDLER))


def test_a_day_later_it_is_gone(registry: Registry) -> None:
    extract_id = registry.order()
    registry.build()
    key = registry.state(extract_id).object_key or ""
    bring_due(registry.register.company.group, extracts.ExpireExtract.name)
    registry.build()
    gone = registry.state(extract_id)
    assert (gone.state, gone.wrapped_key, gone.object_key) == (ExtractState.EXPIRED, None, None)
    with pytest.raises(ExtractEnded):
        registry.file(extract_id)
    with pytest.raises(ObjectMissing):
        objects.get(key)


def test_the_hour_counts_and_not_the_job(registry: Registry) -> None:
    extract_id = registry.order()
    registry.build()
    with walled_session(registry.register.company.system(STORAGE)) as session:
        session.execute(update(Extract).values(expires_at=datetime.now(UTC)))
    with pytest.raises(ExtractEnded):
        registry.file(extract_id)


def test_what_is_discarded_while_it_is_built_is_not_kept(registry: Registry) -> None:
    extract_id = registry.order()
    with walled_session(registry.register.company.system(STORAGE)) as session:
        begun = extracting.begin(session, extract_id)
    assert begun is not None
    built = extracting.store(begun)
    with walled_session(registry.owner.acting(registry.register.company, STORAGE)) as session:
        extracts.discard(session, extract_id)
    with walled_session(registry.register.company.system(STORAGE)) as session:
        extracting.keep(session, built)
    registry.build()
    assert registry.state(extract_id).state is ExtractState.CANCELLED
    with pytest.raises(ObjectMissing):
        objects.get(built.object_key)


def test_an_attempt_that_was_broken_off_begins_again(registry: Registry) -> None:
    extract_id = registry.order()
    with walled_session(registry.register.company.system(STORAGE)) as session:
        begun = extracting.begin(session, extract_id)
    assert begun is not None
    extracting.store(begun)
    registry.build()
    done = registry.state(extract_id)
    assert (done.state, done.records_done) == (ExtractState.READY, 3)


def test_whoever_lost_the_right_meanwhile_gets_no_file(registry: Registry) -> None:
    extract_id = registry.order()
    with walled_session(registry.register.company.group.system()) as session:
        session.execute(
            update(Assignment).where(Assignment.member_id == registry.owner.member_id).values(role=Role.REQUEST_HANDLER)
        )
    registry.build()
    failed = registry.state(extract_id)
    assert (failed.state, failed.wrapped_key, failed.records_done) == (ExtractState.FAILED, None, 0)
    assert failed.failure


def test_a_register_of_another_department_is_in_no_file(registry: Registry) -> None:
    extract_id = registry.order()
    of, admin = registry.register, registry.staff(Role.COMPANY_ADMIN)
    with walled_session(admin.acting(of.company, PurposeKind.RIGHTS_REQUEST)) as session:
        department_id = departments.add(session, Text(fi="Palkanlaskenta"))
    with walled_session(admin.acting(of.company, PurposeKind.RIGHTS_REQUEST)) as session:
        binding.bind(session, of.register_id, department_id)
    registry.build()
    with walled_session(registry.owner.acting(of.company, STORAGE)) as session:
        assert extracts.recent(session) == []
    assert registry.state(extract_id).records_done == 0


def test_what_is_sealed_is_in_no_file(registry: Registry) -> None:
    with pytest.raises(StaysSealed):
        registry.order("name", "iban")


def test_what_is_ordered_is_looked_at(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    of = registry.register
    with walled_session(registry.owner.acting(of.company, STORAGE)) as session:
        [purpose] = extracts.purposes(session, of.register_id)
        for fields, purpose_id, refusal in (
            ([], purpose.purpose_id, NothingChosen),
            ([of.register_id], purpose.purpose_id, UnknownField),
            ([of.fields["name"]], None, NoPurposeOfRegister),
            ([of.fields["name"]], of.register_id, NoPurposeOfRegister),
        ):
            with pytest.raises(refusal):
                extracts.order(session, of.register_id, fields=fields, kind=FileKind.CSV, purpose_id=purpose_id)
    with walled_session(of.company.system(STORAGE)) as session, pytest.raises(OnlyMembersExtract):
        extracts.order(session, of.register_id, fields=[], kind=FileKind.CSV, purpose_id=None)
    monkeypatch.setattr(register_file, "MOST_IN_SPREADSHEET", 2)
    with pytest.raises(TooManyForSpreadsheet):
        registry.order(kind=FileKind.XLSX)


def test_whoever_was_restricted_meanwhile_leaves_in_no_file_that_was_built_before(registry: Registry) -> None:
    extract_id = registry.order()
    registry.build()
    handler = registry.staff(Role.REQUEST_HANDLER)
    with walled_session(handler.acting(registry.register.company, PurposeKind.RIGHTS_REQUEST)) as session:
        ground, review_on = RestrictionGround.UNLAWFUL, date(2090, 1, 31)
        restricting.place(session, registry.persons[0], ground=ground, reason="Syy", review_on=review_on)
    with pytest.raises(ExtractEnded):
        registry.file(extract_id)
    anew = registry.order()
    registry.build()
    assert [row[1] for row in of_csv(registry.file(anew))] == ["customer_number", "1", "2"]
