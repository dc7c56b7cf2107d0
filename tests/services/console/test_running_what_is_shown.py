"""What the page says is copied from it and run as it stands, against the server over HTTP."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from joserfc.jwk import OKPKey
from litestar import Litestar
from litestar.testing import TestClient

from infra.embedded import ports
from infra.embedded.postoffice import PostOffice
from services.api.console import pulling
from tenants import settings
from tenants.clients import registering
from tenants.clients.model import Method
from tenants.contacts import keys
from tenants.database import walled_session
from tenants.feeds import sandbox
from tests import waiting
from tests.services.browsing import Browser
from tests.services.console import as_shown
from tests.services.console.as_shown import run
from tests.services.console.people import Person
from tests.tenants.feeds.scene import Scene


@pytest.fixture(scope="module")
def listening(app: Litestar, feeding: Scene) -> Iterator[None]:
    """The server at the address that its own pages name, until the module ends."""
    port, before = ports.free(), os.environ["SELOSTE_BASE_URL"]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    waiting.until(lambda: server.started)
    os.environ["SELOSTE_BASE_URL"] = f"http://localhost:{port}"
    settings.current.cache_clear()
    yield
    os.environ["SELOSTE_BASE_URL"] = before
    settings.current.cache_clear()
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def ulla(client: TestClient[Litestar], feeding: Scene, post_office: PostOffice) -> Person:
    """Signed in before the address changes: her cookies are those of the one before."""
    return Person(Browser(client), feeding.house, post_office).come_in()


def shown(ulla: Person, feeding: Scene, *, of: str = "sandbox") -> dict[str, str]:
    feed_id = next(one.feed.feed_id for one in feeding.all() if one.feed.key == "customers")
    page = ulla.get(f"feeds/{feed_id}/pulling?of={of}")
    assert page.status_code == 200
    return as_shown.examples(page.text)


def use_key(ulla: Person, folder: Path, *, dpop: bool) -> None:
    """The client of this key is the newest, and so the one that the page is written for."""
    key = OKPKey.import_key((folder / "seloste-key.pem").read_bytes())
    with walled_session(ulla.house.approver.acting(ulla.house.alfa)) as session:
        registering.register(
            session,
            ulla.house.pilvi,
            name="Ajettava",
            method=Method.PRIVATE_KEY_JWT,
            dpop=dpop,
            keys=[keys.read(key.as_pem(private=False).decode())],
        )


@pytest.mark.parametrize("dpop", [True, False], ids=["bound", "bearer"])
def test_python_and_shell_fetch_the_sandbox_as_shown(
    ulla: Person, feeding: Scene, listening: None, tmp_path: Path, dpop: bool
) -> None:
    steps = shown(ulla, feeding)
    public = run(tmp_path, "sh", "-c", steps["keys"])
    assert public.startswith("-----BEGIN PUBLIC KEY-----")
    use_key(ulla, tmp_path, dpop=dpop)
    steps = shown(ulla, feeding)
    (tmp_path / "pull.py").write_text(steps["python"])
    assert run(tmp_path, sys.executable, "pull.py") == as_shown.whole_sandbox()
    assert run(tmp_path, sys.executable, "pull.py") == "0 records, 0 tombstones\n", "nothing has changed since"
    (tmp_path / "pull.sh").write_text(steps["shell"])
    lines = run(tmp_path, "sh", "pull.sh")
    assert as_shown.lines_of_persons(lines) == sandbox.RECORDS + sandbox.TOLD


def test_the_steps_for_the_feed_itself_fetch_the_feed(
    ulla: Person, feeding: Scene, listening: None, tmp_path: Path
) -> None:
    run(tmp_path, "sh", "-c", shown(ulla, feeding)["keys"])
    use_key(ulla, tmp_path, dpop=True)
    (tmp_path / "pull.py").write_text(shown(ulla, feeding, of="feed")["python"])
    assert run(tmp_path, sys.executable, "pull.py").endswith("records, 0 tombstones\n")


def test_what_a_shell_would_understand_is_never_put_into_what_is_copied() -> None:
    for kid in ("a'; rm -rf ~; '", 'a"\nimport os', "$(id)", "`id`", "a b"):
        assert not pulling.PLAIN.fullmatch(kid)
