"""Whatever is written into the audit can be read in the office."""

import ast
from collections.abc import Iterator
from pathlib import Path

from services.api import audited
from tenants.exports.model import ExportState
from tenants.languages.speaking import Language

ROOT = Path(__file__).parents[2]
# The one code that is put together where it is recorded.
BY_STATE = {f"export.{ExportState.EXPIRED}", f"export.{ExportState.CANCELLED}"}


def calls(name: str) -> Iterator[ast.Call]:
    for house in ("tenants", "services"):
        for path in (ROOT / house).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name:
                    yield node


def constants(node: ast.AST | None) -> set[str]:
    found = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)] if node else []
    return {value for value in found if isinstance(value, str)}


def recorded() -> list[ast.Call]:
    return [call for call in calls("record") if ast.unparse(call.func) in ("trail.record", "record")]


def test_every_action_has_words() -> None:
    codes = {code for call in (*recorded(), *calls("note")) if len(call.args) > 1 for code in constants(call.args[1])}
    actions = {code for code in codes if code.count(".") == 1 and not code.endswith(".")}
    assert len(actions) > 40
    assert actions | BY_STATE <= audited.ACTIONS.keys()


def test_every_thing_has_words() -> None:
    things = {
        code for call in recorded() for word in call.keywords if word.arg == "about" for code in constants(word.value)
    }
    assert len(things) > 10
    assert things <= audited.THINGS.keys()


def test_a_code_without_words_is_shown_as_it_is() -> None:
    assert audited.action(Language.FI, "case.read") == "Tapaus luettu"
    assert audited.action(Language.FI, "case.painted") == "case.painted"
    assert audited.thing(Language.FI, "brush") == "brush"
