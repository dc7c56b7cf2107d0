"""Every setting of every process: one frozen struct, read from the environment once."""

import base64
import binascii
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

PREFIX = "SELOSTE_"


class SettingsError(Exception):
    """The environment does not make a usable configuration; the message names the variable."""


class Settings(Struct, frozen=True, kw_only=True):
    """Read from `SELOSTE_<NAME>`, or for any of them from the file named by `SELOSTE_<NAME>_FILE`."""

    base_url: Annotated[str, Meta(description="Public address of the api, without a slash at the end")] = (
        "http://localhost:8000"
    )
    listen_host: Annotated[str, Meta(description="Address the api listens on")] = "127.0.0.1"
    listen_port: Annotated[int, Meta(description="Port the api listens on", ge=1, le=65535)] = 8000
    database_app: Annotated[str, Meta(description="PostgreSQL as seloste_app: office, feeds, worker")] = ""
    database_portal: Annotated[str, Meta(description="PostgreSQL as seloste_portal: visitors and subjects")] = ""
    database_relay: Annotated[str, Meta(description="PostgreSQL as seloste_relay: the queue only")] = ""
    database_sealer: Annotated[str, Meta(description="PostgreSQL as seloste_sealer: seals and checkpoints")] = ""
    database_auditor: Annotated[str, Meta(description="PostgreSQL as seloste_auditor: reads")] = ""
    database_exporter: Annotated[
        str, Meta(description="PostgreSQL as seloste_exporter: reads all of a group for `seloste group export` only")
    ] = ""
    database_eraser: Annotated[
        str, Meta(description="PostgreSQL as seloste_eraser: erases a group for `seloste group delete` only")
    ] = ""
    database_owner: Annotated[str, Meta(description="PostgreSQL as seloste_owner: migrations")] = ""
    database_admin: Annotated[
        str, Meta(description="PostgreSQL as an administrator: `seloste create-database` only")
    ] = ""
    pool_size: Annotated[int, Meta(description="Database connections each process keeps per role", ge=1)] = 10
    redis_url: Annotated[str, Meta(description="Redis or Valkey: the queue and the staff sessions")] = (
        "redis://127.0.0.1:6379/0"
    )
    s3_endpoint: Annotated[str, Meta(description="S3 endpoint; empty for Amazon's own")] = ""
    s3_public_endpoint: Annotated[
        str, Meta(description="S3 endpoint as recipients of feeds reach it; empty where it is the same")
    ] = ""
    s3_region: Annotated[str, Meta(description="S3 region")] = "eu-north-1"
    s3_bucket: Annotated[str, Meta(description="Bucket of the sealed objects")] = "seloste"
    s3_access_key: Annotated[str, Meta(description="S3 access key; empty for the machine's own role")] = ""
    s3_secret_key: Annotated[str, Meta(description="S3 secret key; empty for the machine's own role")] = ""
    smtp_host: Annotated[str, Meta(description="Mail server")] = "127.0.0.1"
    smtp_port: Annotated[int, Meta(description="Port of the mail server", ge=1, le=65535)] = 25
    smtp_user: Annotated[str, Meta(description="User at the mail server; empty for none")] = ""
    smtp_password: Annotated[str, Meta(description="Password at the mail server")] = ""
    smtp_starttls: Annotated[bool, Meta(description="Demand STARTTLS from the mail server")] = False
    mail_from: Annotated[str, Meta(description="Sender of every letter")] = "noreply@localhost"
    master_key: Annotated[str, Meta(description="32 random bytes in base64; wraps the keys of all groups")] = ""
    master_key_before: Annotated[
        str, Meta(description="The former master key, until `seloste keys rewrap` has left nothing under it")
    ] = ""
    certificate_key: Annotated[
        str, Meta(description="32 random bytes in base64; signs the certificates of erased groups")
    ] = ""
    opendsr_key: Annotated[
        str, Meta(description="RSA key in PEM that signs OpenDSR answers; empty where nobody asks by it")
    ] = ""
    opendsr_certificate: Annotated[
        str, Meta(description="Certificate of that key in PEM, for the host of the base URL, with those between")
    ] = ""
    erasure_days: Annotated[
        int, Meta(description="Days between the request to erase a group and the day it may be confirmed", ge=0)
    ] = 30
    files_kept_days: Annotated[
        int, Meta(description="Days for which delivered files of feeds lie in our bucket", ge=1, le=45)
    ] = 7
    schema_notice_days: Annotated[
        int, Meta(description="Days between announcing that a feed gives less and its taking effect", ge=0, le=730)
    ] = 90
    log_level: Annotated[str, Meta(description="debug, info, warning or error")] = "info"
    forwarded_hops: Annotated[
        int, Meta(description="Proxies before the api whose X-Forwarded-For is believed", ge=0)
    ] = 0
    worker_threads: Annotated[int, Meta(description="Jobs a worker process runs at once", ge=1)] = 2
    heartbeat_path: Annotated[
        str, Meta(description="File that the background processes touch while they go round; empty for none")
    ] = ""
    metrics_host: Annotated[str, Meta(description="Address on which the relay gives the queue's figures")] = "127.0.0.1"
    metrics_port: Annotated[
        int,
        Meta(description="Port on which the relay gives the queue's figures (Prometheus); 0 for none", ge=0, le=65535),
    ] = 0
    outgoing_loopback: Annotated[
        bool,
        Meta(description="Call others on this machine, too, also without TLS: demo and tests only"),
    ] = False
    outgoing_ports: Annotated[str, Meta(description="Ports of others that are called, commas between")] = "443,8443"
    outgoing_authorities: Annotated[
        str, Meta(description="File of certificate authorities (PEM) that others may have besides the system's")
    ] = ""
    accept_test_identity_codes: Annotated[
        bool, Meta(description="Take in personal identity codes 900-999, which identify nobody: demo and tests only")
    ] = False

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")

    def master_secret(self) -> bytes:
        """The master key as 32 bytes. Raises SettingsError where it is missing or malformed."""
        return _secret("MASTER_KEY", self.master_key)

    def master_secret_before(self) -> bytes:
        return _secret("MASTER_KEY_BEFORE", self.master_key_before)

    def certificate_secret(self) -> bytes:
        """As `master_secret`, of the key that signs certificates of erasure."""
        return _secret("CERTIFICATE_KEY", self.certificate_key)


def read(environment: Mapping[str, str]) -> Settings:
    """Raises SettingsError that names the variable at fault."""
    given: dict[str, str] = {}
    for name in Settings.__struct_fields__:
        variable = PREFIX + name.upper()
        if variable in environment:
            given[name] = environment[variable]
        elif f"{variable}_FILE" in environment:
            given[name] = _content(f"{variable}_FILE", environment[f"{variable}_FILE"])
    try:
        return msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(str(error)) from None


def ports(given: str) -> frozenset[int]:
    """Raises SettingsError."""
    numbers = [number.strip() for number in given.split(",")]
    if not all(number.isdecimal() and 1 <= int(number) <= 65535 for number in numbers):
        raise SettingsError(f"{PREFIX}OUTGOING_PORTS must be ports with commas between")
    return frozenset(map(int, numbers))


def _secret(name: str, given: str) -> bytes:
    try:
        secret = base64.b64decode(given, validate=True)
    except binascii.Error:
        secret = b""
    if len(secret) != 32:
        raise SettingsError(f"{PREFIX}{name} must be 32 bytes in base64")
    return secret


def _content(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{variable}: {error.strerror}: {path}") from None


@cache
def current() -> Settings:
    """The settings of this process; the environment is read at the first call only."""
    return read(os.environ)
