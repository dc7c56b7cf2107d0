"""The post office: takes every letter, delivers none, and shows them on a page. For development and tests only."""

import argparse
import signal
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from jinja2 import Environment, FileSystemLoader, select_autoescape

from infra.embedded import children, ports
from infra.embedded.children import Program
from infra.embedded.letters import Letter, Shelf

HERE = Path(__file__).parent
PAGES = Environment(loader=FileSystemLoader(HERE), autoescape=select_autoescape(["html"]))
PROJECT = HERE.parents[1]
HELSINKI = ZoneInfo("Europe/Helsinki")

# The letters' own HTML is shown in a frame that runs nothing and loads nothing.
PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'"
LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def _clock(moment: datetime, form: str) -> str:
    """As clocks show it where the product is used, wherever this machine stands."""
    return moment.astimezone(HELSINKI).strftime(form)


PAGES.filters["clock"] = _clock


class NoLetterCame(Exception):
    """No letter of that kind came in time."""


class PostOffice(msgspec.Struct, frozen=True):
    smtp_port: int
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://{ports.HOST}:{self.port}"

    def letters(self, *, to: str | None = None) -> list[Letter]:
        """Newest first."""
        return fetch(self.url, to=to)

    def wait_for(self, to: str, *, after: int = 0, seconds: float = 10) -> Letter:
        """The first letter to `to` with a number above `after`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            news = [letter for letter in self.letters(to=to) if letter.number > after]
            if news:
                return news[-1]
            time.sleep(children.POLL_SECONDS)
        raise NoLetterCame(f"No letter came within {seconds:.0f} s.")


def fetch(url: str, *, to: str | None = None) -> list[Letter]:
    """Asks the post office at `url` for its letters, newest first."""
    query = "?" + urllib.parse.urlencode({"to": to}) if to else ""
    with urllib.request.urlopen(f"{url}/letters.json{query}", timeout=5) as answer:  # noqa: S310 (our own URL)
        return msgspec.json.decode(answer.read(), type=list[Letter])


@contextmanager
def running(data: Path, *, smtp_port: int | None = None, port: int | None = None) -> Iterator[PostOffice]:
    """SMTP on `smtp_port`, the page on `port`, the letters in `data`."""
    smtp_port, port = smtp_port or ports.free(), port or ports.free()
    with children.running(program(data, smtp_port=smtp_port, port=port)) as child:
        yield PostOffice(smtp_port, port, child.pid)


def program(data: Path, *, smtp_port: int, port: int) -> Program:
    where = ("--smtp-port", str(smtp_port), "--port", str(port), "--letters", str((data / "letters").resolve()))
    return Program(
        name="post office",
        command=(sys.executable, "-m", "infra.embedded.postoffice", *where),
        folder=PROJECT,
        log=data / "postoffice.log",
        ready=lambda: ports.answers(port),  # opened after the SMTP port
    )


class _Counter:
    """aiosmtpd calls this for every letter."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (its name)
        content = envelope.original_content or b""
        self._shelf.put(content, sender=envelope.mail_from or "", to=[str(address) for address in envelope.rcpt_tos])
        return "250 Message accepted for delivery"


class _Window(BaseHTTPRequestHandler):
    shelf: Shelf

    def do_GET(self) -> None:
        address = urllib.parse.urlsplit(self.path)
        to = urllib.parse.parse_qs(address.query).get("to", [None])[0]
        # A page elsewhere could point its own host name at this port and read the letters.
        if self.headers.get("Host", "").split(":")[0] not in ("localhost", ports.HOST):
            self._say(HTTPStatus.FORBIDDEN)
        elif address.path == "/":
            self._page("postoffice.html", letters=self.shelf.newest_first(to=to), to=to)
        elif address.path == "/letters.json":
            self._send("application/json", msgspec.json.encode(self.shelf.newest_first(to=to)))
        elif address.path == "/postoffice.css":
            self._send("text/css; charset=utf-8", (HERE / "postoffice.css").read_bytes())
        else:
            self._letter(address.path)

    def _letter(self, path: str) -> None:
        """/letters/12 is the page of a letter, /letters/12/html its own HTML."""
        match path.strip("/").split("/"):
            case ["letters", number, *rest] if number.isdecimal() and (letter := self.shelf.one(int(number))):
                if rest == ["html"] and letter.html:
                    self._send("text/html; charset=utf-8", letter.html.encode(), policy=LETTER_POLICY)
                else:
                    self._page("letter.html", letter=letter)
            case _:
                self._say(HTTPStatus.NOT_FOUND)

    def _page(self, template: str, **values: object) -> None:
        self._send("text/html; charset=utf-8", PAGES.get_template(template).render(values).encode())

    def _say(self, status: HTTPStatus) -> None:
        self._send("text/plain; charset=utf-8", status.phrase.encode(), status=status)

    def _send(self, kind: str, body: bytes, *, status: HTTPStatus = HTTPStatus.OK, policy: str = PAGE_POLICY) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """No lines: an address asked for would be in them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--letters", type=Path, required=True)
    options = parser.parse_args()
    shelf = Shelf(options.letters)
    smtp = Controller(_Counter(shelf), hostname=ports.HOST, port=options.smtp_port, enable_SMTPUTF8=True)
    smtp.start()
    _Window.shelf = shelf
    window = ThreadingHTTPServer((ports.HOST, options.port), _Window)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=window.shutdown).start())
    window.serve_forever(poll_interval=0.1)
    smtp.stop()


if __name__ == "__main__":
    main()
