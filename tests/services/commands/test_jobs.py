"""`seloste jobs`: what failed, and once more or never again."""

from uuid import UUID

import pytest
from sqlalchemy import select

from services import cli
from services.worker import handling
from tenants.audit.model import AuditEntry
from tenants.base import new_id
from tenants.database import walled_session
from tenants.jobs import outbox
from tests import make
from tests.faults import kinds
from tests.make import MadeGroup

pytestmark = pytest.mark.usefixtures("database")


def failed_job(group: MadeGroup) -> UUID:
    with walled_session(group.system()) as session:
        job_id = outbox.enqueue(session, kinds.AskTooMuch(new_id()))
    assert job_id is not None
    handling.run(str(group.group_id), str(job_id))
    return job_id


def failed(group: MadeGroup) -> set[UUID]:
    with walled_session(group.system()) as session:
        return {job.job_id for job in outbox.list_failed(session)}


def test_failed_jobs_of_a_group_are_listed_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    group, other = make.group(), make.group()
    job_id, foreign = failed_job(group), failed_job(other)
    assert cli.main(["jobs", "list", group.slug]) == 0
    listed = capsys.readouterr().out
    assert f"{job_id}" in listed
    assert "test.ask_too_much  AlreadyAnswered" in listed
    assert str(foreign) not in listed


def test_a_failed_job_is_put_back_and_the_audit_knows() -> None:
    group = make.group()
    first, second = failed_job(group), failed_job(group)
    assert cli.main(["jobs", "replay", group.slug, str(first)]) == 0
    assert failed(group) == {second}
    with walled_session(group.system()) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "job.replayed")).one()
    assert entry.about_ids == [first]


def test_all_failed_jobs_are_put_back_at_once() -> None:
    group = make.group()
    for _ in range(3):
        failed_job(group)
    assert cli.main(["jobs", "replay", group.slug, "--all"]) == 0
    assert failed(group) == set()


def test_a_failed_job_is_dismissed_with_a_reason_and_the_audit_knows() -> None:
    group = make.group()
    first, second = failed_job(group), failed_job(group)
    assert cli.main(["jobs", "dismiss", group.slug, str(first), "--reason", "not_needed"]) == 0
    assert failed(group) == {second}
    with walled_session(group.system()) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "job.dismissed")).one()
    assert (entry.about_ids, entry.figures) == ([first], {"reason": "not_needed"})
    assert cli.main(["jobs", "dismiss", group.slug, "--all", "--reason", "cannot_be_done"]) == 0
    assert failed(group) == set()


def test_nothing_is_dismissed_without_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    group = make.group()
    job_id = failed_job(group)
    with pytest.raises(SystemExit):
        cli.main(["jobs", "dismiss", group.slug, str(job_id)])
    assert "--reason" in capsys.readouterr().err
    assert failed(group) == {job_id}


def test_another_groups_job_cannot_be_put_back(capsys: pytest.CaptureFixture[str]) -> None:
    group, other = make.group(), make.group()
    job_id = failed_job(group)
    assert cli.main(["jobs", "replay", other.slug, str(job_id)]) == 1
    assert cli.main(["jobs", "dismiss", other.slug, str(job_id), "--reason", "not_needed"]) == 1
    assert capsys.readouterr().err
    assert failed(group) == {job_id}
