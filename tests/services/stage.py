"""Two groups, two sister companies, and one of everything that a route may name, all of it Alfa's."""

from datetime import UTC, date, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select, update

from tenants.acting import PurposeKind
from tenants.base import new_id
from tenants.companies import api_tokens, certifying, contracts, departments, maintaining, members
from tenants.companies.model import Assignment, ProposedRole, Role
from tenants.companies.permissions import NEEDS, PERMISSIONS, PURPOSES, Permission
from tenants.consents import consenting, objecting
from tenants.database import walled_session
from tenants.exports import extracts
from tenants.jobs.model import QueuedJob
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Language, Text
from tenants.notifying import excusing
from tenants.notifying.model import Excuse, Notification, Way
from tenants.registers import imports, mapping, persons, records, restricting
from tenants.registers.imports import CheckImport
from tenants.registers.model import Cause, FileForm, FileKind, Import, ImportState, Record, RestrictionGround
from tenants.registers.table_rows import Head
from tenants.requests import intake, lifting, paper, refusing
from tenants.requests.asker import Asker
from tenants.requests.intake import Checked
from tenants.requests.model import Channel, Right
from tenants.sameness import merging, telling_apart
from tests import make
from tests.make import MadeCompany, MadeGroup, MadeMember, MadeRegister
from tests.queue import run_jobs
from tests.services import authorities, drafts, processors, sharing
from tests.services.naming import Ids

RIGHTS = PurposeKind.RIGHTS_REQUEST
STORAGE = PurposeKind.STORAGE
IBAN = "FI2112345600000785"


class Seat(Struct, frozen=True):
    """Somebody, and what they act for."""

    member: MadeMember
    company: MadeCompany | None
    purpose: PurposeKind | None


class Stage(Struct, frozen=True):
    """`ids` are of things that belong to Alfa, by the names that addresses give them."""

    group: MadeGroup
    alfa: MadeCompany
    beta: MadeCompany
    elsewhere: MadeCompany
    register: MadeRegister
    ids: Ids
    number: str
    admin: MadeMember

    def permitted(self, permission: Permission | None, *, at: MadeCompany | None = None) -> Seat:
        """An administrator of one company, who may do everything for it but oversee it and use what others share."""
        company = at or self.alfa
        if permission in (Permission.OVERSEE, Permission.REVIEW_EMERGENCY):
            return Seat(make.staff(company.group, (Role.DATA_PROTECTION_OFFICER, company)), company, RIGHTS)
        if permission is Permission.READ_SHARED:
            return Seat(make.staff(company.group, (Role.CUSTOMER_CARE, company)), company, PurposeKind.CUSTOMER_CARE)
        if permission is Permission.EXPORT_SHARED:
            both = ((Role.CUSTOMER_CARE, company), (Role.REGISTER_OWNER, company))
            return Seat(make.staff(company.group, *both), company, PurposeKind.CUSTOMER_CARE)
        admin = self.admin if company is self.alfa else make.staff(company.group, (Role.COMPANY_ADMIN, company))
        return Seat(admin, company, NEEDS[permission][0] if permission and permission in NEEDS else RIGHTS)

    def unpermitted(self, permission: Permission) -> Seat:
        """Staff of Alfa whose role does not include this; where every role does, staff without a role."""
        for role in Role:
            if permission not in PERMISSIONS[role] and role is not Role.GROUP_ADMIN:
                purpose = next(iter(PURPOSES[role]), None)
                return Seat(make.staff(self.group, (role, self.alfa)), self.alfa, purpose)
        return Seat(make.staff(self.group), None, None)

    def token(self, seat: Seat) -> str:
        """A key with which a program sits there. For staff without a role there is none."""
        with walled_session(seat.member.acting(seat.company, seat.purpose)) as session:
            company_id = seat.company.company_id if seat.company else None
            return api_tokens.issue(session, label="koe", days=1, company_id=company_id, purpose=seat.purpose).token


def furnished() -> Stage:
    """With all that a test could name."""
    made = build()
    made.ids.name_all()
    return made


def build(*named: str) -> Stage:
    """The rest comes about when it is named: here, where a test looks for it without saying its id."""
    group = make.group()
    alfa, beta = make.company(group, "alfa"), make.company(group, "beta")
    elsewhere = make.company(make.group(), "muualla")
    register = make.register(alfa)
    make.register(beta)
    make.register(elsewhere)
    admin = make.staff(group, (Role.COMPANY_ADMIN, alfa))
    colleague = make.staff(group, (Role.REQUEST_HANDLER, alfa))
    person_id = customer(register, "selva@esimerkki.example", "1")
    customer(register, "yhteinen@esimerkki.example", "2")
    customer(register, "yhteinen@esimerkki.example", "3")
    with walled_session(alfa.system()) as session:
        consenting.give(session, person_id, PurposeKind.MARKETING, source="lomake")
        objecting.object_to(session, person_id, PurposeKind.MARKETING)
    case_id, number = enter(admin, alfa, "selva@esimerkki.example")
    unclear_id, _ = enter(admin, alfa, "yhteinen@esimerkki.example")
    proposed_id, _ = enter(admin, alfa, "selva@esimerkki.example")
    run_jobs(group, only="requests.open")
    propose_refusal(colleague, alfa, proposed_id)
    ids = Ids(
        {
            "case_id": case_id,
            "unclear_id": unclear_id,
            "proposed_id": proposed_id,
            "register_id": register.register_id,
            "import_id": checked_import(admin, register),
            "job_id": failed_job(alfa),
            **ids_of_person(register, person_id),
            **staff_ids(alfa, admin, colleague),
        },
        {
            ("unproven_id", "letter_id"): lambda: entered_without_address(admin, alfa),
            ("mapped_import_id",): lambda: {"mapped_import_id": staged_import(admin, register, ImportState.CHECKED)},
            ("written_import_id",): lambda: {"written_import_id": staged_import(admin, register, ImportState.WRITING)},
            ("paused_import_id",): lambda: {"paused_import_id": staged_import(admin, register, ImportState.PAUSED)},
            ("restriction_id",): lambda: {"restriction_id": restriction(admin, register, "8")},
            ("noticed_id",): lambda: noticed_restriction(admin, register),
            ("change_id", "merged_id"): lambda: change_ids(admin, register),
            ("distinction_id", "apart_id"): lambda: distinction_ids(admin, register),
            ("extract_id",): lambda: {"extract_id": extract(admin, register)},
            ("ask_id", "running_id"): lambda: maintenance_ids(alfa, admin),
            ("campaign_id", "certified_id"): lambda: certification_ids(alfa, admin, colleague),
            ("department_id", "contract_id"): lambda: bound_ids(alfa, admin),
            ("notification_id", "excused_id"): lambda: notification_ids(alfa, colleague),
            ("proposal_id",): lambda: {"proposal_id": proposed_role(alfa, colleague)},
            drafts.IDS: lambda: drafts.build(group, register, admin),
        },
    )
    ids.later(authorities.later(ids, register, admin, colleague))
    ids.later(processors.later(ids, register, admin))
    ids.later(sharing.later(beta, register, admin))
    made = Stage(group, alfa, beta, elsewhere, register, ids, number, admin)
    for name in named:
        assert made.ids[name]
    return made


def customer(register: MadeRegister, email: str, number: str, name: str = "Aino Esimerkki") -> UUID:
    with walled_session(register.company.system()) as session:
        person_id = persons.create(session)
        values = {"customer_number": number, "name": name, "email": email, "iban": IBAN}
        records.write(session, register.register_id, person_id, values, source="kassa", at=datetime.now(UTC))
    return person_id


def ids_of_person(register: MadeRegister, person_id: UUID) -> dict[str, UUID]:
    with walled_session(register.company.system()) as session:
        record_id = session.scalars(select(Record.record_id).where(Record.person_id == person_id)).one()
    return {"person_id": person_id, "record_id": record_id, "field_id": register.fields["iban"]}


def extract(by: MadeMember, register: MadeRegister) -> UUID:
    """Ordered, and built by nobody yet."""
    with walled_session(by.acting(register.company, STORAGE)) as session:
        [purpose] = extracts.purposes(session, register.register_id)
        chosen, kind = {register.fields["name"]}, FileKind.CSV
        ordered = extracts.order(session, register.register_id, fields=chosen, kind=kind, purpose_id=purpose.purpose_id)
    return ordered.extract_id


def distinction_ids(by: MadeMember, register: MadeRegister) -> dict[str, UUID]:
    """Two persons who share an address and were told apart."""
    one_id, other_id = (
        customer(register, "pariskunta@esimerkki.example", number, "Bertta Malli") for number in ("12", "13")
    )
    with walled_session(by.acting(register.company, RIGHTS)) as session:
        distinction_id = telling_apart.tell_apart(session, one_id, other_id, reason="Syy")
    return {"distinction_id": distinction_id, "apart_id": other_id}


def change_ids(by: MadeMember, register: MadeRegister) -> dict[str, UUID]:
    """Two persons who were merged."""
    kept_id, other_id = (
        customer(register, f"kaksi{number}@esimerkki.example", number, "Bertta Malli") for number in ("10", "11")
    )
    with walled_session(by.acting(register.company, RIGHTS)) as session:
        return {"change_id": merging.merge(session, kept_id, other_id, reason="Syy"), "merged_id": kept_id}


def notification_ids(of: MadeCompany, colleague: MadeMember) -> dict[str, UUID]:
    """One that waits, and one that the colleague would leave untold."""
    made = [new_id(), new_id()]
    with walled_session(of.system(RIGHTS)) as session:
        for number, one in enumerate(made):
            session.add(
                Notification(
                    notification_id=one,
                    person_id=new_id(),
                    cause=Cause.ERASED,
                    changed_at=datetime.now(UTC),
                    number=number,
                    register_ids=[],
                    record_ids=[],
                    recipient_id=new_id(),
                    way=Way.BY_HAND,
                )
            )
    with walled_session(colleague.acting(of, RIGHTS)) as session:
        excusing.propose(session, made[1], Excuse.IMPOSSIBLE, reason="Lopettanut")
    return {"notification_id": made[0], "excused_id": made[1]}


def restriction(by: MadeMember, register: MadeRegister, number: str) -> UUID:
    """In force, of somebody of whom there is nothing else."""
    person_id = customer(register, f"rajoitettu{number}@esimerkki.example", number)
    with walled_session(by.acting(register.company, RIGHTS)) as session:
        return restricting.place(
            session, person_id, ground=RestrictionGround.UNLAWFUL, reason="Syy", review_on=date(2090, 1, 31)
        )


def noticed_restriction(by: MadeMember, register: MadeRegister) -> dict[str, UUID]:
    """Lifted; the notice of it waits on paper to be posted."""
    restriction_id = restriction(by, register, "9")
    with walled_session(by.acting(register.company, RIGHTS)) as session:
        lifting.lift(session, restriction_id, reason="Syy", language=Language.FI, postal_address="Aino")
    return {"noticed_id": restriction_id}


def enter(by: MadeMember, company: MadeCompany, email: str) -> tuple[UUID, str]:
    with walled_session(by.acting(company, RIGHTS)) as session:
        case = intake.enter(
            session,
            channel=Channel.LETTER,
            received_at=datetime.now(UTC),
            rights=[Right.ACCESS],
            asker=Asker(email=email),
            words="Haluan tietoni",
            language=Language.FI,
            checked=Checked.KNOWN_IN_PERSON,
        )
        return case.case_id, case.number


def entered_without_address(by: MadeMember, company: MadeCompany) -> dict[str, UUID]:
    """Of somebody known by a customer number only, who has yet to show who they are: the case, and the letter."""
    with walled_session(by.acting(company, RIGHTS)) as session:
        case = intake.enter(
            session,
            channel=Channel.LETTER,
            received_at=datetime.now(UTC),
            rights=[Right.ACCESS],
            asker=Asker(customer_number="1", postal_address="Aino Esimerkki\nEsimerkkikatu 1\n00100 Helsinki"),
            words="",
            language=Language.FI,
        )
    run_jobs(company.group, only="requests.write_first_letters")
    with walled_session(by.acting(company, RIGHTS)) as session:
        return {"unproven_id": case.case_id, "letter_id": paper.waiting(session)[0].letter_id}


def propose_refusal(by: MadeMember, company: MadeCompany, case_id: UUID) -> None:
    with walled_session(by.acting(company, RIGHTS)) as session:
        refusing.refuse(session, case_id, ground="excessive", reason="Neljäs kerta viikossa.")


def checked_import(by: MadeMember, register: MadeRegister) -> UUID:
    """As if a file had been checked; there is none, so nothing is written of it."""
    with walled_session(by.acting(register.company, STORAGE)) as session:
        import_id = imports.receive(session, register.register_id, source="kassa").import_id
        session.execute(
            update(Import).where(Import.import_id == import_id).values(state=ImportState.CHECKED, rows_checked=1)
        )
    return import_id


def staged_import(by: MadeMember, register: MadeRegister, state: ImportState) -> UUID:
    """As if a file of one column had been looked into; there is none."""
    with walled_session(by.acting(register.company, STORAGE)) as session:
        received = imports.receive(session, register.register_id, source="kassa")
        received.state, received.rows_checked, received.form = state, 1, FileForm(FileKind.CSV, "utf-8-sig", ";")
        received.object_key, received.columns = f"stage/{received.import_id}", ["customer_number"]
        mapping.keep_head(session, received, Head(["customer_number"], [["77"]]))
    return received.import_id


def failed_job(company: MadeCompany) -> UUID:
    with walled_session(company.system()) as session:
        job_id = enqueue(session, CheckImport(new_id()))
    with walled_session(company.system()) as session:
        session.execute(
            update(QueuedJob).where(QueuedJob.job_id == job_id).values(failed_at=func.now(), failure="NoSuchImport")
        )
    assert job_id is not None
    return job_id


def staff_ids(company: MadeCompany, admin: MadeMember, colleague: MadeMember) -> dict[str, UUID]:
    with walled_session(company.group.system()) as session:
        assignment_id = session.scalars(
            select(Assignment.assignment_id).where(Assignment.member_id == colleague.member_id)
        ).one()
        assert members.find(session, issuer=colleague.issuer, subject=colleague.subject)
    with walled_session(admin.acting(company, RIGHTS)) as session:
        token_id = api_tokens.issue(
            session, label="koe", days=1, company_id=company.company_id, purpose=RIGHTS
        ).token_id
    return {"member_id": colleague.member_id, "assignment_id": assignment_id, "token_id": token_id}


def maintenance_ids(company: MadeCompany, admin: MadeMember) -> dict[str, UUID]:
    """One that waits for its answer, and one that is running."""
    mechanic = make.staff(company.group, (Role.MAINTENANCE, None))
    ids = {}
    for name in ("ask_id", "running_id"):
        with walled_session(mechanic.acting()) as session:
            ids[name] = maintaining.ask(
                session, company_id=company.company_id, purpose=STORAGE, ticket="HD-1", reason="Vika", hours=1
            )
    with walled_session(admin.acting(company, RIGHTS)) as session:
        maintaining.answer(session, ids["running_id"], grant=True)
    return ids


def certification_ids(company: MadeCompany, admin: MadeMember, colleague: MadeMember) -> dict[str, UUID]:
    """The roles at the company wait to be confirmed; the one that is named is the colleague's."""
    with walled_session(admin.acting(company, RIGHTS)) as session:
        campaign_id = certifying.begin(session, today=date(2026, 11, 1))
        (campaign,) = certifying.running(session)
        certified = next(one.assignment_id for one in campaign.roles if one.member_id == colleague.member_id)
    return {"campaign_id": campaign_id, "certified_id": certified}


def proposed_role(company: MadeCompany, holder: MadeMember) -> UUID:
    """As where the group wants two: given by one of the company's administrators, and confirmed by nobody yet."""
    other = make.staff(company.group, (Role.COMPANY_ADMIN, company))
    proposal_id = new_id()
    with walled_session(other.acting(company, RIGHTS)) as session:
        session.add(
            ProposedRole(
                proposal_id=proposal_id,
                member_id=holder.member_id,
                company_id=company.company_id,
                role=Role.CUSTOMER_CARE,
                proposed_by=other.member_id,
            )
        )
    return proposal_id


def bound_ids(company: MadeCompany, admin: MadeMember) -> dict[str, UUID]:
    with walled_session(admin.acting(company, RIGHTS)) as session:
        return {
            "department_id": departments.add(session, Text(fi="Myynti")),
            "contract_id": contracts.add(
                session,
                company_id=company.company_id,
                processor="Palvelu Oy",
                reference="S-1",
                ends_on=date(2090, 1, 31),
            ),
        }
