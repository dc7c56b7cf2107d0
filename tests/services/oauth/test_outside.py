"""A client that nobody here wrote, openid-client run by Node, against the server over HTTP."""

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from litestar import Litestar

from infra.embedded import node, ports
from services.api.oauth import addresses
from tests import waiting
from tests.services.oauth import wires
from tests.services.oauth.conftest import SCOPE
from tests.services.oauth.wires import Program

HOME = Path(__file__).parent / "outside"


@pytest.fixture(scope="module")
def listening(app: Litestar) -> Iterator[str]:
    """The server on a port of this machine, until the module ends."""
    port = ports.free()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    waiting.until(lambda: server.started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_somebody_elses_client_finds_out_signs_proves_fetches_asks_and_gives_back(
    listening: str, program: Program
) -> None:
    node.install(HOME)
    given = {
        "issuer": addresses.issuer(program.slug),
        "resource": addresses.resource(),
        "at": listening,
        "client_id": str(program.client_id),
        "jwk": program.key.as_dict(private=True),
        "kid": wires.public(program.key).kid,
        "scope": SCOPE,
    }
    done = subprocess.run(
        [str(node.binary()), str(HOME / "fetch.mjs")],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    # The library writes the type of a token in small letters.
    assert (told["token_type"], told["scope"], told["open"]) == ("dpop", SCOPE, [{"scope": SCOPE}])
    assert (told["active"], told["signed"], told["after"]) == (True, True, 401)
    assert ["GET", f"/oauth/{program.slug}/jwks", 200] in told["seen"]
    asked = [status for method, path, status in told["seen"] if path.endswith("/token")]
    assert asked == [400, 200], "the nonce is asked for once, and the request made again"
