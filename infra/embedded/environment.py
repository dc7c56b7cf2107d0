"""The settings of the embedded stack's processes: addresses on loopback, secrets made once and kept."""

import base64
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path

from infra.embedded import opendsr, ports, postgres, s3, secret_files, valkey

PREFIX = "SELOSTE_"
DATABASE_ROLES = ("app", "portal", "relay", "sealer", "auditor", "exporter", "eraser", "owner")


def made(data: Path, port: Mapping[str, int], base_url: str) -> dict[str, str]:
    """SELOSTE_* for every process, from the ports by name and the secrets in the data folder."""
    values = {
        "BASE_URL": base_url,
        "LISTEN_HOST": ports.HOST,
        "LISTEN_PORT": str(port["api"]),
        **{f"DATABASE_{role.upper()}": _database_url(data, role, port["postgres"]) for role in DATABASE_ROLES},
        "REDIS_URL": valkey.url(port["valkey"], valkey.password(data / "valkey")),
        "S3_ENDPOINT": s3.endpoint(port["s3"]),
        "S3_REGION": s3.REGION,
        "S3_BUCKET": s3.BUCKET,
        "S3_ACCESS_KEY": s3.access_key(data / "s3"),
        "S3_SECRET_KEY": s3.secret_key(data / "s3"),
        "SMTP_HOST": ports.HOST,
        "SMTP_PORT": str(port["smtp"]),
        "METRICS_PORT": str(port["metrics"]),
        "MAIL_FROM": "noreply@seloste.example",
        "MASTER_KEY": secret_files.kept(data / "secrets" / "master-key", _master_key),
        "CERTIFICATE_KEY": secret_files.kept(data / "secrets" / "certificate-key", _master_key),
        # The supervisor reads in the logs that a process has started.
        "LOG_LEVEL": "info",
        # The demo's people have codes of the test range only.
        "ACCEPT_TEST_IDENTITY_CODES": "true",
        "OUTGOING_LOOPBACK": "true",
        **opendsr.settings(data / "opendsr", base_url),
    }
    return {PREFIX + name: value for name, value in values.items()}


def admin(data: Path, port: Mapping[str, int]) -> dict[str, str]:
    """For the one command that makes the database."""
    return {f"{PREFIX}DATABASE_ADMIN": postgres.admin_url(port["postgres"], postgres.password(data / "postgres"))}


def write_down(file: Path, values: Mapping[str, str]) -> None:
    """For commands by hand: `set -a; . FILE; set +a`."""
    secret_files.write(file, "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()))


def _database_url(data: Path, role: str, port: int) -> str:
    password = secret_files.kept(data / "secrets" / f"database-{role}")
    return f"postgresql://seloste_{role}:{password}@{ports.HOST}:{port}/seloste"


def _master_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
