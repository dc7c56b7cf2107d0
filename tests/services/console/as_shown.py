"""What a page shows is run as it stands there."""

import html
import re
import subprocess
from pathlib import Path

from tenants.base import new_id
from tenants.feeds import sandbox
from tenants.feeds.delivering import Tombstone

_SHOWN = re.compile(r'<pre [^>]*id="(\w+)-example">(.*?)</pre>', re.DOTALL)


def examples(page: str) -> dict[str, str]:
    return {name: html.unescape(text) for name, text in _SHOWN.findall(page)}


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def whole_sandbox() -> str:
    """What the program says that has read all of it."""
    empty = sandbox.Sandbox(new_id(), 1, ())
    changes = [sandbox.line(empty, sandbox.RECORDS + number) for number in range(sandbox.TOLD)]
    tombstones = sum(isinstance(one, Tombstone) for one in changes)
    return f"{sandbox.RECORDS + sandbox.TOLD - tombstones} records, {tombstones} tombstones\n"


def lines_of_persons(told: str) -> int:
    return sum('"op":"upsert"' in line or '"op":"tombstone"' in line for line in told.splitlines())
