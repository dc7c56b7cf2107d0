"""Policies in ODRL 2.2 (W3C Recommendation, 15 February 2018), with the terms of the Data Privacy Vocabulary 2.3.

A grant that its receiver has accepted is an Agreement, one that waits for it an Offer; of a draft there is a Set. What
ODRL has no word for (a field's value, a consent, an objection, a restriction) is said in a profile of our own, which
`profile` describes. ODRL takes what is not permitted for open; Seloste denies it, and every policy says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct, field
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.companies.model import Company
from tenants.registers.model import LegalBasis, Purpose
from tenants.sharing import conditions
from tenants.sharing.compiling import grant_of
from tenants.sharing.conditions import Condition, Consented, FieldIs, HasRecord, NotObjected, Plain
from tenants.sharing.ground import ground
from tenants.sharing.model import SharingGrant, SharingPolicy
from tenants.sharing.reading import Version
from tenants.sharing.terms import terms_of

ODRL, DPV, GDPR = "http://www.w3.org/ns/odrl.jsonld", "https://w3id.org/dpv#", "https://w3id.org/dpv/legal/eu/gdpr#"

# The nearest purpose of DPV 2.3; several of ours may have the same.
PURPOSES: Mapping[PurposeKind, str] = {
    PurposeKind.CUSTOMER_CARE: "dpv:CustomerCare",
    PurposeKind.SALES: "dpv:SellProducts",
    PurposeKind.INVOICING: "dpv:PaymentManagement",
    PurposeKind.DELIVERY: "dpv:DeliveryOfGoods",
    PurposeKind.MARKETING: "dpv:DirectMarketing",
    PurposeKind.ANALYTICS: "dpv:ServiceUsageAnalytics",
    PurposeKind.RESEARCH: "dpv:ResearchAndDevelopment",
    PurposeKind.CREDIT: "dpv:CustomerSolvencyMonitoring",
    PurposeKind.CREDIT_SALE: "dpv:CustomerSolvencyMonitoring",
    PurposeKind.ACCOUNTING: "dpv:LegalCompliance",
    PurposeKind.SERVICE_USE: "dpv:ServiceProvision",
    PurposeKind.COMPETITION: "dpv:Marketing",
    PurposeKind.LEGAL_DUTY: "dpv:LegalCompliance",
    PurposeKind.RIGHTS_REQUEST: "dpv:RightsFulfilment",
    PurposeKind.RETENTION: "dpv:RecordManagement",
    PurposeKind.STORAGE: "dpv:RecordManagement",
    PurposeKind.LEGAL_CLAIM: "dpv:DisputeManagement",
}
BASES: Mapping[LegalBasis, str] = {
    basis: f"eu-gdpr:A6-1-{letter}" for basis, letter in zip(LegalBasis, "abcdef", strict=True)
}
TERMS: Mapping[str, str] = {
    "field": "One of these fields of the record.",
    "fieldOfRecord": "The value of a field of the record.",
    "recordOfPerson": "The value of a field of any record that the person has in the register of that field.",
    "consent": "The kinds of purposes to which the person consents now (Art. 6(1)(a) GDPR).",
    "objection": "The kinds of purposes to which the person objects now (Art. 21 GDPR).",
    "restriction": "Whether the person or the record is restricted now (Art. 18 GDPR).",
    "about": "The field that the constraint looks at.",
    "balancing": "The balancing test where the legal basis is legitimate interest.",
    "agreement": "The document that the companies agreed on.",
    "sha256": "The SHA-256 of that document, in hexadecimal.",
    "whatIsNotPermitted": "What holds for everything that the policy does not permit.",
    "denied": "Refused.",
}


class Typed(Struct, frozen=True):
    value: str = field(name="@value")
    type: str = field(name="@type")


class Reference(Struct, frozen=True):
    id: str = field(name="@id")


class Constraint(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    left_operand: str
    operator: str
    right_operand: Typed | Reference | Plain | tuple[Reference, ...] | tuple[Plain, ...]
    about: Reference | None = field(name="seloste:about", default=None)


class AllOf(Struct, frozen=True, kw_only=True):
    type: str = field(name="@type", default="LogicalConstraint")
    all: tuple["Refinement", ...] = field(name="and")


class AnyOf(Struct, frozen=True, kw_only=True):
    type: str = field(name="@type", default="LogicalConstraint")
    any: tuple["Refinement", ...] = field(name="or")


Refinement = Constraint | AllOf | AnyOf


class Party(Struct, frozen=True, kw_only=True):
    type: str = field(name="@type", default="Party")
    uid: str
    title: str = field(name="dct:title")


class Records(Struct, frozen=True, kw_only=True):
    """The records of a register, narrowed to fields and to whom the condition holds for."""

    type: str = field(name="@type", default="AssetCollection")
    source: str
    refinement: tuple[Refinement, ...]


class Rule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    target: Records | str | None = None
    action: str
    assigner: str | None = None
    assignee: str | None = None
    constraint: tuple[Constraint, ...]
    legal_basis: Reference | None = field(name="dpv:hasLegalBasis", default=None)
    balancing: str | None = field(name="seloste:balancing", default=None)


class AgreedOn(Struct, frozen=True):
    title: str = field(name="dct:title")
    sha256: str = field(name="seloste:sha256")


class Policy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    type: str = field(name="@type")
    uid: str
    profile: str
    conflict: str = field(name="conflict")
    assigner: Party
    assignee: Party
    version: int = field(name="dct:hasVersion")
    agreement: AgreedOn | None = field(name="seloste:agreement", default=None)
    otherwise: Reference = field(name="seloste:whatIsNotPermitted")
    permission: tuple[Rule, ...]
    prohibition: tuple[Rule, ...]
    obligation: tuple[Rule, ...] = ()


class Document(Struct, frozen=True):
    context: tuple[str, Mapping[str, str]] = field(name="@context")
    graph: tuple[Policy, ...] = field(name="@graph")


class Term(Struct, frozen=True):
    id: str = field(name="@id")
    type: str = field(name="@type")
    definition: str = field(name="skos:definition")


class Profile(Struct, frozen=True):
    context: Mapping[str, str] = field(name="@context")
    graph: tuple[Term, ...] = field(name="@graph")


def document(session: Session, versions: Iterable[Version], namespace: str) -> Document:
    """One ODRL policy for each receiver of each version. `namespace` is the address of the profile."""
    companies = {one.company_id: one for one in session.scalars(select(Company))}
    kinds = {one.purpose_id: one.kind for one in session.scalars(select(Purpose))}
    said = tuple(
        _policy(found, grant, namespace, companies, kinds[found.policy.purpose_id])
        for found in versions
        for grant in found.grants or _drafted(session, found.policy)
    )
    return Document((ODRL, {**_prefixes(namespace), "eu-gdpr": GDPR}), said)


def exported(session: Session, versions: Iterable[Version], namespace: str) -> Document:
    """The same as an entry of the audit: that somebody took it along."""
    taken = list(versions)
    found = document(session, taken, namespace)
    if taken:
        trail.record(session, "sharing.exported", about="sharing_policy", ids=sorted({_id(one) for one in taken}))
    return found


def profile(namespace: str) -> Profile:
    """What the words of the profile mean."""
    terms = [Term(f"seloste:{name}", "skos:Concept", meaning) for name, meaning in TERMS.items()]
    kinds = [Term(_kind(kind), "skos:Concept", f"{PURPOSES[kind]}, as Seloste keeps it.") for kind in PurposeKind]
    skos = {"skos": "http://www.w3.org/2004/02/skos/core#"}
    return Profile({**_prefixes(namespace), **skos}, (*terms, *kinds))


def _id(version: Version) -> UUID:
    return version.policy.policy_id


def _prefixes(namespace: str) -> dict[str, str]:
    return {"dpv": DPV, "dct": "http://purl.org/dc/terms/", "seloste": f"{namespace}#"}


def _drafted(session: Session, policy: SharingPolicy) -> Iterator[SharingGrant]:
    """What the draft would come to. Raises Invalid where the register or the purpose has gone since."""
    known = ground(session, policy.company_id, terms_of(policy))
    for recipient_id in policy.recipients:
        yield grant_of(known, policy, recipient_id)


def _policy(
    found: Version,
    grant: SharingGrant,
    namespace: str,
    companies: Mapping[UUID, Company],
    kind: PurposeKind,
) -> Policy:
    policy = found.policy
    return Policy(
        type=_type(found, grant),
        uid=_urn(grant.grant_id) if found.grants else f"{_urn(policy.policy_id)}#{grant.recipient_id}",
        profile=namespace,
        conflict="prohibit",
        assigner=_party(companies[policy.company_id]),
        assignee=_party(companies[grant.recipient_id]),
        version=policy.version,
        agreement=AgreedOn(policy.agreement.name, policy.agreement.sha256) if policy.agreement else None,
        otherwise=Reference("seloste:denied"),
        permission=(_permission(policy, grant, kind),),
        prohibition=(_no_marketing_outside(policy, companies.values()),),
        obligation=_review(policy),
    )


def _type(found: Version, grant: SharingGrant) -> str:
    if not found.grants:
        return "Set"
    return "Agreement" if grant.recipient_id in found.accepted else "Offer"


def _permission(policy: SharingPolicy, grant: SharingGrant, kind: PurposeKind) -> Rule:
    until = (_when("lt", grant.closes_at),) if grant.closes_at else ()
    return Rule(
        target=Records(source=_urn(policy.register_id), refinement=tuple(_which(grant, kind))),
        action="use",
        constraint=(
            Constraint(left_operand="purpose", operator="isA", right_operand=Reference(PURPOSES[kind])),
            _when("gteq", grant.opens_at),
            *until,
        ),
        legal_basis=Reference(BASES[policy.legal_basis]),
        balancing=policy.balancing,
    )


def _which(grant: SharingGrant, kind: PurposeKind) -> Iterator[Refinement]:
    """Also what the door asks of every record, whether the policy says so or not."""
    fields = tuple(Reference(_urn(one)) for one in grant.fields)
    yield Constraint(left_operand="seloste:field", operator="isAnyOf", right_operand=fields)
    yield Constraint(left_operand="seloste:restriction", operator="eq", right_operand=False)
    yield _refinement(NotObjected(kind))
    if grant.condition is not None:
        yield _refinement(grant.condition)


def _refinement(condition: Condition) -> Refinement:
    match condition:
        case FieldIs(about, values):
            return _one_of("seloste:fieldOfRecord", about, values)
        case HasRecord(_, about, values):
            return _one_of("seloste:recordOfPerson", about, values)
        case Consented(kind):
            return Constraint(left_operand="seloste:consent", operator="hasPart", right_operand=Reference(_kind(kind)))
        case NotObjected(kind):
            return Constraint(
                left_operand="seloste:objection", operator="isNoneOf", right_operand=(Reference(_kind(kind)),)
            )
        case conditions.All(of):
            return AllOf(all=tuple(_refinement(part) for part in of))
        case conditions.Any(of):
            return AnyOf(any=tuple(_refinement(part) for part in of))


def _one_of(what: str, field_id: str, values: tuple[Plain, ...]) -> Constraint:
    return Constraint(
        left_operand=what, operator="isAnyOf", right_operand=values, about=Reference(f"urn:uuid:{field_id}")
    )


def _no_marketing_outside(policy: SharingPolicy, companies: Iterable[Company]) -> Rule:
    """Nothing is shared for marketing outside the group, whatever else is agreed."""
    group = tuple(Reference(_urn(one.company_id)) for one in companies)
    return Rule(
        target=_urn(policy.register_id),
        action="use",
        constraint=(
            Constraint(left_operand="purpose", operator="isA", right_operand=Reference("dpv:Marketing")),
            Constraint(left_operand="recipient", operator="isNoneOf", right_operand=group),
        ),
    )


def _review(policy: SharingPolicy) -> tuple[Rule, ...]:
    if policy.review_on is None:
        return ()
    by = Typed(policy.review_on.isoformat(), "xsd:date")
    return (
        Rule(
            action="reviewPolicy",
            assigner=_urn(policy.company_id),
            assignee=_urn(policy.company_id),
            constraint=(Constraint(left_operand="dateTime", operator="lteq", right_operand=by),),
        ),
    )


def _when(operator: str, moment: datetime) -> Constraint:
    return Constraint(
        left_operand="dateTime", operator=operator, right_operand=Typed(moment.isoformat(), "xsd:dateTime")
    )


def _party(company: Company) -> Party:
    return Party(uid=_urn(company.company_id), title=company.name)


def _kind(kind: PurposeKind) -> str:
    return f"seloste:{kind.value}"


def _urn(id_: UUID) -> str:
    return f"urn:uuid:{id_}"
