"""A company with a customer register and somebody who handles requests; a request on its way, and its letters."""

import re
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from infra.embedded.letters import Letter
from infra.embedded.postoffice import PostOffice
from tenants.acting import Acting, PurposeKind, subject
from tenants.base import new_id
from tenants.companies.model import Approval, Role
from tenants.database import walled_session
from tenants.registers import persons, records
from tenants.requests import verification
from tests import make
from tests.make import MadeCompany, MadeGroup, MadeMember, MadeRegister
from tests.queue import run_jobs

CODE = re.compile(r"^(\d{4}) (\d{4})\r?$", re.MULTILINE)


class Sister(Struct, frozen=True):
    """A company of the group."""

    company: MadeCompany
    register: MadeRegister
    handler: MadeMember

    def staff(self) -> Acting:
        return self.handler.acting(self.company, PurposeKind.RIGHTS_REQUEST)

    def system(self) -> Acting:
        return self.company.system(PurposeKind.RIGHTS_REQUEST)

    def customer(self, email: str, number: str) -> UUID:
        with walled_session(self.company.system()) as session:
            person_id = persons.create(session)
            values = {"customer_number": number, "name": "Aino Esimerkki", "email": email}
            records.write(session, self.register.register_id, person_id, values, source="kassa", at=datetime.now(UTC))
            return person_id


def open_sister(group: MadeGroup, key: str = "alfa", *, approval: Approval = Approval.STAFF) -> Sister:
    company = make.company(group, key, approval=approval)
    return Sister(company, make.register(company), make.staff(group, (Role.REQUEST_HANDLER, company)))


class Asked(Struct, frozen=True):
    """A request on its way."""

    group: MadeGroup
    request_id: UUID
    email: str
    post: PostOffice

    def subject(self) -> Acting:
        return subject(self.group.group_id, self.request_id)

    def letters(self) -> list[Letter]:
        """Newest first, once the jobs that send them are done."""
        run_jobs(self.group, only="requests.send_letter")
        return self.post.letters(to=self.email)

    def code(self) -> str:
        return code_of(self.letters())

    def verify(self, code: str | None = None) -> verification.Checked:
        code = code or self.code()
        with walled_session(self.subject()) as session:
            return verification.check_code(session, code, client="192.0.2.1")


def code_of(letters: list[Letter]) -> str:
    """The newest code among them."""
    found = next(match for letter in letters if (match := CODE.search(letter.text)))
    return found[1] + found[2]


def new_address() -> str:
    """Every test writes from an address of its own, for the post office is shared."""
    return f"aino.{new_id().hex[-12:]}@esimerkki.example"
