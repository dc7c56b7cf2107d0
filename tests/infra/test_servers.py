"""The embedded servers, each as a real process."""

import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import boto3
import psycopg
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from mypy_boto3_s3 import S3Client
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.retry import Retry

from infra.embedded import ports, postgres, s3, valkey
from infra.embedded.children import DidNotStart

PROJECT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


def bucket_client(server: s3.S3, *, secret_key: str | None = None) -> S3Client:
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name=server.region,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=secret_key or server.secret_key,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def redis_client(server: valkey.Valkey, *, password: str | None = None) -> Redis:
    never = Retry(NoBackoff(), 0)
    return Redis(host=ports.HOST, port=server.port, password=password or server.password, protocol=2, retry=never)


def test_postgresql_finds_its_rows_again_after_a_restart_on_another_port(tmp_path: Path) -> None:
    with postgres.running(tmp_path, durable=False) as server, psycopg.connect(server.admin_url) as connection:
        connection.execute("CREATE TABLE letters AS SELECT 'kept' AS word")
    with postgres.running(tmp_path, durable=False) as server, psycopg.connect(server.admin_url) as connection:
        assert connection.execute("SELECT word FROM letters").fetchone() == ("kept",)


def test_postgresql_is_gone_when_its_context_ends(tmp_path: Path) -> None:
    with postgres.running(tmp_path, durable=False) as server:
        assert not ports.is_free(server.port)
    assert ports.is_free(server.port)


def test_postgresql_takes_settings_and_demands_its_password(tmp_path: Path) -> None:
    with postgres.running(tmp_path, durable=False, settings={"max_connections": "23"}) as server:
        with psycopg.connect(server.admin_url) as connection:
            assert connection.execute("SHOW max_connections").fetchone() == ("23",)
            assert connection.execute("SHOW fsync").fetchone() == ("off",)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(postgres.admin_url(server.port, "guessed"))


def test_postgresql_logs_no_values_of_a_failed_statement(tmp_path: Path) -> None:
    with postgres.running(tmp_path, durable=False) as server, psycopg.connect(server.admin_url) as connection:
        connection.execute("CREATE TABLE people (name text UNIQUE)")
        connection.execute("INSERT INTO people VALUES ('Aino Esimerkki')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES ('Aino Esimerkki')")
    log = (tmp_path / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "Aino" not in log


def test_a_second_postgresql_on_a_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with (
        postgres.running(tmp_path, durable=False),
        pytest.raises(postgres.FolderTaken, match="in use by a running PostgreSQL: stop that first"),
        postgres.running(tmp_path, durable=False),
    ):
        pass


def test_an_interrupted_first_start_of_postgresql_starts_over(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "PG_VERSION").write_text("18\n")
    (tmp_path / "unfinished").touch()
    with postgres.running(tmp_path, durable=False) as server:
        psycopg.connect(server.admin_url).close()


@as_root
def test_root_without_user_namespaces_lends_postgresql_to_an_account(tmp_path_factory: pytest.TempPathFactory) -> None:
    # Where `unshare` cannot be found there are no namespaces to ask for. pytest's own folders are closed to others.
    data = Path("/tmp") / f"seloste-lent-{os.getpid()}"  # noqa: S108
    program = (
        "import sys, psycopg; from pathlib import Path; from infra.embedded import postgres\n"
        "with postgres.running(Path(sys.argv[1]), durable=False) as server:\n"
        "    psycopg.connect(server.admin_url).close(); print((Path(sys.argv[1]) / 'cluster').owner())"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, str(data)],
            cwd=PROJECT,
            env={**os.environ, "PATH": "/nonexistent"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() in ("postgres", "nobody")
        # And back, where namespaces are to be had.
        with postgres.running(data, durable=False) as server:
            psycopg.connect(server.admin_url).close()
    finally:
        shutil.rmtree(data)


@as_root
def test_a_plain_user_runs_postgresql_as_itself(tmp_path: Path) -> None:
    # In a user namespace of its own this process is nobody, and no more may be mapped in it.
    program = "import sys; from pathlib import Path; from infra.embedded import postgres\n"
    program += "with postgres.running(Path(sys.argv[1]), durable=False): print('runs')"
    if not shutil.which("unshare"):
        pytest.skip("this machine has no unshare")
    done = subprocess.run(
        [*postgres.NAMESPACE, sys.executable, "-c", program, str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "runs"


def test_valkey_keeps_its_keys_and_demands_its_password(tmp_path: Path) -> None:
    with valkey.running(tmp_path) as server, redis_client(server) as client:
        client.set("letter", "kept")
        with pytest.raises(AuthenticationError), redis_client(server, password="guessed") as stranger:
            stranger.ping()
    with valkey.running(tmp_path) as server, redis_client(server) as client:
        assert client.get("letter") == b"kept"


def test_the_s3_server_keeps_its_objects_and_demands_its_keys(tmp_path: Path) -> None:
    with s3.running(tmp_path) as server:
        bucket_client(server).put_object(Bucket=server.bucket, Key="exports/one", Body=b"sealed")
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            bucket_client(server, secret_key="guessed").list_buckets()
    with s3.running(tmp_path) as server:
        found = bucket_client(server).get_object(Bucket=server.bucket, Key="exports/one")
        assert found["Body"].read() == b"sealed"


def test_secrets_of_the_servers_are_for_their_owner_only(tmp_path: Path) -> None:
    with valkey.running(tmp_path / "valkey"), s3.running(tmp_path / "s3"):
        files = ["valkey/password", "valkey/valkey.conf", "s3/access-key", "s3/secret-key"]
        assert {stat.S_IMODE((tmp_path / file).stat().st_mode) for file in files} == {0o600}


def test_a_server_on_a_taken_port_says_so_instead_of_starting(tmp_path: Path) -> None:
    with socket.create_server((ports.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DidNotStart, match=f"valkey ended.*{port}"), valkey.running(tmp_path, port=port):
            pass


def test_a_taken_port_that_is_demanded_is_refused_in_one_sentence() -> None:
    with socket.create_server((ports.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ports.PortTaken, match=f"Port {port} is taken by another program"):
            ports.demand(port)


def test_ports_are_remembered_while_they_are_free(tmp_path: Path) -> None:
    file, wanted = tmp_path / "ports.json", {"api": ports.free(), "postgres": ports.free()}
    said: list[str] = []
    first = ports.remembered(file, wanted, {}, say=said.append)
    assert first == wanted
    assert ports.remembered(file, {"api": wanted["api"], "postgres": ports.free()}, {}, say=said.append) == first
    assert said == []
    with socket.create_server((ports.HOST, first["api"])):
        second = ports.remembered(file, wanted, {}, say=said.append)
    assert second["api"] != first["api"]
    assert second["postgres"] == first["postgres"]
    api = first["api"]
    assert said == [f"Port {api} is taken by another program: api is at {second['api']} this time."]
