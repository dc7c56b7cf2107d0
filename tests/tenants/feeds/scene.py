"""Pilvi, verified and under an agreement, keeps Alfa's customers: name and segment, as they stand now."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select, update

from tenants.acting import PurposeKind
from tenants.base import new_id
from tenants.database import walled_session
from tenants.feeds import checking, reading, scopes
from tenants.feeds.model import FeedScope, ScopeState
from tenants.feeds.terms import Terms
from tenants.languages.speaking import Text
from tenants.processors.model import Processor
from tenants.registers.model import Cardinality, Field, LegalBasis, Purpose, RecipientKind, Register
from tests.make import MadeRegister
from tests.tenants.processors import scene as catalogue
from tests.tenants.processors.scene import SYSTEMS, today
from tests.tenants.registers.files import Column, register

ORDERS = (Column("order_number", required=True, record_key=True), Column("state"))


class Scene(Struct, frozen=True):
    house: catalogue.Scene
    orders: MadeRegister
    agreement: UUID

    def terms(self, **other: object) -> Terms:
        given: dict[str, object] = {
            "register_id": self.house.customers.register_id,
            "purpose_id": self.house.care,
            "fields": ("name", "segment"),
            "legal_basis": LegalBasis.CONTRACT,
            "valid_from": today() - timedelta(days=1),
        }
        return Terms(**(given | other))  # type: ignore[arg-type]

    def draft(self, key: str = "", **other: object) -> UUID:
        with walled_session(self.house.drafter.acting(self.house.alfa)) as session:
            named = key or f"f{str(new_id())[-12:]}"
            return scopes.draft(session, self.agreement, named, Text(fi="Asiakkaat"), self.terms(**other)).feed_id

    def change(self, feed_id: UUID, *, seen: str | None = None, **other: object) -> None:
        with walled_session(self.house.drafter.acting(self.house.alfa)) as session:
            scopes.change(session, feed_id, self.terms(**other), seen=seen)

    def approve(self, feed_id: UUID, *, seen: str | None = None, at_once: str = "") -> None:
        """`at_once` where readers would miss something, and it does not wait."""
        with walled_session(self.house.approver.acting(self.house.alfa)) as session:
            scopes.approve(session, feed_id, seen=seen, at_once=at_once)

    def suspend(self, feed_id: UUID) -> None:
        with walled_session(self.house.approver.acting(self.house.alfa)) as session:
            scopes.suspend(session, feed_id)

    def resume(self, feed_id: UUID) -> None:
        with walled_session(self.house.approver.acting(self.house.alfa)) as session:
            scopes.resume(session, feed_id)

    def end(self, feed_id: UUID) -> None:
        with walled_session(self.house.approver.acting(self.house.alfa)) as session:
            scopes.end(session, feed_id)

    def approved(self, key: str = "", **other: object) -> UUID:
        feed_id = self.draft(key, **other)
        self.approve(feed_id)
        return feed_id

    def by_order(self, days: int = 30) -> dict[str, Any]:
        """What a scope says that is asked for by an order of these days."""
        return {"bound_to_event": True, "event_register_id": self.orders.register_id, "event_days": days}

    def given(self, feed_id: UUID) -> reading.Given:
        with walled_session(self.house.alfa.system()) as session:
            return reading.feed(session, feed_id)

    def all(self) -> list[reading.Given]:
        with walled_session(self.house.alfa.system()) as session:
            return reading.listed(session)

    def state(self, feed_id: UUID) -> ScopeState:
        return self.given(feed_id).state

    def newest(self, feed_id: UUID) -> FeedScope:
        return self.given(feed_id).newest

    def serve(self, kind: PurposeKind, *, to: RecipientKind = RecipientKind.ICT_PROVIDER) -> None:
        """What the agreed purpose of the customer register is, from now on, and of which kind the recipient."""
        with walled_session(self.house.group.system()) as session:
            session.execute(update(Purpose).where(Purpose.purpose_id == self.house.care).values(kind=kind))
            session.execute(update(Processor).where(Processor.processor_id == self.house.pilvi).values(kind=to))

    @property
    def order_purpose(self) -> UUID:
        with walled_session(self.house.alfa.system()) as session:
            return session.scalars(
                select(Purpose.purpose_id).where(Purpose.register_id == self.orders.register_id)
            ).one()

    def missing(self, feed_id: UUID) -> set[str]:
        with walled_session(self.house.alfa.system()) as session:
            found = reading.feed(session, feed_id)
            return {type(one).__name__ for one in checking.missing(session, found.feed, found.newest)}


def scene() -> Scene:
    house = catalogue.scene()
    orders = register(house.alfa, "orders", Cardinality.MANY, *ORDERS, purposes=(PurposeKind.CUSTOMER_CARE,))
    with walled_session(house.group.system()) as session:
        session.execute(update(Register).where(Register.register_id == orders.register_id).values(recipients=[SYSTEMS]))
        session.execute(
            update(Field).where(Field.company_id == house.alfa.company_id).values(purposes=["care", "customer_care"])
        )
    house.verify()
    return Scene(house, orders, house.approved())
