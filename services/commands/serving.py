"""`seloste serve`: the api."""

import argparse

import uvicorn

from services import logs
from services.commands.subparsers import Subparsers
from tenants import settings


def add(commands: Subparsers) -> None:
    parser = commands.add_parser("serve", help="run the api: office, portal and REST")
    parser.set_defaults(run=_run)


def _run(_: argparse.Namespace) -> None:
    configured = settings.current()
    logs.configure("api")
    uvicorn.run(
        "services.api.app:create_app",
        factory=True,
        host=configured.listen_host,
        port=configured.listen_port,
        # Addresses and paths of people's visits are not logged.
        access_log=False,
        # Its own handlers would print exceptions with their messages.
        log_config=None,
        server_header=False,
        proxy_headers=False,
        log_level=configured.log_level,
        timeout_graceful_shutdown=10,
    )
