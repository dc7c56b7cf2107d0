"""XLSX, NDJSON and CSV of every form on their way into a register, and what is wrong with them."""

import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.registers import checking, headers, imports, mapping, previewing, staging, text_lines, writing, xlsx_rows
from tenants.registers.csv_rows import NoSeparator
from tenants.registers.headers import (
    ColumnTwice,
    NotARegisterFile,
    OldSpreadsheet,
    RequiredColumnMissing,
    UnknownColumn,
)
from tenants.registers.imports import NotBeingWritten, NotPaused, RunsElsewhere
from tenants.registers.mapping import NotAnIdentifier, NotMappable
from tenants.registers.model import Choice, FileForm, FileKind, Import, ImportState, Record
from tenants.registers.previewing import Example
from tenants.registers.staging import FileTooLarge
from tenants.registers.table_rows import EmptyFile, Source, TooManyColumns
from tenants.registers.values import NotANumber
from tenants.registers.xlsx_rows import InflatesTooFar, NotASpreadsheet
from tenants.vault.digests import IdentifierKind
from tests.make import MadeRegister
from tests.tenants.registers import workbooks
from tests.tenants.registers.files import SOURCE, approve, check, file, load, reasons, state
from tests.tenants.registers.workbooks import SHEET, sheet, with_part, workbook

HEADER = ("customer_number", "name", "email")


def names(of: MadeRegister) -> list[object]:
    with walled_session(of.company.system()) as session:
        return sorted((row.data.get(str(of.fields["name"])) for row in session.scalars(select(Record))), key=str)


def staged(of: MadeRegister, content: str | bytes, *, named: FileKind | None = None) -> UUID:
    acting = of.company.system()
    with walled_session(acting) as session:
        import_id = imports.expect(session, of.register_id, source=SOURCE)
    kept = staging.stage(of.company.group.group_id, import_id, file(content)())
    with walled_session(acting) as session:
        imports.receive(session, of.register_id, source=SOURCE, staged=kept, named=named)
    return check_staged(of, import_id)


def check_staged(of: MadeRegister, import_id: UUID) -> UUID:
    acting = of.company.system()
    checking.check(acting, import_id, staging.source_of(acting, import_id))
    return import_id


def choose(of: MadeRegister, import_id: UUID, choice: Choice, *matched_by: IdentifierKind) -> Import:
    with walled_session(of.company.system()) as session:
        mapping.choose(session, import_id, choice, matched_by=matched_by)
    check_staged(of, import_id)
    return state(of, import_id)


# XLSX


def test_a_spreadsheet_becomes_records(customers: MadeRegister) -> None:
    done = load(customers, workbook([HEADER, (1042, "Äiti", "aiti@firma.example"), (None, None, None), ("K-2", "Bo")]))
    assert (done.state, done.rows_written, done.form) == (ImportState.DONE, 2, FileForm(FileKind.XLSX))
    assert names(customers) == ["Bo", "Äiti"]


@pytest.mark.parametrize(
    ("value", "shown", "read"),
    [
        (1042, "General", "1042"),
        (19.99, "General", "19.99"),
        (0.1 + 0.2, "General", "0.3"),
        (1e21, "General", "1000000000000000000000"),
        (-3, "General", "-3"),
        (100, "00000", "00100"),
        (True, "General", "true"),
        (datetime(2026, 3, 31), "dd.mm.yyyy", "2026-03-31"),
        (datetime(2026, 3, 31, 12, 30), "dd.mm.yyyy hh:mm", "2026-03-31 12:30:00"),
        ("=1+1", "General", None),
        ("", "General", ""),
    ],
)
def test_what_a_cell_shows_is_what_is_read(value: workbooks.Cell, shown: str, read: str | None) -> None:
    book = workbook([("a", "b"), (value, "x")], formats={"A2": shown})
    (row,) = xlsx_rows.rows(file(book))
    assert row.cells is not None
    if read is None:
        assert [type(one.refusal).__name__ for one in row.faults] == ["NotComputed"]
    else:
        assert (row.line, row.cells[0]) == (2, read)


def test_a_formula_is_what_it_was_computed_to(customers: MadeRegister) -> None:
    cells = (
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>customer_number</t></is></c></row>'
        b'<row r="2"><c r="A2"><f>1+1</f><v>2</v></c></row><row r="3"><c r="A3"><f>1+2</f></c></row>'
        b'<row r="4"><c r="A4" t="e"><v>#DIV/0!</v></c></row>'
    )
    checked = check(customers, with_part(workbook([["x"]]), SHEET, sheet(cells)))
    assert (checked.rows_checked, checked.rows_bad) == (3, 2)
    assert [reason[:2] for reason in reasons(customers, checked.import_id)] == [
        (3, "customer_number"),
        (4, "customer_number"),
    ]


def test_a_sheet_is_read_as_libreoffice_writes_it() -> None:
    """Shared texts, one of them in runs, days as numbers, whole numbers as fractions, text within the cell, and cells
    and rows that are only formatted, far beyond the last one."""
    book = workbook(
        [["postal_code", "ordered_on", "paid"], ["Matti Malli", 100, datetime(2026, 3, 31)]],
        formats={"B2": "00000", "C2": "yyyy-mm-dd"},
    )
    texts = (
        b"<si><t>name</t></si><si><t>postal_code</t></si><si><t>ordered_on</t></si>"
        b'<si><r><rPr><b val="true"/></rPr><t xml:space="preserve">Matti </t></r><r><t>Malli</t></r></si>'
    )
    rows = (
        b'<row r="1"><c r="A1" s="0" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c>'
        b'<c r="D1" t="inlineStr"><is><t>paid</t></is></c><c r="AMJ1" s="1"/></row>'
        b'<row r="2"><c r="A2" t="s"><v>3</v></c><c r="B2" s="1" t="n"><v>100.0</v></c>'
        b'<c r="C2" s="2" t="n"><v>46112</v></c><c r="D2" t="b"><v>1</v></c><c r="AMJ2" s="1"/></row>'
        b'<row r="3" spans="1:1024"><c r="A3" s="1"/><c r="AMJ3" s="1"/></row>'
        b'<row r="4"><c r="A4" t="str"><f>"Bo"</f><v>Bo</v></c><c r="B4" t="n"><v>40100.0</v></c></row>'
        b'<row r="1048576"><c r="A1048576" s="1"/></row>'
    )
    package = workbooks.with_shared_texts(with_part(book, SHEET, sheet(rows)), texts)
    assert xlsx_rows.head_of(file(package)).header == ["name", "postal_code", "ordered_on", "paid"]
    assert [(row.line, row.cells) for row in xlsx_rows.rows(file(package))] == [
        (2, ["Matti Malli", "00100", "2026-03-31", "true"]),
        (4, ["Bo", "40100", "", ""]),
    ]


def test_of_several_sheets_only_the_first_visible_one_counts() -> None:
    rows: dict[str, list[tuple[workbooks.Cell, ...]]] = {
        "piilossa": [("a", "b"), (0, 0)],
        "asiakkaat": [("a", "b"), (1, 2)],
        "muut": [("a", "b"), (3, 4)],
    }
    book = workbooks.of_sheets(rows, hidden="piilossa")
    assert xlsx_rows.head_of(file(book)).samples == [["1", "2"]]
    assert [row.cells for row in xlsx_rows.rows(file(book))] == [["1", "2"]]


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04 and nothing more", workbook([HEADER])[:-200], with_part(workbook([HEADER]), SHEET, b"<worksheet")],
)
def test_a_broken_spreadsheet_is_refused_with_a_cure(customers: MadeRegister, content: bytes) -> None:
    checked = check(customers, content)
    assert checked.state is ImportState.REFUSED
    assert reasons(customers, checked.import_id) == [(0, None, NotASpreadsheet().sentence)]


def with_flag(package: bytes, flag: int) -> bytes:
    """Every entry says in its head that it is packed so (APPNOTE 4.4.4)."""
    parts = bytearray(package)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := parts.find(mark, start + 1)) >= 0:
            parts[start + at] |= flag
    return bytes(parts)


@pytest.mark.parametrize(
    "package",
    [
        pytest.param(with_flag(workbook([HEADER]), 0x01), id="with a password"),
        pytest.param(with_flag(workbook([HEADER]), 0x20), id="patched"),
        pytest.param(
            with_part(workbook([HEADER]), SHEET, sheet(b"<row/>").replace(b"sheetData", b"sheetDate")),
            id="a row outside the data",
        ),
    ],
)
def test_a_package_that_no_library_opens_is_refused(package: bytes) -> None:
    with pytest.raises(NotASpreadsheet):
        list(xlsx_rows.rows(file(package)))


def test_a_spreadsheet_with_entities_is_refused() -> None:
    entities = b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet>&a;</worksheet>'
    with pytest.raises(NotASpreadsheet):
        list(xlsx_rows.rows(file(with_part(workbook([HEADER]), SHEET, entities))))


def test_a_bomb_is_refused_by_what_it_claims(customers: MadeRegister, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_rows, "MOST_INFLATED", 10_000_000)
    package = workbooks.bomb(11_000_000)
    assert len(package) < 30_000
    checked = check(customers, package)
    assert reasons(customers, checked.import_id) == [(0, None, InflatesTooFar().sentence)]


def test_a_bomb_is_refused_by_what_it_is_without_being_held(customers: MadeRegister) -> None:
    """Ten million blanks between two cells: what it claims is let through, what is read at once is not."""
    package = workbooks.bomb(100_000_000)
    tracemalloc.start()
    checked = check(customers, package)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reasons(customers, checked.import_id) == [(0, None, InflatesTooFar().sentence)]
    assert peak < 40_000_000


def test_a_bomb_that_claims_to_be_small_is_not_inflated_further(customers: MadeRegister) -> None:
    lying = workbooks.saying_less(workbooks.bomb(3_000_000), SHEET, 1_000)
    assert check(customers, lying).state is ImportState.REFUSED


def test_a_row_is_not_held_after_it_was_read() -> None:
    rows = (b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (n, n, n) for n in range(1, 60_001))
    package = with_part(workbook([["x"]]), SHEET, sheet(b"".join(rows)))
    source = file_in_large_pieces(package)
    tracemalloc.start()
    assert sum(1 for _ in xlsx_rows.rows(source)) == 59_999
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_000_000


def file_in_large_pieces(content: bytes) -> Source:
    return lambda: iter((content,))


# NDJSON


def test_lines_of_json_become_records(customers: MadeRegister) -> None:
    lines = '{"customer_number": 1042, "name": "Äiti"}\n\n{"customer_number": "K-2", "email": "bo@firma.example"}\n'
    done = load(customers, lines)
    assert (done.state, done.rows_written) == (ImportState.DONE, 2)
    assert done.form == FileForm(FileKind.NDJSON, "utf-8-sig")
    assert names(customers) == [None, "Äiti"]


def test_a_key_that_is_not_there_leaves_the_value_and_null_takes_it_away(customers: MadeRegister) -> None:
    load(customers, "customer_number;name;segment\nK-1;Ada;A\nK-2;Bo;B\n")
    load(customers, '{"customer_number": "K-1", "segment": "C"}\n{"customer_number": "K-2", "name": null}\n')
    with walled_session(customers.company.system()) as session:
        kept = {
            row.data[str(customers.fields["customer_number"])]: (
                row.data.get(str(customers.fields["name"])),
                row.data.get(str(customers.fields["segment"])),
            )
            for row in session.scalars(select(Record))
        }
    assert kept == {"K-1": ("Ada", "C"), "K-2": (None, "B")}


@pytest.mark.parametrize(
    ("line", "field", "refusal"),
    [
        ('{"customer_number": "K-1", "name": true}', "name", "WrongType"),
        ('{"customer_number": "K-1", "name": 1.5}', "name", "WrongType"),
        ('{"customer_number": "K-1", "email": 7}', "email", "WrongType"),
        ('{"customer_number": "K-1", "name": ["Ada"]}', "name", "NotAPlainValue"),
        ('{"customer_number": "K-1", "name": {"first": "Ada"}}', "name", "NotAPlainValue"),
        ('["K-1"]', None, "NotAnObject"),
        ('{"customer_number": "K-1"', None, "NotAnObject"),
        ("{" * 2000, None, "NotAnObject"),
        ('{"customer_number": "K-1", "name": "Ada", "name": "Eva"}', None, "KeyTwice"),
        ('{"customer_number": "K-1", "name": "Ada", "n\\u0061me": "Eva"}', None, "KeyTwice"),
    ],
)
def test_a_value_of_a_wrong_type_is_told_by_line_and_field(
    customers: MadeRegister, line: str, field: str | None, refusal: str
) -> None:
    good = '{"customer_number": "K-0", "name": "Bo", "email": "bo@firma.example"}\n'
    checked = check(customers, good + line + "\n")
    assert (checked.rows_checked, checked.rows_bad) == (2, 1)
    ((where, which, why),) = reasons(customers, checked.import_id)
    assert (where, which) == (2, field)
    told = {"WrongType": "another type", "NotAPlainValue": "A list or an object", "NotAnObject": "not one JSON object"}
    told["KeyTwice"] = "%(key)s is in this object twice"
    assert told[refusal] in why


def test_quotation_marks_in_values_make_no_key_twice(customers: MadeRegister) -> None:
    done = load(customers, '{"customer_number": "K-1", "name": "Ada \\"name\\": \\"Eva\\""}\n')
    assert (done.rows_written, done.rows_bad) == (1, 0)


def test_numbers_of_json_stay_exact(orders: MadeRegister) -> None:
    load(orders, '{"order_number": "T-1", "customer_number": "K-1", "amount": 12.10}\n')
    with walled_session(orders.company.system()) as session:
        kept = session.scalars(select(Record)).one()
    assert Decimal(str(kept.data[str(orders.fields["amount"])])) == Decimal("12.1")


@pytest.mark.parametrize("number", ["1e999999999999", "-1e999999999999", "1e-999999999999", "0e999999999999"])
def test_a_number_that_would_be_written_out_for_ever_is_none(orders: MadeRegister, number: str) -> None:
    line = f'{{"customer_number": "K-1", "order_number": "T-1", "amount": {number}}}'
    checked = check(orders, line)
    assert reasons(orders, checked.import_id) == [(1, "amount", NotANumber().sentence)]


def test_an_unknown_key_is_refused_by_its_column(customers: MadeRegister) -> None:
    checked = check(customers, '{"customer_number": "K-1", "shoe": 43}\n')
    assert checked.state is ImportState.REFUSED
    assert reasons(customers, checked.import_id) == [(1, None, UnknownColumn().sentence)]


# Files that are nothing of this


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", EmptyFile),
        (b"\n \n", EmptyFile),
        (workbook([]), EmptyFile),
        (b"{}\n\n", headers.NothingIdentifies),
        (b"%PDF-1.7\n", NotARegisterFile),
        (b'[{"customer_number": 1}]', NotARegisterFile),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OldSpreadsheet),
        ("customer_number\nK-1\n".encode("utf-16"), text_lines.NotText),
        (";".join(f"c{n}" for n in range(10_000)).encode(), TooManyColumns),
        (workbook([[f"c{n}" for n in range(600)]]), TooManyColumns),
    ],
)
def test_what_cannot_be_read_is_refused_as_a_whole_and_nothing_is_written(
    customers: MadeRegister, content: bytes, refusal: type[Exception]
) -> None:
    checked = check(customers, content)
    assert checked.state is ImportState.REFUSED
    told = [reason for _, _, reason in reasons(customers, checked.import_id)]
    assert str(refusal.__doc__).splitlines()[0] in told
    assert names(customers) == []


@pytest.mark.usefixtures("storage")
def test_a_file_of_another_kind_than_its_name_says_is_refused(customers: MadeRegister) -> None:
    import_id = staged(customers, "customer_number\nK-1\n", named=headers.named("asiakkaat.XLSX"))
    assert state(customers, import_id).state is ImportState.REFUSED
    with walled_session(customers.company.system()) as session:
        (fault,) = imports.faults(session, import_id)
    assert (fault.reason, fault.said) == (headers.OtherKind().sentence, {"kind": "CSV"})


@pytest.mark.usefixtures("storage")
def test_an_upload_of_more_than_two_gigabytes_is_stopped_on_its_way(customers: MadeRegister) -> None:
    """Nothing of this size is made: the same piece again and again, and the store sees none of it whole."""
    given = 0

    def pieces() -> Iterator[bytes]:
        nonlocal given
        piece = bytes(16 * 1024 * 1024)
        while True:
            given += len(piece)
            yield piece

    with walled_session(customers.company.system()) as session:
        import_id = imports.expect(session, customers.register_id, source=SOURCE)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(staging, "LARGEST", 64 * 1024 * 1024)
        with pytest.raises(FileTooLarge):
            staging.stage(customers.company.group.group_id, import_id, pieces())
    assert given <= 96 * 1024 * 1024


# Which column is which field


@pytest.mark.usefixtures("storage")
def test_a_file_with_strange_columns_waits_for_somebody_and_the_choice_is_remembered(customers: MadeRegister) -> None:
    content = "Nro;Kengännumero;Kuka\nK-1;43;Ada\n"
    import_id = staged(customers, content)
    waiting = state(customers, import_id)
    assert waiting.state is ImportState.UNMAPPED
    checked = choose(customers, import_id, Choice(columns=["customer_number", "", "name"]))
    assert (checked.state, checked.columns) == (ImportState.CHECKED, ["customer_number", "", "name"])
    approve(customers, import_id)
    acting = customers.company.system()
    writing.write(acting, import_id, staging.source_of(acting, import_id))
    assert names(customers) == ["Ada"]
    again = staged(customers, "Kuka;Nro;Kengännumero\nBo;K-2;44\n")
    assert (state(customers, again).state, state(customers, again).columns) == (
        ImportState.CHECKED,
        ["name", "customer_number", ""],
    )
    mended = staged(customers, "_line;_why;Nro;Kengännumero;Kuka\n2;;K-3;45;Eva\n")
    assert (state(customers, mended).state, state(customers, mended).columns) == (
        ImportState.CHECKED,
        ["", "", "customer_number", "", "name"],
    )


@pytest.mark.usefixtures("storage")
def test_what_is_remembered_of_a_file_is_no_word_of_it(customers: MadeRegister) -> None:
    import_id = staged(customers, "Nro;Kuka\n131052-952K;Ada\n")
    with walled_session(customers.company.system()) as session:
        found = imports.get(session, import_id)
        assert mapping.head_of(session, found).samples == [["••••••", "Ada"]]
        assert b"Kuka" not in (found.sealed_head or b"")
        imports.discard(session, import_id)
        assert found.sealed_head is None


@pytest.mark.usefixtures("storage")
@pytest.mark.parametrize(
    ("columns", "refusals"),
    [
        (["customer_number", "customer_number"], {ColumnTwice}),
        (["name", ""], {RequiredColumnMissing, headers.NothingIdentifies}),
        (["customer_number", "shoe"], {UnknownColumn}),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(
    customers: MadeRegister, columns: list[str | None], refusals: set[type]
) -> None:
    import_id = staged(customers, "Nro;Kuka\nK-1;Ada\n")
    with pytest.raises(SeveralInvalid) as refused:
        choose(customers, import_id, Choice(columns=columns))
    assert {type(one) for one in refused.value.problems} == refusals
    assert state(customers, import_id).state is ImportState.UNMAPPED


@pytest.mark.usefixtures("storage")
def test_another_separator_gives_other_columns(customers: MadeRegister) -> None:
    import_id = staged(customers, "customer_number#name\nK-1#Ada\n")
    assert state(customers, import_id).state is ImportState.UNMAPPED
    checked = choose(customers, import_id, Choice(separator="#", columns=[""]))
    assert (checked.state, checked.columns) == (ImportState.CHECKED, ["customer_number", "name"])
    with pytest.raises(NoSeparator):
        choose(customers, import_id, Choice(separator="ab"))


@pytest.mark.usefixtures("storage")
def test_another_encoding_that_does_not_fit_is_told_by_its_line(customers: MadeRegister) -> None:
    import_id = staged(customers, "customer_number;name\nK-1;Ada\nK-2;Väinö\n".encode("cp1252"))
    assert state(customers, import_id).form == FileForm(FileKind.CSV, "cp1252", ";")
    choose(customers, import_id, Choice(encoding="utf-8-sig"))
    with walled_session(customers.company.system()) as session:
        (fault,) = imports.faults(session, import_id)
    assert fault.reason == text_lines.NotInEncoding().sentence
    assert state(customers, import_id).state is ImportState.REFUSED


@pytest.mark.usefixtures("storage")
def test_rows_are_matched_by_what_was_chosen(customers: MadeRegister) -> None:
    """By e-mail the second row is Ada's, whatever its number says."""
    load(customers, "customer_number;name;email\nK-1;Ada;ada@firma.example\n")
    content = "customer_number;name;email\nK-9;Ada Uusi;ada@firma.example\n"
    import_id = staged(customers, content)
    assert state(customers, import_id).records_new == 1
    checked = choose(customers, import_id, Choice(columns=["customer_number", "name", "email"]), IdentifierKind.EMAIL)
    assert (checked.records_new, checked.records_changed) == (0, 1)
    with pytest.raises(SeveralInvalid) as refused:
        choose(customers, import_id, Choice(columns=["customer_number", "name", ""]), IdentifierKind.EMAIL)
    assert [type(one) for one in refused.value.problems] == [NotAnIdentifier]


# What would be done


def test_what_would_change_is_shown_before_it_does(customers: MadeRegister) -> None:
    load(customers, "customer_number;name;iban\nK-1;Ada;FI2112345600000785\nK-2;Bo;\n")
    content = "customer_number;name;iban\nK-1;Aada;FI1410093000123458\nK-2;Bo;\nK-3;Cleo;\nK-3;Twice;\n"
    checked = check(customers, content)
    assert (checked.records_new, checked.records_changed, checked.records_same, checked.rows_bad) == (1, 1, 1, 1)
    with walled_session(customers.company.system()) as session:
        found = imports.get(session, checked.import_id)
        assert previewing.examples(session, found) == [
            Example(2, "name", "Ada", "Aada"),
            Example(2, "iban", None, None, sealed=True),
        ]
        (twice,) = previewing.reasons(session, checked.import_id)
        assert (twice.reason, twice.rows) == ("An earlier row of the file is about the same record.", 1)
        assert b"Ada" not in (found.sealed_examples or b"")
    assert names(customers) == ["Ada", "Bo"]


# Pause


@pytest.mark.usefixtures("storage")
def test_a_paused_import_goes_on_where_it_stopped(customers: MadeRegister) -> None:
    acting = customers.company.system()
    content = workbook([HEADER, *((f"K-{n}", f"Nimi {n}", None) for n in range(5_000))])
    import_id = staged(customers, content)
    approve(customers, import_id)
    source = staging.source_of(acting, import_id)
    assert not writing.write(acting, import_id, source, rest_after=timedelta(0))
    with walled_session(acting) as session:
        imports.pause(session, import_id)
    writing.write(acting, import_id, source)
    assert (state(customers, import_id).state, state(customers, import_id).rows_written) == (ImportState.PAUSED, 2_000)
    with walled_session(acting) as session:
        imports.resume(session, import_id)
    writing.write(acting, import_id, source)
    done = state(customers, import_id)
    assert (done.state, done.rows_written, len(names(customers))) == (ImportState.DONE, 5_000, 5_000)


def test_only_what_is_being_written_is_paused(customers: MadeRegister) -> None:
    checked = check(customers, "customer_number\nK-1\n")
    with walled_session(customers.company.system()) as session:
        with pytest.raises(NotBeingWritten):
            imports.pause(session, checked.import_id)
        with pytest.raises(NotPaused):
            imports.resume(session, checked.import_id)
        with pytest.raises(NotMappable):
            mapping.choose(session, checked.import_id, Choice())
    approve(customers, checked.import_id)
    with walled_session(customers.company.system()) as session, pytest.raises(RunsElsewhere):
        imports.pause(session, checked.import_id)
