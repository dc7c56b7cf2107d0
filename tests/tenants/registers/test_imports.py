import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from tenants.acting import Acting
from tenants.audit.model import AuditEntry
from tenants.base import new_id
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.errors import Invalid, TooLong
from tenants.jobs.model import QueuedJob
from tenants.registers import candidates, checking, identifiers, imports, records, staging, writing
from tenants.registers.imports import (
    BeingWritten,
    CheckImport,
    DropUpload,
    ForgetImport,
    HasBadRows,
    NoGoodRows,
    NotChecked,
    WriteImport,
)
from tenants.registers.model import Field, Identifier, Import, ImportState, Person, Record
from tenants.registers.shapes import NoSuchRegister
from tenants.registers.sources import NeedsSource
from tenants.vault import objects
from tenants.vault.digests import IdentifierKind
from tenants.vault.objects import ObjectMissing
from tests import make
from tests.make import MadeCompany, MadeRegister
from tests.tenants.registers.files import (
    SOURCE,
    approve,
    check,
    count,
    file,
    load,
    reasons,
    received,
    snapshot,
    state,
)

HEADER = "customer_number;name;email;segment;iban\n"
ADA = "K-1;Ada;ada@firma.example;A;FI2112345600000785\n"
BO = "K-2;Bo;bo@firma.example;B;\n"
CLEO = "K-3;Cleo;cleo@firma.example;;\n"


@pytest.fixture
def rows_in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks so small that a short file has several."""
    monkeypatch.setattr(candidates, "ROWS", 2)


def values(of: MadeRegister, field: str) -> list[object]:
    with walled_session(of.company.system()) as session:
        found = [row.data.get(str(of.fields[field])) for row in session.scalars(select(Record))]
    return sorted(found, key=str)


def persons_of(of: MadeCompany, value: str, kind: IdentifierKind = IdentifierKind.EMAIL) -> list[UUID]:
    with walled_session(of.system()) as session:
        return identifiers.find(session, kind, value)


# From the file to the rows


def test_a_file_becomes_persons_records_and_what_finds_them(customers: MadeRegister) -> None:
    done = load(customers, HEADER + ADA + BO)
    assert (done.state, done.rows_checked, done.rows_bad) == (ImportState.DONE, 2, 0)
    assert (done.rows_written, done.persons_new) == (2, 2)
    assert values(customers, "name") == ["Ada", "Bo"]
    assert len(persons_of(customers.company, "ada@firma.example")) == 1
    with walled_session(customers.company.system()) as session:
        provenance = session.scalars(select(Record.provenance)).first()
    assert provenance is not None
    assert (provenance.source, provenance.import_id) == (SOURCE, done.import_id)


def test_checking_writes_nothing(customers: MadeRegister) -> None:
    checked = check(customers, HEADER + ADA + BO)
    assert (checked.state, checked.rows_checked) == (ImportState.CHECKED, 2)
    assert snapshot(customers.company) == []


def test_sealed_values_are_ciphertext_at_rest(customers: MadeRegister) -> None:
    load(customers, HEADER + ADA)
    with walled_session(customers.company.system()) as session:
        raw = str(session.scalar(text("SELECT data::text FROM records")))
    assert "Ada" in raw
    assert "2112345600000785" not in raw


@pytest.mark.parametrize("value", ["=SUMMA(A1:A3)", "+358", "-1+1", "@cmd", "\tx", 'tab\tja "lainaus" \\N \\'])
def test_what_looks_like_a_formula_is_kept_as_it_is(customers: MadeRegister, value: str) -> None:
    quoted = value.replace('"', '""')
    load(customers, f'{HEADER}K-1;"{quoted}";;;\n')
    assert values(customers, "name") == [value.strip()]


@pytest.mark.parametrize(
    "content",
    [
        "customer_number;name;email\nK-1;Väinö;v@firma.example\n".encode(),
        "\ufeffcustomer_number,name,email\r\nK-1,Väinö,v@firma.example\r\n".encode(),
        "customer_number\tname\temail\nK-1\tVäinö\tv@firma.example".encode("cp1252"),
        'CUSTOMER_NUMBER ;"Name";email;\nK-1;"Väinö";v@firma.example;\n'.encode("latin-1"),
    ],
)
def test_spreadsheets_of_every_kind_are_understood(customers: MadeRegister, content: bytes) -> None:
    assert load(customers, content).state is ImportState.DONE
    assert values(customers, "name") == ["Väinö"]


def test_columns_are_known_by_their_labels_in_any_language(orders: MadeRegister) -> None:
    load(orders, "Tilausnumero;ASIAKASNUMERO;The  email;Summa\nT-1;K-1;ada@firma.example;12,50\n")
    assert len(persons_of(orders.company, "ada@firma.example")) == 1


# Bad rows

BAD_ROWS = [
    ("K-1;Ada;ada@firma;;", "email", "This is not an e-mail address."),
    (";Ada;ada@firma.example;;", "customer_number", "This field must have a value."),
    ("K-1;Ada;;;FI00", "iban", "This is not an IBAN."),
    ("K-1;Ada;;", None, "The row has fewer cells than the header."),
    ("K-1;Ada;;;;", None, "The row has more cells than the header."),
    ('K-1;"Ada"x;;;', None, "The quotation marks of this row are not in pairs, or a cell is far too long."),
    (f"K-1;{'a' * 10_001};;;", "name", "This is longer than any value of its kind."),
]


@pytest.mark.parametrize(("row", "field", "reason"), BAD_ROWS)
def test_a_bad_row_is_told_by_line_field_and_reason(
    customers: MadeRegister, row: str, field: str | None, reason: str
) -> None:
    checked = check(customers, f"{HEADER}{BO}{row}\n{CLEO}")
    assert (checked.state, checked.rows_checked, checked.rows_bad) == (ImportState.CHECKED, 3, 1)
    assert reasons(customers, checked.import_id) == [(3, field, reason)]


def test_every_bad_cell_of_a_row_is_told_and_the_row_counted_once(customers: MadeRegister) -> None:
    checked = check(customers, HEADER + ";Ada;x;;y\n")
    assert [field for _, field, _ in reasons(customers, checked.import_id)] == ["customer_number", "email", "iban"]
    assert checked.rows_bad == 1


def test_bad_values_are_never_kept_in_what_is_told(customers: MadeRegister) -> None:
    checked = check(customers, HEADER + "K-1;Ada;salainen@@firma;;\n")
    with walled_session(customers.company.system()) as session:
        told = str(session.execute(text("SELECT * FROM import_faults")).all())
    assert checked.rows_bad == 1
    assert "salainen" not in told


def test_good_rows_are_kept_without_the_bad_ones_only_if_somebody_says_so(customers: MadeRegister) -> None:
    content = HEADER + ADA + "K-2;Bo;bo@firma;;\n" + CLEO
    checked = check(customers, content)
    with pytest.raises(HasBadRows):
        approve(customers, checked.import_id)
    assert snapshot(customers.company) == []
    done = load(customers, content, keep_good=True)
    assert (done.rows_written, done.rows_bad, done.state) == (2, 1, ImportState.DONE)
    assert values(customers, "name") == ["Ada", "Cleo"]


def test_a_file_without_one_good_row_is_not_written(customers: MadeRegister) -> None:
    checked = check(customers, HEADER + "K-1;Ada;x;;\n")
    with pytest.raises(NoGoodRows):
        approve(customers, checked.import_id, keep_good=True)


def test_an_import_is_approved_once_and_after_its_check(customers: MadeRegister) -> None:
    waiting = received(customers)
    with pytest.raises(NotChecked):
        approve(customers, waiting)
    checked = check(customers, HEADER + ADA)
    approve(customers, checked.import_id)
    with pytest.raises(NotChecked):
        approve(customers, checked.import_id)


UNUSABLE = [
    ("", [(0, None, "The file is empty.")]),
    ("nimi\x00;\n", [(0, None, "The file is not text: save it as CSV in UTF-8.")]),
    (
        "customer_number;colour\nK-1;red\n",
        [(1, None, "This column is no field of the register: choose its field, or leave it out.")],
    ),
    (
        "customer_number;name;NAME\nK-1;Ada;Ada\n",
        [(1, "name", "Another column of the file is the same field.")],
    ),
    (
        "name;segment\nAda;A\n",
        [
            (1, None, "The file has no column by which a person could be recognised."),
            (1, "customer_number", "The file has no column for this field, which every row must have."),
        ],
    ),
]


@pytest.mark.parametrize(("content", "told"), UNUSABLE)
def test_a_file_that_is_unusable_as_a_whole_is_refused_with_the_reason(
    customers: MadeRegister, content: str, told: list[tuple[int, str | None, str]]
) -> None:
    refused = check(customers, content)
    assert refused.state is ImportState.REFUSED
    assert reasons(customers, refused.import_id) == told


def test_a_file_with_too_many_bad_rows_is_refused(customers: MadeRegister, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MOST_FAULTS", 3)
    refused = check(customers, HEADER + "".join(f"K-{n};x;x;;\n" for n in range(5)))
    assert refused.state is ImportState.REFUSED
    assert (0, None, checking.TooManyBadRows().sentence) in reasons(customers, refused.import_id)


# Whose row it is


def test_the_same_file_twice_changes_nothing(customers: MadeRegister, orders: MadeRegister) -> None:
    order_file = "order_number;customer_number;hetu;amount;paid;ordered_on\nT-1;K-1;131052-900W;1 234,50;ei;1.3.2026\n"
    for _ in range(2):
        load(customers, HEADER + ADA + BO)
        load(orders, order_file)
    before = snapshot(customers.company)
    again = [load(customers, HEADER + ADA + BO), load(orders, order_file)]
    assert snapshot(customers.company) == before
    assert [done.persons_new for done in again] == [0, 0]
    assert count(customers.company, "persons") == 2


def test_a_known_customer_number_brings_the_new_values_to_the_same_person(customers: MadeRegister) -> None:
    load(customers, HEADER + ADA)
    done = load(customers, HEADER + "k-1;Ada;ada@uusi.example;A;\n")
    assert (done.persons_new, count(customers.company, "persons"), count(customers.company, "records")) == (0, 1, 1)
    assert values(customers, "email") == ["ada@uusi.example"]
    assert values(customers, "iban") == [None]
    assert persons_of(customers.company, "ada@firma.example") == []
    assert len(persons_of(customers.company, "ada@uusi.example")) == 1


def test_columns_that_a_file_does_not_have_stay_as_they_are(customers: MadeRegister) -> None:
    load(customers, HEADER + ADA)
    load(customers, "customer_number;segment\nK-1;C\n")
    assert (values(customers, "name"), values(customers, "segment")) == (["Ada"], ["C"])


def test_only_values_that_changed_have_a_new_origin(customers: MadeRegister) -> None:
    load(customers, HEADER + ADA)
    changed = load(customers, HEADER + ADA.replace(";A;", ";B;"))
    with walled_session(customers.company.system()) as session:
        provenance = session.scalars(select(Record.provenance)).one()
    assert list(provenance.values) == [str(customers.fields["segment"])]
    assert provenance.values[str(customers.fields["segment"])].import_id == changed.import_id


def test_customers_who_share_an_address_are_two_persons(customers: MadeRegister) -> None:
    done = load(customers, HEADER + "K-1;Ada;info@firma.example;;\nK-2;Bo;info@firma.example;;\n")
    assert done.persons_new == 2
    assert len(persons_of(customers.company, "info@firma.example")) == 2


def test_a_row_that_several_persons_fit_is_refused(customers: MadeRegister, orders: MadeRegister) -> None:
    load(customers, HEADER + "K-1;Ada;info@firma.example;;\nK-2;Bo;info@firma.example;;\n")
    checked = check(orders, "order_number;email\nT-1;info@firma.example\nT-2;cleo@firma.example\n")
    reason = "Several persons of the company fit this row; nothing in it tells which of them is meant."
    assert reasons(orders, checked.import_id) == [(2, None, reason)]


@pytest.mark.usefixtures("rows_in_pairs")
def test_persons_whom_the_file_itself_brings_count_when_it_is_checked(orders: MadeRegister) -> None:
    content = (
        "order_number;customer_number;email\nT-1;K-1;info@firma.example\nT-2;K-2;info@firma.example\n"
        "T-3;;cleo@firma.example\nT-4;;info@firma.example\nT-5;;cleo@firma.example\n"
    )
    checked = check(orders, content)
    assert [line for line, _, _ in reasons(orders, checked.import_id)] == [5]
    done = load(orders, content, keep_good=True)
    assert (done.persons_new, done.rows_written, done.rows_bad) == (3, 4, 1)


def test_a_shared_telephone_does_not_make_two_addresses_one_person(orders: MadeRegister) -> None:
    load(orders, "order_number;email;phone\nT-1;ada@firma.example;020 754 5060\n")
    done = load(orders, "order_number;email;phone\nT-2;bo@firma.example;020 754 5060\n")
    assert done.persons_new == 1
    assert len(persons_of(orders.company, "020 754 5060", IdentifierKind.PHONE)) == 2


def test_an_address_alone_finds_the_customer(customers: MadeRegister, orders: MadeRegister) -> None:
    load(customers, HEADER + ADA)
    assert load(orders, "order_number;email\nT-1;Ada@firma.example\n").persons_new == 0
    assert count(customers.company, "persons") == 1


def test_somebody_known_by_address_becomes_the_customer_with_a_number(orders: MadeRegister) -> None:
    load(orders, "order_number;email\nT-1;ada@firma.example\n")
    done = load(orders, "order_number;email;customer_number\nT-2;ada@firma.example;K-1\n")
    assert done.persons_new == 0
    assert persons_of(orders.company, "K-1", IdentifierKind.CUSTOMER_NUMBER) == persons_of(
        orders.company, "ada@firma.example"
    )


def test_a_number_that_came_in_the_same_file_keeps_another_customer_apart(orders: MadeRegister) -> None:
    load(orders, "order_number;email\nT-1;info@firma.example\n")
    content = (
        "order_number;email;customer_number\nT-2;info@firma.example;K-1\nT-3;info@firma.example;K-2\n"
        "T-4;info@firma.example;K-1\n"
    )
    assert load(orders, content).persons_new == 1
    assert len(persons_of(orders.company, "info@firma.example")) == 2


def test_a_row_about_nobody_is_refused(orders: MadeRegister) -> None:
    checked = check(orders, "order_number;email\nT-1;\n")
    reason = "This row has nothing by which a person could be recognised."
    assert reasons(orders, checked.import_id) == [(2, None, reason)]


@pytest.mark.usefixtures("rows_in_pairs")
def test_two_rows_of_a_file_about_one_record_are_refused_wherever_they_stand(
    customers: MadeRegister, orders: MadeRegister
) -> None:
    reason = "An earlier row of the file is about the same record."
    one_each = check(customers, HEADER + ADA + BO + CLEO + ADA)
    assert reasons(customers, one_each.import_id) == [(5, None, reason)]
    keyed = check(orders, "order_number;customer_number\nT-1;K-1\nT-1;K-1\nT-2;K-1\n")
    assert reasons(orders, keyed.import_id) == [(3, None, reason)]


def test_a_record_of_somebody_else_is_not_taken_over(orders: MadeRegister) -> None:
    load(orders, "order_number;customer_number\nT-1;K-1\n")
    checked = check(orders, "order_number;customer_number\nT-1;K-2\n")
    assert reasons(orders, checked.import_id) == [(2, None, records.BelongsToAnother().sentence)]


def test_a_person_whose_processing_is_restricted_is_kept_as_is(customers: MadeRegister) -> None:
    load(customers, HEADER + ADA)
    with walled_session(customers.company.system()) as session:
        for table in (Person, Record, Identifier):
            session.execute(update(table).values(restricted=True))
    before = snapshot(customers.company)
    content = HEADER + ADA.replace(";A;", ";B;") + BO
    checked = check(customers, content)
    reason = "The processing of this person's data is restricted: it is kept as it is."
    assert reasons(customers, checked.import_id) == [(2, None, reason)]
    load(customers, content, keep_good=True)
    assert [row for row in before if row not in snapshot(customers.company)] == []


def test_the_same_customer_number_at_two_companies_is_two_persons(customers: MadeRegister) -> None:
    sister = make.register(make.company(customers.company.group, "beta"))
    assert load(customers, HEADER + ADA).persons_new == 1
    assert load(sister, HEADER + ADA).persons_new == 1
    assert count(customers.company, "persons") == count(sister.company, "persons") == 1


# Crashes, twins and changes in between


class Crash(Exception):
    pass


def breaking_off(content: str, *, after: int, reads: int) -> Callable[[], Iterator[bytes]]:
    """Breaks off after so many bytes when it is opened for the last of `reads` times."""
    whole = file(content)
    opened = 0

    def pieces() -> Iterator[bytes]:
        nonlocal opened
        opened += 1
        given = 0
        for piece in whole():
            given += len(piece)
            if opened == reads and given > after:
                raise Crash
            yield piece

    return pieces


LONG = HEADER + "".join(f"K-{n};Nimi {n};n{n}@firma.example;;\n" for n in range(9_000))


def test_whoever_continues_after_a_crash_begins_with_the_first_row_that_was_not_written(
    customers: MadeRegister,
) -> None:
    import_id = check(customers, LONG).import_id
    approve(customers, import_id)
    acting = customers.company.system()
    with pytest.raises(Crash):
        writing.write(acting, import_id, breaking_off(LONG, after=200_000, reads=1))
    broken = state(customers, import_id)
    assert broken.state is ImportState.WRITING
    assert 0 < broken.rows_written < 9_000
    assert count(customers.company, "records") == broken.rows_written
    before = snapshot(customers.company)
    writing.write(acting, import_id, file(LONG))
    done = state(customers, import_id)
    assert (done.state, done.rows_written, done.persons_new) == (ImportState.DONE, 9_000, 9_000)
    assert count(customers.company, "records") == 9_000
    assert set(before) <= set(snapshot(customers.company))


def test_a_check_that_broke_off_begins_again(customers: MadeRegister) -> None:
    content = HEADER + "K-x;x;x;;\n" + LONG.removeprefix(HEADER)
    import_id = received(customers)
    with pytest.raises(Crash):
        checking.check(customers.company.system(), import_id, breaking_off(content, after=200_000, reads=5))
    assert 0 < state(customers, import_id).rows_checked < 9_001
    checking.check(customers.company.system(), import_id, file(content))
    checked = state(customers, import_id)
    assert (checked.state, checked.rows_checked, checked.rows_bad) == (ImportState.CHECKED, 9_001, 1)


@pytest.mark.usefixtures("rows_in_pairs")
def test_writing_rests_when_its_time_is_over_and_goes_on(customers: MadeRegister) -> None:
    content = HEADER + ADA + BO + CLEO
    import_id = check(customers, content).import_id
    approve(customers, import_id)
    acting = customers.company.system()
    assert not writing.write(acting, import_id, file(content), rest_after=timedelta(0))
    assert count(customers.company, "records") == 2
    while not writing.write(acting, import_id, file(content), rest_after=timedelta(0)):
        assert state(customers, import_id).state is ImportState.WRITING
    assert count(customers.company, "records") == 3


def test_writing_twice_writes_once(customers: MadeRegister) -> None:
    done = load(customers, HEADER + ADA)
    before = snapshot(customers.company)
    assert writing.write(customers.company.system(), done.import_id, file(HEADER + BO))
    assert snapshot(customers.company) == before


def test_a_row_that_went_bad_after_the_check_is_left_out_and_told(
    customers: MadeRegister, orders: MadeRegister
) -> None:
    content = "order_number;email\nT-1;info@firma.example\nT-2;cleo@firma.example\n"
    import_id = check(orders, content).import_id
    approve(orders, import_id)
    load(customers, HEADER + "K-1;Ada;info@firma.example;;\nK-2;Bo;info@firma.example;;\n")
    writing.write(orders.company.system(), import_id, file(content))
    done = state(orders, import_id)
    assert (done.state, done.rows_written, done.rows_bad) == (ImportState.DONE, 1, 1)
    assert [line for line, _, _ in reasons(orders, import_id)] == [2]


def test_fields_that_changed_after_the_check_refuse_the_file(customers: MadeRegister) -> None:
    import_id = check(customers, HEADER + ADA).import_id
    approve(customers, import_id)
    with walled_session(customers.company.group.system()) as session:
        session.execute(update(Field).where(Field.key == "segment").values(retired_at=text("now()")))
    writing.write(customers.company.system(), import_id, file(HEADER + ADA))
    assert state(customers, import_id).state is ImportState.REFUSED
    assert snapshot(customers.company) == []


def test_a_discarded_import_writes_nothing_more(customers: MadeRegister) -> None:
    import_id = check(customers, HEADER + ADA).import_id
    with walled_session(customers.company.system()) as session:
        imports.discard(session, import_id)
    assert writing.write(customers.company.system(), import_id, file(HEADER + ADA))
    checking.check(customers.company.system(), import_id, file(HEADER + ADA))
    assert state(customers, import_id).state is ImportState.REFUSED
    assert snapshot(customers.company) == []


def test_an_import_that_is_being_written_is_not_left_halfway(customers: MadeRegister) -> None:
    import_id = check(customers, HEADER + ADA).import_id
    approve(customers, import_id)
    with pytest.raises(BeingWritten), walled_session(customers.company.system()) as session:
        imports.discard(session, import_id)
    assert state(customers, import_id).state is ImportState.WRITING


# The audit, permissions, and the staged file


def test_the_audit_names_the_persons_and_counts_the_rows(customers: MadeRegister) -> None:
    done = load(customers, HEADER + ADA + BO)
    with walled_session(customers.company.system()) as session:
        entries = {entry.action: entry for entry in session.scalars(select(AuditEntry))}
        persons = sorted(session.scalars(select(Person.person_id)))
    assert sorted(entries["records.imported"].about_ids) == persons
    assert entries["records.imported"].figures["records_new"] == 2
    assert {"import.received", "import.checked", "import.approved", "import.done"} <= set(entries)
    assert entries["import.done"].about_ids == [done.import_id]


def test_a_request_handler_may_not_import(customers: MadeRegister) -> None:
    handler = make.staff(customers.company.group, (Role.REQUEST_HANDLER, customers.company))
    owner = make.staff(customers.company.group, (Role.REGISTER_OWNER, customers.company))
    storage = customers.company.system().purpose
    with pytest.raises(NotPermitted), walled_session(handler.acting(customers.company)) as session:
        imports.receive(session, customers.register_id, source=SOURCE)
    with walled_session(owner.acting(customers.company, storage)) as session:
        assert imports.receive(session, customers.register_id, source=SOURCE).created_by == owner.member_id


def test_a_file_cannot_be_sent_into_a_sister_companys_register(customers: MadeRegister) -> None:
    sister = make.company(customers.company.group, "beta")
    with pytest.raises(NoSuchRegister), walled_session(sister.system()) as session:
        imports.receive(session, customers.register_id, source=SOURCE)


def jobs(of: MadeCompany) -> list[str]:
    with walled_session(of.system()) as session:
        return sorted(session.scalars(select(QueuedJob.name)))


def staged(of: MadeRegister, content: str) -> Import:
    with walled_session(of.company.system()) as session:
        import_id = imports.expect(session, of.register_id, source=SOURCE)
    kept = staging.stage(of.company.group.group_id, import_id, file(content)())
    with walled_session(of.company.system()) as session:
        return imports.receive(session, of.register_id, source=SOURCE, staged=kept)


def run(step: Callable[[Acting, UUID, Callable[[], Iterator[bytes]]], object], of: MadeRegister, one: UUID) -> None:
    step(of.company.system(), one, staging.source_of(of.company.system(), one))


@pytest.mark.usefixtures("storage")
def test_a_staged_file_is_sealed_checked_and_written_by_jobs_and_then_destroyed(customers: MadeRegister) -> None:
    waiting = staged(customers, HEADER + ADA)
    assert waiting.object_key is not None
    stored = b"".join(objects.get(waiting.object_key))
    assert b"Ada" not in stored
    assert jobs(customers.company) == [CheckImport.name, DropUpload.name, ForgetImport.name]
    run(checking.check, customers, waiting.import_id)
    approve(customers, waiting.import_id)
    assert WriteImport.name in jobs(customers.company)
    run(writing.write, customers, waiting.import_id)
    done = state(customers, waiting.import_id)
    assert (done.state, done.wrapped_key, done.object_key) == (ImportState.DONE, None, None)
    assert values(customers, "name") == ["Ada"]
    with pytest.raises(ObjectMissing):
        objects.get(waiting.object_key)


@pytest.mark.usefixtures("storage")
def test_a_file_that_nobody_decides_on_is_forgotten(customers: MadeRegister) -> None:
    waiting = staged(customers, HEADER + ADA)
    run(checking.check, customers, waiting.import_id)
    imports.forget(customers.company.system(), waiting.import_id)
    forgotten = state(customers, waiting.import_id)
    assert (forgotten.state, forgotten.wrapped_key, forgotten.object_key) == (ImportState.REFUSED, None, None)
    assert waiting.object_key is not None
    with pytest.raises(ObjectMissing):
        objects.get(waiting.object_key)


@pytest.mark.usefixtures("storage")
def test_a_discarded_file_opens_for_nobody_even_before_it_is_removed(customers: MadeRegister) -> None:
    waiting = staged(customers, HEADER + ADA)
    with walled_session(customers.company.system()) as session:
        imports.discard(session, waiting.import_id)
    with pytest.raises(staging.FileGone):
        staging.source_of(customers.company.system(), waiting.import_id)()


@pytest.mark.usefixtures("storage")
def test_a_file_that_is_too_large_leaves_nothing_behind(
    customers: MadeRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "LARGEST", 100_000)
    with pytest.raises(staging.FileTooLarge):
        staging.stage(customers.company.group.group_id, new_id(), iter([os.urandom(60_000)] * 2))


@pytest.mark.usefixtures("storage")
def test_an_upload_that_became_no_import_is_removed(customers: MadeRegister) -> None:
    with walled_session(customers.company.system()) as session:
        import_id = imports.expect(session, customers.register_id, source=SOURCE)
    key = staging.object_key(customers.company.group.group_id, import_id)
    staging.stage(customers.company.group.group_id, import_id, file(HEADER + ADA)())
    assert list(objects.get(key))
    imports.drop_upload(customers.company.system(), import_id)
    with pytest.raises(ObjectMissing):
        objects.get(key)
    imports.drop_upload(customers.company.system(), import_id)


@pytest.mark.parametrize(("source", "refusal"), [(" ", NeedsSource), ("x" * 201, TooLong)])
def test_where_data_comes_from_is_said_and_said_shortly(
    customers: MadeRegister, source: str, refusal: type[Invalid]
) -> None:
    for step in (imports.expect, imports.receive):
        with pytest.raises(refusal) as refused, walled_session(customers.company.system()) as session:
            step(session, customers.register_id, source=source)
        assert refused.value.field == "source"
