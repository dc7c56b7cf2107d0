"""Aino stands twice in Alfa's registers; Beeta may see some of Alfa's customers. And all that Alfa holds of anybody."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from tenants.acting import PurposeKind
from tenants.database import walled_session
from tenants.ledger import received
from tenants.registers import identifiers, restricting
from tenants.registers.model import PersonChange, Record, RestrictionGround
from tenants.sameness import merging, splitting, undoing
from tenants.vault.digests import IdentifierKind
from tests.tenants.sharing.scene import Scene, scene

RIGHTS, STORAGE = PurposeKind.RIGHTS_REQUEST, PurposeKind.STORAGE
WHY = "Sama puhelinnumero ja sama osoite, soitettu."
HELD = (
    "persons",
    "records",
    "corrections",
    "restrictions",
    "identifiers",
    "consents",
    "objections",
    "disclosures",
    "cases",
    "case_matches",
    "case_findings",
    "exports",
)


class Pair:
    def __init__(self) -> None:
        self.house: Scene = scene()
        self.aino = self.house.customer(email="aino@esimerkki.example")
        self.twin = self.house.customer(email="a.esimerkki@esimerkki.example")

    def merge(self, kept: UUID | None = None, other: UUID | None = None, *, reason: str = WHY) -> UUID:
        with walled_session(self.house.granter.acting(self.house.alfa, RIGHTS)) as session:
            return merging.merge(session, kept or self.aino, other or self.twin, reason=reason)

    def split(self, person_id: UUID, records: Collection[UUID]) -> UUID:
        with walled_session(self.house.granter.acting(self.house.alfa, RIGHTS)) as session:
            return splitting.split(session, person_id, records, reason="Isä ja poika.")

    def undo(self, change_id: UUID) -> None:
        with walled_session(self.house.granter.acting(self.house.alfa, RIGHTS)) as session:
            undoing.undo(session, change_id, reason="Eri ihmisiä, sittenkin.")

    def last_change(self) -> UUID:
        with walled_session(self.house.alfa.system(RIGHTS)) as session:
            return session.scalars(select(PersonChange.change_id).order_by(PersonChange.change_id.desc())).first()  # type: ignore[return-value]

    def records_of(self, person_id: UUID) -> list[UUID]:
        with walled_session(self.house.alfa.system(RIGHTS)) as session:
            wanted = select(Record.record_id).where(Record.person_id == person_id).order_by(Record.record_id)
            return list(session.scalars(wanted))

    def restrict(self, person_id: UUID, record_id: UUID | None = None) -> UUID:
        with walled_session(self.house.granter.acting(self.house.alfa, RIGHTS)) as session:
            return restricting.place(
                session,
                person_id,
                ground=RestrictionGround.ACCURACY_CONTESTED,
                reason="Kiistetty.",
                review_on=date.today() + timedelta(days=30),
                record_id=record_id,
            )

    def found_by(self, email: str, purpose: PurposeKind = RIGHTS) -> list[UUID]:
        with walled_session(self.house.alfa.system(purpose)) as session:
            return identifiers.find(session, IdentifierKind.EMAIL, email)

    def received(self, person_id: UUID) -> list[tuple[str, bool]]:
        """Who received the person's data, and whether they have it at hand still."""
        with walled_session(self.house.alfa.system(RIGHTS)) as session:
            return [(one.recipient, one.until is None) for one in received.by_person(session, person_id)]

    def held(self) -> dict[str, list[dict[str, Any]]]:
        """Every row that the company holds of people, in an order of its own."""
        with walled_session(self.house.alfa.system(RIGHTS)) as session:
            return {
                table: sorted(session.scalars(text(f"SELECT to_jsonb(held) FROM {table} AS held")), key=str)
                for table in HELD
            }
