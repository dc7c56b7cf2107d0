"""Alfa's contracts, which its notice lets it share with the companies of the group, and policies about them."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.manifests import editing
from tenants.manifests.model import DeclaredRecipient
from tenants.registers.model import LegalBasis, Purpose, RecipientKind
from tenants.sharing import policies
from tenants.sharing.model import Agreement
from tenants.sharing.terms import Terms
from tests.tenants.manifests.drafters import House, with_field

GROUP = DeclaredRecipient(
    key="sisters",
    kind=RecipientKind.GROUP_COMPANY,
    label=Text(fi="Konsernin yhtiöt", sv="Koncernens bolag", en="Companies of the group"),
    outside_eea=False,
)
AGREEMENT = Agreement("Sopimus", "ab" * 32)
CONTRACTS = ("contract_number", "instalment")


def may_share(group: House) -> None:
    """A field more, and the companies of the group among the recipients."""
    draft_id = group.begin()
    group.change(draft_id, with_field("instalment"))
    group.change(draft_id, lambda parts: editing.with_recipient(parts, GROUP))
    group.approve(draft_id)


def terms(group: House, fields: tuple[str, ...]) -> Terms:
    register_id = group.register_id("credit")
    with walled_session(group.group.system()) as session:
        purpose_id = session.scalars(select(Purpose.purpose_id).where(Purpose.register_id == register_id)).one()
    return Terms(
        register_id=register_id,
        purpose_id=purpose_id,
        recipients=(group.beta.company_id,),
        fields=fields,
        legal_basis=LegalBasis.CONTRACT,
        agreement=AGREEMENT,
        valid_from=date(2026, 1, 1),
        review_on=date(2090, 1, 1),
    )


def drafted(group: House, fields: tuple[str, ...] = CONTRACTS) -> UUID:
    with walled_session(group.owner.acting(group.alfa)) as session:
        return policies.draft(session, terms(group, fields)).policy_id


def active(group: House, fields: tuple[str, ...] = CONTRACTS) -> UUID:
    policy_id = drafted(group, fields)
    with walled_session(group.admin.acting(group.alfa)) as session:
        policies.grant(session, policy_id)
    with walled_session(group.sister.acting(group.beta)) as session:
        policies.accept(session, policy_id)
    return policy_id
