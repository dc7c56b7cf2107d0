"""What somebody has just asked for is not erased before they have their answer."""

import pytest
from sqlalchemy import select

from tenants.acting import PurposeKind
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.registers.model import ErasureGround, Record
from tenants.requests import erasing
from tenants.requests.erasing import AskedFor
from tenants.requests.model import Case
from tests import make
from tests.asking import Asked, Sister
from tests.queue import run_jobs
from tests.tenants.requests.test_workflow import refuse


def erase(sister: Sister) -> int:
    clerk = make.staff(sister.company.group, (Role.REQUEST_HANDLER, sister.company))
    with walled_session(clerk.acting(sister.company, PurposeKind.RIGHTS_REQUEST)) as session:
        row = session.scalars(select(Record)).one()
        return erasing.erase(
            session, row.person_id, ground=ErasureGround.NOT_NEEDED, reason="Loppu", register_ids=[row.register_id]
        )


def test_an_open_request_is_answered_before_its_data_is_erased(alfa: Sister, waiting: Asked) -> None:
    with pytest.raises(AskedFor):
        erase(alfa)
    refuse(alfa)
    run_jobs(waiting.group)
    assert erase(alfa) == 1
    with walled_session(alfa.company.system(PurposeKind.RIGHTS_REQUEST)) as session:
        assert session.scalars(select(Case.person_id)).one() is not None
