"""`seloste`: one command line for everything that runs or is run by hand."""

import argparse
import sys
from collections.abc import Sequence

from services.commands import audit, database, demo_data, dev, imports, jobs, manifests, serving, working
from tenants.errors import Refusal
from tenants.languages.speaking import DEFAULT, translate
from tenants.settings import SettingsError

# In the order in which `seloste --help` lists them.
AREAS = (dev, database, manifests, imports, demo_data, serving, working, jobs, audit)


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen) or 0)
    except Refusal as refusal:
        print(translate(DEFAULT, refusal.sentence, **refusal.values), file=sys.stderr)
        return 1
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="seloste", description="The notice is the program.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for area in AREAS:
        area.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
