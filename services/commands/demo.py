"""`seloste demo`: the whole way of a request against the running stack, without a browser."""

import argparse
import sys
from pathlib import Path

from infra.demo import people, story
from infra.embedded import dev
from services.commands.subparsers import Subparsers


def add(commands: Subparsers) -> None:
    parser = commands.add_parser("demo", help="tell the story of one request against the running stack")
    parser.add_argument("--data", type=Path, default=Path(".seloste"), help="the data folder of seloste dev (.seloste)")
    parser.add_argument("--email", default=people.CUSTOMER, help="the demo customer who asks")
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    try:
        urls = dev.urls(chosen.data)
    except OSError:
        print(f"No stack is running on {chosen.data}: start seloste dev, or name its folder (--data).", file=sys.stderr)
        return 1
    try:
        story.tell(story.Stack(urls.base_url, urls.post_office), print, email=chosen.email)
    except story.StoryStopped as stopped:
        print(stopped, file=sys.stderr)
        return 1
    return 0
