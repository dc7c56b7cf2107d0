"""What a check found: kept, broken, or not tried; each with the rule in words, and what was seen instead."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

from tenants.languages.speaking import sentence


class Rule(StrEnum):
    """In the order in which they are tried. Sections are those of OpenDSR's specification."""

    DISCOVERY_ANSWERS = "discovery_answers"
    DISCOVERY_SAYS_ALL = "discovery_says_all"
    CERTIFICATE_PLACE = "certificate_place"
    CERTIFICATE_TRUSTED = "certificate_trusted"
    DISCOVERY_SIGNED = "discovery_signed"
    STRANGERS_REFUSED = "strangers_refused"
    CREATED = "created"
    CREATED_SAYS_ALL = "created_says_all"
    CREATED_QUOTES = "created_quotes"
    CREATED_SIGNED = "created_signed"
    STATUS_ANSWERS = "status_answers"
    STATUS_SAYS_ALL = "status_says_all"
    STATUS_SIGNED = "status_signed"
    DUPLICATE_REFUSED = "duplicate_refused"
    NO_JSON_REFUSED = "no_json_refused"
    INCOMPLETE_REFUSED = "incomplete_refused"
    UNKNOWN_TYPE_REFUSED = "unknown_type_refused"
    ERRORS_AS_AGREED = "errors_as_agreed"
    ERRORS_QUOTE_NOBODY = "errors_quote_nobody"
    CANCELLED = "cancelled"
    CANCEL_SAYS_ALL = "cancel_says_all"
    CANCEL_SIGNED = "cancel_signed"
    CANCELLED_STAYS = "cancelled_stays"
    ONLY_PENDING_CANCELLED = "only_pending_cancelled"
    FORMER_ROUTE = "former_route"
    FORMER_HEADERS = "former_headers"
    OTHER_DOMAIN_REFUSED = "other_domain_refused"
    OTHER_KEY_REFUSED = "other_key_refused"
    UNSIGNED_REFUSED = "unsigned_refused"
    REWRITTEN_REFUSED = "rewritten_refused"
    SIGNED_NO_JSON_REFUSED = "signed_no_json_refused"
    OTHER_ADDRESS_REFUSED = "other_address_refused"
    OTHER_REQUEST_REFUSED = "other_request_refused"
    EXPIRED_REFUSED = "expired_refused"
    UNKNOWN_AUTHORITY_REFUSED = "unknown_authority_refused"
    SUBJECT_NAME_REFUSED = "subject_name_refused"
    GENUINE_TAKEN = "genuine_taken"
    REPLAY_REFUSED = "replay_refused"


WORDS: Mapping[Rule, str] = {
    Rule.DISCOVERY_ANSWERS: sentence("Discovery answers 200"),
    Rule.DISCOVERY_SAYS_ALL: sentence("Discovery says all that it must"),
    Rule.CERTIFICATE_PLACE: sentence("The certificate lies on the domain of the discovery"),
    Rule.CERTIFICATE_TRUSTED: sentence("The certificate is believed: chain, dates, name of the domain"),
    Rule.DISCOVERY_SIGNED: sentence("The discovery is signed"),
    Rule.STRANGERS_REFUSED: sentence("A request without access is answered 401 or 403"),
    Rule.CREATED: sentence("A request is answered 201"),
    Rule.CREATED_SAYS_ALL: sentence("The answer to a request says all that it must"),
    Rule.CREATED_QUOTES: sentence("The answer to a request holds what was sent"),
    Rule.CREATED_SIGNED: sentence("The answer to a request is signed"),
    Rule.STATUS_ANSWERS: sentence("The status is answered 200"),
    Rule.STATUS_SAYS_ALL: sentence("The status says all that it must"),
    Rule.STATUS_SIGNED: sentence("The status is signed"),
    Rule.DUPLICATE_REFUSED: sentence("The same id a second time is answered 400 or 409"),
    Rule.NO_JSON_REFUSED: sentence("What is not JSON is answered 400"),
    Rule.INCOMPLETE_REFUSED: sentence("A request without its regulation is answered 400"),
    Rule.UNKNOWN_TYPE_REFUSED: sentence("A request of an unknown type is answered 400"),
    Rule.ERRORS_AS_AGREED: sentence("A refusal says its code in the form of the standard"),
    Rule.ERRORS_QUOTE_NOBODY: sentence("A refusal quotes nobody's identity"),
    Rule.CANCELLED: sentence("A pending request is cancelled with 202"),
    Rule.CANCEL_SAYS_ALL: sentence("The answer to a cancellation says all that it must"),
    Rule.CANCEL_SIGNED: sentence("The answer to a cancellation is signed"),
    Rule.CANCELLED_STAYS: sentence("What was cancelled is told as cancelled"),
    Rule.ONLY_PENDING_CANCELLED: sentence("What is not pending any more is not cancelled"),
    Rule.FORMER_ROUTE: sentence("The route of OpenGDPR is honoured"),
    Rule.FORMER_HEADERS: sentence("The headers of OpenGDPR are honoured"),
    Rule.OTHER_DOMAIN_REFUSED: sentence("A callback that names another domain is refused"),
    Rule.OTHER_KEY_REFUSED: sentence("A callback signed with another key is refused"),
    Rule.UNSIGNED_REFUSED: sentence("A callback without a signature is refused"),
    Rule.REWRITTEN_REFUSED: sentence("A callback whose JSON was written anew is refused"),
    Rule.SIGNED_NO_JSON_REFUSED: sentence("A callback that is not JSON is refused"),
    Rule.OTHER_ADDRESS_REFUSED: sentence("A callback for another address is refused"),
    Rule.OTHER_REQUEST_REFUSED: sentence("A callback about another request is refused"),
    Rule.EXPIRED_REFUSED: sentence("A callback under an expired certificate is refused"),
    Rule.UNKNOWN_AUTHORITY_REFUSED: sentence("A callback under a certificate of an unknown authority is refused"),
    Rule.SUBJECT_NAME_REFUSED: sentence("A callback whose certificate names the domain in its subject only is refused"),
    Rule.GENUINE_TAKEN: sentence("A genuine callback is answered 202"),
    Rule.REPLAY_REFUSED: sentence("An older status that is replayed is refused"),
}


class Verdict(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    UNTRIED = "untried"


# What was seen instead, where it is no number, no flaw of a certificate and not why nobody was reached.
SEEN: Mapping[str, str] = {
    "schema": sentence("a field is missing, or not of the type that the standard says"),
    "unsigned": sentence("there is no signature"),
    "signature": sentence("the signature is not of these bytes, this certificate or this domain"),
    "other_domain": sentence("it lies elsewhere"),
    "encoded_request": sentence("it is not what was sent, byte by byte, in Base64"),
    "status": sentence("it is told as something else"),
    "identity": sentence("the identity stands in it"),
}


class Finding(Struct, frozen=True):
    """`seen` is a code or a word of ours, never what the other side wrote."""

    rule: Rule
    verdict: Verdict
    seen: str = ""


class Heard(Struct, frozen=True):
    """`headers` by their names in lower case. `status` is 0 where nobody was reached, and `unreached` says why."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""
    unreached: str = ""

    @property
    def seen(self) -> str:
        return self.unreached or str(self.status)


Talk = Callable[[str, str, Mapping[str, str], bytes], Heard]
"""Method, address, headers and body."""


class Findings:
    """Each rule once; what is written down twice was broken if it was broken once."""

    def __init__(self) -> None:
        self._found: dict[Rule, Finding] = {}

    def note(self, rule: Rule, kept: bool, seen: str = "") -> bool:
        before = self._found.get(rule)
        if before is None or before.verdict is Verdict.KEPT:
            self._found[rule] = Finding(rule, Verdict.KEPT if kept else Verdict.BROKEN, "" if kept else seen)
        return kept

    def leave(self, rule: Rule, seen: str) -> None:
        """Not tried, and why."""
        self._found[rule] = Finding(rule, Verdict.UNTRIED, seen)

    def listed(self, rules: tuple[Rule, ...]) -> list[Finding]:
        """Those of the rules, in their order, also those that could not be tried."""
        return [self._found.get(rule, Finding(rule, Verdict.UNTRIED)) for rule in rules]
