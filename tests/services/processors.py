"""A processor of the group with a sub-processor, evidence, an objection and agreements of Alfa's."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from joserfc.jwk import ECKey
from msgspec.structs import replace
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind, contact
from tenants.base import new_id
from tenants.clients import public_keys, registering
from tenants.clients.model import Method
from tenants.companies.model import Role
from tenants.contacts import keys, people, wishes
from tenants.contacts.model import Duty
from tenants.database import acting_of, walled_session
from tenants.deliveries import targets
from tenants.deliveries.model import Every
from tenants.deliveries.targets import Wanted
from tenants.feeds import scopes
from tenants.feeds import terms as scopes_of
from tenants.languages.speaking import Language, Text
from tenants.processors import agreements, cataloguing, engaging, reading, stopping, verifying
from tenants.processors.engaging import Engagement
from tenants.processors.model import AtEnd, Checked, Description, Document, Point, Processor, ProcessorProposal
from tenants.processors.terms import Terms
from tenants.registers.model import Field, LegalBasis, Purpose, Recipient, RecipientKind, Register
from tenants.webhooks import announcing, endpoints
from tenants.webhooks.model import MessageState, WebhookMessage
from tests import make
from tests.make import MadeMember, MadeRegister
from tests.services import opendsr_rows as opendsr
from tests.services.naming import Ids, Later

DOCUMENT = Document("Käsittelysopimus", "ab" * 32)
RIGHTS = PurposeKind.RIGHTS_REQUEST
Made = Mapping[str, UUID]


def later(ids: Ids, register: MadeRegister, admin: MadeMember) -> Later:
    alfa = register.company

    def by_admin(make_ids: Callable[[Session, UUID], Made], *first: str) -> Callable[[], Made]:
        """Of the processor, in one transaction; what it leans on comes first, each in one of its own."""

        def made() -> Made:
            processor_id, *_ = [ids[name] for name in ("processor_id", *first)]
            with walled_session(admin.acting(alfa, RIGHTS)) as session:
                return make_ids(session, processor_id)

        return made

    return {
        ("processor_id", "sub_processor_id", "lower_id", "lowest_id"): lambda: _engaged(register),
        ("verification_id",): by_admin(_verified),
        ("agreement_id", "agreement_draft_id"): by_admin(partial(_agreements, register), "verification_id"),
        ("feed_id", "feed_draft_id", "feed_suspended_id"): by_admin(partial(_feeds, register), "verification_id"),
        ("facts_proposal_id", "other_facts_id"): by_admin(_proposed),
        ("objection_id",): by_admin(_objected, "agreement_id"),
        ("stop_id",): by_admin(lambda session, _: _stopped(session, ids["lowest_id"])),
        ("client_id", "secret_client_id", "secret_id"): by_admin(_clients),
        ("endpoint_id", "rotated_endpoint_id", "disabled_endpoint_id", "message_id"): by_admin(
            lambda session, _: _webhooks(session, ids["agreement_id"]), "agreement_id"
        ),
        ("dsr_endpoint_id", "controller_id", "sent_id", "received_id", "begun_id"): by_admin(
            lambda session, upper: opendsr.asked_both_ways(session, upper, register)
        ),
        ("contact_id", "offer_id", "lost_id", "wish_id", "wished_feed_id"): lambda: _asked(admin, register, ids),
    }


def _engaged(register: MadeRegister) -> Made:
    _named(register)
    everywhere = make.staff(register.company.group, (Role.GROUP_ADMIN, None))
    with walled_session(everywhere.acting()) as session:
        upper, *beneath = (_added(session, key) for key in ("pilvi", "konesali", "sahko", "verkko", "vartiointi"))
        for one in beneath:
            engaging.engage(session, upper, one, _engagement())
    middle, _, lower, lowest = beneath
    return {"processor_id": upper, "sub_processor_id": middle, "lower_id": lower, "lowest_id": lowest}


def _verified(session: Session, processor_id: UUID) -> Made:
    today = reading.today()
    verification = verifying.verify(
        session, processor_id, verified_on=today, valid_until=today + timedelta(days=90), document=DOCUMENT
    )
    return {"verification_id": verification.verification_id}


def _agreements(register: MadeRegister, session: Session, processor_id: UUID) -> Made:
    """One in force, one drafted."""
    return {
        "agreement_id": _agreed(session, processor_id, "hosting", register, approve=True),
        "agreement_draft_id": _agreed(session, processor_id, "backups", register, approve=False),
    }


def _proposed(session: Session, processor_id: UUID) -> Made:
    """As if another company relied on their facts, too."""
    made = {}
    for name, key in (("facts_proposal_id", "verkko"), ("other_facts_id", "vartiointi")):
        one = session.scalars(select(Processor).where(Processor.key == key)).one()
        before, made[name] = cataloguing.description_of(one), new_id()
        session.add(
            ProcessorProposal(
                proposal_id=made[name],
                company_id=acting_of(session).company_id,
                processor_id=one.processor_id,
                before=before,
                proposed=replace(before, name="Verkko Oyj"),
                reason="Nimi muuttui",
            )
        )
    return made


def _objected(session: Session, processor_id: UUID) -> Made:
    """To one of the sub-processors that nobody names by its id."""
    objected = session.scalars(select(Processor.processor_id).where(Processor.key == "sahko")).one()
    return {"objection_id": engaging.object_to(session, processor_id, objected, reason="Ei sovi")}


def _stopped(session: Session, processor_id: UUID) -> Made:
    return {"stop_id": stopping.stop(session, processor_id=processor_id, reason="Epäilty vuoto").stop_id}


def terms(register: MadeRegister, purpose_id: UUID) -> Terms:
    return Terms(
        registers=(register.register_id,),
        purposes=(purpose_id,),
        checklist=tuple(Checked(point, met=True, where="3 §") for point in Point),
        document=DOCUMENT,
        valid_from=date(2026, 1, 1),
        verify_again_on=date(2090, 1, 1),
        at_end=AtEnd.DELETION,
    )


def _feeds(register: MadeRegister, session: Session, processor_id: UUID) -> Made:
    """One in force, one drafted, one suspended."""
    agreement_id = _agreed(session, processor_id, "feeds", register, approve=True, objection_stops=False)
    agreed = reading.agreement(session, agreement_id).newest.purposes
    purpose = session.scalars(select(Purpose).where(Purpose.purpose_id.in_(agreed))).one()
    served = select(Field.key).where(
        Field.register_id == register.register_id, Field.sealed.is_(False), Field.purposes.contains([purpose.key])
    )
    said = scopes_of.Terms(
        register_id=register.register_id,
        purpose_id=purpose.purpose_id,
        fields=tuple(session.scalars(served)),
        legal_basis=LegalBasis.CONTRACT,
        valid_from=date(2026, 1, 1),
    )
    made = {
        name: scopes.draft(session, agreement_id, key, Text(fi="Asiakkaat"), said).feed_id
        for name, key in (("feed_id", "customers"), ("feed_draft_id", "drafted"), ("feed_suspended_id", "suspended"))
    }
    for name in ("feed_id", "feed_suspended_id"):
        scopes.approve(session, made[name])
        targets.set_target(session, made[name], Wanted(Every.BY_HAND))
    targets.disable(session, made["feed_suspended_id"])
    scopes.suspend(session, made["feed_suspended_id"])
    return made


def _clients(session: Session, processor_id: UUID) -> Made:
    pairs = {kid: ECKey.generate_key("P-256").as_dict(private=False) for kid in ("eka", "kadonnut")}
    known = [public_keys.key_of(jwk | {"kid": kid}) for kid, jwk in pairs.items()]
    by_key = registering.register(session, processor_id, name="Hakija", method=Method.PRIVATE_KEY_JWT, keys=known)
    by_secret = registering.register(session, processor_id, name="Vanha", method=Method.CLIENT_SECRET_BASIC).client_id
    (secret,) = registering.secrets_of(session, [by_secret])
    return {"client_id": by_key.client_id, "secret_client_id": by_secret, "secret_id": secret.secret_id}


def _webhooks(session: Session, agreement_id: UUID) -> Made:
    """One that was sent something, one to be rotated, and one that is disabled. Nobody listens where they point to."""
    told, rotated, disabled = (
        endpoints.register(session, agreement_id, url=f"https://{name}.example/", events=["feed.changed"]).endpoint_id
        for name in ("kuuntelija", "vaihtuva", "vanha")
    )
    message_id = announcing.ping(session, told)
    endpoints.disable(session, disabled)
    session.execute(
        update(WebhookMessage)
        .where(WebhookMessage.message_id == message_id)
        .values(state=MessageState.DELIVERED, settled_at=func.now())
    )
    return {
        "endpoint_id": told,
        "rotated_endpoint_id": rotated,
        "disabled_endpoint_id": disabled,
        "message_id": message_id,
    }


def _asked(admin: MadeMember, register: MadeRegister, ids: Ids) -> Made:
    """By somebody of the processor, who has accepted the invitation."""
    group = register.company.group
    processor_id, agreement_id, client_id = ids["processor_id"], ids["agreement_id"], ids["client_id"]
    with walled_session(admin.acting(register.company, RIGHTS)) as session:
        contact_id = people.invite(
            session, processor_id, email="ulla@pilvi.example", duty=Duty.SYSTEMS, language=Language.FI
        )
        feed_id = _drafted(session, register, agreement_id)
    with walled_session(group.system()) as session:
        people.accept(session, contact_id, people.new_invitation(session, people.get(session, contact_id)))
    key = public_keys.key_of(ECKey.generate_key("P-256").as_dict(private=False))
    with walled_session(contact(group.group_id, contact_id)) as session:
        here = people.here(session)
        keys.report_lost(session, here, client_id, "kadonnut")
        return {
            "contact_id": contact_id,
            "offer_id": keys.offer(session, here, key, client_id=None, name="Uusi"),
            "lost_id": keys.lost(session)[0].lost_id,
            "wish_id": wishes.ask(session, here, feed_id, fields=["name", "email"], reason="Tarvitaan"),
            "wished_feed_id": feed_id,
        }


def _drafted(session: Session, register: MadeRegister, agreement_id: UUID) -> UUID:
    purpose_id = session.scalars(select(Purpose.purpose_id).where(Purpose.register_id == register.register_id)).first()
    assert purpose_id
    wanted = scopes_of.Terms(
        register_id=register.register_id,
        purpose_id=purpose_id,
        fields=("name",),
        legal_basis=LegalBasis.CONTRACT,
        valid_from=date(2026, 1, 1),
    )
    return scopes.draft(session, agreement_id, "wished", Text(fi="Toivottu"), wanted).feed_id


def _added(session: Session, key: str) -> UUID:
    said = Description(
        key=key, name=f"{key.title()} Oy", kind=RecipientKind.ICT_PROVIDER, country="FI", recipients=("ict",)
    )
    return cataloguing.add(session, said).processor_id


def _engagement() -> Engagement:
    return Engagement(service=Text(fi="Konesali"), countries=("FI",), since=date(2026, 1, 1))


def _named(register: MadeRegister) -> None:
    """Beside whomever the notice names already."""
    with walled_session(register.company.group.system()) as session:
        row = session.scalars(select(Register).where(Register.register_id == register.register_id)).one()
        row.recipients = [*row.recipients, Recipient(Text(fi="Tietojärjestelmien toimittajat"), key="ict")]


def _agreed(
    session: Session, processor_id: UUID, key: str, register: MadeRegister, *, approve: bool, **other: bool
) -> UUID:
    purpose = select(Purpose.purpose_id).where(Purpose.register_id == register.register_id).limit(1)
    purpose_id = session.scalars(purpose).one()
    made = agreements.draft(session, processor_id, key, replace(terms(register, purpose_id), **other)).agreement_id
    if approve:
        agreements.approve(session, made)
    return made
