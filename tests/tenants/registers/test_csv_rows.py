from collections.abc import Sequence

import pytest

from tenants.errors import Invalid
from tenants.registers import csv_rows
from tenants.registers.csv_rows import Dialect, separator_of
from tenants.registers.table_rows import EmptyFile, Row
from tenants.registers.text_lines import BrokenEncoding, LineTooLong, NotText, encoding_of
from tests.tenants.registers.files import file

NAMES = {"nimi", "puhelin"}


def known(header: Sequence[str]) -> int:
    return sum(name.lower() in NAMES for name in header)


def rows(content: str, separator: str = ";") -> list[Row]:
    """The header first."""
    dialect = Dialect("utf-8-sig", separator)
    head = csv_rows.head_of(file(content), dialect)
    found = csv_rows.rows(file(content), dialect)
    return [Row(1, list(head.header)), *(Row(row.line, row.cells) for row in found)]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Åsa;Väinö".encode(), "utf-8-sig"),
        ("\ufeffÅsa".encode(), "utf-8-sig"),
        ("Åsa;5 €".encode("cp1252"), "cp1252"),
        ("Åsa\x81".encode("latin-1"), "latin-1"),
    ],
)
def test_the_encoding_is_found(content: bytes, encoding: str) -> None:
    assert encoding_of(file(content)()) == encoding


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("Väinö".encode()[:-1], 1),  # ends within a letter
        ("nimi\nVäinö\nÅsa\n".encode().replace("Å".encode(), b"\xff") + "Äiti, Öljy\n".encode(), 3),
    ],
)
def test_utf8_that_is_broken_somewhere_is_not_taken_for_something_else(content: bytes, line: int) -> None:
    with pytest.raises(BrokenEncoding) as refused:
        encoding_of(iter((content,)))
    assert refused.value.values == {"line": line}


@pytest.mark.parametrize("content", ["nimi;puhelin".encode("utf-16"), b"PK\x03\x04\x00\x00"])
def test_what_is_not_text_is_refused(content: bytes) -> None:
    with pytest.raises(NotText):
        encoding_of(file(content)())


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_the_separator_is_the_one_that_gives_known_names(separator: str) -> None:
    header = separator.join(["Nimi", '"a;b,c\td"', "Puhelin"])
    assert separator_of(file(header), "utf-8", known=known) == separator


def test_a_file_of_one_column_has_some_separator() -> None:
    assert rows("nimi\nAda\n", separator_of(file("nimi\nAda\n"), "utf-8", known=known)) == [
        Row(1, ["nimi"]),
        Row(2, ["Ada"]),
    ]


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff \r\n"])
def test_an_empty_file_is_refused(content: str) -> None:
    with pytest.raises(EmptyFile):
        separator_of(file(content), "utf-8-sig", known=known)


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert rows("\ufeffnimi;puhelin\n")[0].cells == ["nimi", "puhelin"]


def test_a_quoted_cell_may_hold_lines_and_the_row_is_where_it_begins() -> None:
    content = 'nimi;huom\nAda;"ensin\r\nsitten ""tämä"""\n\n;\nBo;x\n'
    assert rows(content) == [
        Row(1, ["nimi", "huom"]),
        Row(2, ["Ada", 'ensin\r\nsitten "tämä"']),
        Row(6, ["Bo", "x"]),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_ends_a_row(end: str) -> None:
    assert [row.cells for row in rows(end.join(["a;b", "1;2", "3;4"]))] == [["a", "b"], ["1", "2"], ["3", "4"]]


def test_a_row_with_bad_quoting_is_told_and_the_next_one_is_read() -> None:
    assert rows('nimi\n"Ada"da\nBo\n') == [Row(1, ["nimi"]), Row(2, None), Row(3, ["Bo"])]


def test_a_quotation_mark_that_is_never_closed_is_told() -> None:
    assert rows('nimi\nAda\n"Bo\n') == [Row(1, ["nimi"]), Row(2, ["Ada"]), Row(3, None)]


def test_a_huge_cell_is_told() -> None:
    assert rows("nimi\n" + "a" * 200_000 + "\nBo\n")[1:] == [Row(2, None), Row(3, ["Bo"])]


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(LineTooLong) as refused:
        rows("nimi\n" + "a;" * 600_000)
    assert isinstance(refused.value, Invalid)
