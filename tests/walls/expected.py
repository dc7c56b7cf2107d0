"""What the walls should let through, said a second time and in another language than the policies.

A cell is (table, role, command); its rule says for one row and one context whether the row is within reach.
Tests compare every cell with PostgreSQL, and a policy that is dropped or weakened must make a cell differ.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from msgspec import Struct

from tenants.acting import SEES_RESTRICTED, Acting, Actor, PurposeKind

ALFA = uuid4()
# Of staff: one who has signed the newest commitment and has a role at Alfa, one with the role who has signed only the
# first version, one who has signed and is nothing but an auditor, and one who has and oversees all companies.
MEMBER, UNSIGNED, AUDITOR, OFFICER = uuid4(), uuid4(), uuid4(), uuid4()
# A register that a sister company has granted to Alfa for customer care, and one that is granted to nobody here.
SHARED, KEPT = uuid4(), uuid4()
# One of Alfa's that is bound to a department in which nobody of the above works.
BOUND = uuid4()
# In our group a role is given by two. What was proposed at Alfa and in the whole group, and by whom.
PROPOSED = {("alfa", UNSIGNED, "request_handler"): MEMBER, ("group", AUDITOR, "auditor"): UNSIGNED}
# The agreement with Alfa under which the client of a processor acts, the processor, and the register of its feed.
AGREED, PILVI, FED = uuid4(), uuid4(), uuid4()
AGREED_WITH_PILVI = (AGREED, uuid4())
# Of that processor two people who looked after what Alfa gives it, of whom one has left; and a client of it.
CONTACT, LEFT, PILVIS = uuid4(), uuid4(), uuid4()
# A group whose erasure was confirmed.
ERASED = uuid4()


class Row(Struct, frozen=True, kw_only=True):
    """The columns by which walls are drawn."""

    group_id: UUID
    company_id: UUID | None = None
    request_id: UUID | None = None
    chain_id: UUID | None = None
    restricted: bool = False
    use: str | None = None
    actor: str | None = None
    actor_id: UUID | None = None
    company_ids: tuple[UUID, ...] = ()
    case_id: UUID | None = None
    sealed: bool = False
    member_id: UUID | None = None
    on_paper: bool = False
    recipient_id: UUID | None = None
    register_id: UUID | None = None
    reads: tuple[UUID, ...] = ()
    taken_over_by: UUID | None = None
    role: str | None = None
    version: int | None = None
    granted_by: UUID | None = None
    department_id: UUID | None = None
    proposed_by: UUID | None = None
    approved_at: datetime | None = None
    agreement_id: UUID | None = None
    person_id: UUID | None = None
    processor_id: UUID | None = None
    scope_id: UUID | None = None
    opens_at: datetime | None = None
    number: int | None = None
    minutes: int | None = None
    jwks_uri: str | None = None
    asked_by: UUID | None = None
    answered_by: UUID | None = None
    opened_by: UUID | None = None
    decided_by: UUID | None = None
    client_id: UUID | None = None
    contact_id: UUID | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None


Rule = Callable[[Row, Acting], bool]


def group(row: Row, acting: Acting) -> bool:
    return row.group_id == acting.group_id


def erased(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.group_id == ERASED


def company(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.company_id is not None and row.company_id == acting.company_id


def company_or_group(row: Row, acting: Acting) -> bool:
    return group(row, acting) and row.company_id == acting.company_id


def company_or_whole_group(row: Row, acting: Acting) -> bool:
    """A processor's client acts for no company, too."""
    is_of_all = acting.company_id is None and acting.actor in (Actor.MEMBER, Actor.SYSTEM)
    return company(row, acting) or (group(row, acting) and is_of_all)


def personal(row: Row, acting: Acting) -> bool:
    visible = not row.restricted or acting.purpose in SEES_RESTRICTED
    return company(row, acting) and acting.purpose is not None and visible


def for_a_purpose(row: Row, acting: Acting) -> bool:
    return company(row, acting) and acting.purpose is not None


def carried_on(row: Row, acting: Acting) -> bool:
    return for_a_purpose(row, acting) and acting.actor in (Actor.SYSTEM, Actor.CLIENT)


def taken_over_for_a_purpose(row: Row, acting: Acting) -> bool:
    return for_a_purpose(row, acting) and row.taken_over_by is not None


def received(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.company_id is not None and row.recipient_id == acting.company_id


def given_or_received(row: Row, acting: Acting) -> bool:
    return company(row, acting) or received(row, acting)


def given_or_received_for_a_purpose(row: Row, acting: Acting) -> bool:
    return given_or_received(row, acting) and acting.purpose is not None


def not_restricted(row: Row, acting: Acting) -> bool:
    return group(row, acting) and not row.restricted


def granted(row: Row, acting: Acting) -> bool:
    """The arena has one grant in force that Alfa received: of the shared register, for customer care."""
    for_care = acting.company_id is not None and acting.purpose is PurposeKind.CUSTOMER_CARE
    return not_restricted(row, acting) and for_care and row.register_id == SHARED


def own_request(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.request_id is not None and row.request_id == acting.request_id


def company_or_system_of_the_group(row: Row, acting: Acting) -> bool:
    return company(row, acting) or (by_system(row, acting) and acting.company_id is None)


def company_or_draft_of_the_system(row: Row, acting: Acting) -> bool:
    return company(row, acting) or (company_or_system_of_the_group(row, acting) and row.approved_at is None)


def own_agreement(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.actor is Actor.CLIENT and row.agreement_id == acting.actor_id


def company_or_party(row: Row, acting: Acting) -> bool:
    return company_or_system_of_the_group(row, acting) or own_agreement(row, acting)


def on_which_no_sister_relies(row: Row, acting: Acting) -> bool:
    """In the arena Alfa and Beta have both agreed with Pilvi."""
    return group(row, acting) and (acting.company_id is None or row.processor_id != PILVI)


def overseen_or_agreed(row: Row, acting: Acting) -> bool:
    return overseen(row, acting) or (own_agreement(row, acting) and row.approved_at is not None)


def of_the_giver(row: Row, acting: Acting) -> bool:
    """The arena has no feeds under the client's agreement but Alfa's, and those of another group."""
    giver = acting.purpose is None and acting.company_id is None and acting.actor is Actor.CLIENT
    return group(row, acting) and giver and row.company_id == ALFA


def published_by_the_giver(row: Row, acting: Acting) -> bool:
    return of_the_giver(row, acting) and row.number is not None


def overseen_or_of_the_giver(row: Row, acting: Acting) -> bool:
    return overseen(row, acting) or of_the_giver(row, acting)


def company_or_system_or_of_the_giver(row: Row, acting: Acting) -> bool:
    return company_or_system_of_the_group(row, acting) or of_the_giver(row, acting)


def in_own_name_of_the_giver(row: Row, acting: Acting) -> bool:
    return of_the_giver(row, acting) and in_own_name(row, acting)


def by_contact(row: Row, acting: Acting) -> bool:
    """Whoever has left sees of all that nothing."""
    return group(row, acting) and acting.actor is Actor.CONTACT and acting.actor_id == CONTACT


def oneself(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.actor is Actor.CONTACT and row.contact_id == acting.actor_id


def oneself_until_the_end(row: Row, acting: Acting) -> bool:
    return oneself(row, acting) and row.ended_at is None


def of_own_processor(row: Row, acting: Acting) -> bool:
    return by_contact(row, acting) and row.processor_id == PILVI


def told_to_its_person(row: Row, acting: Acting) -> bool:
    """In the arena the case of a request is about a person of the same id."""
    return group(row, acting) and acting.request_id is not None and row.person_id == acting.request_id


def of_own_processor_or_told(row: Row, acting: Acting) -> bool:
    """In the arena every notification goes to the same processor."""
    told = group(row, acting) and acting.request_id is not None and row.processor_id == PILVI
    return told or of_own_processor(row, acting)


def answered(row: Row, acting: Acting) -> bool:
    """In the arena Alfa has answered, and Beta has not."""
    return own_request(row, acting) and row.company_id == ALFA


def overseen_or_answered(row: Row, acting: Acting) -> bool:
    return overseen(row, acting) or answered(row, acting)


def of_who_answered(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.request_id is not None and row.company_id == ALFA


def or_of_who_answered(rule: Rule) -> Rule:
    return lambda row, acting: rule(row, acting) or of_who_answered(row, acting)


def of_an_answered_case(row: Row, acting: Acting) -> bool:
    return of_who_answered(row, acting) and row.request_id == acting.request_id


def looked_after(row: Row, acting: Acting) -> bool:
    return of_own_processor(row, acting) and row.company_id == ALFA


def brought_by_oneself(row: Row, acting: Acting) -> bool:
    return looked_after(row, acting) and oneself(row, acting)


def under_own_agreement(row: Row, acting: Acting) -> bool:
    """The arena has one more agreement of Alfa's, with another processor."""
    return by_contact(row, acting) and row.company_id == ALFA and row.agreement_id in AGREED_WITH_PILVI


def approved_under_own_agreement(row: Row, acting: Acting) -> bool:
    return under_own_agreement(row, acting) and row.approved_at is not None


def of_own_client(row: Row, acting: Acting) -> bool:
    return by_contact(row, acting) and row.company_id == ALFA and row.client_id == PILVIS


def by_system_of_the_group(row: Row, acting: Acting) -> bool:
    return by_system(row, acting) and acting.company_id is None


def received_by_whoever_acts(row: Row, acting: Acting) -> bool:
    by_client = acting.actor is Actor.CLIENT and row.recipient_id == PILVI
    return received(row, acting) or (group(row, acting) and by_client)


def granted_or_fed(row: Row, acting: Acting) -> bool:
    fed = not_restricted(row, acting) and acting.actor is Actor.CLIENT and row.register_id == FED
    return granted(row, acting) or fed


def own_chain(row: Row, acting: Acting) -> bool:
    return group(row, acting) and row.chain_id == (acting.company_id or acting.group_id)


def everything(row: Row, acting: Acting) -> bool:
    return True


def by_system(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.actor is Actor.SYSTEM


def by_system_for_the_company(row: Row, acting: Acting) -> bool:
    return company(row, acting) and acting.actor is Actor.SYSTEM


def by_visitor(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.actor is Actor.VISITOR


def by_visitor_or_own(row: Row, acting: Acting) -> bool:
    return by_visitor(row, acting) or own_request(row, acting)


def in_own_name(row: Row, acting: Acting) -> bool:
    return group(row, acting) and row.actor == acting.actor.value and row.actor_id == acting.actor_id and not row.sealed


def in_own_name_for_own_company(row: Row, acting: Acting) -> bool:
    for_anyone = acting.actor is Actor.SYSTEM and acting.company_id is None
    own = for_anyone or row.company_id == acting.company_id or of_the_giver(row, acting)
    return in_own_name(row, acting) and own


def own_answer(row: Row, acting: Acting) -> bool:
    in_own_name = row.actor == acting.actor.value and row.actor_id == acting.actor_id
    return company_or_group(row, acting) and in_own_name


def own_answer_or_by_system(row: Row, acting: Acting) -> bool:
    return own_answer(row, acting) or by_system(row, acting)


def own_job(row: Row, acting: Acting) -> bool:
    for_anyone = acting.actor is Actor.SYSTEM and acting.company_id is None
    return group(row, acting) and (row.company_id in (None, acting.company_id) or for_anyone)


def group_job(row: Row, acting: Acting) -> bool:
    return group(row, acting) and row.company_id is None


def of_use(*uses: str) -> Rule:
    return lambda row, acting: group(row, acting) and row.use in uses


def entered_for_own_company(row: Row, acting: Acting) -> bool:
    own = acting.company_id is not None and row.company_ids == (acting.company_id,)
    return group(row, acting) and acting.actor is Actor.MEMBER and own


def letter_of_own(row: Row, acting: Acting) -> bool:
    return by_system(row, acting) or company(row, acting)


def of_system_or_own_on_paper(row: Row, acting: Acting) -> bool:
    return by_system(row, acting) or (company(row, acting) and row.on_paper and acting.purpose is not None)


def asked_for_by_its_person(row: Row, acting: Acting) -> bool:
    return own_request(row, acting) and row.member_id is None


def handed_over_by_oneself(row: Row, acting: Acting) -> bool:
    own = acting.actor is Actor.MEMBER and row.member_id == acting.actor_id
    return company(row, acting) and own and acting.purpose is PurposeKind.RIGHTS_REQUEST


def let_in(rule: Rule) -> Rule:
    """Members are let in when they have signed and hold a role with personal data; nobody else needs to."""

    def opens(row: Row, acting: Acting) -> bool:
        member = acting.actor is Actor.MEMBER
        closed = acting.company_id is None or acting.actor_id in (UNSIGNED, AUDITOR)
        return rule(row, acting) and not (member and closed)

    return opens


def unbound(rule: Rule) -> Rule:
    """The arena has one register that is bound to a department, whose members open it; others on requests only."""

    def opens(row: Row, acting: Acting) -> bool:
        bound = row.register_id == BOUND and acting.company_id == row.company_id
        lets = acting.actor is not Actor.MEMBER or acting.purpose is PurposeKind.RIGHTS_REQUEST
        return rule(row, acting) and (not bound or lets)

    return opens


def of_others(row: Row, acting: Acting) -> bool:
    own = acting.actor is Actor.MEMBER and row.member_id == acting.actor_id
    return group(row, acting) and not own


def of_others_by_two(row: Row, acting: Acting) -> bool:
    """Whether a member writes down a role that somebody else has proposed."""
    at = "alfa" if row.company_id else "group"
    by_another = PROPOSED.get((at, row.member_id, row.role)) not in (None, acting.actor_id)  # type: ignore[arg-type]
    return of_others(row, acting) and (acting.actor is not Actor.MEMBER or by_another)


def proposed_by_oneself(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.actor is Actor.MEMBER and row.proposed_by == acting.actor_id


def by_no_member(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.actor is not Actor.MEMBER


def in_the_own_name(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.actor is Actor.MEMBER and row.member_id == acting.actor_id


def granted_by_oneself(row: Row, acting: Acting) -> bool:
    return company(row, acting) and acting.actor is Actor.MEMBER and row.granted_by == acting.actor_id


def company_or_asked_by_oneself(row: Row, acting: Acting) -> bool:
    own = acting.actor is Actor.MEMBER and row.asked_by == acting.actor_id
    return company(row, acting) or (group(row, acting) and own)


def in_the_name_of(column: str) -> Rule:
    """Of a member who acts for the row's company, and of nobody else."""
    return lambda row, acting: (
        company(row, acting) and acting.actor is Actor.MEMBER and getattr(row, column) == acting.actor_id
    )


def noted_by_a_member(row: Row, acting: Acting) -> bool:
    return for_a_purpose(row, acting) and acting.actor is Actor.MEMBER


def overseen(row: Row, acting: Acting) -> bool:
    return group(row, acting) and acting.actor_id == OFFICER


def personal_or_of_the_agreement(row: Row, acting: Acting) -> bool:
    return personal(row, acting) or own_agreement(row, acting)


def company_or_of_the_agreement(row: Row, acting: Acting) -> bool:
    return company(row, acting) or own_agreement(row, acting)


def company_or_of_the_agreement_or_system_of_the_group(row: Row, acting: Acting) -> bool:
    return company_or_system_of_the_group(row, acting) or own_agreement(row, acting)


def _cells(table: str, role: str, commands: str, rule: Rule) -> dict[tuple[str, str, str], Rule]:
    return {(table, role, command): rule for command in commands.split()}


READ, WRITE, ALL = "SELECT", "SELECT INSERT UPDATE", "SELECT INSERT UPDATE DELETE"

CELLS: dict[tuple[str, str, str], Rule] = {
    **_cells("groups", "app", WRITE, group),
    **_cells("groups", "portal", READ, group),
    **_cells("groups", "sealer", READ, group),
    **_cells("groups", "auditor", READ, group),
    **_cells("groups", "door", READ, group),
    **_cells("directory", "app", "INSERT", group),
    **_cells("directory", "owner", READ, everything),
    **_cells("audit_entries", "app", READ, company_or_group),
    **_cells("audit_entries", "app", "INSERT", in_own_name_for_own_company),
    **_cells("audit_entries", "portal", "INSERT", in_own_name),
    **_cells("audit_entries", "door", "INSERT", in_own_name_of_the_giver),
    **_cells("audit_entries", "sealer", "SELECT UPDATE", group),
    **_cells("audit_entries", "auditor", READ, company_or_group),
    **_cells("audit_seals", "app", READ, own_chain),
    **_cells("audit_seals", "sealer", "SELECT INSERT", group),
    **_cells("audit_seals", "auditor", READ, own_chain),
    **_cells("audit_checkpoints", "app", READ, own_chain),
    **_cells("audit_checkpoints", "sealer", "SELECT INSERT", group),
    **_cells("audit_checkpoints", "auditor", READ, own_chain),
    **_cells("queued_jobs", "app", ALL, own_job),
    **_cells("queued_jobs", "portal", "INSERT", group_job),
    **_cells("queued_jobs", "relay", "SELECT UPDATE", everything),
    **_cells("group_keys", "app", WRITE, group),
    **_cells("group_keys", "app", "DELETE", by_system),
    **_cells("key_rotations", "app", WRITE, by_system),
    **_cells("given_answers", "app", "UPDATE", by_system),
    **_cells("signing_keys", "app", "UPDATE", of_use("archive", "oauth")),
    **_cells("signing_keys", "sealer", "UPDATE", of_use("audit")),
    **_cells("signing_secrets", "app", "UPDATE DELETE", of_use("archive", "oauth")),
    **_cells("signing_secrets", "sealer", "UPDATE DELETE", of_use("audit")),
    **_cells("group_keys", "portal", READ, group),
    **_cells("signing_keys", "app", READ, group),
    **_cells("signing_keys", "app", "INSERT", of_use("archive", "oauth")),
    **_cells("signing_keys", "sealer", READ, group),
    **_cells("signing_keys", "sealer", "INSERT", of_use("audit")),
    **_cells("signing_keys", "portal", READ, group),
    **_cells("signing_keys", "auditor", READ, group),
    **_cells("signing_secrets", "app", "SELECT INSERT", of_use("archive", "oauth")),
    **_cells("signing_secrets", "sealer", "SELECT INSERT", of_use("audit")),
    **_cells("companies", "app", WRITE, group),
    **_cells("companies", "portal", READ, group),
    **_cells("companies", "sealer", READ, group),
    **_cells("companies", "auditor", READ, group),
    **_cells("members", "app", WRITE, group),
    **_cells("assignments", "app", READ, group),
    **_cells("assignments", "app", "INSERT UPDATE", of_others_by_two),
    **_cells("assignments", "app", "DELETE", of_others),
    **_cells("proposed_roles", "app", "SELECT DELETE", group),
    **_cells("proposed_roles", "app", "INSERT", proposed_by_oneself),
    **_cells("api_tokens", "app", WRITE, group),
    **_cells("given_answers", "app", "SELECT DELETE", own_answer_or_by_system),
    **_cells("given_answers", "app", "INSERT", own_answer),
    **_cells("identity_providers", "app", WRITE, group),
    **_cells("registers", "app", WRITE, group),
    **_cells("registers", "portal", READ, group),
    **_cells("fields", "app", WRITE, group),
    **_cells("fields", "portal", READ, group),
    **_cells("purposes", "app", WRITE, group),
    **_cells("purposes", "portal", READ, group),
    **_cells("persons", "app", ALL, let_in(personal)),
    **_cells("records", "app", ALL, unbound(let_in(personal))),
    **_cells("identifiers", "app", ALL, let_in(personal)),
    **_cells("corrections", "app", ALL, unbound(let_in(personal))),
    **_cells("restrictions", "app", WRITE, let_in(personal)),
    **_cells("restrictions", "door", READ, overseen),
    **_cells("imports", "app", ALL, unbound(company)),
    **_cells("import_mappings", "app", ALL, company),
    **_cells("import_faults", "app", ALL, company),
    **_cells("exports", "app", WRITE, let_in(company)),
    **_cells("exports", "portal", READ, own_request),
    **_cells("download_tokens", "app", "SELECT DELETE", company),
    **_cells("download_tokens", "app", "INSERT UPDATE", handed_over_by_oneself),
    **_cells("download_tokens", "portal", WRITE, asked_for_by_its_person),
    **_cells("downloads", "app", READ, company),
    **_cells("downloads", "app", "INSERT UPDATE", handed_over_by_oneself),
    **_cells("downloads", "portal", WRITE, asked_for_by_its_person),
    **_cells("requests", "app", "SELECT UPDATE", by_system),
    **_cells("requests", "app", "INSERT", entered_for_own_company),
    **_cells("requests", "portal", "SELECT UPDATE", own_request),
    **_cells("requests", "portal", "INSERT", by_visitor),
    **_cells("verifications", "app", ALL, by_system),
    **_cells("verifications", "portal", "SELECT UPDATE", own_request),
    **_cells("verifications", "portal", "INSERT", by_visitor_or_own),
    **_cells("rate_counts", "app", ALL, group),
    **_cells("rate_counts", "portal", WRITE, group),
    **_cells("cases", "app", WRITE, let_in(company)),
    **_cells("cases", "door", READ, overseen_or_answered),
    **_cells("cases", "portal", READ, own_request),
    **_cells("case_numbers", "app", WRITE, company),
    **_cells("case_matches", "app", ALL, let_in(company)),
    **_cells("case_findings", "app", ALL, let_in(company)),
    **_cells("case_findings", "portal", READ, own_request),
    **_cells("case_findings", "door", READ, of_an_answered_case),
    **_cells("case_events", "app", "SELECT INSERT", let_in(company)),
    **_cells("case_events", "portal", "SELECT INSERT", own_request),
    **_cells("letters", "app", "SELECT UPDATE", let_in(of_system_or_own_on_paper)),
    **_cells("letters", "app", "DELETE", by_system),
    **_cells("letters", "app", "INSERT", let_in(letter_of_own)),
    **_cells("letters", "portal", "INSERT", by_visitor_or_own),
    **_cells("objections", "app", "DELETE", let_in(taken_over_for_a_purpose)),
    **_cells("consents", "app", "DELETE", let_in(taken_over_for_a_purpose)),
    **_cells("erasures", "app", WRITE, let_in(for_a_purpose)),
    **_cells("notifications", "app", "SELECT UPDATE", let_in(personal_or_of_the_agreement)),
    **_cells("notifications", "app", "INSERT", let_in(personal)),
    **_cells("notification_cursors", "app", WRITE, by_system_for_the_company),
    **_cells("recipient_letters", "app", WRITE, by_system_for_the_company),
    **_cells("confirm_links", "app", "SELECT INSERT DELETE", by_system_for_the_company),
    **_cells("confirm_links", "portal", READ, group),
    **_cells("shared_copies", "app", READ, given_or_received),
    **_cells("shared_copies", "app", "INSERT", received),
    **_cells("person_changes", "app", WRITE, let_in(for_a_purpose)),
    **_cells("person_changes", "door", READ, of_who_answered),
    **_cells("distinctions", "app", WRITE, let_in(for_a_purpose)),
    **_cells("changes", "app", "INSERT", let_in(for_a_purpose)),
    **_cells("changes", "app", "SELECT UPDATE", carried_on),
    **_cells("change_counters", "app", WRITE, carried_on),
    **_cells("extracts", "app", WRITE, unbound(company)),
    **_cells("disclosure_scopes", "app", READ, given_or_received),
    **_cells("disclosure_scopes", "app", "INSERT UPDATE", company),
    **_cells("disclosure_scopes", "door", READ, of_who_answered),
    **_cells("disclosures", "app", "UPDATE", let_in(for_a_purpose)),
    **_cells("disclosures", "app", "INSERT", let_in(noted_by_a_member)),
    **_cells("authority_cases", "app", READ, let_in(company)),
    **_cells("authority_cases", "app", "INSERT", let_in(in_the_name_of("opened_by"))),
    **_cells("authority_cases", "app", "UPDATE", by_system_for_the_company),
    **_cells("authority_decisions", "app", READ, let_in(company)),
    **_cells("authority_decisions", "app", "INSERT", let_in(in_the_name_of("decided_by"))),
    **_cells("disclosed_files", "app", WRITE, let_in(company)),
    **_cells("emergencies", "app", READ, company_or_asked_by_oneself),
    **_cells("emergencies", "app", "INSERT", in_the_name_of("asked_by")),
    **_cells("emergencies", "door", READ, group),
    **_cells("emergency_answers", "app", READ, company_or_asked_by_oneself),
    **_cells("emergency_answers", "app", "INSERT", in_the_name_of("answered_by")),
    **_cells("emergency_answers", "app", "UPDATE", company),
    **_cells("emergency_answers", "door", READ, group),
    **_cells("disclosure_blocks", "app", READ, let_in(for_a_purpose)),
    **_cells("objections", "app", WRITE, let_in(for_a_purpose)),
    **_cells("consents", "app", WRITE, let_in(for_a_purpose)),
    **_cells("disclosures", "app", READ, let_in(given_or_received_for_a_purpose)),
    **_cells("sharing_policies", "app", READ, group),
    **_cells("sharing_policies", "app", "INSERT UPDATE", company),
    **_cells("sharing_grants", "app", READ, group),
    **_cells("sharing_grants", "app", "INSERT UPDATE", company),
    **_cells("sharing_acceptances", "app", READ, group),
    **_cells("sharing_acceptances", "app", "INSERT", company),
    **_cells("companies", "door", READ, group),
    **_cells("registers", "door", READ, group),
    **_cells("fields", "door", READ, group),
    **_cells("purposes", "door", READ, group),
    **_cells("consents", "door", READ, let_in(group)),
    **_cells("objections", "door", READ, let_in(group)),
    **_cells("sharing_grants", "door", READ, received),
    **_cells("sharing_acceptances", "door", READ, company),
    **_cells("persons", "door", READ, let_in(not_restricted)),
    **_cells("records", "door", READ, let_in(granted_or_fed)),
    **_cells("disclosures", "door", "INSERT UPDATE", received_by_whoever_acts),
    **_cells("disclosures", "door", READ, or_of_who_answered(received_by_whoever_acts)),
    **_cells("disclosure_blocks", "door", "INSERT", received_by_whoever_acts),
    **_cells("disclosure_blocks", "door", READ, or_of_who_answered(received_by_whoever_acts)),
    **_cells("processors", "app", "SELECT INSERT", group),
    **_cells("processors", "app", "UPDATE", on_which_no_sister_relies),
    **_cells("sub_processors", "app", READ, group),
    **_cells("sub_processors", "app", "INSERT UPDATE", on_which_no_sister_relies),
    **_cells("sub_processor_objections", "app", WRITE, company),
    **_cells("processor_verifications", "app", READ, group),
    **_cells("processor_verifications", "app", "INSERT UPDATE", company_or_group),
    **_cells("agreements", "app", "SELECT INSERT", company_or_system_of_the_group),
    **_cells("agreements", "app", "UPDATE", company),
    **_cells("agreement_versions", "app", READ, company_or_system_of_the_group),
    **_cells("agreement_versions", "app", "INSERT UPDATE", company_or_draft_of_the_system),
    **_cells("feeds", "app", READ, company_or_party),
    **_cells("feeds", "app", "INSERT", company_or_system_of_the_group),
    **_cells("feeds", "app", "UPDATE", company),
    **_cells("feed_scopes", "app", READ, company_or_party),
    **_cells("feed_scopes", "app", "INSERT UPDATE", company_or_draft_of_the_system),
    **_cells("feed_days", "app", READ, company_or_party),
    **_cells("feed_days", "app", "INSERT UPDATE", own_agreement),
    **_cells("feeds", "door", READ, own_agreement),
    **_cells("feed_scopes", "door", READ, own_agreement),
    **_cells("flow_stops", "app", READ, company_or_system_or_of_the_giver),
    **_cells("flow_stops", "app", "INSERT UPDATE", company),
    **_cells("flow_stops", "door", READ, group),
    **_cells("changes", "door", READ, published_by_the_giver),
    **_cells("change_counters", "door", READ, of_the_giver),
    **_cells("feed_lookups", "app", READ, let_in(for_a_purpose)),
    **_cells("feed_lookups", "door", "SELECT INSERT", of_the_giver),
    **_cells("feed_holdings", "app", READ, let_in(for_a_purpose)),
    **_cells("feed_holdings", "door", WRITE, of_the_giver),
    **_cells("processors", "door", READ, group),
    **_cells("sub_processors", "door", READ, group),
    **_cells("processor_verifications", "door", READ, group),
    **_cells("sub_processor_objections", "door", READ, overseen_or_of_the_giver),
    **_cells("agreements", "door", READ, group),
    **_cells("agreement_versions", "door", READ, overseen_or_agreed),
    **_cells("closing_certificates", "app", "SELECT INSERT", company),
    **_cells("joint_arrangements", "app", READ, group),
    **_cells("joint_arrangements", "app", "INSERT UPDATE", company),
    **_cells("joint_arrangements", "portal", READ, group),
    **_cells("processor_proposals", "app", "SELECT UPDATE", company_or_whole_group),
    **_cells("processor_proposals", "app", "INSERT", company),
    **_cells("shown_transfers", "app", READ, group),
    **_cells("shown_transfers", "app", "INSERT UPDATE", company),
    **_cells("shown_transfers", "portal", READ, group),
    **_cells("oauth_clients", "app", READ, company_or_system_of_the_group),
    **_cells("oauth_clients", "app", "INSERT UPDATE", company),
    **_cells("oauth_client_keys", "app", WRITE, company),
    **_cells("oauth_client_secrets", "app", WRITE, company),
    **_cells("oauth_client_key_sets", "app", READ, company),
    **_cells("oauth_client_key_sets", "app", "INSERT UPDATE", by_system_for_the_company),
    **_cells("oauth_client_failures", "app", READ, company),
    **_cells("oauth_client_failures", "app", "INSERT DELETE", by_system_for_the_company),
    **_cells("oauth_tokens", "app", READ, company_or_system_of_the_group),
    **_cells("oauth_tokens", "app", "INSERT DELETE", by_system_for_the_company),
    **_cells("oauth_tokens", "app", "UPDATE", company),
    **_cells("oauth_used_once", "app", "SELECT INSERT DELETE", by_system),
    **_cells("feed_file_targets", "app", WRITE, company_or_system_of_the_group),
    **_cells("feed_deliveries", "app", READ, company_or_of_the_agreement_or_system_of_the_group),
    **_cells("feed_deliveries", "app", "UPDATE", company_or_of_the_agreement),
    **_cells("feed_deliveries", "app", "INSERT", company),
    **_cells("webhook_endpoints", "app", READ, company_or_system_of_the_group),
    **_cells("webhook_endpoints", "app", "INSERT UPDATE", company),
    **_cells("webhook_secrets", "app", f"{WRITE} DELETE", company),
    **_cells("webhook_messages", "app", f"{WRITE} DELETE", company),
    **_cells("webhook_attempts", "app", "SELECT INSERT DELETE", company),
    **_cells("webhook_watches", "app", WRITE, company),
    **_cells("opendsr_controllers", "app", WRITE, company),
    **_cells("opendsr_received", "app", WRITE, let_in(company)),
    **_cells("opendsr_endpoints", "app", WRITE, company),
    **_cells("opendsr_sent", "app", READ, let_in(company_or_system_of_the_group)),
    **_cells("opendsr_sent", "app", "INSERT UPDATE", let_in(company)),
    **_cells("opendsr_steps", "app", "SELECT INSERT", company),
    **_cells("commitments", "app", "SELECT INSERT", group),
    **_cells("commitment_signatures", "app", READ, group),
    **_cells("commitment_signatures", "app", "INSERT", in_the_own_name),
    **_cells("staff_contracts", "app", WRITE, group),
    **_cells("departments", "app", WRITE, group),
    **_cells("department_members", "app", READ, group),
    **_cells("department_members", "app", "INSERT DELETE", of_others),
    **_cells("register_departments", "app", "SELECT INSERT DELETE", group),
    **_cells("claim_rules", "app", READ, group),
    **_cells("claim_rules", "app", "INSERT DELETE", by_no_member),
    **_cells("maintenance_asks", "app", READ, group),
    **_cells("maintenance_asks", "app", "INSERT", in_the_own_name),
    **_cells("maintenance_grants", "app", "SELECT UPDATE", group),
    **_cells("maintenance_grants", "app", "INSERT", granted_by_oneself),
    **_cells("certification_campaigns", "app", "SELECT INSERT", group),
    **_cells("certification_campaigns", "app", "UPDATE", by_no_member),
    **_cells("certifications", "app", "SELECT INSERT", group),
    **_cells("certifications", "app", "UPDATE", of_others),
    **_cells("members", "door", READ, group),
    **_cells("assignments", "door", READ, group),
    **_cells("commitments", "door", READ, group),
    **_cells("commitment_signatures", "door", READ, group),
    **_cells("staff_contracts", "door", READ, group),
    **_cells("maintenance_grants", "door", READ, group),
    **_cells("processor_contacts", "app", "SELECT UPDATE", company_or_system_of_the_group),
    **_cells("processor_contacts", "app", "INSERT", company),
    **_cells("processor_contacts", "app", "DELETE", by_system_for_the_company),
    **_cells("processor_contacts", "portal", "SELECT", oneself),
    **_cells("processor_contacts", "portal", "UPDATE", oneself_until_the_end),
    **_cells("contact_sign_ins", "app", ALL, by_system_of_the_group),
    **_cells("offered_keys", "app", "SELECT UPDATE", company),
    **_cells("lost_keys", "app", "SELECT UPDATE", company),
    **_cells("scope_wishes", "app", "SELECT UPDATE", company),
    **_cells("offered_keys", "portal", READ, looked_after),
    **_cells("lost_keys", "portal", READ, looked_after),
    **_cells("scope_wishes", "portal", READ, looked_after),
    **_cells("offered_keys", "portal", "INSERT", brought_by_oneself),
    **_cells("lost_keys", "portal", "INSERT", brought_by_oneself),
    **_cells("scope_wishes", "portal", "INSERT", brought_by_oneself),
    **_cells("processors", "portal", READ, of_own_processor_or_told),
    **_cells("notifications", "portal", READ, told_to_its_person),
    **_cells("agreements", "portal", READ, looked_after),
    **_cells("agreement_versions", "portal", READ, approved_under_own_agreement),
    **_cells("feeds", "portal", READ, under_own_agreement),
    **_cells("feed_scopes", "portal", READ, under_own_agreement),
    **_cells("oauth_clients", "portal", READ, looked_after),
    **_cells("oauth_client_keys", "portal", "SELECT UPDATE", of_own_client),
    **_cells("oauth_client_key_sets", "portal", READ, of_own_client),
    **_cells("oauth_tokens", "portal", "SELECT UPDATE", of_own_client),
    **_cells("group_deletions", "app", WRITE, by_system),
    **_cells("group_deletions", "eraser", "UPDATE", erased),
    **_cells("manifest_versions", "app", "SELECT INSERT", group),
    **_cells("register_drafts", "app", READ, group),
    **_cells("register_drafts", "app", "INSERT UPDATE", company),
    **_cells("draft_approvals", "app", READ, group),
    **_cells("draft_approvals", "app", "INSERT", company),
    **_cells("paper_places", "app", WRITE, group),
    **_cells("attestations", "app", READ, group),
    **_cells("attestations", "app", "INSERT", company),
    **_cells("manifest_versions", "portal", READ, group),
}
# What follows from the catalogue for every table.
CELLS |= {
    cell: rule
    for table in {table for table, _, _ in CELLS}
    for cell, rule in (
        ((table, "exporter", "SELECT"), group),
        ((table, "eraser", "SELECT"), erased),
        ((table, "eraser", "DELETE"), erased),
    )
}
# Columns that an UPDATE is narrowed to, where a role may not touch the others.
NARROWED = {
    ("audit_entries", "sealer"): "sealed",
    ("queued_jobs", "relay"): "sent_at",
    ("group_deletions", "eraser"): "progress",
    ("given_answers", "app"): "sealed_answer",
    ("signing_keys", "app"): "retired_at",
    ("signing_keys", "sealer"): "retired_at",
    ("signing_secrets", "app"): "wrapped_private",
    ("signing_secrets", "sealer"): "wrapped_private",
    ("verifications", "portal"): "attempts",
    ("rate_counts", "portal"): "count",
    ("objections", "app"): "until",
    ("consents", "app"): "until",
    ("disclosure_scopes", "app"): "closed_at",
    ("sharing_grants", "app"): "closes_at",
    ("disclosures", "app"): "until",
    ("processor_contacts", "app"): "signed_in_at",
    ("processor_contacts", "portal"): "ended_at",
    ("contact_sign_ins", "app"): "attempts",
    ("offered_keys", "app"): "reason",
    ("lost_keys", "app"): "seen_at",
    ("scope_wishes", "app"): "reason",
    ("oauth_client_keys", "portal"): "retired_at",
    ("oauth_tokens", "portal"): "revoked_at",
    ("sub_processor_objections", "app"): "solution",
    ("processor_verifications", "app"): "withdrawn_at",
    ("agreements", "app"): "ended_at",
    ("feeds", "app"): "ended_at",
    ("feed_days", "app"): "pages",
    ("flow_stops", "app"): "resumed_at",
    ("oauth_clients", "app"): "failures",
    ("oauth_client_keys", "app"): "retired_at",
    ("joint_arrangements", "app"): "shown_until",
    ("shown_transfers", "app"): "shown_until",
    ("processor_proposals", "app"): "answer",
    ("oauth_client_secrets", "app"): "retired_at",
    ("oauth_client_key_sets", "app"): "problem",
    ("oauth_tokens", "app"): "revoked_at",
    ("feed_file_targets", "app"): "disabled_at",
    ("feed_deliveries", "app"): "fetched_at",
    ("webhook_endpoints", "app"): "exhausted",
    ("webhook_secrets", "app"): "retires_at",
    ("webhook_messages", "app"): "tries",
    ("webhook_watches", "app"): "number",
    ("opendsr_controllers", "app"): "stopped_at",
    ("opendsr_endpoints", "app"): "stopped_at",
    ("maintenance_grants", "app"): "ended_at",
    ("authority_cases", "app"): "sealed_asker",
    ("disclosed_files", "app"): "downloaded_at",
    ("emergency_answers", "app"): "ended_at",
    ("disclosures", "door"): "until",
    ("feed_holdings", "door"): "gone_number",
    ("person_changes", "app"): "undone_at",
    ("erasures", "app"): "sealed_reason",
    ("notifications", "app"): "delivered_at",
    ("notification_cursors", "app"): "last",
    ("recipient_letters", "app"): "sent_at",
    ("distinctions", "app"): "undone_at",
    ("changes", "app"): "number",
    ("change_counters", "app"): "last",
}
