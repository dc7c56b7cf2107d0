"""`seloste opendsr-check`: whether a processor, or a controller's address for callbacks, keeps to OpenDSR."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import Certificate

from services.api import dsr_traces
from services.commands.subparsers import Subparsers
from services.conformance import controller, processor
from services.conformance.controller import Called, Flawed
from services.conformance.findings import SEEN, WORDS, Finding, Heard, Rule, Verdict
from services.conformance.processor import Access
from services.outgoing import calling
from services.outgoing.calling import NotReached
from tenants.languages.speaking import DEFAULT, Language, sentence, translate
from tenants.opendsr import certificates, wire
from tenants.opendsr.certificates import Flaw, NotTrusted
from tenants.outside import Unreached

KEPT, BROKEN, UNREACHED = 0, 1, 2
MARKS = {Verdict.KEPT: "+", Verdict.BROKEN: "!", Verdict.UNTRIED: "-"}
# What is broken by nobody's being there.
FIRST = (Rule.DISCOVERY_ANSWERS, Rule.GENUINE_TAKEN)
FLAWS = {
    "expired": Rule.EXPIRED_REFUSED,
    "unknown-authority": Rule.UNKNOWN_AUTHORITY_REFUSED,
    "subject-name": Rule.SUBJECT_NAME_REFUSED,
}

LEGEND = sentence("+ kept, ! broken, - not tried; in brackets what was seen instead")
SUM = sentence("%(kept)s rules kept, %(broken)s broken, %(untried)s not tried.")
NOT_REACHED = sentence("Nobody was reached at this address: %(reason)s.")
INSIDE = sentence(
    "Addresses of this machine are called with SELOSTE_OUTGOING_LOOPBACK=true, those of inner networks never."
)
NOT_LET_IN = sentence(
    "The processor did not let the checker in (%(status)s), so its requests were not tried."
    " --authorization FILE holds the whole value of the header, as: Bearer and a token."
)
OWN_AUTHORITY = sentence("If the certificate is of an authority of its own, name that: --issuer PEM.")
UNREADABLE = sentence("This file cannot be read as what it should be: %(file)s")


def add(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "opendsr-check",
        help="check whether a processor, or an address for callbacks, keeps to OpenDSR 2.0",
        epilog="Ends with 0: all that was tried is kept; 1: something is broken; 2: nobody was reached, or let in"
        " (docs/opendsr.md, where it is told how to try it on this machine).",
    )
    parser.add_argument("url", help="of the processor with its version (…/v2); or, with --callback, of the callbacks")
    parser.add_argument("--authorization", type=Path, metavar="FILE", help="the value of the Authorization header")
    parser.add_argument("--issuer", type=Path, metavar="PEM", help="authority to be believed instead of the system's")
    parser.add_argument("--in-progress", metavar="ID", help="a request that the processor has begun already")
    parser.add_argument("--callback", metavar="ID", help="check a controller, by the id of its pending request")
    parser.add_argument("--domain", help="with --callback: the domain of the processor that is played")
    parser.add_argument("--key", type=Path, metavar="PEM", help="with --callback: the private key of that processor")
    parser.add_argument(
        "--flawed",
        action="append",
        default=[],
        metavar="FLAW,URL,ID,DOMAIN,PEM",
        help=f"with --callback: a request to a processor with such a certificate ({', '.join(FLAWS)}); repeatable",
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--language", type=Language, choices=list(Language), default=DEFAULT)
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    try:
        findings = _of_controller(chosen) if chosen.callback else _of_processor(chosen)
    except _Unreadable as wrong:
        print(translate(chosen.language, UNREADABLE, file=str(wrong)), file=sys.stderr)
        return UNREACHED
    if chosen.json:
        print(msgspec.json.format(msgspec.json.encode(findings)).decode())
    else:
        _tell(chosen.language, findings)
    return _code(chosen.language, findings)


class _Unreadable(Exception):
    """Of a file that was named on the command line."""


def talk(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Heard:
    """Through the guard of all outgoing calls: no redirects, limits, and no addresses inside."""
    try:
        answer = calling.send(method, url, headers=headers, body=body)
    except NotReached as reason:
        return Heard(0, unreached=reason.reason)
    return Heard(answer.status, answer.headers, answer.body)


def _of_processor(chosen: argparse.Namespace) -> list[Finding]:
    said = _read(chosen.authorization).decode().strip() if chosen.authorization else ""
    return processor.check(
        chosen.url,
        talk,
        access=Access({"Authorization": said} if said else {}),
        roots=_roots(chosen.issuer),
        at=wire.now(),
        in_progress=chosen.in_progress,
    )


def _of_controller(chosen: argparse.Namespace) -> list[Finding]:
    if not (chosen.domain and chosen.key):
        raise _Unreadable("--domain, --key")
    called = Called(chosen.url, chosen.callback, chosen.domain, _key(chosen.key))
    return controller.check(called, talk, flawed=[_flawed(one) for one in chosen.flawed])


def _flawed(given: str) -> Flawed:
    flaw, *rest = given.split(",")
    if flaw not in FLAWS or len(rest) != 4:
        raise _Unreadable("--flawed")
    url, asked, domain, key = rest
    return Flawed(FLAWS[flaw], Called(url, asked, domain, _key(Path(key))))


def _roots(issuer: Path | None) -> Sequence[Certificate]:
    if issuer is None:
        return certificates.public_roots()
    try:
        return certificates.read_chain(_read(issuer))
    except NotTrusted:
        raise _Unreadable(issuer) from None


def _key(file: Path) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(_read(file), password=None)
    except (ValueError, TypeError):
        raise _Unreadable(file) from None
    if not isinstance(key, RSAPrivateKey):
        raise _Unreadable(file)
    return key


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        raise _Unreadable(file) from None


def _tell(language: Language, findings: Sequence[Finding]) -> None:
    print(translate(language, LEGEND))
    for one in findings:
        seen = f" ({_seen(language, one)})" if one.seen else ""
        print(f"{MARKS[one.verdict]} {translate(language, WORDS[one.rule])}{seen}")
    counts = {f"{verdict}": sum(one.verdict is verdict for one in findings) for verdict in Verdict}
    print(translate(language, SUM, **counts))


def _seen(language: Language, one: Finding) -> str:
    if one.seen.isdigit():
        return one.seen
    if one.rule is Rule.CERTIFICATE_TRUSTED:
        return dsr_traces.outcome(language, f"certificate_{one.seen}")
    return translate(language, SEEN[one.seen]) if one.seen in SEEN else dsr_traces.outcome(language, one.seen)


def _code(language: Language, findings: Sequence[Finding]) -> int:
    """And what whoever tries it for the first time will want to know."""
    nobody = next((one for one in findings if one.rule in FIRST and one.seen and not one.seen.isdigit()), None)
    if nobody is not None:
        print(translate(language, NOT_REACHED, reason=_seen(language, nobody)), file=sys.stderr)
        if nobody.seen == Unreached.REFUSED_ADDRESS:
            print(translate(language, INSIDE), file=sys.stderr)
        return UNREACHED
    if any(one.seen == Flaw.UNKNOWN_ISSUER for one in findings):
        print(translate(language, OWN_AUTHORITY), file=sys.stderr)
    left = next((one.seen for one in findings if one.verdict is Verdict.UNTRIED and one.seen), "")
    if left:
        print(translate(language, NOT_LET_IN, status=left), file=sys.stderr)
    if any(one.verdict is Verdict.BROKEN for one in findings):
        return BROKEN
    return UNREACHED if left else KEPT
