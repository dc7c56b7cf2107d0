"""Text that a spreadsheet program would take for a formula, made harmless where it leaves as CSV.

docs/decisions tells why it is done so, and what is left as it is.
"""

import re

from tenants.registers.values import Value

# What begins a formula in any of the usual programs: the signs themselves, and their full-width twins.
_SIGNS = "=+\\-@|%\uff0b\uff0d\uff1d\uff20"
# At the beginning, and after whatever another program may take for the end of a cell.
_BEGINNING = re.compile(rf'(^|[;,\t\r\n])([\s"\'\u00a0\u200b\ufeff]*)(?=[{_SIGNS}])')
# Nothing is computed of these: numbers with a sign, and telephone numbers.
_PLAIN = re.compile(r"[+\-]\d{1,18}(?:[.,]\d{1,12})?|\+\d(?:[ \-]?\d){3,14}", re.ASCII)


def begins_formula(text: str) -> bool:
    return _BEGINNING.match(text) is not None


def harmless(text: str) -> str:
    """An apostrophe before whatever would begin a formula; plain numbers and telephone numbers as they are."""
    if text.isalnum() or _PLAIN.fullmatch(text):
        return text
    if text[:1] in ("\t", "\r", "\n"):
        text = f"'{text}"
    return _BEGINNING.sub(r"\1\2'", text)


def in_csv(value: Value | None) -> str:
    """A value of a record as the cell has it; empty where there is none."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return harmless(value)
        case _:
            return str(value)
