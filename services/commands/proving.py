"""`seloste prove-walls`: the proof that the walls of this installation stand."""

import argparse
import logging
import os
import sys
from datetime import UTC, datetime

import msgspec
import psycopg
from sqlalchemy.exc import DBAPIError

from services import logs
from services.commands.subparsers import Subparsers
from services.proving.canaries import Limits
from services.proving.findings import COUNTED, PARTS, WORDS, Finding, Part, Result
from services.proving.proof import Proof, Wanted, prove
from tenants.languages.speaking import DEFAULT, Language, date_and_time, number, sentence, translate, translate_plural
from tenants.settings import PREFIX, SettingsError

SOUND, BROKEN, NOT_PROVED = 0, 1, 2
# Whatever should be stopped by a wall and is not, gets no further than this: nothing listens there.
NOWHERE = {"S3_ENDPOINT": "http://127.0.0.1:9", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "9"}

HEAD = sentence("The walls of this installation: PostgreSQL %(server)s, migrations %(revision)s, %(moment)s.")
EVERY_ROLE = sentence("Every role was played, on a connection of the administrator's.")
APP_ONLY = sentence(
    "Without an administrator's connection (SELOSTE_DATABASE_ADMIN) only the application's role was played."
)
SKIPPED = sentence("Not checked: %(reason)s.")
CHECKED = sentence("Checked: %(counts)s (%(seconds)s s).")
UNTRIED = sentence("Not tried: %(place)s (%(reason)s)")
MEANS = sentence("What it means: %(words)s")
MEND = sentence("How to mend it: %(words)s")
KEPT_NOTHING = sentence("%(statements)s statements and requests. Everything was rolled back.")
NO_FINDINGS = sentence("Nothing was found.")
NOT_WHOLE = sentence("What was not checked or not tried is not proved.")
IMPOSSIBLE = sentence("The proof could not be made: %(reason)s.")


def add(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "prove-walls",
        help="prove that the walls of this installation stand; nothing is kept of it",
        epilog="Ends with 0: nothing found; 1: something found; 2: not proved (docs/prove-walls.md).",
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--language", type=Language, choices=list(Language), default=DEFAULT)
    parser.add_argument("--only", type=Part, choices=list(Part), action="append", help="this part; may be repeated")
    parser.add_argument(
        "--mutations", action="store_true", help="take each wall down for a moment and see whether it is noticed"
    )
    parser.add_argument("--per-second", type=float, default=200.0, help="statements and requests (200; 0: no limit)")
    parser.add_argument("--statement-timeout", type=int, default=5000, help="milliseconds (5000)")
    parser.add_argument("--lock-timeout", type=int, default=500, help="milliseconds (500)")
    parser.add_argument("--whole", action="store_true", help="end with 2 also where anything was skipped or untried")
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    os.environ.update({f"{PREFIX}{name}": value for name, value in NOWHERE.items()})
    wanted = Wanted(
        parts=chosen.only or tuple(Part),
        mutations=chosen.mutations or Part.MUTATIONS in (chosen.only or ()),
        per_second=chosen.per_second,
        limits=Limits(statement=chosen.statement_timeout, lock=chosen.lock_timeout),
    )
    try:
        logs.configure("prove-walls")
        # What the application answers within the proof is counted there; told line by line it would read as findings.
        logging.getLogger("services.api").setLevel(logging.CRITICAL)
        proof = prove(wanted)
    except SettingsError as error:
        return _impossible(chosen.language, str(error))
    except (psycopg.Error, DBAPIError) as error:
        # By its class: a driver's own sentence may quote a row.
        return _impossible(chosen.language, logs.failure_code(error))
    print(_as_json(proof) if chosen.json else as_text(proof, chosen.language))
    if proof.findings:
        return BROKEN
    return NOT_PROVED if chosen.whole and not proof.is_whole else SOUND


def _impossible(language: Language, reason: str) -> int:
    print(translate(language, IMPOSSIBLE, reason=reason), file=sys.stderr)
    return NOT_PROVED


def _as_json(proof: Proof) -> str:
    whole = {"at": datetime.now(UTC), "findings": proof.findings, "whole": proof.is_whole}
    return msgspec.json.format(msgspec.json.encode(whole | msgspec.structs.asdict(proof))).decode()


def as_text(proof: Proof, language: Language) -> str:
    moment = date_and_time(language, datetime.now(UTC))
    lines = [
        translate(language, HEAD, server=proof.server, revision=proof.revision, moment=moment),
        translate(language, EVERY_ROLE if proof.with_admin else APP_ONLY),
        "",
    ]
    for result in proof.results:
        lines += [*_part(result, language), ""]
    lines.append(translate(language, KEPT_NOTHING, statements=number(language, proof.statements)))
    lines.append(
        translate_plural(language, "%(count)s finding.", "%(count)s findings.", proof.findings)
        if proof.findings
        else translate(language, NO_FINDINGS)
    )
    return "\n".join(lines if proof.is_whole else [*lines, translate(language, NOT_WHOLE)])


def _part(result: Result, language: Language) -> list[str]:
    sign = "–" if result.skipped else "✗" if result.findings else "✓"
    lines = [f"{sign} {translate(language, PARTS[result.part])}"]
    if result.skipped:
        lines.append("  " + translate(language, SKIPPED, reason=translate(language, result.skipped)))
    if result.checked:
        counts = ", ".join(
            translate(language, COUNTED[what], count=number(language, n)) for what, n in result.checked.items()
        )
        lines.append("  " + translate(language, CHECKED, counts=counts, seconds=number(language, result.seconds)))
    lines += [f"  {translate(language, UNTRIED, place=one.place, reason=one.reason)}" for one in result.untried]
    for kind in dict.fromkeys(finding.kind for finding in result.findings):
        found = [finding for finding in result.findings if finding.kind is kind]
        lines += [f"  ✗ {_told(finding)}" for finding in found]
        lines.append("    " + translate(language, MEANS, words=translate(language, WORDS[kind].means)))
        lines.append("    " + translate(language, MEND, words=translate(language, WORDS[kind].mend)))
    return lines


def _told(finding: Finding) -> str:
    return f"{finding.place} — {finding.detail}" if finding.detail else finding.place
