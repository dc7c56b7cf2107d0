"""Real HTTP servers of others, on this machine, with certificates of an authority of the tests' own."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec import Struct


class Asked(Struct, frozen=True):
    """What a receiver was asked. Headers by their names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Says(Struct, frozen=True):
    """`slowly`, if given, sends the body instead, as it likes."""

    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = b""
    slowly: Callable[[Callable[[bytes], object]], None] | None = None


Answers = Callable[[Asked], Says]


class Authority:
    """Signs certificates for names and addresses of the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key, self._name = ec.generate_private_key(ec.SECP256R1()), _named("Seloste tests")
        self.path = folder / "authority.pem"
        made = _begun(self._name, self._name, self._key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
        self.path.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def context(self, *names: str, self_signed: bool = False) -> ssl.SSLContext:
        """For a server of these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _named(names[0])
        issuer, signer = (subject, key) if self_signed else (self._name, self._key)
        made = _begun(subject, issuer, key.public_key())
        made = made.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        file = self.folder / f"{x509.random_serial_number():x}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


class Receiver:
    """Remembers what it was asked, and answers as `answers` says; may be told to answer otherwise at any time."""

    def __init__(self, origin: str, port: int, answers: Answers) -> None:
        self.origin, self.port, self.answers = origin, port, answers
        self.asked: list[Asked] = []


@contextmanager
def receiving(
    answers: Answers = lambda asked: Says(), *, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[Receiver]:
    server = _Server(host, context)
    shown = f"[{host}]" if ":" in host else host
    origin = f"{'https' if context else 'http'}://{shown}:{server.server_port}"
    server.receiver = Receiver(origin, server.server_port, answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver

    def __init__(self, host: str, context: ssl.SSLContext | None) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._context = context
        super().__init__((host, 0), _Handler)

    def finish_request(self, request: object, client_address: object) -> None:
        """In the connection's own thread: somebody who does not greet holds up nobody else."""
        assert isinstance(request, socket.socket)
        with suppress(OSError), self._wrapped(request) as connection:
            super().finish_request(connection, client_address)

    def _wrapped(self, connection: socket.socket) -> socket.socket:
        return self._context.wrap_socket(connection, server_side=True) if self._context else connection


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        self.server.receiver.asked.append(asked)
        says = self.server.receiver.answers(asked)
        self.send_response(says.status)
        for name, value in says.headers.items():
            self.send_header(name, value)
        if says.slowly is None:
            self.send_header("Content-Length", str(len(says.body)))
        self.end_headers()
        if says.slowly is None:
            self.wfile.write(says.body)
        else:
            self.close_connection = True
            says.slowly(self.wfile.write)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815 (the names that http.server looks for)

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _begun(subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
