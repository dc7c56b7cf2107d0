"""Aino and Beata are customers of Alfa, and whoever acts for them."""

import io
import json
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from uuid import UUID
from zipfile import ZipFile

from msgspec import Struct
from sqlalchemy import insert, select

from tenants.acting import Acting, PurposeKind, subject
from tenants.base import new_id
from tenants.database import walled_session
from tenants.exports import building, downloading, ordering
from tenants.exports.building import Built
from tenants.exports.dossier import Part
from tenants.exports.model import Export
from tenants.languages.speaking import Language
from tenants.registers import persons, records
from tenants.registers.model import IdentityLevel, Provenance, Record
from tenants.registers.sealed import Data, seal_of
from tenants.registers.shapes import shape_of
from tenants.vault.keys import keyring
from tests.make import MadeCompany, MadeRegister

# A source that notes its times in a zone of its own: the offset must survive.
NEWFOUNDLAND = timezone(timedelta(hours=-2, minutes=-30))
LAST_YEAR = datetime(2025, 3, 4, 5, 6, 7, tzinfo=NEWFOUNDLAND)
SOURCE = "Kanta-asiakasjärjestelmä"

AINO = {
    "customer_number": "K-17",
    "name": "Aino <b>Ääkkönen</b>",
    "email": "aino@esimerkki.example",
    "segment": '=HYPERLINK("http://x.example")',
    "iban": "FI2112345600000785",
}
BEATA = {
    "customer_number": "K-18",
    "name": "Beata Berg",
    "email": "beata@esimerkki.example",
    "iban": "FI5542345670000081",
}


class Customer(Struct, frozen=True):
    """A person of a company, and who acts for them."""

    company: MadeCompany
    person_id: UUID
    request_id: UUID

    @property
    def worker(self) -> Acting:
        return self.company.system(PurposeKind.RIGHTS_REQUEST)

    @property
    def portal(self) -> Acting:
        return subject(self.company.group.group_id, self.request_id)


def new_customer(of: MadeCompany) -> Customer:
    with walled_session(of.system()) as session:
        return Customer(of, persons.create(session), new_id())


def write(whose: Customer, register: MadeRegister, values: dict[str, str]) -> None:
    with walled_session(whose.company.system()) as session:
        records.write(session, register.register_id, whose.person_id, values, source=SOURCE, at=LAST_YEAR)


def write_many(whose: Customer, register: MadeRegister, values: Iterable[dict[str, str]]) -> None:
    """Records as they are kept, without the reading of what people write."""
    with walled_session(whose.company.system()) as session:
        seal = seal_of(keyring(session), shape_of(session, register.register_id))
        rows = []
        for one in values:
            record_id = new_id()
            data: Data = {str(register.fields[key]): value for key, value in one.items()}
            rows.append({"record_id": record_id, "data": json.loads(seal.close(record_id, data))})
        common = {
            "group_id": whose.company.group.group_id,
            "company_id": whose.company.company_id,
            "register_id": register.register_id,
            "person_id": whose.person_id,
            "provenance": Provenance(source=SOURCE, at=LAST_YEAR),
        }
        session.execute(insert(Record), [{**common, **row} for row in rows])


def ordered(
    whose: Customer,
    *parts: Part,
    language: Language = Language.FI,
    level: IdentityLevel = IdentityLevel.L1,
) -> UUID:
    with walled_session(whose.worker) as session:
        export = ordering.order(
            session,
            request_id=whose.request_id,
            case_id=new_id(),
            person_id=whose.person_id,
            parts=parts or (Part.ACCESS,),
            language=language,
            level=level,
        )
        return export.export_id


def built(
    whose: Customer,
    *parts: Part,
    language: Language = Language.FI,
    level: IdentityLevel = IdentityLevel.L1,
) -> Export:
    """An archive that is ready."""
    made = build(whose.worker, ordered(whose, *parts, language=language, level=level))
    assert made is not None
    with walled_session(whose.worker) as session:
        assert building.keep(session, made)
    return export_of(whose, made.dossier.export.export_id)


def build(acting: Acting, export_id: UUID) -> Built | None:
    """An archive in the store, as the job makes it, that nobody has kept yet."""
    with walled_session(acting) as session:
        dossier = building.read(session, export_id)
    return building.store(dossier) if dossier else None


def export_of(whose: Customer, export_id: UUID) -> Export:
    with walled_session(whose.worker) as session:
        return session.scalars(select(Export).where(Export.export_id == export_id)).one()


def link_to(whose: Customer, export: Export) -> str:
    with walled_session(whose.portal) as session:
        return downloading.create_link(session, export.export_id)


def opened(whose: Customer, token: str) -> downloading.OpenArchive:
    return downloading.open_archive(whose.portal, token, lambda session, export: None)


def unpacked(whose: Customer, export: Export) -> dict[str, bytes]:
    """Downloads the archive as the person would. Files by name, in the order of the archive."""
    whole = b"".join(opened(whose, link_to(whose, export)).pieces)
    with ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}
