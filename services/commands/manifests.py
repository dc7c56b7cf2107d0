"""`seloste plan`, `seloste apply` and `seloste export`: what one would change, changing it, and what is in force."""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from services.commands.subparsers import Subparsers
from tenants.acting import DatabaseRole, system
from tenants.database import open_session, walled_session
from tenants.groups.directory import Kind, find_group
from tenants.languages.speaking import DEFAULT, Language, sentence, translate, translate_plural
from tenants.manifests import applying, catalogued, exporting, reading, versions
from tenants.manifests.applying import Outcome
from tenants.manifests.faults import FaultyManifest, StaleManifest
from tenants.manifests.planning import Change, ChangeKind
from tenants.manifests.tree import Plain

SIGNS = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.REMOVED: "-", ChangeKind.MOVED: "↕"}
COLOURS = {ChangeKind.ADDED: "32", ChangeKind.CHANGED: "33", ChangeKind.REMOVED: "31", ChangeKind.MOVED: "36"}
FAULT, DIM, BOLD = "31", "2", "1"
WIDEST = 72
# What a thing is called, whichever of these it has.
NAMES = ("name", "label", "title", "text", "says", "service", "fi", "processor", "register", "country", "point")

NEW_GROUP = sentence("%(group)s: a new group")
UNCHANGED = sentence("%(group)s: nothing changes; version %(version)s is in force.")
PLANNED = sentence("%(group)s: version %(before)s would become version %(version)s.")
APPLIED = sentence("%(group)s: version %(version)s is in force.")
MENDED = sentence("%(group)s: the database had departed from version %(version)s and follows it again.")
DEPARTED = sentence("%(group)s: the database has departed from version %(version)s.")
ROWS = sentence(
    "Rows of companies, registers, purposes and fields: %(added)s new, %(changed)s changed, %(retired)s retired."
)
EVERYTHING = sentence("everything")
RETIRED = sentence("retired; what it holds stays")
DRAFTED = sentence("a draft, until the company approves it")
GOES_ON = sentence("goes on until the company ends it")


def add(commands: Subparsers) -> None:
    plan = commands.add_parser("plan", help="show what a manifest would change")
    plan.add_argument("--check", action="store_true", help="end with status 2 if there is something to change")
    plan.set_defaults(run=_plan)
    apply = commands.add_parser("apply", help="apply a manifest: companies, registers, purposes, the notice")
    apply.set_defaults(run=_apply)
    export = commands.add_parser("export", help="print the manifest of a group that is in force, whoever declared it")
    export.add_argument("group", help="the group's short name, as in /g/NAME")
    export.set_defaults(run=_print)
    for command in (plan, apply):
        command.add_argument("file", type=Path)
        command.add_argument("--language", type=Language, choices=list(Language), default=DEFAULT)


def _plan(chosen: argparse.Namespace) -> int:
    try:
        read = reading.read_file(chosen.file)
        # Applied and never committed: the plan is what would happen, by the very code that would do it.
        with open_session(system(applying.group_id_of(read.manifest))) as session:
            outcome = applying.apply(session, read)
    except (FaultyManifest, StaleManifest) as refused:
        return _refused(refused, chosen.language)
    _tell(read.manifest.group.slug, outcome, chosen.language, applied=False)
    return 2 if chosen.check and outcome.changed else 0


def _apply(chosen: argparse.Namespace) -> int:
    try:
        read = reading.read_file(chosen.file)
        with walled_session(system(applying.group_id_of(read.manifest))) as session:
            outcome = applying.apply(session, read)
    except (FaultyManifest, StaleManifest) as refused:
        return _refused(refused, chosen.language)
    _tell(read.manifest.group.slug, outcome, chosen.language, applied=True)
    return 0


def _print(chosen: argparse.Namespace) -> None:
    group_id = find_group(Kind.SLUG, chosen.group, role=DatabaseRole.APP)
    with walled_session(system(group_id)) as session:
        print(exporting.to_yaml(catalogued.standing(session, versions.in_force(session))), end="")


def _refused(refused: FaultyManifest | StaleManifest, language: Language) -> int:
    for fault in refused.faults:
        place = _painted(f"{refused.file}:{fault.line}", BOLD, sys.stderr)
        field = f" {fault.field}:" if fault.field else ""
        print(f"{place}:{field} {translate(language, fault.sentence, **fault.values)}", file=sys.stderr)
    count = len(refused.faults)
    told = translate_plural(language, "%(count)s fault.", "%(count)s faults.", count)
    print(_painted(f"{translate(language, refused.sentence)} {told}", FAULT, sys.stderr), file=sys.stderr)
    return 1


def _tell(group: str, outcome: Outcome, language: Language, *, applied: bool) -> None:
    for change in outcome.changes:
        print(_line(change, language))
    values = {"group": group, "version": outcome.version, "before": outcome.before}
    print(_painted(translate(language, _headline(outcome, applied=applied), **values), BOLD, sys.stdout))
    rows = outcome.rows
    if rows.touched():
        print(translate(language, ROWS, added=rows.added, changed=rows.changed, retired=rows.retired))


def _headline(outcome: Outcome, *, applied: bool) -> str:
    if not outcome.changed:
        return UNCHANGED
    if not outcome.changes:
        return MENDED if applied else DEPARTED
    if applied:
        return APPLIED
    return PLANNED if outcome.before else NEW_GROUP


def _line(change: Change, language: Language) -> str:
    said = f"{SIGNS[change.kind]} {change.place}"
    if change.kind is ChangeKind.ADDED:
        said += f"  {_shown(change.becomes, language)}"
    elif change.kind is ChangeKind.REMOVED:
        said += f"  {_shown(change.was, language)}"
    else:
        everything = translate(language, EVERYTHING)
        was, becomes = (_shown(value, language) or everything for value in (change.was, change.becomes))
        said += f"  {was} → {becomes}"
    coloured = _painted(said.rstrip(), COLOURS[change.kind], sys.stdout)
    told = _note(change)
    return f"  {coloured}" + (_painted(f"  ({translate(language, told)})", DIM, sys.stdout) if told else "")


def _note(change: Change) -> str:
    """What becomes of the rows, where the change itself does not tell."""
    if change.retires:
        return RETIRED
    if not change.waits_for_approval:
        return ""
    return GOES_ON if change.ends_nothing else DRAFTED


def _shown(value: Plain, language: Language) -> str:
    """A thing by its name, a list by its words, all of it on one line."""
    if isinstance(value, Mapping):
        named = next((value[name] for name in NAMES if name in value), None)
        return _shown(value.get(language) if language in value else named, language)
    if isinstance(value, list):
        told = ", ".join(filter(None, (_shown(item, language) for item in value)))
    elif isinstance(value, bool):
        told = str(value).lower()
    else:
        told = "" if value is None else str(value)
    line = " ".join(told.split())
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}…"


def _painted(text: str, colour: str, stream: TextIO) -> str:
    """On a terminal only, and not where NO_COLOR (no-color.org) is set."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty()
    return text if plain else f"\x1b[{colour}m{text}\x1b[0m"
