"""`seloste`: one command line for everything that runs or is run by hand."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module

from tenants.errors import Refusal
from tenants.languages.speaking import DEFAULT, translate
from tenants.settings import SettingsError

# The modules of services.commands with their commands, in the order in which `seloste --help` lists them. Only the one
# that has the command is loaded: every process of the product starts here, and most need little of what the others do.
AREAS = {
    "dev": ("dev",),
    "database": ("create-database", "migrate"),
    "manifests": ("plan", "apply", "export"),
    "groups": ("group",),
    "sign_in": ("sign-in",),
    "keys": ("keys",),
    "imports": ("import",),
    "demo_data": ("demo-data",),
    "demo": ("demo",),
    "serving": ("serve",),
    "working": ("work", "relay", "schedule"),
    "jobs": ("jobs",),
    "proving": ("prove-walls",),
    "opendsr_check": ("opendsr-check",),
    "opendsr_certificate": ("opendsr-certificate",),
    "restoring": ("restored",),
    "audit": ("seal", "audit-keys", "export-audit", "verify-audit", "verify-record"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else list(arguments)
    asked = [area for area, commands in AREAS.items() if words and words[0] in commands]
    try:
        return _run(asked or AREAS, words)
    except Refusal as refusal:
        print(translate(DEFAULT, refusal.sentence, **refusal.values), file=sys.stderr)
        return 1
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever reads has had enough, as `head` has; nothing is left to be flushed at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(areas: Iterable[str], words: Sequence[str]) -> int:
    try:
        chosen = _parser(areas).parse_args(words)
        return int(chosen.run(chosen) or 0)
    finally:
        sys.stdout.flush()


def _parser(areas: Iterable[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="seloste", description="The notice is the program.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for area in areas:
        import_module(f"services.commands.{area}").add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
