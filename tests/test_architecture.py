"""The house: imports run down, neighbours do not know each other, and nothing is named after nothing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("tenants", "services", "infra")

# Floors of the domain, bottom to top; what stands on one line does not import each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("settings", "languages", "law_sets"),
    ("acting", "errors"),
    ("base", "outside"),
    ("database",),
    ("groups", "walls", "together"),
    ("audit", "jobs", "vault"),
    ("companies",),
    ("registers",),
    ("processors", "consents", "clauses"),
    ("ledger",),
    ("sharing", "retention"),
    ("exports", "feeds"),
    ("authorities", "webhooks"),
    ("requests", "notices", "deliveries"),
    ("manifests", "sameness", "clients", "notifying"),
    ("opendsr", "contacts"),
    ("reminding",),
    ("life",),
    ("migrations",),
)
FLOOR = {name: number for number, floor in enumerate(FLOORS) for name in floor}
# Migrations stand beside the domain: they build for all of it and need only its lowest floors.
NAMELESS = {"utils", "helpers", "common", "core", "manager", "service", "lib", "misc"}


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Dotted names of what a module imports; `from a.b import c` counts as both a.b and a.b.c."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def area(dotted: str) -> str | None:
    """`tenants.registers.model` -> `registers`."""
    parts = dotted.split(".")
    return parts[1] if parts[0] == "tenants" and len(parts) > 1 else None


def test_every_area_of_the_domain_has_its_floor() -> None:
    areas = {path.stem if path.is_file() else path.name for path in (ROOT / "tenants").iterdir()}
    assert {name for name in areas if not name.startswith("__")} - set(FLOOR) == set()


def test_the_domain_imports_down_only() -> None:
    up = []
    for path in sorted((ROOT / "tenants").rglob("*.py")):
        own = path.relative_to(ROOT / "tenants").parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        for name in imported(path):
            other = area(name)
            if other in FLOOR and other != own and FLOOR[other] >= FLOOR[own]:
                up.append(f"{path.relative_to(ROOT)} imports {name}")
    assert sorted(up) == []


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("tenants", "services"),
        ("tenants", "infra"),
        ("infra", "services"),
        ("services/api", "services.worker"),
        ("services/worker", "services.api"),
        ("services/api", "services.commands"),
        ("services/worker", "services.commands"),
        ("services/api", "infra"),
        ("services/worker", "infra"),
    ],
)
def test_edges_keep_to_themselves(inner: str, outer: str) -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / inner).rglob("*.py"))
        for name in imported(path)
        if name == outer or name.startswith(f"{outer}.")
    ]
    assert found == []


@pytest.mark.parametrize("library", ["litestar", "dramatiq", "redis", "jinja2", "authlib"])
def test_the_domain_knows_no_edge(library: str) -> None:
    typesetting = {f"tenants/{name}.py" for name in ("languages/templating", "requests/typesetting", "exports/page")}
    allowed = {"jinja2": typesetting}.get(library, set())
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "tenants").rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] == library
    }
    assert found - allowed == set()


def test_s3_is_spoken_to_in_one_place() -> None:
    found = {str(path.relative_to(ROOT)) for path in modules() if "boto3" in {n.split(".")[0] for n in imported(path)}}
    assert found == {"tenants/vault/objects.py"}


def test_no_import_hides_inside_a_function_or_a_condition() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules()
        for parent in ast.walk(tree(path))
        if not isinstance(parent, ast.Module)
        for node in ast.iter_child_nodes(parent)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_no_file_is_named_after_nothing() -> None:
    assert [str(path) for path in modules() if path.stem in NAMELESS] == []


def test_no_function_is_longer_than_forty_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length}"
        for path in modules()
        if "migrations/versions" not in str(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1 - _docstring_lines(node)) > 40
    ]
    assert long == []


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0


def test_nobody_filters_by_group_by_hand() -> None:
    """The database keeps the walls; a filter in code would hide that one is missing."""
    found = []
    for path in sorted((ROOT / "tenants").rglob("*.py")) + sorted((ROOT / "services").rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Compare) and _is_model_column(node.left, "group_id"):
                other_is_column = all(_is_model_column(other, "group_id") for other in node.comparators)
                if not other_is_column:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def _is_model_column(node: ast.expr, name: str) -> bool:
    is_attribute = isinstance(node, ast.Attribute) and node.attr == name
    return is_attribute and isinstance(node.value, ast.Name) and node.value.id[:1].isupper()  # type: ignore[attr-defined]


def test_the_migrations_follow_each_other_in_one_line() -> None:
    """Two that were written at once may not claim one number: each follows the one before it."""
    files = sorted((ROOT / "tenants" / "migrations" / "versions").glob("[0-9]*.py"))
    claimed = [
        (path.name[:4], dict(re.findall(r'^(revision|down_revision) = "?(\w+)"?', path.read_text(), re.MULTILINE)))
        for path in files
    ]
    numbers = [f"{number:04}" for number in range(1, len(files) + 1)]
    assert [number for number, _ in claimed] == numbers
    assert [one["revision"] for _, one in claimed] == numbers
    assert [one["down_revision"] for _, one in claimed] == ["None", *numbers[:-1]]
