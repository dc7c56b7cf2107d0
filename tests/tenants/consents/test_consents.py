"""What people consented to and objected to, for one kind of purpose at a time."""

from uuid import UUID

import pytest
from sqlalchemy import func, select

from tenants.acting import PurposeKind
from tenants.base import new_id
from tenants.consents import consenting, objecting
from tenants.consents.model import Consent, Objection
from tenants.database import walled_session
from tenants.errors import TooLong
from tenants.registers.viewing import NoSuchPerson
from tests import make
from tests.make import MadeCompany

MARKETING, CARE = PurposeKind.MARKETING, PurposeKind.CUSTOMER_CARE


def test_an_objection_holds_for_its_kind_until_it_is_lifted(alfa: MadeCompany, ada: UUID) -> None:
    with walled_session(alfa.system()) as session:
        objecting.object_to(session, ada, MARKETING)
        assert set(objecting.in_force(session, ada)) == {MARKETING}
    with walled_session(alfa.system()) as session:
        objecting.lift(session, ada, MARKETING)
        assert not objecting.in_force(session, ada)
    with walled_session(alfa.system()) as session:
        objecting.object_to(session, ada, MARKETING)
        assert session.scalar(select(func.count()).select_from(Objection)) == 2


def test_a_consent_says_where_it_is_shown_and_is_withdrawn_as_easily(alfa: MadeCompany, ada: UUID) -> None:
    with walled_session(alfa.system()) as session:
        consenting.give(session, ada, MARKETING, source="Lomake 7")
        assert session.scalars(select(Consent.source)).all() == ["Lomake 7"]
        consenting.withdraw(session, ada, MARKETING)
        assert not consenting.in_force(session, ada)


def test_what_was_said_already_and_what_was_never_said_is_refused(alfa: MadeCompany, ada: UUID) -> None:
    with walled_session(alfa.system()) as session:
        objecting.object_to(session, ada, MARKETING)
        consenting.give(session, ada, CARE, source="Puhelu")
        with pytest.raises(objecting.AlreadyObjected):
            objecting.object_to(session, ada, MARKETING)
        with pytest.raises(objecting.NothingObjected):
            objecting.lift(session, ada, CARE)
        with pytest.raises(consenting.AlreadyConsented):
            consenting.give(session, ada, CARE, source="Puhelu")
        with pytest.raises(consenting.NothingConsented):
            consenting.withdraw(session, ada, MARKETING)


def test_a_consent_without_its_proof_is_none(alfa: MadeCompany, ada: UUID) -> None:
    with walled_session(alfa.system()) as session:
        with pytest.raises(consenting.ConsentNotShown):
            consenting.give(session, ada, CARE, source=" ")
        with pytest.raises(TooLong):
            consenting.give(session, ada, CARE, source="x" * 201)


def test_nobody_is_asked_of_who_is_not_here(alfa: MadeCompany, ada: UUID) -> None:
    sister = make.company(alfa.group, "beta")
    with walled_session(sister.system()) as session:
        for stranger in (ada, new_id()):
            with pytest.raises(NoSuchPerson):
                objecting.object_to(session, stranger, MARKETING)
            with pytest.raises(NoSuchPerson):
                consenting.give(session, stranger, MARKETING, source="Puhelu")
