"""Every address of the office and of the API, and who may do what there.

A route without an entry fails the test that compares this table with the application.
"""

from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.routes import HTTPRoute
from msgspec import Struct

from tenants.companies.permissions import NEEDS, Permission
from tests.services.stage import Stage

ROOTS = ("/office", "/api/v1")


class Route(Struct, frozen=True, kw_only=True):
    """`needs` is empty where anybody who is signed in may come; `open` where nobody needs to be.

    `named` says which of the stage's ids an address means where it is not the one of the same name. `fine` are the
    answers to somebody who may; `beside` the answer to a sister company where it is not 404. `known` are the ids that
    whoever may do this anywhere in the group may be told; `asked` are parameters and the ids that they name.
    `given` is an id of what must be there though nothing names it.
    """

    needs: Permission | None = None
    open: bool = False
    form: dict[str, Any] | None = None
    json: dict[str, Any] | None = None
    rows: list[dict[str, Any]] | None = None
    query: str = ""
    file: bool = False
    named: dict[str, str] = {}
    fine: tuple[int, ...] = (200,)
    beside: int | None = None
    known: tuple[str, ...] = ()
    asked: dict[str, str] = {}
    given: str = "register_id"

    def url(self, path: str, ids: dict[str, UUID]) -> str:
        parts = [self._part(part, ids) for part in path.split("/")]
        query = "&".join([self.query, *(f"{name}={ids[of]}" for name, of in self.asked.items())]).strip("&")
        return "/".join(parts) + (f"?{query}" if query else "")

    def _part(self, part: str, ids: dict[str, UUID]) -> str:
        if not part.startswith("{"):
            return part
        name = part.strip("{}").split(":")[0]
        return str(ids[self.named.get(name, name)])


PERSONAL = frozenset(NEEDS)
DONE = (303,)
UNCLEAR = {"case_id": "unclear_id"}
PROPOSED = {"case_id": "proposed_id"}
UNPROVEN = {"case_id": "unproven_id"}
SEE, DECIDE, ENTER = Permission.SEE_CASES, Permission.DECIDE_CASES, Permission.ENTER_REQUESTS
HAND_OVER = Permission.HAND_OVER
EXPORT = Permission.EXPORT_RECORDS
IMPORT, API = Permission.IMPORT_RECORDS, Permission.USE_API
PERSONS = Permission.SEE_PERSONS
MERGE, MERGED = Permission.MERGE_PERSONS, {"person_id": "merged_id"}
NOBODY = "01900000-0000-7000-8000-000000000000"
CORRECT, RESTRICT = Permission.CORRECT_RECORDS, Permission.RESTRICT_PERSONS
MAPPED = {"import_id": "mapped_import_id"}
WRITTEN, PAUSED = {"import_id": "written_import_id"}, {"import_id": "paused_import_id"}
ON_PAPER = {"restriction_id": "noticed_id"}
RESTRICTION = {"ground": "unlawful", "reason": "Perusteltu syy.", "review_on": "2090-01-31"}
LIFTING = {"reason": "Tarkistettu.", "language": "fi", "email": "", "postal_address": "Aino\nKatu 1"}
ERASE, TELL = Permission.ERASE_RECORDS, Permission.TELL_RECIPIENTS
ERASURE = {"ground": "not_needed", "reason": ""}
BY_PHONE = {"on": "2026-11-01", "note": "Soitto"}
EXCUSE, EXCUSED = {"excuse": "impossible", "reason": "Lopettanut"}, {"notification_id": "excused_id"}
RECORD = "/persons/{person_id:uuid}/records/{record_id:uuid}"
VALUE = f"{RECORD}/values/{{field_id:uuid}}"
CORRECTION = {"source": "Puhelu", "reason": "Kirjoitusvirhe", "value-name": "Aino Oikea", "as_of": ""}
CORRECTION_JSON = {"source": "Puhelu", "reason": "Kirjoitusvirhe", "values": {"name": "Aino Oikea"}}
MANAGE = Permission.MANAGE_MEMBERS
REGISTERS, CHANGE, APPROVE = Permission.SEE_REGISTERS, Permission.DRAFT_REGISTERS, Permission.APPROVE_REGISTERS
OF_DRAFT = "/registers/drafts/{draft_id:uuid}"
PART = f"{OF_DRAFT}/parts/{{kind:str}}/{{key:str}}"
REGISTER_DRAFT = {"draft_id": "register_draft_id"}
NO_PART = {**REGISTER_DRAFT, "kind": "place_id", "key": "place_id"}
CERTIFIED = {"assignment_id": "certified_id"}
REFUSAL = {"ground": "manifestly_unfounded", "reason": "Perusteltu syy."}
SECOND = {"kind": "customer_number", "value": "2"}
CONTRACT = {"company": "alfa", "processor": "Palvelu Oy", "reference": "S-9", "ends_on": "2090-01-31"}
MAINTENANCE = {"company": "alfa", "purpose": "storage", "ticket": "HD-7", "reason": "Vika", "hours": "1"}
CONTRACT_JSON = {"company_id": "?", "processor": "Palvelu Oy", "reference": "S-9", "ends_on": "2090-01-31"}
MAINTENANCE_JSON = {"company_id": "?", "purpose": "storage", "ticket": "HD-7", "reason": "Vika", "hours": 1}
AUTHORITY_CASE = {"case_id": "authority_case_id"}
AUTHORITY_ASKS = {
    "register": "?register_id",
    "purpose": "?authority_purpose_id",
    "authority": "?police_id",
    "reference": "5500/R/1/26",
    "provision": "police",
    "document": "Pyyntö",
    "asker": "Konstaapeli",
    "verified_how": "called_back",
    "fields": "?field_id",
    "persons": "selva@esimerkki.example",
}
AUTHORITY_JSON = {
    "authority_id": "?",
    "reference": "5500/R/1/26",
    "provision": "police",
    "document": "Pyyntö",
    "asker": "Konstaapeli",
    "verified_how": "called_back",
    "register_id": "?",
    "purpose_id": "?",
    "fields": ["?"],
    "persons": ["selva@esimerkki.example"],
}
EMERGENCY_JSON = {"ground": "property", "reason": "Palo", "minutes": 60, "registers": ["?"]}
# What "?" stands for in the body of a program, beside who and where it is.
IN_BODIES = {
    "register_id": "register_id",
    "registers": "register_id",
    "fields": "field_id",
    "authority_id": "police_id",
    "purpose_id": "authority_purpose_id",
}
EMERGENCY = {"ground": "property", "reason": "Palo", "minutes": "60", "registers": "?register_id"}
BY_HAND = {"channel": "letter", "language": "fi", "received_at": "2026-11-20", "rights": "access", "words": ""}
BY_HAND_JSON = {
    "channel": "letter",
    "received_at": "2026-11-20T10:00:00+02:00",
    "rights": ["access"],
    "asker": {"email": "uusi@esimerkki.example"},
    "language": "fi",
}

DRAFT = {"policy_id": "draft_id"}
SUSPENDED, OFFERED = {"policy_id": "suspended_id"}, {"policy_id": "offered_id"}
POLICIES = ("draft_id", "policy_id", "suspended_id", "offered_id", "giver_id")
SHARING, GRANT, ACCEPT = Permission.SEE_SHARING, Permission.GRANT_SHARING, Permission.ACCEPT_SHARING
DRAFTING = Permission.DRAFT_SHARING
# Somebody has consented and objected to marketing already.
CONSENT, OBJECTION = {"consent_kind": "sales", "source": "Puhelu"}, {"objection_kind": "sales"}
ENDED = {"kind": "marketing"}
READ = Permission.READ_SHARED
SHARED_REGISTER, SHARED_PERSON = (
    {"register_id": "shared_register_id"},
    {
        "company_id": "giver_id",
        "person_id": "shared_person_id",
    },
)
PROCESSORS, CATALOGUE = Permission.SEE_PROCESSORS, Permission.MANAGE_PROCESSORS
STOP = Permission.STOP_FLOWS
DRAFT_AGREEMENT, AGREE = Permission.DRAFT_AGREEMENTS, Permission.APPROVE_AGREEMENTS
PROCESSOR, AGREEMENT = "/processors/{processor_id:uuid}", "/processors/agreements/{agreement_id:uuid}"
PROPOSAL = "/processors/proposals/{proposal_id:uuid}"
FEED = "/processors/feeds/{feed_id:uuid}"
FEED_DRAFTING, FEED_STEPS = Permission.DRAFT_FEEDS, Permission.APPROVE_FEEDS
FEED_DRAFT, FEED_SUSPENDED = {"feed_id": "feed_draft_id"}, {"feed_id": "feed_suspended_id"}
FEED_JSON: dict[str, Any] = {
    "agreement_id": NOBODY,
    "key": "uusi",
    "name": {"fi": "Uusi"},
    "scope": {"register_id": NOBODY, "purpose_id": NOBODY, "legal_basis": "contract", "valid_from": "2026-01-01"},
}
# Each of the ways withdraws one.
OFFICE_PROPOSAL = {"proposal_id": "facts_proposal_id"}
API_PROPOSAL = {"proposal_id": "other_facts_id"}
CATALOGUED = ("processor_id", "sub_processor_id", "lower_id", "lowest_id", "police_id")
AGREEMENT_DRAFT = {"agreement_id": "agreement_draft_id"}
# What one company does about an organisation, it does once; so each of the ways has one of its own.
LOWER, LOWEST = {"sub_processor_id": "lower_id"}, {"sub_processor_id": "lowest_id"}
CLIENT_OF, BY_SECRET = "/processors/clients/{client_id:uuid}", {"client_id": "secret_client_id"}
OF_OPENDSR = {"endpoint_id": "dsr_endpoint_id"}
CLIENT = {"name": "Hakija", "method": "client_secret_basic"}
WEBHOOK, ROTATED = "/processors/webhooks/{endpoint_id:uuid}", {"endpoint_id": "rotated_endpoint_id"}
DISABLED = {"endpoint_id": "disabled_endpoint_id"}
LISTENER = {"url": "https://kuuntelija.example/", "events": "feed.changed"}
REDELIVERY = "/processors/webhooks/messages/{message_id:uuid}/redelivery"
FACTS = {"name": "Pilvi Oyj", "kind": "ict_provider", "country": "FI"}
EVIDENCE = {"verified_on": "2026-11-01", "valid_until": "2090-01-01", "document": "Raportti", "sha256": "ab" * 32}
SENT_EVIDENCE = {name: value for name, value in EVIDENCE.items() if name != "sha256"}
STEP, POLICY = "/sharing/{policy_id:uuid}", "/sharing/policies/{policy_id:uuid}"
TERMS = {
    "register": "?",
    "purpose": "",
    "fields": "segment",
    "legal_basis": "contract",
    "valid_from": "2026-01-01",
}

OFFICE: dict[tuple[str, str], Route] = {
    ("GET", "/office"): Route(open=True, fine=(200, 303)),
    ("GET", "/office/login"): Route(open=True, fine=(404,)),
    ("GET", "/office/login/callback"): Route(open=True, fine=(403,)),
    ("POST", "/office/login/backchannel-logout"): Route(open=True, form={"logout_token": "x"}, fine=(400,)),
    ("POST", "/office/sign-out"): Route(open=True, form={}),
    ("GET", "/office/acting"): Route(fine=DONE),
    ("POST", "/office/acting"): Route(form={"company": "none"}, fine=(303, 403)),
    ("GET", "/office/commitment"): Route(),
    ("POST", "/office/commitment"): Route(form={"version": "1"}, fine=(303, 409)),
    ("GET", "/office/cases"): Route(needs=SEE),
    ("GET", "/office/cases/{case_id:uuid}"): Route(needs=SEE),
    ("POST", "/office/cases/{case_id:uuid}/approval"): Route(needs=DECIDE, form={}, fine=DONE),
    ("POST", "/office/cases/{case_id:uuid}/person"): Route(needs=DECIDE, form=SECOND, named=UNCLEAR, fine=DONE),
    ("GET", "/office/cases/{case_id:uuid}/refusal"): Route(needs=DECIDE),
    ("POST", "/office/cases/{case_id:uuid}/refusal"): Route(needs=DECIDE, form=REFUSAL, fine=DONE),
    ("POST", "/office/cases/{case_id:uuid}/refusal/confirmation"): Route(
        needs=DECIDE, form={}, named=PROPOSED, fine=DONE
    ),
    ("POST", "/office/cases/{case_id:uuid}/refusal/return"): Route(
        needs=DECIDE, form={"words": "Ei vielä."}, named=PROPOSED, fine=DONE
    ),
    ("POST", "/office/cases/{case_id:uuid}/identity"): Route(
        needs=ENTER, form={"checked": "document_seen"}, named=UNPROVEN, fine=DONE
    ),
    ("POST", "/office/cases/{case_id:uuid}/archive/links"): Route(needs=HAND_OVER, form={}, fine=(409,)),
    ("GET", "/office/cases/{case_id:uuid}/archive/downloads/{secret:str}"): Route(
        needs=HAND_OVER, named={"secret": "letter_id"}, fine=(404,)
    ),
    ("POST", "/office/cases/{case_id:uuid}/handover"): Route(needs=HAND_OVER, form={"how": "post"}, fine=(409,)),
    ("GET", "/office/letters"): Route(needs=HAND_OVER),
    ("GET", "/office/cases/{case_id:uuid}/letters/{letter_id:uuid}"): Route(needs=HAND_OVER, named=UNPROVEN),
    ("POST", "/office/cases/{case_id:uuid}/letters/{letter_id:uuid}/posting"): Route(
        needs=HAND_OVER, form={}, named=UNPROVEN, fine=DONE
    ),
    ("GET", "/office/requests/new"): Route(needs=ENTER),
    ("POST", "/office/requests"): Route(needs=ENTER, form={**BY_HAND, "email": "uusi@esimerkki.example"}, fine=DONE),
    ("GET", "/office/extracts"): Route(needs=EXPORT),
    ("GET", "/office/extracts/new"): Route(needs=EXPORT, asked={"register": "register_id"}),
    ("POST", "/office/extracts"): Route(
        needs=EXPORT, form={"register": "?", "fields": NOBODY, "kind": "csv"}, fine=(422,)
    ),
    ("GET", "/office/extracts/{extract_id:uuid}"): Route(needs=EXPORT),
    ("GET", "/office/extracts/{extract_id:uuid}/file"): Route(needs=EXPORT, fine=(404,)),
    ("POST", "/office/extracts/{extract_id:uuid}/discarding"): Route(needs=EXPORT, form={}, fine=DONE),
    ("GET", "/office/imports/{import_id:uuid}/refused-rows"): Route(needs=IMPORT, fine=(409,)),
    ("GET", "/office/persons"): Route(needs=PERSONS),
    ("POST", "/office/persons/searches"): Route(needs=PERSONS, form={"wanted": "1", "kind": ""}, fine=DONE),
    ("GET", "/office/persons/{person_id:uuid}"): Route(needs=PERSONS),
    ("GET", "/office/persons/{person_id:uuid}/registers/{register_id:uuid}"): Route(needs=PERSONS),
    ("POST", f"/office{VALUE}/opening"): Route(needs=PERSONS, form={}),
    ("GET", "/office/persons/{person_id:uuid}/explanation"): Route(needs=PERSONS),
    ("POST", "/office/persons/{person_id:uuid}/consents"): Route(needs=CORRECT, form=CONSENT, fine=DONE),
    ("POST", "/office/persons/{person_id:uuid}/consents/withdrawal"): Route(needs=CORRECT, form=ENDED, fine=DONE),
    ("POST", "/office/persons/{person_id:uuid}/objections"): Route(needs=CORRECT, form=OBJECTION, fine=DONE),
    ("POST", "/office/persons/{person_id:uuid}/objections/lifting"): Route(needs=CORRECT, form=ENDED, fine=DONE),
    ("GET", "/office/duplicates"): Route(needs=MERGE),
    ("GET", "/office/persons/{person_id:uuid}/merges"): Route(needs=MERGE, named=MERGED),
    ("POST", "/office/persons/{person_id:uuid}/merges"): Route(
        needs=MERGE, form={"other": NOBODY, "reason": "Syy"}, named=MERGED, fine=(404,)
    ),
    ("GET", "/office/persons/{person_id:uuid}/distinctions"): Route(needs=MERGE, asked={"other": "apart_id"}),
    ("POST", "/office/persons/{person_id:uuid}/distinctions"): Route(
        needs=MERGE, form={"other": NOBODY, "reason": "Syy"}, fine=(404,)
    ),
    ("GET", "/office/distinctions/{distinction_id:uuid}/undoing"): Route(needs=MERGE),
    ("POST", "/office/distinctions/{distinction_id:uuid}/undoing"): Route(
        needs=MERGE, form={"reason": "Syy"}, fine=DONE
    ),
    ("GET", "/office/persons/{person_id:uuid}/splits"): Route(needs=MERGE, named=MERGED),
    ("POST", "/office/persons/{person_id:uuid}/splits"): Route(
        needs=MERGE, form={"records": NOBODY, "reason": "Syy"}, named=MERGED, fine=(422,)
    ),
    ("GET", "/office/person-changes/{change_id:uuid}/undoing"): Route(needs=MERGE),
    ("POST", "/office/person-changes/{change_id:uuid}/undoing"): Route(needs=MERGE, form={"reason": "Syy"}, fine=DONE),
    ("GET", "/office/persons/{person_id:uuid}/restrictions"): Route(needs=RESTRICT),
    ("POST", "/office/persons/{person_id:uuid}/restrictions"): Route(needs=RESTRICT, form=RESTRICTION, fine=DONE),
    ("GET", "/office/persons/{person_id:uuid}/erasures"): Route(needs=ERASE),
    ("POST", "/office/persons/{person_id:uuid}/erasures"): Route(needs=ERASE, form=ERASURE, fine=(409,)),
    ("GET", "/office/notifications"): Route(needs=TELL),
    ("POST", "/office/notifications/confirmations"): Route(needs=TELL, form=BY_PHONE, fine=(422,)),
    ("GET", "/office/notifications/{notification_id:uuid}"): Route(needs=TELL),
    ("POST", "/office/notifications/{notification_id:uuid}/excuse"): Route(needs=TELL, form=EXCUSE, fine=DONE),
    ("POST", "/office/notifications/{notification_id:uuid}/excuse/approval"): Route(
        needs=TELL, named=EXCUSED, fine=DONE
    ),
    ("POST", "/office/notifications/{notification_id:uuid}/excuse/rejection"): Route(
        needs=TELL, named=EXCUSED, fine=DONE
    ),
    ("GET", "/office/restrictions/{restriction_id:uuid}/lifting"): Route(needs=RESTRICT),
    ("POST", "/office/restrictions/{restriction_id:uuid}/lifting"): Route(needs=RESTRICT, form=LIFTING, fine=DONE),
    ("GET", "/office/restrictions/{restriction_id:uuid}/notice"): Route(needs=RESTRICT, named=ON_PAPER),
    ("POST", "/office/restrictions/{restriction_id:uuid}/notice/posting"): Route(
        needs=RESTRICT, form={}, named=ON_PAPER, fine=DONE
    ),
    ("GET", f"/office{RECORD}/corrections"): Route(needs=CORRECT),
    ("POST", f"/office{RECORD}/corrections"): Route(needs=CORRECT, form=CORRECTION, fine=DONE),
    ("GET", "/office/shared"): Route(needs=READ),
    ("GET", "/office/shared/registers/{register_id:uuid}"): Route(needs=READ, named=SHARED_REGISTER),
    ("GET", "/office/shared/registers/{register_id:uuid}/records.csv"): Route(
        needs=Permission.EXPORT_SHARED, named=SHARED_REGISTER
    ),
    ("GET", "/office/shared/companies/{company_id:uuid}/persons/{person_id:uuid}"): Route(
        needs=READ, named=SHARED_PERSON
    ),
    ("GET", "/office/sharing"): Route(needs=SHARING, known=POLICIES),
    ("GET", "/office/sharing/matrix"): Route(needs=SHARING, known=POLICIES),
    ("GET", "/office/sharing/matrix.svg"): Route(needs=SHARING),
    ("GET", "/office/sharing/new"): Route(needs=DRAFTING),
    ("POST", "/office/sharing"): Route(needs=DRAFTING, form=TERMS, file=True, fine=(422,)),
    ("GET", f"/office{STEP}"): Route(needs=SHARING, beside=200),
    ("GET", f"/office{STEP}/odrl"): Route(needs=SHARING, beside=200, known=("register_id", "field_id", "giver_id")),
    ("GET", f"/office{STEP}/terms"): Route(needs=DRAFTING, beside=403),
    ("POST", f"/office{STEP}/terms"): Route(
        needs=DRAFTING, form=TERMS, file=True, named=DRAFT, fine=(422,), beside=403
    ),
    ("GET", f"/office{STEP}/simulation"): Route(needs=SHARING, named=DRAFT, beside=403),
    ("GET", f"/office{STEP}/grant"): Route(needs=GRANT, named=DRAFT, beside=403),
    ("POST", f"/office{STEP}/grant"): Route(needs=GRANT, form={}, named=DRAFT, fine=DONE, beside=403),
    ("GET", f"/office{STEP}/acceptance"): Route(needs=ACCEPT, named=OFFERED, beside=403),
    ("POST", f"/office{STEP}/acceptance"): Route(needs=ACCEPT, form={}, named=OFFERED, fine=DONE, beside=403),
    ("GET", f"/office{STEP}/suspension"): Route(needs=GRANT, beside=403),
    ("POST", f"/office{STEP}/suspension"): Route(needs=GRANT, form={}, fine=DONE, beside=403),
    ("GET", f"/office{STEP}/resumption"): Route(needs=GRANT, named=SUSPENDED, beside=403),
    ("POST", f"/office{STEP}/resumption"): Route(needs=GRANT, form={}, named=SUSPENDED, fine=DONE, beside=403),
    ("GET", f"/office{STEP}/revocation"): Route(needs=GRANT, beside=403),
    ("POST", f"/office{STEP}/revocation"): Route(needs=GRANT, form={}, fine=DONE, beside=403),
    ("GET", "/office/processors"): Route(needs=PROCESSORS, known=CATALOGUED),
    ("GET", "/office/processors/map"): Route(needs=PROCESSORS, known=CATALOGUED),
    ("GET", "/office/processors/map.svg"): Route(needs=PROCESSORS),
    ("GET", "/office/processors/new"): Route(needs=CATALOGUE),
    ("POST", "/office/processors"): Route(needs=CATALOGUE, form=FACTS | {"key": "uusi"}, fine=DONE),
    ("GET", "/office/processors/as-controller"): Route(needs=PROCESSORS),
    ("GET", "/office/processors/as-controller.csv"): Route(needs=PROCESSORS),
    ("GET", "/office/processors/for-others"): Route(needs=PROCESSORS),
    ("GET", "/office/processors/for-others.csv"): Route(needs=PROCESSORS),
    ("GET", "/office/processors/proposals"): Route(needs=PROCESSORS),
    ("GET", f"/office{PROPOSAL}"): Route(named=OFFICE_PROPOSAL, needs=PROCESSORS, known=("lower_id",)),
    ("GET", f"/office{PROCESSOR}/proposals/new"): Route(needs=CATALOGUE, fine=(409,), beside=403),
    ("POST", f"/office{PROCESSOR}/proposals"): Route(
        needs=CATALOGUE, form=FACTS | {"reason": "Tiedote"}, fine=(409,), beside=403
    ),
    ("POST", f"/office{PROPOSAL}/acceptance"): Route(named=OFFICE_PROPOSAL, needs=CATALOGUE, form={}, fine=(403,)),
    ("POST", f"/office{PROPOSAL}/refusal"): Route(
        named=OFFICE_PROPOSAL, needs=CATALOGUE, form={"reason": "Ei"}, fine=(403,)
    ),
    ("POST", f"/office{PROPOSAL}/withdrawal"): Route(named=OFFICE_PROPOSAL, needs=CATALOGUE, form={}, fine=DONE),
    ("GET", f"/office{PROCESSOR}"): Route(needs=PROCESSORS, beside=200, known=(*CATALOGUED, "verification_id")),
    ("GET", f"/office{PROCESSOR}/facts"): Route(needs=CATALOGUE, beside=403),
    ("POST", f"/office{PROCESSOR}/facts"): Route(needs=CATALOGUE, form=FACTS, fine=DONE, beside=403),
    ("POST", f"/office{PROCESSOR}/retirement"): Route(needs=CATALOGUE, form={}, fine=(403,), beside=403),
    ("POST", f"/office{PROCESSOR}/return"): Route(needs=CATALOGUE, form={}, fine=(403,), beside=403),
    ("POST", f"/office{PROCESSOR}/verifications"): Route(
        needs=CATALOGUE, form=SENT_EVIDENCE, file=True, fine=DONE, beside=303
    ),
    ("POST", f"/office{PROCESSOR}/verifications/{{verification_id:uuid}}/withdrawal"): Route(
        needs=CATALOGUE, form={}, fine=DONE
    ),
    ("POST", f"/office{PROCESSOR}/sub-processors"): Route(
        needs=CATALOGUE, form={}, fine=(422,), beside=422, known=CATALOGUED
    ),
    ("POST", f"/office{PROCESSOR}/sub-processors/{{sub_processor_id:uuid}}/leaving"): Route(
        needs=CATALOGUE, form={}, fine=DONE, beside=403
    ),
    ("POST", f"/office{PROCESSOR}/sub-processors/{{sub_processor_id:uuid}}/objection"): Route(
        needs=AGREE, form={"reason": "Ei sovi"}, named=LOWER, fine=DONE, beside=303
    ),
    ("POST", "/office/processors/objections/{objection_id:uuid}/solution"): Route(
        needs=AGREE, form={"solution": "Sovittu"}, fine=DONE
    ),
    ("GET", f"/office{PROCESSOR}/clients"): Route(needs=PROCESSORS, beside=200),
    ("POST", f"/office{PROCESSOR}/clients"): Route(needs=CATALOGUE, form=CLIENT, beside=200),
    ("GET", f"/office{PROCESSOR}/opendsr"): Route(needs=PROCESSORS, beside=200),
    ("POST", f"/office{PROCESSOR}/opendsr/endpoints"): Route(needs=CATALOGUE, form={}, fine=(422,), beside=422),
    ("POST", f"/office{PROCESSOR}/opendsr/requests"): Route(
        needs=DECIDE, form={}, fine=(422,), beside=404, given="dsr_endpoint_id"
    ),
    ("POST", f"/office{PROCESSOR}/opendsr/controllers"): Route(needs=CATALOGUE, form={}, fine=(422,), beside=422),
    ("POST", "/office/opendsr/endpoints/{endpoint_id:uuid}/test"): Route(
        needs=CATALOGUE, form={}, named=OF_OPENDSR, fine=DONE
    ),
    ("POST", "/office/opendsr/endpoints/{endpoint_id:uuid}/stopping"): Route(
        needs=CATALOGUE, form={}, named=OF_OPENDSR, fine=DONE
    ),
    ("POST", "/office/opendsr/controllers/{controller_id:uuid}/stopping"): Route(needs=CATALOGUE, form={}, fine=DONE),
    ("GET", "/office/opendsr"): Route(needs=SEE),
    ("GET", "/office/opendsr/{received_id:uuid}"): Route(needs=SEE),
    ("POST", "/office/opendsr/{received_id:uuid}/taking-up"): Route(needs=DECIDE, form={}, fine=DONE),
    ("POST", "/office/opendsr/{received_id:uuid}/completion"): Route(
        needs=DECIDE, form={}, named={"received_id": "begun_id"}, fine=DONE
    ),
    ("GET", "/office/opendsr/sent/{sent_id:uuid}"): Route(needs=SEE),
    ("POST", "/office/opendsr/sent/{sent_id:uuid}/cancellation"): Route(needs=DECIDE, form={}, fine=DONE),
    ("POST", f"/office{CLIENT_OF}/keys"): Route(needs=CATALOGUE, form={"keys": "{}"}, fine=(422,)),
    ("POST", f"/office{CLIENT_OF}/address"): Route(
        needs=CATALOGUE, form={"jwks_uri": "https://avaimet.example/jwks"}, fine=(409,)
    ),
    ("POST", f"/office{CLIENT_OF}/keys/retirement"): Route(needs=CATALOGUE, form={"kid": "eka"}, fine=DONE),
    ("POST", f"/office{CLIENT_OF}/secrets"): Route(needs=CATALOGUE, form={}, named=BY_SECRET),
    ("POST", f"/office{CLIENT_OF}/secrets/{{secret_id:uuid}}/retirement"): Route(
        needs=CATALOGUE, form={}, named=BY_SECRET, fine=DONE
    ),
    ("POST", f"/office{CLIENT_OF}/disabling"): Route(needs=CATALOGUE, form={}, fine=DONE),
    ("POST", f"/office{CLIENT_OF}/enabling"): Route(needs=CATALOGUE, form={}, fine=DONE),
    ("POST", f"/office{CLIENT_OF}/release"): Route(needs=CATALOGUE, form={}, fine=(409,)),
    ("GET", f"/office{PROCESSOR}/webhooks"): Route(needs=PROCESSORS, beside=200),
    ("POST", f"/office{PROCESSOR}/webhooks"): Route(
        needs=CATALOGUE, form=LISTENER | {"agreement": "hosting"}, fine=(200,), beside=422, given="agreement_id"
    ),
    ("POST", f"/office{WEBHOOK}/facts"): Route(needs=CATALOGUE, form=LISTENER, fine=DONE),
    ("POST", f"/office{WEBHOOK}/rotation"): Route(needs=CATALOGUE, form={}, named=ROTATED, fine=(200, 409)),
    ("POST", f"/office{WEBHOOK}/ping"): Route(needs=CATALOGUE, form={}, fine=DONE),
    ("POST", f"/office{WEBHOOK}/disabling"): Route(needs=CATALOGUE, form={}, named=ROTATED, fine=(303, 409)),
    ("POST", f"/office{WEBHOOK}/enabling"): Route(needs=CATALOGUE, form={}, named=DISABLED, fine=(303, 409)),
    ("POST", f"/office{REDELIVERY}"): Route(needs=CATALOGUE, form={}, fine=(303, 409)),
    ("GET", f"/office{PROCESSOR}/agreements/new"): Route(needs=DRAFT_AGREEMENT, beside=200),
    ("POST", f"/office{PROCESSOR}/agreements"): Route(
        needs=DRAFT_AGREEMENT,
        form={"key": "uusi", "valid_from": "2026-01-01"},
        file=True,
        # With whom Beta agrees there, nothing of the others' rests on.
        named={"processor_id": "lowest_id"},
        fine=DONE,
        beside=303,
    ),
    ("GET", f"/office{FEED}/files"): Route(needs=PROCESSORS),
    ("POST", f"/office{FEED}/files"): Route(needs=CATALOGUE, form={"when": "day"}, fine=DONE),
    ("POST", f"/office{FEED}/deliveries"): Route(needs=CATALOGUE, form={}, fine=DONE),
    ("POST", f"/office{FEED}/files/disabling"): Route(needs=CATALOGUE, form={}, fine=DONE),
    ("POST", f"/office{FEED}/files/enabling"): Route(needs=CATALOGUE, form={}, named=FEED_SUSPENDED, fine=DONE),
    ("GET", f"/office{AGREEMENT}/feeds/new"): Route(needs=FEED_DRAFTING, asked={"register": "register_id"}),
    ("POST", f"/office{AGREEMENT}/feeds"): Route(
        needs=FEED_DRAFTING, form={"register": "?", "key": "uusi"}, fine=(422,)
    ),
    ("GET", f"/office{FEED}"): Route(needs=PROCESSORS),
    ("GET", f"/office{FEED}/trial"): Route(needs=PROCESSORS),
    ("GET", f"/office{FEED}/terms"): Route(needs=FEED_DRAFTING),
    ("POST", f"/office{FEED}/terms"): Route(needs=FEED_DRAFTING, form={"register": "?"}, fine=(422,)),
    ("POST", f"/office{FEED}/approval"): Route(needs=FEED_STEPS, form={}, named=FEED_DRAFT, fine=DONE),
    ("POST", f"/office{FEED}/suspension"): Route(needs=FEED_STEPS, form={}, fine=DONE),
    ("POST", f"/office{FEED}/withdrawal"): Route(needs=FEED_STEPS, form={}, fine=(409,)),
    ("POST", f"/office{FEED}/resumption"): Route(needs=FEED_STEPS, form={}, named=FEED_SUSPENDED, fine=DONE),
    ("POST", f"/office{FEED}/ending"): Route(needs=FEED_STEPS, form={}, fine=DONE),
    ("GET", "/office/processors/stops"): Route(needs=PROCESSORS, known=CATALOGUED),
    ("POST", "/office/processors/stops"): Route(
        needs=STOP, form={"what": "everything", "reason": "Epäilty vuoto"}, fine=DONE, given="stop_id"
    ),
    ("POST", "/office/processors/stops/{stop_id:uuid}/proposal"): Route(
        needs=STOP, form={"reason": "Selvitetty"}, fine=DONE
    ),
    ("POST", "/office/processors/stops/{stop_id:uuid}/resumption"): Route(
        needs=Permission.RESUME_FLOWS, form={}, fine=DONE
    ),
    ("GET", f"/office{AGREEMENT}"): Route(needs=PROCESSORS),
    ("GET", f"/office{AGREEMENT}/versions"): Route(needs=PROCESSORS),
    ("GET", f"/office{AGREEMENT}/terms"): Route(needs=DRAFT_AGREEMENT),
    ("POST", f"/office{AGREEMENT}/terms"): Route(
        needs=DRAFT_AGREEMENT, form={"valid_from": "2026-01-01"}, file=True, fine=DONE
    ),
    ("POST", f"/office{AGREEMENT}/approval"): Route(needs=AGREE, form={}, named=AGREEMENT_DRAFT, fine=DONE),
    ("POST", f"/office{AGREEMENT}/ending"): Route(needs=AGREE, form={}, fine=DONE),
    ("POST", f"/office{AGREEMENT}/certificate"): Route(
        needs=AGREE, form={"issued_on": "2026-01-05", "sub_processors": "yes"}, file=True, fine=(409, 422)
    ),
    ("GET", "/office/imports"): Route(needs=IMPORT),
    ("GET", "/office/imports/new"): Route(needs=IMPORT),
    ("POST", "/office/imports"): Route(needs=IMPORT, form={"source": "kassa", "register": "?"}, file=True, fine=DONE),
    ("GET", "/office/imports/{import_id:uuid}"): Route(needs=IMPORT),
    ("POST", "/office/imports/{import_id:uuid}/approval"): Route(needs=IMPORT, form={"keep_good": "no"}, fine=DONE),
    ("GET", "/office/imports/{import_id:uuid}/columns"): Route(needs=IMPORT, named=MAPPED),
    ("POST", "/office/imports/{import_id:uuid}/columns"): Route(
        needs=IMPORT, form={"column-1": "customer_number"}, named=MAPPED, fine=DONE
    ),
    ("POST", "/office/imports/{import_id:uuid}/pause"): Route(needs=IMPORT, form={}, named=WRITTEN, fine=DONE),
    ("POST", "/office/imports/{import_id:uuid}/resumption"): Route(needs=IMPORT, form={}, named=PAUSED, fine=DONE),
    ("POST", "/office/imports/{import_id:uuid}/discarding"): Route(needs=IMPORT, form={}, fine=DONE),
    ("GET", "/office/registers"): Route(needs=REGISTERS, known=("register_draft_id",)),
    ("GET", "/office/registers/new"): Route(needs=CHANGE),
    ("POST", "/office/registers"): Route(needs=CHANGE, form={"key": "uusi"}, fine=(422,), given="register_draft_id"),
    ("GET", "/office/registers/{register_id:uuid}"): Route(needs=REGISTERS),
    ("GET", "/office/registers/{register_id:uuid}/versions/{version:str}"): Route(
        needs=REGISTERS, named={"version": "place_id"}, fine=(404,)
    ),
    ("POST", "/office/registers/{register_id:uuid}/drafts"): Route(
        needs=CHANGE, form={}, fine=DONE, given="register_draft_id"
    ),
    ("GET", f"/office{OF_DRAFT}"): Route(needs=REGISTERS, named=REGISTER_DRAFT, beside=200),
    ("GET", f"/office{PART}"): Route(needs=CHANGE, named=NO_PART, fine=(404,)),
    ("POST", f"/office{PART}"): Route(needs=CHANGE, form={}, named=NO_PART, fine=(404,), beside=403),
    ("POST", f"/office{PART}/removal"): Route(needs=CHANGE, form={}, named=NO_PART, fine=(404,)),
    ("POST", f"/office{OF_DRAFT}/leaving"): Route(needs=CHANGE, form={}, named=REGISTER_DRAFT, fine=DONE, beside=403),
    ("POST", f"/office{OF_DRAFT}/settlement"): Route(
        needs=CHANGE, form={"edition": "99"}, named=REGISTER_DRAFT, fine=(409,), beside=403
    ),
    ("GET", f"/office{OF_DRAFT}/changes"): Route(needs=REGISTERS, named=REGISTER_DRAFT, beside=200),
    ("POST", f"/office{OF_DRAFT}/approval"): Route(
        needs=APPROVE, form={"edition": "99"}, named=REGISTER_DRAFT, fine=(409,), beside=409
    ),
    ("POST", f"/office{OF_DRAFT}/discarding"): Route(
        needs=CHANGE, form={}, named=REGISTER_DRAFT, fine=DONE, beside=403
    ),
    ("GET", "/office/registers/papers"): Route(needs=REGISTERS),
    ("POST", "/office/registers/papers/{place_id:uuid}/attestations"): Route(
        needs=Permission.ATTEST_PAPER, form={}, fine=DONE
    ),
    ("GET", "/office/registers/map"): Route(needs=REGISTERS),
    ("GET", "/office/registers/map/file"): Route(needs=REGISTERS),
    ("GET", "/office/members"): Route(needs=Permission.SEE_MEMBERS),
    ("POST", "/office/members"): Route(
        needs=MANAGE, form={"subject": "uusi", "name": "Uusi", "email": "uusi@alfa.example"}, fine=(404,)
    ),
    ("POST", "/office/members/{member_id:uuid}/roles"): Route(
        needs=MANAGE, form={"role": "auditor", "company": "alfa"}, fine=DONE, beside=403
    ),
    ("POST", "/office/members/roles/{assignment_id:uuid}/removal"): Route(needs=MANAGE, form={}, fine=DONE, beside=403),
    ("POST", "/office/members/{member_id:uuid}/deactivation"): Route(needs=MANAGE, form={}, fine=(403,), beside=403),
    ("POST", "/office/members/proposals/{proposal_id:uuid}/confirmation"): Route(
        needs=MANAGE, form={}, fine=DONE, beside=403
    ),
    ("POST", "/office/members/proposals/{proposal_id:uuid}/removal"): Route(
        needs=MANAGE, form={}, fine=DONE, beside=403
    ),
    ("GET", "/office/members/sign-in"): Route(needs=Permission.SEE_MEMBERS),
    ("POST", "/office/members/sign-in"): Route(
        needs=Permission.SEE_MEMBERS, form={"claim": "groups", "value": "tuki"}, fine=(422,)
    ),
    ("GET", "/office/departments"): Route(needs=MANAGE),
    ("POST", "/office/departments"): Route(needs=MANAGE, form={"name": "Varasto"}, fine=DONE),
    ("POST", "/office/departments/{department_id:uuid}/members"): Route(needs=MANAGE, form={"member": "?"}, fine=DONE),
    ("POST", "/office/departments/{department_id:uuid}/members/removal"): Route(
        needs=MANAGE, form={"member": "?"}, fine=DONE
    ),
    ("POST", "/office/departments/{department_id:uuid}/registers"): Route(
        needs=MANAGE, form={"register": "?"}, fine=DONE
    ),
    ("POST", "/office/departments/{department_id:uuid}/registers/release"): Route(
        needs=MANAGE, form={"register": "?"}, fine=(303, 403)
    ),
    ("GET", "/office/contracts"): Route(needs=MANAGE),
    ("POST", "/office/contracts"): Route(needs=MANAGE, form=CONTRACT, fine=DONE),
    ("POST", "/office/contracts/{contract_id:uuid}/members"): Route(
        needs=MANAGE, form={"member": "?"}, fine=DONE, beside=403
    ),
    ("POST", "/office/contracts/{contract_id:uuid}/ending"): Route(needs=MANAGE, form={}, fine=DONE, beside=403),
    ("GET", "/office/certification"): Route(needs=Permission.SEE_MEMBERS),
    ("POST", "/office/certification"): Route(needs=MANAGE, form={}, fine=(409,), given="campaign_id"),
    ("POST", "/office/certification/{campaign_id:uuid}/{assignment_id:uuid}"): Route(
        needs=MANAGE, form={"keep": "true"}, named=CERTIFIED, fine=DONE, beside=403
    ),
    ("GET", "/office/authorities"): Route(needs=Permission.SEE_AUTHORITIES),
    ("GET", "/office/authorities/new"): Route(needs=Permission.HANDLE_AUTHORITIES, asked={"register": "register_id"}),
    ("POST", "/office/authorities"): Route(
        needs=Permission.HANDLE_AUTHORITIES, form=AUTHORITY_ASKS, file=True, fine=DONE, given="police_id"
    ),
    ("GET", "/office/authorities/{case_id:uuid}"): Route(needs=Permission.SEE_AUTHORITIES, named=AUTHORITY_CASE),
    ("GET", "/office/authorities/{case_id:uuid}/record"): Route(
        needs=Permission.SEE_AUTHORITIES, named={"case_id": "approved_case_id"}
    ),
    ("GET", "/office/authorities/{case_id:uuid}/record.json"): Route(
        needs=Permission.SEE_AUTHORITIES, named={"case_id": "approved_case_id"}
    ),
    ("POST", "/office/authorities/{case_id:uuid}/decision"): Route(
        needs=Permission.APPROVE_AUTHORITIES, named=AUTHORITY_CASE, form={"refused": "true", "reason": "Syy"}, fine=DONE
    ),
    ("POST", "/office/authorities/{case_id:uuid}/files"): Route(
        needs=Permission.HANDLE_AUTHORITIES, named={"case_id": "approved_case_id"}, form={}, fine=DONE
    ),
    ("POST", "/office/authorities/files/{file_id:uuid}/download"): Route(
        needs=Permission.HANDLE_AUTHORITIES, form={}, fine=(201,)
    ),
    ("GET", "/office/emergencies"): Route(needs=Permission.SEE_AUTHORITIES),
    ("POST", "/office/emergencies"): Route(needs=Permission.ASK_EMERGENCY, form=EMERGENCY, fine=DONE),
    ("GET", "/office/emergencies/{emergency_id:uuid}"): Route(needs=Permission.SEE_AUTHORITIES),
    ("POST", "/office/emergencies/{emergency_id:uuid}/answer"): Route(
        needs=Permission.CONFIRM_EMERGENCY, form={"confirm": "true"}, fine=DONE
    ),
    ("POST", "/office/emergencies/{emergency_id:uuid}/ending"): Route(
        needs=Permission.SEE_AUTHORITIES, named={"emergency_id": "open_emergency_id"}, form={}, fine=DONE
    ),
    ("POST", "/office/emergencies/{emergency_id:uuid}/review"): Route(
        needs=Permission.REVIEW_EMERGENCY,
        named={"emergency_id": "reported_emergency_id"},
        form={"review": "Kunnossa"},
        fine=DONE,
    ),
    ("GET", "/office/maintenance"): Route(needs=Permission.SEE_MAINTENANCE),
    ("POST", "/office/maintenance"): Route(needs=Permission.ASK_MAINTENANCE, form=MAINTENANCE, fine=DONE),
    ("POST", "/office/maintenance/{ask_id:uuid}/answer"): Route(
        needs=Permission.GRANT_MAINTENANCE, form={"grant": "true"}, fine=DONE
    ),
    ("POST", "/office/maintenance/{ask_id:uuid}/ending"): Route(
        needs=Permission.SEE_MAINTENANCE, form={}, named={"ask_id": "running_id"}, fine=DONE
    ),
    ("GET", "/office/oversight"): Route(needs=Permission.OVERSEE),
    ("GET", "/office/audit"): Route(needs=Permission.SEE_AUDIT, known=(*POLICIES, *CATALOGUED)),
    ("GET", "/office/audit/export"): Route(needs=Permission.SEE_AUDIT),
    ("GET", "/office/jobs"): Route(needs=Permission.SEE_JOBS),
    ("POST", "/office/jobs/{job_id:uuid}/replay"): Route(needs=Permission.REPLAY_JOBS, form={}, fine=DONE),
    ("POST", "/office/jobs/{job_id:uuid}/dismissal"): Route(
        needs=Permission.DISMISS_JOBS, form={"reason": "not_needed"}, fine=DONE
    ),
    ("GET", "/office/tokens"): Route(needs=API),
    ("POST", "/office/tokens"): Route(needs=API, form={"label": "koe", "days": "1", "acts_for": "?"}),
    ("POST", "/office/tokens/{token_id:uuid}/revocation"): Route(needs=API, form={}, fine=DONE),
    ("GET", f"/office{PROCESSOR}/contacts"): Route(needs=PROCESSORS, beside=200),
    ("POST", f"/office{PROCESSOR}/contacts"): Route(
        needs=CATALOGUE,
        form={"email": "toinen@pilvi.example", "duty": "systems"},
        fine=DONE,
        beside=422,
        given="agreement_id",
    ),
    ("POST", "/office/processors/contacts/{contact_id:uuid}/invitation"): Route(needs=CATALOGUE, form={}, fine=(404,)),
    ("POST", "/office/processors/contacts/{contact_id:uuid}/ending"): Route(needs=CATALOGUE, form={}, fine=DONE),
    ("POST", f"/office{PROCESSOR}/offered-keys/{{offer_id:uuid}}/release"): Route(needs=CATALOGUE, form={}, fine=DONE),
    ("POST", f"/office{PROCESSOR}/offered-keys/{{offer_id:uuid}}/refusal"): Route(
        needs=CATALOGUE, form={"reason": "Tuntematon"}, fine=DONE
    ),
    ("POST", f"/office{PROCESSOR}/lost-keys/{{lost_id:uuid}}/look"): Route(needs=CATALOGUE, form={}, fine=DONE),
    ("POST", f"/office{PROCESSOR}/wishes/{{wish_id:uuid}}/granting"): Route(
        needs=Permission.DRAFT_FEEDS, form={}, fine=DONE
    ),
    ("POST", f"/office{PROCESSOR}/wishes/{{wish_id:uuid}}/refusal"): Route(
        needs=Permission.DRAFT_FEEDS, form={"reason": "Ei kata"}, fine=DONE
    ),
}

TERMS_JSON = {
    "register_id": "?",
    "purpose_id": "00000000-0000-7000-8000-000000000000",
    "recipients": [],
    "fields": ["segment"],
    "legal_basis": "contract",
    "valid_from": "2026-01-01",
}
EXPLAINED = "/api/v1/persons/{person_id:uuid}/explanation"
# Whoever sees policies sees those of the whole group, with the registers that they are about.
KNOWN = (*POLICIES, "register_id", "shared_register_id", "authority_purpose_id", "member_id")

REST: dict[tuple[str, str], Route] = {
    ("GET", "/api/v1"): Route(open=True),
    ("GET", "/api/v1/openapi.json"): Route(open=True),
    ("GET", "/api/v1/me"): Route(needs=API),
    ("GET", "/api/v1/companies"): Route(needs=API, known=("giver_id",)),
    ("GET", "/api/v1/registers"): Route(needs=Permission.SEE_REGISTERS),
    ("GET", "/api/v1/registers/{register_id:uuid}"): Route(needs=Permission.SEE_REGISTERS),
    ("GET", "/api/v1/registers/{register_id:uuid}/versions"): Route(needs=REGISTERS),
    ("GET", "/api/v1/registers/drafts"): Route(needs=REGISTERS, known=("register_draft_id",)),
    ("POST", "/api/v1/registers/drafts"): Route(
        needs=CHANGE, json={"declaration": {}}, fine=(422,), given="register_draft_id"
    ),
    ("POST", "/api/v1/registers/{register_id:uuid}/drafts"): Route(
        needs=CHANGE, json={}, fine=(201,), given="register_draft_id"
    ),
    ("GET", f"/api/v1{OF_DRAFT}"): Route(needs=REGISTERS, named=REGISTER_DRAFT, beside=200),
    ("POST", f"/api/v1{OF_DRAFT}/declaration"): Route(
        needs=CHANGE, json={"edition": 99, "declaration": {}}, named=REGISTER_DRAFT, fine=(409,), beside=403
    ),
    ("POST", f"/api/v1{OF_DRAFT}/settlement"): Route(
        needs=CHANGE, json={"edition": 99, "keep_mine": True}, named=REGISTER_DRAFT, fine=(409,), beside=403
    ),
    ("GET", f"/api/v1{OF_DRAFT}/changes"): Route(needs=REGISTERS, named=REGISTER_DRAFT, beside=200),
    ("POST", f"/api/v1{OF_DRAFT}/approval"): Route(
        needs=APPROVE, json={"edition": 99}, named=REGISTER_DRAFT, fine=(409,), beside=409
    ),
    ("POST", f"/api/v1{OF_DRAFT}/discarding"): Route(
        needs=CHANGE, json={}, named=REGISTER_DRAFT, fine=(204,), beside=403
    ),
    ("GET", "/api/v1/cases"): Route(needs=SEE),
    ("GET", "/api/v1/cases/{case_id:uuid}"): Route(needs=SEE),
    ("POST", "/api/v1/cases/{case_id:uuid}/approval"): Route(needs=DECIDE, json={}, fine=(202,)),
    ("POST", "/api/v1/cases/{case_id:uuid}/refusal"): Route(needs=DECIDE, json=REFUSAL),
    ("POST", "/api/v1/cases/{case_id:uuid}/person"): Route(needs=DECIDE, json=SECOND, named=UNCLEAR),
    ("POST", "/api/v1/cases/{case_id:uuid}/refusal/confirmation"): Route(needs=DECIDE, json={}, named=PROPOSED),
    ("POST", "/api/v1/cases/{case_id:uuid}/refusal/return"): Route(
        needs=DECIDE, json={"words": "Ei vielä."}, named=PROPOSED
    ),
    ("POST", "/api/v1/cases/{case_id:uuid}/identity"): Route(
        needs=ENTER, json={"checked": "document_seen"}, named=UNPROVEN, fine=(202,)
    ),
    ("POST", "/api/v1/cases/{case_id:uuid}/letters/{letter_id:uuid}/posting"): Route(
        needs=HAND_OVER, json={}, named=UNPROVEN, fine=(204,)
    ),
    ("POST", "/api/v1/cases/{case_id:uuid}/handover"): Route(needs=HAND_OVER, json={"how": "post"}, fine=(409,)),
    ("GET", "/api/v1/refusal-grounds"): Route(needs=SEE),
    ("POST", "/api/v1/requests"): Route(needs=ENTER, json=BY_HAND_JSON, fine=(201,)),
    ("POST", "/api/v1/persons/searches"): Route(needs=PERSONS, json={"wanted": "1"}),
    ("GET", "/api/v1/persons/{person_id:uuid}"): Route(needs=PERSONS),
    ("GET", "/api/v1/persons/{person_id:uuid}/registers/{register_id:uuid}/records"): Route(needs=PERSONS),
    ("GET", f"/api/v1{VALUE}"): Route(needs=PERSONS),
    ("GET", "/api/v1/persons/duplicates"): Route(needs=MERGE),
    ("POST", "/api/v1/persons/{person_id:uuid}/merges"): Route(
        needs=MERGE, json={"other_id": NOBODY, "reason": "Syy"}, named=MERGED, fine=(404,)
    ),
    ("POST", "/api/v1/persons/{person_id:uuid}/splits"): Route(
        needs=MERGE, json={"record_ids": [NOBODY], "reason": "Syy"}, named=MERGED, fine=(422,)
    ),
    ("POST", "/api/v1/persons/{person_id:uuid}/distinctions"): Route(
        needs=MERGE, json={"other_id": NOBODY, "reason": "Syy"}, fine=(404,)
    ),
    ("GET", "/api/v1/persons/{person_id:uuid}/distinctions"): Route(needs=MERGE),
    ("POST", "/api/v1/distinctions/{distinction_id:uuid}/undoing"): Route(needs=MERGE, json={"reason": "Syy"}),
    ("GET", "/api/v1/persons/{person_id:uuid}/changes"): Route(needs=MERGE, named=MERGED),
    ("POST", "/api/v1/person-changes/{change_id:uuid}/undoing"): Route(needs=MERGE, json={"reason": "Syy"}),
    ("POST", "/api/v1/persons/{person_id:uuid}/erasures"): Route(
        needs=ERASE, json={"ground": "not_needed", "reason": "Syy"}, fine=(409,)
    ),
    ("GET", "/api/v1/persons/{person_id:uuid}/notifications"): Route(needs=TELL),
    ("GET", "/api/v1/notifications"): Route(needs=TELL),
    ("POST", "/api/v1/notifications/confirmations"): Route(
        needs=TELL, json={"notification_ids": [NOBODY], "on": "2026-11-01", "note": "Soitto"}, fine=(404,)
    ),
    ("POST", "/api/v1/notifications/{notification_id:uuid}/excuse"): Route(needs=TELL, json=EXCUSE, fine=(204,)),
    ("POST", "/api/v1/notifications/{notification_id:uuid}/excuse/approval"): Route(
        needs=TELL, named=EXCUSED, fine=(204,)
    ),
    ("POST", "/api/v1/notifications/{notification_id:uuid}/excuse/rejection"): Route(
        needs=TELL, named=EXCUSED, fine=(204,)
    ),
    ("GET", f"/api/v1{PROCESSOR}/opendsr/requests"): Route(needs=SEE, beside=200),
    ("POST", f"/api/v1{PROCESSOR}/opendsr/requests"): Route(
        needs=DECIDE,
        json={"customer_number": "1", "wanted": "access"},
        fine=(201,),
        given="dsr_endpoint_id",
    ),
    ("GET", "/api/v1/opendsr/requests/{sent_id:uuid}"): Route(needs=SEE),
    ("POST", "/api/v1/opendsr/requests/{sent_id:uuid}/cancellation"): Route(needs=DECIDE, fine=(204,)),
    ("POST", "/api/v1/persons/{person_id:uuid}/restrictions"): Route(needs=RESTRICT, json=RESTRICTION),
    ("GET", "/api/v1/persons/{person_id:uuid}/restrictions"): Route(needs=RESTRICT),
    ("POST", "/api/v1/restrictions/{restriction_id:uuid}/lifting"): Route(needs=RESTRICT, json=LIFTING, fine=(202,)),
    ("POST", "/api/v1/restrictions/{restriction_id:uuid}/notice/posting"): Route(
        needs=RESTRICT, json={}, named=ON_PAPER, fine=(204,)
    ),
    ("POST", f"/api/v1{RECORD}/corrections"): Route(needs=CORRECT, json=CORRECTION_JSON),
    ("GET", f"/api/v1{RECORD}/corrections"): Route(needs=PERSONS),
    ("POST", "/api/v1/registers/{register_id:uuid}/records:batch"): Route(
        needs=IMPORT, query="source=kassa", rows=[{"customer_number": "4711"}]
    ),
    ("GET", "/api/v1/registers/{register_id:uuid}/records.csv"): Route(needs=Permission.EXPORT_RECORDS),
    ("GET", "/api/v1/registers/{register_id:uuid}/records.xlsx"): Route(needs=Permission.EXPORT_RECORDS),
    ("POST", "/api/v1/registers/{register_id:uuid}/extracts"): Route(
        needs=EXPORT, json={"field_ids": [NOBODY], "purpose_id": NOBODY}, fine=(422,)
    ),
    ("GET", "/api/v1/imports/{import_id:uuid}/refused-rows"): Route(needs=IMPORT, fine=(409,)),
    ("GET", "/api/v1/extracts"): Route(needs=EXPORT),
    ("GET", "/api/v1/extracts/{extract_id:uuid}"): Route(needs=EXPORT),
    ("GET", "/api/v1/extracts/{extract_id:uuid}/file"): Route(needs=EXPORT, fine=(404,)),
    ("DELETE", "/api/v1/extracts/{extract_id:uuid}"): Route(needs=EXPORT, fine=(204,)),
    ("GET", "/api/v1/persons/{person_id:uuid}/choices"): Route(needs=PERSONS),
    ("POST", "/api/v1/persons/{person_id:uuid}/consents"): Route(
        needs=CORRECT, json={"kind": "sales", "source": "Puhelu"}
    ),
    ("POST", "/api/v1/persons/{person_id:uuid}/consents/withdrawal"): Route(needs=CORRECT, json=ENDED),
    ("POST", "/api/v1/persons/{person_id:uuid}/objections"): Route(needs=CORRECT, json={"kind": "sales"}),
    ("POST", "/api/v1/persons/{person_id:uuid}/objections/lifting"): Route(needs=CORRECT, json=ENDED),
    ("GET", "/api/v1/persons/{person_id:uuid}/disclosures"): Route(needs=PERSONS),
    ("GET", EXPLAINED): Route(needs=PERSONS, asked={"company_id": "giver_id", "field_id": "field_id"}),
    ("GET", "/api/v1/processing-as-controller"): Route(needs=PROCESSORS),
    ("GET", "/api/v1/processing-for-others"): Route(needs=PROCESSORS),
    ("GET", "/api/v1/processors"): Route(needs=PROCESSORS, known=CATALOGUED),
    ("POST", "/api/v1/processors"): Route(needs=CATALOGUE, json=FACTS | {"key": "uusi"}, fine=(201,)),
    ("GET", f"/api/v1{PROCESSOR}"): Route(needs=PROCESSORS, beside=200, known=(*CATALOGUED, "verification_id")),
    ("POST", f"/api/v1{PROCESSOR}/facts"): Route(
        needs=CATALOGUE, json={"facts": FACTS | {"key": "x"}}, beside=403, known=(*CATALOGUED, "verification_id")
    ),
    ("POST", f"/api/v1{PROCESSOR}/retirement"): Route(needs=CATALOGUE, fine=(403,), beside=403),
    ("POST", f"/api/v1{PROCESSOR}/return"): Route(needs=CATALOGUE, fine=(403,), beside=403),
    ("POST", f"/api/v1{PROCESSOR}/verifications"): Route(
        needs=CATALOGUE, json=EVIDENCE, fine=(201,), beside=201, known=CATALOGUED
    ),
    ("POST", f"/api/v1{PROCESSOR}/verifications/{{verification_id:uuid}}/withdrawal"): Route(
        needs=CATALOGUE, fine=(204,)
    ),
    ("GET", f"/api/v1{PROCESSOR}/clients"): Route(needs=PROCESSORS, beside=200),
    ("POST", f"/api/v1{PROCESSOR}/clients"): Route(needs=CATALOGUE, json=CLIENT, fine=(201,), beside=201),
    ("POST", f"/api/v1{CLIENT_OF}/keys"): Route(needs=CATALOGUE, json={"keys": []}, fine=(422,)),
    ("POST", f"/api/v1{CLIENT_OF}/address"): Route(
        needs=CATALOGUE, json={"jwks_uri": "https://avaimet.example/jwks"}, fine=(409,)
    ),
    ("POST", f"/api/v1{CLIENT_OF}/keys/retirement"): Route(needs=CATALOGUE, json={"kid": "eka"}, fine=(204,)),
    ("POST", f"/api/v1{CLIENT_OF}/secrets"): Route(needs=CATALOGUE, named=BY_SECRET, fine=(201,)),
    ("POST", f"/api/v1{CLIENT_OF}/secrets/{{secret_id:uuid}}/retirement"): Route(
        needs=CATALOGUE, named=BY_SECRET, fine=(204,)
    ),
    ("POST", f"/api/v1{CLIENT_OF}/disabling"): Route(needs=CATALOGUE, fine=(204,)),
    ("POST", f"/api/v1{CLIENT_OF}/enabling"): Route(needs=CATALOGUE, fine=(204,)),
    ("POST", f"/api/v1{CLIENT_OF}/release"): Route(needs=CATALOGUE, fine=(409,)),
    ("GET", f"/api/v1{PROCESSOR}/webhooks"): Route(needs=PROCESSORS, beside=200),
    ("POST", "/api/v1/processors/webhooks"): Route(
        needs=CATALOGUE, json=LISTENER | {"events": ["ping"], "agreement_id": NOBODY}, fine=(404,)
    ),
    ("POST", f"/api/v1{WEBHOOK}/facts"): Route(
        needs=CATALOGUE, json=LISTENER | {"events": ["feed.changed"]}, fine=(204,)
    ),
    ("POST", f"/api/v1{WEBHOOK}/rotation"): Route(needs=CATALOGUE, named=ROTATED, fine=(201, 409)),
    ("POST", f"/api/v1{WEBHOOK}/ping"): Route(needs=CATALOGUE, fine=(202,)),
    ("GET", f"/api/v1{WEBHOOK}/messages"): Route(needs=PROCESSORS),
    ("POST", f"/api/v1{WEBHOOK}/disabling"): Route(needs=CATALOGUE, named=ROTATED, fine=(204, 409)),
    ("POST", f"/api/v1{WEBHOOK}/enabling"): Route(needs=CATALOGUE, named=DISABLED, fine=(204, 409)),
    ("POST", f"/api/v1{REDELIVERY}"): Route(needs=CATALOGUE, fine=(202, 409)),
    ("GET", "/api/v1/processors/proposals"): Route(needs=PROCESSORS),
    ("GET", f"/api/v1{PROPOSAL}"): Route(needs=PROCESSORS, named=API_PROPOSAL),
    ("POST", f"/api/v1{PROCESSOR}/proposals"): Route(
        needs=CATALOGUE, json={"facts": FACTS | {"key": "pilvi"}, "reason": "Tiedote"}, fine=(409,), beside=403
    ),
    ("POST", f"/api/v1{PROPOSAL}/acceptance"): Route(needs=CATALOGUE, json={}, named=API_PROPOSAL, fine=(403,)),
    ("POST", f"/api/v1{PROPOSAL}/refusal"): Route(
        needs=CATALOGUE, json={"reason": "Ei"}, named=API_PROPOSAL, fine=(403,)
    ),
    ("POST", f"/api/v1{PROPOSAL}/withdrawal"): Route(needs=CATALOGUE, named=API_PROPOSAL, fine=(200,)),
    ("POST", f"/api/v1{PROCESSOR}/sub-processors"): Route(
        needs=CATALOGUE,
        json={"sub_processor_id": NOBODY, "service": {"fi": "Koe"}, "countries": ["FI"], "since": "2026-01-01"},
        fine=(404,),
        beside=403,
    ),
    ("POST", f"/api/v1{PROCESSOR}/sub-processors/{{sub_processor_id:uuid}}/leaving"): Route(
        needs=CATALOGUE, fine=(204,), beside=403
    ),
    ("POST", f"/api/v1{PROCESSOR}/sub-processors/{{sub_processor_id:uuid}}/objection"): Route(
        needs=AGREE, json={"reason": "Ei sovi"}, named=LOWEST, fine=(201,), beside=201
    ),
    ("POST", "/api/v1/processors/objections/{objection_id:uuid}/solution"): Route(
        needs=AGREE, json={"solution": "Sovittu"}, fine=(204,)
    ),
    ("GET", "/api/v1/feeds"): Route(needs=PROCESSORS, known=CATALOGUED),
    ("POST", "/api/v1/feeds"): Route(needs=FEED_DRAFTING, json=FEED_JSON, fine=(404,), beside=404),
    ("GET", "/api/v1/feeds/{feed_id:uuid}"): Route(needs=PROCESSORS),
    ("GET", "/api/v1/feeds/{feed_id:uuid}/days"): Route(needs=PROCESSORS),
    ("POST", "/api/v1/feeds/{feed_id:uuid}/scope"): Route(
        needs=FEED_DRAFTING, json={"scope": FEED_JSON["scope"]}, fine=(422,)
    ),
    ("POST", "/api/v1/feeds/{feed_id:uuid}/approval"): Route(needs=FEED_STEPS, json={}, named=FEED_DRAFT),
    ("POST", "/api/v1/feeds/{feed_id:uuid}/suspension"): Route(needs=FEED_STEPS),
    ("POST", "/api/v1/feeds/{feed_id:uuid}/withdrawal"): Route(needs=FEED_STEPS, fine=(409,)),
    ("POST", "/api/v1/feeds/{feed_id:uuid}/resumption"): Route(needs=FEED_STEPS, named=FEED_SUSPENDED),
    ("POST", "/api/v1/feeds/{feed_id:uuid}/ending"): Route(needs=FEED_STEPS),
    ("GET", "/api/v1/feeds/{feed_id:uuid}/files"): Route(needs=PROCESSORS),
    ("POST", "/api/v1/feeds/{feed_id:uuid}/files"): Route(needs=CATALOGUE, json={"every": "by_hand"}),
    ("GET", "/api/v1/feeds/{feed_id:uuid}/deliveries"): Route(needs=PROCESSORS),
    ("POST", "/api/v1/feeds/{feed_id:uuid}/deliveries"): Route(needs=CATALOGUE, json={}, fine=(202,)),
    ("POST", "/api/v1/feeds/{feed_id:uuid}/files/disabling"): Route(needs=CATALOGUE, fine=(204,)),
    ("POST", "/api/v1/feeds/{feed_id:uuid}/files/enabling"): Route(needs=CATALOGUE, named=FEED_SUSPENDED, fine=(204,)),
    ("GET", "/api/v1/flow"): Route(needs=PROCESSORS, known=CATALOGUED),
    ("POST", "/api/v1/flow/stops"): Route(needs=STOP, json={"reason": "Epäilty vuoto"}, fine=(201,), given="stop_id"),
    ("POST", "/api/v1/flow/stops/{stop_id:uuid}/proposal"): Route(needs=STOP, json={"reason": "Selvitetty"}),
    ("POST", "/api/v1/flow/stops/{stop_id:uuid}/resumption"): Route(needs=Permission.RESUME_FLOWS),
    ("GET", "/api/v1/agreements"): Route(needs=PROCESSORS, known=CATALOGUED),
    ("POST", "/api/v1/agreements"): Route(
        needs=DRAFT_AGREEMENT,
        json={"processor_id": NOBODY, "key": "uusi", "terms": {"valid_from": "2026-01-01"}},
        fine=(404,),
        beside=404,
    ),
    ("GET", "/api/v1/agreements/{agreement_id:uuid}"): Route(needs=PROCESSORS),
    ("POST", "/api/v1/agreements/{agreement_id:uuid}/terms"): Route(
        needs=DRAFT_AGREEMENT, json={"terms": {"valid_from": "2026-01-01"}}
    ),
    ("POST", "/api/v1/agreements/{agreement_id:uuid}/approval"): Route(needs=AGREE, json={}, named=AGREEMENT_DRAFT),
    ("POST", "/api/v1/agreements/{agreement_id:uuid}/ending"): Route(needs=AGREE),
    ("POST", "/api/v1/agreements/{agreement_id:uuid}/certificate"): Route(
        needs=AGREE,
        json={"document": {"name": "Todistus", "sha256": "ab" * 32}, "issued_on": "2026-01-05", "sub_processors": True},
        fine=(409, 422),
    ),
    ("GET", "/api/v1/sharing/policies"): Route(needs=SHARING, known=KNOWN),
    ("POST", "/api/v1/sharing/policies"): Route(needs=DRAFTING, json=TERMS_JSON, fine=(422,)),
    ("GET", f"/api/v1{POLICY}"): Route(needs=SHARING, beside=200, known=KNOWN),
    ("GET", f"/api/v1{POLICY}/odrl"): Route(needs=SHARING, beside=200, known=("register_id", "field_id", "giver_id")),
    ("GET", "/api/v1/sharing/odrl"): Route(needs=SHARING, known=(*KNOWN, "field_id", "giver_id")),
    ("POST", f"/api/v1{POLICY}/terms"): Route(
        needs=DRAFTING, json={"terms": TERMS_JSON}, named=DRAFT, fine=(422,), beside=403
    ),
    ("GET", f"/api/v1{POLICY}/simulation"): Route(needs=SHARING, named=DRAFT, beside=403),
    ("GET", f"/api/v1{POLICY}/losses"): Route(needs=SHARING, beside=403),
    ("POST", f"/api/v1{POLICY}/grant"): Route(needs=GRANT, json={}, named=DRAFT, beside=403),
    ("POST", f"/api/v1{POLICY}/acceptance"): Route(needs=ACCEPT, json={}, named=OFFERED, beside=403),
    ("POST", f"/api/v1{POLICY}/suspension"): Route(needs=GRANT, beside=403),
    ("POST", f"/api/v1{POLICY}/resumption"): Route(needs=GRANT, named=SUSPENDED, beside=403),
    ("POST", f"/api/v1{POLICY}/revocation"): Route(needs=GRANT, beside=403),
    ("GET", "/api/v1/shared/offers"): Route(needs=READ),
    ("GET", "/api/v1/shared/registers/{register_id:uuid}/records"): Route(needs=READ, named=SHARED_REGISTER),
    ("GET", "/api/v1/shared/registers/{register_id:uuid}/records.csv"): Route(
        needs=Permission.EXPORT_SHARED, named=SHARED_REGISTER
    ),
    ("GET", "/api/v1/shared/companies/{company_id:uuid}/persons/{person_id:uuid}"): Route(
        needs=READ, named=SHARED_PERSON
    ),
    ("GET", "/api/v1/imports"): Route(needs=IMPORT),
    ("POST", "/api/v1/imports"): Route(
        needs=IMPORT, form={"source": "kassa", "register_id": "?"}, file=True, fine=(202,)
    ),
    ("GET", "/api/v1/imports/{import_id:uuid}"): Route(needs=IMPORT),
    ("POST", "/api/v1/imports/{import_id:uuid}/approval"): Route(needs=IMPORT, json={"keep_good": False}, fine=(202,)),
    ("POST", "/api/v1/imports/{import_id:uuid}/columns"): Route(
        needs=IMPORT, json={"columns": ["customer_number"]}, named=MAPPED, fine=(202,)
    ),
    ("POST", "/api/v1/imports/{import_id:uuid}/pause"): Route(needs=IMPORT, json={}, named=WRITTEN),
    ("POST", "/api/v1/imports/{import_id:uuid}/resumption"): Route(needs=IMPORT, json={}, named=PAUSED, fine=(202,)),
    ("DELETE", "/api/v1/imports/{import_id:uuid}"): Route(needs=IMPORT, fine=(204,)),
    ("GET", "/api/v1/commitment"): Route(needs=Permission.SEE_MEMBERS),
    ("GET", "/api/v1/members"): Route(needs=Permission.SEE_MEMBERS),
    ("POST", "/api/v1/members"): Route(
        needs=MANAGE, json={"subject": "uusi", "name": "Uusi", "email": "uusi@alfa.example"}, fine=(404,)
    ),
    ("POST", "/api/v1/members/{member_id:uuid}/roles"): Route(
        needs=MANAGE, json={"role": "auditor", "company_id": "?"}, beside=403
    ),
    ("POST", "/api/v1/members/roles/{assignment_id:uuid}/removal"): Route(needs=MANAGE, fine=(204,), beside=403),
    ("POST", "/api/v1/members/{member_id:uuid}/deactivation"): Route(needs=MANAGE, fine=(403,), beside=403),
    ("POST", "/api/v1/members/proposals/{proposal_id:uuid}/confirmation"): Route(needs=MANAGE, fine=(204,), beside=403),
    ("POST", "/api/v1/members/proposals/{proposal_id:uuid}/removal"): Route(needs=MANAGE, fine=(204,), beside=403),
    ("GET", "/api/v1/contracts"): Route(needs=MANAGE),
    ("POST", "/api/v1/contracts"): Route(needs=MANAGE, json=CONTRACT_JSON, fine=(201,)),
    ("POST", "/api/v1/contracts/{contract_id:uuid}/members"): Route(
        needs=MANAGE, json={"member_id": "?"}, fine=(204,), beside=403
    ),
    ("POST", "/api/v1/contracts/{contract_id:uuid}/ending"): Route(needs=MANAGE, fine=(204,), beside=403),
    ("GET", "/api/v1/departments"): Route(needs=MANAGE),
    ("POST", "/api/v1/departments"): Route(needs=MANAGE, json={"name": "Varasto"}, fine=(201,)),
    ("POST", "/api/v1/departments/{department_id:uuid}/members"): Route(
        needs=MANAGE, json={"member_id": "?", "works_here": True}, fine=(204,)
    ),
    ("POST", "/api/v1/departments/{department_id:uuid}/registers"): Route(
        needs=MANAGE, json={"register_id": "?", "bound": True}, fine=(204,)
    ),
    ("GET", "/api/v1/authorities/provisions"): Route(needs=Permission.SEE_AUTHORITIES),
    ("GET", "/api/v1/authorities"): Route(needs=Permission.SEE_AUTHORITIES),
    ("POST", "/api/v1/authorities"): Route(
        needs=Permission.HANDLE_AUTHORITIES, json=AUTHORITY_JSON, fine=(201,), given="police_id"
    ),
    ("GET", "/api/v1/authorities/{case_id:uuid}"): Route(needs=Permission.SEE_AUTHORITIES, named=AUTHORITY_CASE),
    ("POST", "/api/v1/authorities/{case_id:uuid}/decision"): Route(
        needs=Permission.APPROVE_AUTHORITIES, named=AUTHORITY_CASE, json={"refused": True, "reason": "Syy"}
    ),
    ("POST", "/api/v1/authorities/{case_id:uuid}/files"): Route(
        needs=Permission.HANDLE_AUTHORITIES, named={"case_id": "approved_case_id"}, json={}, fine=(201,)
    ),
    ("GET", "/api/v1/emergencies"): Route(needs=Permission.SEE_AUTHORITIES),
    ("POST", "/api/v1/emergencies"): Route(needs=Permission.ASK_EMERGENCY, json=EMERGENCY_JSON, fine=(201,)),
    ("GET", "/api/v1/emergencies/{emergency_id:uuid}"): Route(needs=Permission.SEE_AUTHORITIES),
    ("POST", "/api/v1/emergencies/{emergency_id:uuid}/answer"): Route(
        needs=Permission.CONFIRM_EMERGENCY, json={"confirm": True}, fine=(204,)
    ),
    ("POST", "/api/v1/emergencies/{emergency_id:uuid}/ending"): Route(
        needs=Permission.SEE_AUTHORITIES, named={"emergency_id": "open_emergency_id"}, fine=(204,)
    ),
    ("POST", "/api/v1/emergencies/{emergency_id:uuid}/review"): Route(
        needs=Permission.REVIEW_EMERGENCY,
        named={"emergency_id": "reported_emergency_id"},
        json={"review": "Kunnossa"},
        fine=(204,),
    ),
    ("GET", "/api/v1/maintenance"): Route(needs=Permission.SEE_MAINTENANCE),
    ("POST", "/api/v1/maintenance"): Route(needs=Permission.ASK_MAINTENANCE, json=MAINTENANCE_JSON, fine=(201,)),
    ("POST", "/api/v1/maintenance/{ask_id:uuid}/answer"): Route(
        needs=Permission.GRANT_MAINTENANCE, json={"grant": True}, fine=(204,)
    ),
    ("POST", "/api/v1/maintenance/{ask_id:uuid}/ending"): Route(
        needs=Permission.SEE_MAINTENANCE, named={"ask_id": "running_id"}, fine=(204,)
    ),
    ("GET", "/api/v1/certifications"): Route(needs=Permission.SEE_MEMBERS, known=("member_id",)),
    ("POST", "/api/v1/certifications"): Route(needs=MANAGE, fine=(409,), given="campaign_id"),
    ("POST", "/api/v1/certifications/{campaign_id:uuid}/{assignment_id:uuid}"): Route(
        needs=MANAGE, json={"keep": True}, named=CERTIFIED, fine=(204,), beside=403
    ),
    ("GET", "/api/v1/oversight"): Route(needs=Permission.OVERSEE),
    ("GET", "/api/v1/oversight/agreements"): Route(needs=Permission.OVERSEE),
    ("GET", "/api/v1/audit/entries"): Route(needs=Permission.SEE_AUDIT, known=(*POLICIES, *CATALOGUED)),
    ("GET", "/api/v1/jobs/failed"): Route(needs=Permission.SEE_JOBS),
    ("POST", "/api/v1/jobs/{job_id:uuid}/replay"): Route(needs=Permission.REPLAY_JOBS, fine=(204,)),
    ("POST", "/api/v1/jobs/{job_id:uuid}/dismissal"): Route(
        needs=Permission.DISMISS_JOBS, json={"reason": "not_needed"}, fine=(204,)
    ),
}


def known(app: Litestar) -> set[tuple[str, str]]:
    """What the application itself answers at, without what answers about itself (HEAD, OPTIONS, its schema)."""
    return {
        (method, route.path)
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith(ROOTS) and not route.path.startswith("/api/v1/schema")
        for method in route.methods
        if method not in ("HEAD", "OPTIONS")
    }


def filled(route: Route, stage: Stage) -> dict[str, Any] | None:
    """The form with what only the stage knows."""
    if route.form is None:
        return None
    ours = {
        "member": str(stage.ids["member_id"]),
        "register": str(stage.ids["register_id"]),
        "register_id": str(stage.ids["register_id"]),
        "acts_for": f"{stage.alfa.company_id}.rights_request",
    }
    return {
        name: ours[name] if value == "?" else str(stage.ids[value[1:]]) if str(value).startswith("?") else value
        for name, value in route.form.items()
    }


def body(route: Route, stage: Stage) -> Any:
    """The JSON with what only the stage knows."""
    ours = {"member_id": str(stage.ids["member_id"]), "company_id": str(stage.alfa.company_id)}
    ours |= {name: str(stage.ids[of]) for name, of in IN_BODIES.items()}
    return _filled(route.rows or route.json, ours)


def _filled(given: Any, ours: dict[str, str], name: str = "") -> Any:
    if isinstance(given, dict):
        return {key: _filled(value, ours, key) for key, value in given.items()}
    if isinstance(given, list):
        return [_filled(value, ours, name) for value in given]
    return ours[name] if given == "?" else given


def names_an_id(path: str) -> bool:
    return "{" in path
