"""The terms that an export may use: ODRL 2.2 (W3C Recommendation, 15 February 2018) and DPV 2.3 (2026-02-28).

Pinned here by name, so that a term that neither standard has fails a test. Deprecated terms of ODRL are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

CLASSES = frozenset(
    {"Agreement", "Offer", "Set", "Party", "PartyCollection", "Asset", "AssetCollection"}
    | {"Permission", "Prohibition", "Duty", "Constraint", "LogicalConstraint"}
)
PROPERTIES = frozenset(
    {"uid", "profile", "inheritFrom", "conflict", "permission", "prohibition", "obligation", "duty", "consequence"}
    | {"remedy", "target", "output", "assigner", "assignee", "action", "constraint", "refinement", "leftOperand"}
    | {"operator", "rightOperand", "rightOperandReference", "unit", "dataType", "status", "source", "partOf"}
    | {"hasPolicy", "relation", "function", "failure", "implies", "includedIn", "and", "or", "xone", "andSequence"}
)
ACTIONS = frozenset(
    {"use", "transfer", "acceptTracking", "aggregate", "annotate", "anonymize", "archive", "attribute", "compensate"}
    | {"concurrentUse", "delete", "derive", "digitize", "display", "distribute", "ensureExclusivity", "execute"}
    | {"extract", "give", "grantUse", "include", "index", "inform", "install", "modify", "move", "nextPolicy"}
    | {"obtainConsent", "play", "present", "print", "read", "reproduce", "reviewPolicy", "sell", "stream"}
    | {"synchronize", "textToSpeech", "transform", "translate", "uninstall", "watermark"}
)
LEFT_OPERANDS = frozenset(
    {"absolutePosition", "absoluteSize", "absoluteSpatialPosition", "absoluteTemporalPosition", "count", "dateTime"}
    | {"delayPeriod", "deliveryChannel", "device", "elapsedTime", "event", "fileFormat", "industry", "language"}
    | {"media", "meteredTime", "payAmount", "percentage", "product", "purpose", "recipient", "relativePosition"}
    | {"relativeSize", "relativeSpatialPosition", "relativeTemporalPosition", "resolution", "spatial"}
    | {"spatialCoordinates", "system", "systemDevice", "timeInterval", "unitOfCount", "version", "virtualLocation"}
) - {"device", "system"}
OPERATORS = frozenset(
    {"eq", "gt", "gteq", "lt", "lteq", "neq", "isA", "hasPart", "isPartOf", "isAllOf", "isAnyOf", "isNoneOf"}
)
CONFLICTS = frozenset({"perm", "prohibit", "invalid"})
DPV = frozenset(
    {"hasLegalBasis", "CustomerCare", "SellProducts", "PaymentManagement", "DeliveryOfGoods", "DirectMarketing"}
    | {"Marketing", "ServiceUsageAnalytics", "ResearchAndDevelopment", "CustomerSolvencyMonitoring"}
    | {"LegalCompliance", "ServiceProvision", "RightsFulfilment", "RecordManagement", "DisputeManagement"}
)
DCT = frozenset({"title", "hasVersion"})
GDPR = frozenset({f"A6-1-{letter}" for letter in "abcdef"})


def unknown(document: object, own: frozenset[str]) -> set[str]:
    """What stands in a JSON-LD document and is in no vocabulary; `own` are the terms of the profile."""
    known = {"dpv": DPV, "dct": DCT, "eu-gdpr": GDPR, "seloste": own}
    return {term for place, term in _used(document) if not _is_known(place, term, known)}


def _is_known(place: str, term: str, known: Mapping[str, frozenset[str]]) -> bool:
    prefix, colon, name = term.partition(":")
    if colon:
        return prefix in {"urn", "xsd"} or name in known.get(prefix, ())
    allowed = {"action": ACTIONS, "leftOperand": LEFT_OPERANDS, "operator": OPERATORS, "conflict": CONFLICTS}
    return term in {**allowed, "@type": CLASSES, "key": PROPERTIES}.get(place, frozenset())


def _used(node: object) -> Iterator[tuple[str, str]]:
    if isinstance(node, Sequence) and not isinstance(node, str):
        for one in node:
            yield from _used(one)
    if not isinstance(node, Mapping):
        return
    for key, value in cast(Mapping[str, object], node).items():
        if not key.startswith("@"):
            yield "key", key
        if key in {"action", "leftOperand", "operator", "conflict", "@type", "@id"}:
            yield key, cast(str, value)
        elif key != "@context":
            yield from _used(value)
