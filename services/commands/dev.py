"""`seloste dev`: the whole stack on this machine."""

import argparse
from pathlib import Path

from infra.embedded import dev
from services.commands.subparsers import Subparsers


def add(commands: Subparsers) -> None:
    parser = commands.add_parser("dev", help="run the whole stack on this machine, with the demo group")
    parser.add_argument("--data", type=Path, default=Path(".seloste"), help="where everything is kept (.seloste)")
    parser.add_argument("--port", type=int, default=None, help="port of the office and the portal (a free one)")
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    return dev.run(chosen.data, port=chosen.port)
