"""`seloste dev` as a new user starts it, in a folder of its own."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg

from infra.embedded import dev, ports, postoffice
from infra.embedded.letters import Letter
from tests import new_user
from tests.waiting import until

PROJECT = Path(__file__).parents[2]
STARTING = 240
CODE = re.compile(r"^(\d{4} \d{4})\s*$", re.MULTILINE)


class Stack(msgspec.Struct, frozen=True):
    """One that runs, with the demo's people in it."""

    data: Path
    urls: dev.Urls

    @property
    def portal(self) -> str:
        return f"{self.urls.base_url}/g/{dev.DEMO_GROUP}"

    @property
    def office(self) -> str:
        return f"{self.urls.base_url}/office"

    def letters(self, to: str) -> list[Letter]:
        """Newest first."""
        return postoffice.fetch(self.urls.post_office, to=to)

    def next_letter(self, to: str, *, after: int) -> Letter:
        """The first one with a number above `after`."""
        until(lambda: any(letter.number > after for letter in self.letters(to)), seconds=60)
        return [letter for letter in self.letters(to) if letter.number > after][-1]

    def first_number(self, to: str) -> int:
        return min((letter.number for letter in self.letters(to)), default=0)

    def last_number(self, to: str) -> int:
        return max((letter.number for letter in self.letters(to)), default=0)

    def code(self, to: str, *, after: int) -> str:
        """As it stands in the letter: two groups of four digits. Other letters may come before that one."""

        def codes() -> list[str]:
            texts = [letter.text for letter in self.letters(to) if letter.number > after]
            return [found[1] for text in texts if (found := CODE.search(text))]

        until(codes, seconds=60)
        return codes()[0]

    def execute(self, statement: str) -> None:
        """As the database's administrator, for what no page can bring about."""
        address = re.search(r"SELOSTE_DATABASE_APP=.*@(.*)/seloste", (self.data / "environment").read_text())
        assert address is not None
        password = (self.data / "postgres" / "password").read_text()
        with psycopg.connect(f"postgresql://postgres:{password}@{address[1]}/seloste") as connection:
            connection.execute(statement.encode())


@contextmanager
def running(data: Path) -> Iterator[Stack]:
    """Ready as soon as the demo group's people are in; the other groups are read in while the tests go on."""
    data.mkdir(mode=0o711)
    # Chosen beforehand: another stack that starts at the same moment would want the same.
    (data / "ports.json").write_bytes(msgspec.json.encode({name: ports.free() for name in dev.WANTED_PORTS}))
    said = data.with_suffix(".txt")
    with said.open("wb") as output:
        command = [sys.executable, "-m", "services.cli", "dev", "--data", str(data)]
        process = subprocess.Popen(command, cwd=PROJECT, env=new_user.environment(), stdout=output, stderr=output)
    try:
        until(lambda: _is_ready(said) or process.poll() is not None, seconds=STARTING)
        assert process.poll() is None, said.read_text()
        yield Stack(data, dev.urls(data))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _is_ready(said: Path) -> bool:
    text = said.read_text()
    return all(re.search(line, text, re.MULTILINE) for line in (r"^ +api +up ", r"^ +demo-data +done "))
