"""Audit, failed jobs, staff and API keys."""

import re

import msgspec
import pytest
from sqlalchemy import func, select, update

from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.jobs.outbox import PruneQueue, enqueue
from tests import make
from tests.services.browsing import Browser, Page
from tests.services.stage import RIGHTS, Stage


def test_the_audit_names_who_did_what_for_which_purpose(handler: Browser, built: Stage) -> None:
    handler.get(f"/office/cases/{built.ids['case_id']}")
    words = Page(handler.get("/office/audit")).words
    assert "Toimihenkilö Case read rights request" in words


def test_the_audit_is_searched_by_an_id_and_the_search_is_an_entry(handler: Browser, built: Stage) -> None:
    found = Page(handler.get(f"/office/audit?about={built.ids['import_id']}")).words
    assert "File received for import" in found
    assert "Request entered by hand" not in found
    with walled_session(built.alfa.system(RIGHTS)) as session:
        searched = session.scalars(select(AuditEntry.about_ids).where(AuditEntry.action == "audit.searched")).all()
    assert searched == [[built.ids["import_id"]]]


def test_what_is_no_id_is_told_so(handler: Browser, built: Stage) -> None:
    assert handler.get("/office/audit?about=aino@esimerkki.example").status_code == 422


def test_the_audit_goes_on_to_older_pages(handler: Browser, built: Stage) -> None:
    for _ in range(51):
        handler.get(f"/office/cases/{built.ids['case_id']}")
    shown = Page(handler.get("/office/audit"))
    assert "Request entered by hand" not in shown.words
    while onwards := [link for link in shown.links if "cursor=" in link and "Older" in shown.words]:
        shown = Page(handler.get(onwards[-1]))
    assert "Request entered by hand" in shown.words


def test_the_chain_is_exported_for_whoever_wants_to_check_it(handler: Browser, built: Stage) -> None:
    answer = handler.get("/office/audit/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'
    head = msgspec.json.decode(answer.content.splitlines()[0])
    assert head["chain_id"] == str(built.alfa.company_id)


def test_a_failed_job_is_shown_by_its_code_and_tried_again(handler: Browser, built: Stage) -> None:
    shown = Page(handler.get("/office/jobs"))
    assert "imports.check" in shown.words
    assert "NoSuchImport" in shown.words
    done = handler.post(f"/office/jobs/{built.ids['job_id']}/replay")
    assert "Nothing has failed" in Page(handler.follow(done)).words


def test_a_failed_job_is_dismissed_for_a_reason_that_the_audit_keeps(handler: Browser, built: Stage) -> None:
    job_id = built.ids["job_id"]
    assert "Dismiss the job" in Page(handler.get("/office/jobs")).words
    done = handler.post(f"/office/jobs/{job_id}/dismissal", {"reason": "done_otherwise"})
    words = Page(handler.follow(done)).words
    assert "The failed job was dismissed" in words
    assert "Nothing has failed" in words
    assert handler.post(f"/office/jobs/{job_id}/replay").status_code == 404
    with walled_session(built.alfa.system()) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "job.dismissed")).one()
    assert (entry.about_ids, entry.figures, entry.actor_id) == (
        [job_id],
        {"reason": "done_otherwise"},
        built.admin.member_id,
    )


def test_a_failed_job_of_the_group_is_not_a_companys(handler: Browser, built: Stage) -> None:
    with walled_session(built.group.system()) as session:
        job_id = enqueue(session, PruneQueue())
        session.execute(update(QueuedJob).where(QueuedJob.job_id == job_id).values(failed_at=func.now()))
    assert "jobs.prune" not in Page(handler.get("/office/jobs")).words
    assert handler.post(f"/office/jobs/{job_id}/replay").status_code == 404
    assert handler.post(f"/office/jobs/{job_id}/dismissal", {"reason": "not_needed"}).status_code == 404


def test_a_key_is_shown_once_and_works(handler: Browser, built: Stage) -> None:
    form = {"label": "kassajärjestelmä", "days": "30", "acts_for": f"{built.alfa.company_id}.rights_request"}
    answer = handler.post("/office/tokens", form)
    [token] = re.findall(r"seloste_pat_[\w-]+", answer.text)
    headers = {"Authorization": f"Bearer {token}"}
    assert handler.send("GET", "/api/v1/me", headers=headers).status_code == 200
    later = handler.get("/office/tokens")
    assert token not in later.text
    assert "kassajärjestelmä" in later.text
    revocation = next(one for one in Page(later).forms if one.endswith("/revocation"))
    handler.post(revocation)
    assert handler.send("GET", "/api/v1/me", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"label": " "}, "label"),
        ({"label": "x" * 101}, "label"),
        ({"days": "366"}, "days"),
        ({"days": "yes"}, "days"),
        ({"days": "9" * 5000}, "days"),
    ],
)
def test_a_key_that_cannot_be_made_is_told_at_its_field(
    handler: Browser, built: Stage, changed: dict[str, str], field: str
) -> None:
    form = {"label": "kassa", "days": "30", "acts_for": f"{built.alfa.company_id}.rights_request"} | changed
    answer = handler.post("/office/tokens", form)
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text


def test_what_the_database_cannot_hold_is_a_bad_request_and_nothing_is_made(handler: Browser, built: Stage) -> None:
    form = {"label": "kas\x00sa", "days": "30", "acts_for": f"{built.alfa.company_id}.rights_request"}
    assert handler.post("/office/tokens", form).status_code == 400
    assert "kas" not in handler.get("/office/tokens").text


def test_a_company_administrator_gives_and_takes_roles(handler: Browser, built: Stage) -> None:
    before = set(Page(handler.get("/office/members")).forms)
    give = f"/office/members/{built.ids['member_id']}/roles"
    shown = Page(handler.follow(handler.post(give, {"role": "auditor", "company": "alfa"})))
    assert "The role was given." in shown.words
    assert "auditor, Alfa Oy" in shown.words
    [removal] = [one for one in shown.forms if one not in before]
    handler.post(removal)
    assert "auditor, Alfa Oy" not in Page(handler.get("/office/members")).words


def test_ones_own_roles_are_not_on_offer(handler: Browser, built: Stage) -> None:
    assert not [one for one in Page(handler.get("/office/members")).forms if str(built.admin.member_id) in one]
    own = f"/office/members/{built.admin.member_id}/roles"
    assert handler.post(own, {"role": "auditor", "company": "alfa"}).status_code == 403


def test_a_role_for_the_whole_group_is_not_a_companys_to_give(handler: Browser, built: Stage) -> None:
    give = f"/office/members/{built.ids['member_id']}/roles"
    assert handler.post(give, {"role": "data_protection_officer", "company": ""}).status_code == 403


def test_a_group_administrator_deactivates_an_account(browser: Browser, built: Stage) -> None:
    browser.sit_down(make.staff(built.group, (Role.GROUP_ADMIN, None)))
    done = browser.post(f"/office/members/{built.ids['member_id']}/deactivation")
    assert done.status_code == 303
    assert not [one for one in Page(browser.get("/office/members")).forms if str(built.ids["member_id"]) in one]
