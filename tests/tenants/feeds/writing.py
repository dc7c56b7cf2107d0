"""What is written of Alfa's customers and their orders."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from tenants.database import walled_session
from tenants.registers import persons, records
from tests.tenants.feeds.scene import Scene


def customer(feeds: Scene, name: str, **given: str) -> UUID:
    with walled_session(feeds.house.alfa.system()) as session:
        return write_customer(session, feeds, persons.create(session), name, **given)


def write_customer(session: Session, feeds: Scene, person_id: UUID, name: str, **given: str) -> UUID:
    written = {"customer_number": str(person_id)[-12:], "name": name, **given}
    records.write(session, feeds.house.customers.register_id, person_id, written, source="Testi", at=datetime.now(UTC))
    return person_id


def rewrite(feeds: Scene, person_id: UUID, **given: str) -> None:
    with walled_session(feeds.house.alfa.system()) as session:
        records.write(
            session, feeds.house.customers.register_id, person_id, given, source="Testi", at=datetime.now(UTC)
        )


def order(feeds: Scene, person_id: UUID, number: str, state: str) -> UUID:
    with walled_session(feeds.house.alfa.system()) as session:
        written = {"order_number": number, "state": state}
        return records.write(
            session, feeds.orders.register_id, person_id, written, source="Testi", at=datetime.now(UTC)
        )
