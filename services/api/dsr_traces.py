"""What the trace of an OpenDSR request or endpoint says of each step, in words.

An outcome is kept as a word of ours, a code of AppsFlyer behind it where there was one, or the number of records.
"""

from collections.abc import Mapping
from enum import StrEnum

from services.api import wording
from tenants.languages.speaking import Language, sentence, translate
from tenants.opendsr.dialects import Problem
from tenants.opendsr.verifying import Outcome
from tenants.opendsr.wire import RequestStatus, RequestType
from tenants.outside import Unreached


def outcome(language: Language, kept: str) -> str:
    """A word that nobody knows is shown as it is."""
    word, _, code = kept.partition(" ")
    if word.isdecimal():
        return translate(language, RECORDS, count=word)
    told = translate(language, WORDS[word]) if word in WORDS else _elsewhere(language, word)
    return f"{told} ({code})" if code else told


def _elsewhere(language: Language, word: str) -> str:
    """States, kinds of requests, and why nobody was reached, are called the same everywhere."""
    kinds: tuple[type[StrEnum], ...] = (RequestStatus, RequestType, Unreached)
    said = (wording.said(language, kind(word)) for kind in kinds if word in set(kind))
    return next(said, word)


RECORDS = sentence("records: %(count)s")
WORDS: Mapping[str, str] = {
    "done": sentence("it was done"),
    "taken": sentence("taken in there"),
    "discovered": sentence("found, and its certificate is believed"),
    "no_discovery": sentence("it does not say what it offers"),
    "not_offered": sentence("the processor does not offer this"),
    "no_token": sentence("its token endpoint gave no token"),
    "flow_stopped": sentence("waits: the company has stopped what flows out"),
    "endpoint_stopped": sentence("the endpoint has been stopped"),
    Problem.REFUSED: sentence("refused by the processor"),
    Problem.SAME_IN_PROGRESS: sentence("the processor is busy with the same person; tried again"),
    Problem.NOT_LET_IN: sentence("the processor did not let us in"),
    Problem.UNKNOWN_THERE: sentence("the processor knows no such request or address"),
    Problem.GONE: sentence("the processor keeps it no longer"),
    Problem.LATER: sentence("the processor could not take it now; tried again"),
    Outcome.ACCEPTED: sentence("believed"),
    Outcome.TOLD_BEFORE: sentence("told before; nothing changed"),
    Outcome.STATUS_UNKNOWN: sentence("a state that nobody here knows; it counts as begun"),
    Outcome.NO_DOMAIN: sentence("refused: it does not say from which domain it comes"),
    Outcome.DOMAIN_NOT_ALLOWED: sentence("refused: it comes from another domain than the processor's"),
    Outcome.NO_CERTIFICATE: sentence("refused: no certificate of the processor is known"),
    Outcome.CERTIFICATE_UNREADABLE: sentence("refused: the certificate is unreadable"),
    Outcome.CERTIFICATE_OUT_OF_DATE: sentence("refused: the certificate is out of date"),
    Outcome.CERTIFICATE_OTHER_DOMAIN: sentence("refused: the certificate is for another domain"),
    Outcome.CERTIFICATE_UNKNOWN_ISSUER: sentence("refused: nobody who is trusted vouches for the certificate"),
    Outcome.CERTIFICATE_NOT_FOR_SIGNATURES: sentence("refused: the certificate is not for signatures"),
    Outcome.CERTIFICATE_WEAK_KEY: sentence("refused: the key of the certificate is too weak"),
    Outcome.SIGNATURE_WRONG: sentence("refused: the signature is not the processor's"),
    Outcome.NOT_JSON: sentence("refused: it cannot be read"),
    Outcome.OTHER_ADDRESS: sentence("refused: it was meant for another address"),
    Outcome.OTHER_REQUEST: sentence("refused: it is about another request"),
    Outcome.STALE: sentence("refused: an older state, told again"),
}
