"""What people are told of joint controllers (Art. 26(2)): as it was approved, for as long as the agreement goes on."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.processors import publishing, reading
from tenants.processors.model import AgreementVersion, JointArrangement, Processor, Relation


def show(session: Session, processor_id: UUID, version: AgreementVersion) -> None:
    """Of one that is approved now. Whoever reads a notice reads it there from its first day on."""
    arranged = version.arrangement
    if version.relation is not Relation.JOINT_CONTROLLER or arranged is None:
        return
    name = session.scalars(select(Processor.name).where(Processor.processor_id == processor_id)).one()
    session.add(
        JointArrangement(
            agreement_id=version.agreement_id,
            version=version.version,
            company_id=version.company_id,
            controller=name,
            essence=arranged.essence,
            contact=arranged.contact.strip(),
            shown_from=version.valid_from,
            shown_until=version.valid_until,
        )
    )
    session.flush()


def shown(session: Session, company_id: UUID) -> Sequence[JointArrangement]:
    """On this day, in the notice of this company."""
    return session.scalars(
        select(JointArrangement)
        .where(JointArrangement.company_id == company_id, publishing.shown_on(JointArrangement, reading.today()))
        .order_by(JointArrangement.controller, JointArrangement.agreement_id)
    ).all()
