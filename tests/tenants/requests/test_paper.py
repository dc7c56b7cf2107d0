"""Whoever gave no e-mail address is written to on paper, shows who they are to staff, and is handed the answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from tenants.acting import Acting, subject
from tenants.audit.model import AuditEntry
from tenants.companies.model import Assignment, Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.errors import Forbidden
from tenants.exports import downloading
from tenants.exports.downloading import LinkUsed, NoSuchLink, OpenArchive
from tenants.exports.expiring import ExpireExport
from tenants.exports.model import Download, Export, ExportState
from tenants.requests import ending, following, handing_over, identity, paper, reading, refusing, workflow
from tenants.requests.asker import Asker
from tenants.requests.deadlines import received_on
from tenants.requests.handing_over import How, NotDownloaded
from tenants.requests.intake import Checked
from tenants.requests.model import Case, CaseEventKind, CaseState, Channel, Letter, LetterKind, Request, RequestState
from tenants.requests.paper import AlreadyPosted, NoSuchLetter, PaperLetter
from tenants.requests.reading import Shown
from tenants.requests.typesetting import Sheet
from tenants.requests.workflow import NoSuchCase, NotInThisState
from tests import make
from tests.asking import Asked, Sister, code_of, open_sister
from tests.queue import bring_due, run_jobs
from tests.tenants.requests.test_intake import enter
from tests.waiting import until

AINO = Asker(customer_number="1001", postal_address="Aino Esimerkki\nEsimerkkikatu 1\n\n00100 Helsinki")


@pytest.fixture
def known(alfa: Sister) -> UUID:
    return alfa.customer("aino@x.example", "1001")


def recognised(sister: Sister, **given: object) -> Case:
    """Aino was at the counter, and her document was looked at."""
    case = enter(sister, **{"channel": Channel.COUNTER, "asker": AINO, "checked": Checked.DOCUMENT_SEEN, **given})
    run_jobs(sister.company.group)
    return case


def unproven(sister: Sister) -> Case:
    case = enter(sister, asker=AINO)
    run_jobs(sister.company.group)
    return case


def file_of(sister: Sister, case: Case) -> reading.CaseFile:
    with walled_session(sister.staff()) as session:
        return reading.get_case(session, case.case_id)


def kinds(sister: Sister) -> list[LetterKind]:
    return [letter.kind for letter in waiting(sister)]


def waiting(sister: Sister) -> list[PaperLetter]:
    with walled_session(sister.staff()) as session:
        return paper.waiting(session)


def sheet(sister: Sister, letter: PaperLetter) -> Sheet:
    with walled_session(sister.staff()) as session:
        return paper.open_sheet(session, letter.case_id, letter.letter_id)[1]


def post(sister: Sister, letter: PaperLetter) -> None:
    with walled_session(sister.staff()) as session:
        paper.posted(session, letter.case_id, letter.letter_id)


def approved(sister: Sister) -> Case:
    case = recognised(sister)
    with walled_session(sister.staff()) as session:
        workflow.approve(session, case.case_id)
    run_jobs(sister.company.group)
    return case


def refuse(sister: Sister, case: Case, *, ground: str = "rights_of_others") -> None:
    with walled_session(sister.staff()) as session:
        refusing.refuse(session, case.case_id, ground=ground, reason="Muiden tietoja.")


def open_cases(sister: Sister) -> list[UUID]:
    with walled_session(sister.staff()) as session:
        listed = [one.case_id for one in reading.list_cases(session, Shown.OPEN).cases]
        assert len(listed) == session.scalar(reading.counted_open(session)) == len(reading.due_dates(session))
        return listed


def answer_of(sister: Sister, case: Case) -> tuple[CaseState, str | None, date | None]:
    """As the person's page would tell it, and the day on which the request was answered."""
    with walled_session(subject(sister.company.group.group_id, case.request_id)) as session:
        told = following.status(session)
        return told.answers[0].state, told.answers[0].reason, told.answered_on


def link_to(sister: Sister, case: Case) -> str:
    with walled_session(sister.staff()) as session:
        return handing_over.create_link(session, case.case_id)


def opened(acting: Acting, secret: str) -> OpenArchive:
    return downloading.open_archive(acting, secret, then=handing_over.note_download)


def hand_over(sister: Sister, case: Case) -> None:
    with walled_session(sister.staff()) as session:
        handing_over.hand_over(session, case.case_id, how=How.COUNTER)


def confirm(sister: Sister, case: Case, checked: Checked = Checked.DOCUMENT_SEEN) -> None:
    with walled_session(sister.staff()) as session:
        identity.confirm(session, case.case_id, checked=checked)


def actions(sister: Sister, beginning: str) -> list[str]:
    with walled_session(sister.system()) as session:
        wanted = select(AuditEntry.action).where(AuditEntry.action.startswith(beginning))
        return list(session.scalars(wanted.order_by(AuditEntry.entry_id)))


def test_the_receipt_waits_to_be_printed_with_name_and_address(alfa: Sister, known: UUID) -> None:
    recognised(alfa)
    [letter] = waiting(alfa)
    printed = sheet(alfa, letter)
    assert letter.kind is LetterKind.ACKNOWLEDGEMENT
    assert printed.to == ["Aino Esimerkki", "Esimerkkikatu 1", "00100 Helsinki"]
    assert "Vastaus tulee postitse" in " ".join(printed.paragraphs)
    assert not any("http" in paragraph for paragraph in printed.paragraphs)


def test_nothing_of_a_letter_on_paper_lies_in_the_clear(alfa: Sister, known: UUID) -> None:
    recognised(alfa)
    with walled_session(alfa.company.group.system()) as session:
        sealed = session.scalars(select(Letter.sealed_content).where(Letter.on_paper)).one()
    assert sealed is not None
    assert b"Esimerkki" not in sealed


def test_opening_a_letter_to_print_it_is_audited(alfa: Sister, known: UUID) -> None:
    recognised(alfa)
    sheet(alfa, waiting(alfa)[0])
    assert actions(alfa, "letter.") == ["letter.written", "letter.opened"]


def test_a_posted_letter_keeps_who_and_when_and_no_text(alfa: Sister, known: UUID) -> None:
    case = recognised(alfa)
    [letter] = waiting(alfa)
    post(alfa, letter)
    assert waiting(alfa) == []
    [kept] = file_of(alfa, case).on_paper
    assert (kept.sent_by, kept.sent_at is None) == (alfa.handler.member_id, False)
    for again in (sheet, post):
        with pytest.raises(AlreadyPosted):
            again(alfa, letter)
    told = [event for event in file_of(alfa, case).events if event.kind is CaseEventKind.LETTER_POSTED]
    assert [(event.figures["letter"], event.actor_id) for event in told] == [
        ("acknowledgement", alfa.handler.member_id)
    ]
    assert actions(alfa, "letter.posted") == ["letter.posted"]


def test_a_decision_is_told_on_paper_too(alfa: Sister, known: UUID) -> None:
    case = recognised(alfa)
    with walled_session(alfa.staff()) as session:
        refusing.refuse(session, case.case_id, ground="rights_of_others", reason="Muiden tietoja.")
    assert kinds(alfa) == [LetterKind.ACKNOWLEDGEMENT, LetterKind.REFUSAL]
    assert "Muiden tietoja." in sheet(alfa, waiting(alfa)[-1]).paragraphs


def test_a_refusal_that_lies_in_the_tray_is_no_answer_and_one_that_was_posted_is(alfa: Sister, known: UUID) -> None:
    case = recognised(alfa)
    refuse(alfa, case)
    receipt, refusal = waiting(alfa)
    post(alfa, receipt)
    undone = file_of(alfa, case).case
    assert (undone.state, undone.closed_at) == (CaseState.TO_BE_POSTED, None)
    assert undone.decided_by == alfa.handler.member_id
    assert open_cases(alfa) == [case.case_id]
    post(alfa, refusal)
    file = file_of(alfa, case)
    assert (file.case.state, open_cases(alfa)) == (CaseState.REFUSED, [])
    assert file.case.closed_at is not None
    assert file.on_paper[0].sent_at is not None
    assert file.case.closed_at >= file.on_paper[0].sent_at > undone.decided_at  # type: ignore[operator]


def test_that_nothing_is_held_is_told_on_paper_and_the_case_is_open_until_it_is_posted(alfa: Sister) -> None:
    case = recognised(alfa)
    assert kinds(alfa) == [LetterKind.NO_DATA]
    unposted = file_of(alfa, case).case
    assert (unposted.state, unposted.closed_at) == (CaseState.TO_BE_POSTED, None)
    post(alfa, waiting(alfa)[0])
    posted = file_of(alfa, case).case
    assert (posted.state, posted.closed_at is None) == (CaseState.NO_DATA, False)


def test_while_its_answer_waits_to_be_posted_nothing_else_is_decided(alfa: Sister, known: UUID) -> None:
    case = recognised(alfa)
    refuse(alfa, case)
    with walled_session(alfa.staff()) as session:
        with pytest.raises(NotInThisState):
            workflow.approve(session, case.case_id)
        with pytest.raises(NotInThisState):
            refusing.refuse(session, case.case_id, ground="rights_of_others", reason="Muiden tietoja.")


def test_a_refusal_by_two_goes_on_paper_and_is_one_of_two(alfa: Sister, known: UUID) -> None:
    case, colleague = recognised(alfa), make.staff(alfa.company.group, (Role.REQUEST_HANDLER, alfa.company))
    refuse(alfa, case, ground="excessive")
    with walled_session(colleague.acting(alfa.company, alfa.staff().purpose)) as session:
        refusing.confirm(session, case.case_id)
    post(alfa, waiting(alfa)[-1])
    refused = file_of(alfa, case).case
    assert (refused.state, refused.proposed_by) == (CaseState.REFUSED, alfa.handler.member_id)
    assert refused.decided_by == colleague.member_id


def test_whoever_asked_is_told_of_a_decision_on_paper_when_it_was_posted(alfa: Sister, known: UUID) -> None:
    case = recognised(alfa)
    refuse(alfa, case)
    assert answer_of(alfa, case) == (CaseState.TO_BE_POSTED, None, None)
    post(alfa, waiting(alfa)[-1])
    state, reason, answered_on = answer_of(alfa, case)
    assert (state, answered_on) == (CaseState.REFUSED, received_on(file_of(alfa, case).on_paper[0].sent_at))  # type: ignore[arg-type]
    assert "Muiden tietoja." in (reason or "")


class TestOvertaken:
    def test_the_receipt_nobody_posted_gives_way_to_a_refusal(self, alfa: Sister, known: UUID) -> None:
        refuse(alfa, recognised(alfa))
        run_jobs(alfa.company.group)
        assert kinds(alfa) == [LetterKind.REFUSAL]

    def test_one_that_was_posted_stays(self, alfa: Sister, known: UUID) -> None:
        case = recognised(alfa)
        post(alfa, waiting(alfa)[0])
        refuse(alfa, case)
        run_jobs(alfa.company.group)
        assert [letter.kind for letter in file_of(alfa, case).on_paper] == [
            LetterKind.REFUSAL,
            LetterKind.ACKNOWLEDGEMENT,
        ]

    def test_a_receipt_that_is_written_late_is_none(self, alfa: Sister) -> None:
        enter(alfa, channel=Channel.COUNTER, asker=AINO, checked=Checked.DOCUMENT_SEEN)
        run_jobs(alfa.company.group, only="requests.open")
        run_jobs(alfa.company.group)
        assert kinds(alfa) == [LetterKind.NO_DATA]

    def test_it_gives_way_to_an_archive_that_was_handed_over(self, alfa: Sister, known: UUID) -> None:
        case = approved(alfa)
        assert LetterKind.ACKNOWLEDGEMENT in kinds(alfa)
        list(opened(alfa.staff(), link_to(alfa, case)).pieces)
        hand_over(alfa, case)
        run_jobs(alfa.company.group)
        assert kinds(alfa) == []


def test_strangers_print_and_post_nothing(alfa: Sister, known: UUID) -> None:
    recognised(alfa)
    [letter] = waiting(alfa)
    beeta = open_sister(alfa.company.group, "beeta")
    assert waiting(beeta) == []
    with pytest.raises(NoSuchLetter):
        sheet(beeta, letter)
    with pytest.raises(NoSuchCase):
        post(beeta, letter)
    owner = make.staff(alfa.company.group, (Role.REGISTER_OWNER, alfa.company))
    with walled_session(owner.acting(alfa.company)) as session, pytest.raises(NotPermitted):
        paper.waiting(session)


def test_a_letter_of_another_case_is_not_this_ones(alfa: Sister, known: UUID) -> None:
    recognised(alfa)
    other = recognised(alfa)
    with walled_session(alfa.staff()) as session, pytest.raises(NoSuchLetter):
        paper.open_sheet(session, other.case_id, waiting(alfa)[0].letter_id)


def test_whoever_sent_an_e_mail_address_gets_no_paper(alfa: Sister, known: UUID, address: str) -> None:
    enter(alfa, asker=Asker(email=address, postal_address="Aino\nKatu 1"), checked=Checked.CALLED_BACK)
    run_jobs(alfa.company.group)
    assert waiting(alfa) == []


class TestHandingOver:
    def test_the_archive_waits_and_the_case_is_open_until_it_is_handed_over(self, alfa: Sister, known: UUID) -> None:
        case = approved(alfa)
        file = file_of(alfa, case)
        assert (file.case.state, file.case.closed_at) == (CaseState.HANDING_OVER, None)
        assert kinds(alfa)[-1] is LetterKind.ARCHIVE_READY

    def test_it_is_downloaded_handed_over_answered_and_destroyed(self, alfa: Sister, known: UUID) -> None:
        case = approved(alfa)
        archive = opened(alfa.staff(), link_to(alfa, case))
        whole = b"".join(archive.pieces)
        assert sha256(whole).hexdigest() == archive.sha256
        hand_over(alfa, case)
        file = file_of(alfa, case)
        assert file.case.state is CaseState.ANSWERED
        assert file.archive is not None
        assert (file.archive.export.state, file.archive.export.wrapped_key) == (ExportState.EXPIRED, None)
        assert [event.kind for event in reversed(file.events)][-4:] == [
            CaseEventKind.ARCHIVE_READY,
            CaseEventKind.DOWNLOADED,
            CaseEventKind.HANDED_OVER,
            CaseEventKind.ARCHIVE_EXPIRED,
        ]
        assert LetterKind.ARCHIVE_READY not in kinds(alfa)

    def test_reading_the_archive_is_audited_as_reading_the_person_for_the_request(
        self, alfa: Sister, known: UUID
    ) -> None:
        list(opened(alfa.staff(), link_to(alfa, approved(alfa))).pieces)
        with walled_session(alfa.system()) as session:
            entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "person.read")).one()
            receipt = session.scalars(select(Download)).one()
        assert (entry.actor_id, entry.about_ids, entry.purpose) == (alfa.handler.member_id, [known], "rights_request")
        assert (receipt.member_id, receipt.completed_at is None) == (alfa.handler.member_id, False)

    def test_a_link_opens_once_and_for_nobody_else(self, alfa: Sister, known: UUID) -> None:
        secret = link_to(alfa, approved(alfa))
        colleague = make.staff(alfa.company.group, (Role.REQUEST_HANDLER, alfa.company))
        with pytest.raises(NoSuchLink):
            opened(colleague.acting(alfa.company, alfa.staff().purpose), secret)
        list(opened(alfa.staff(), secret).pieces)
        with pytest.raises(LinkUsed):
            opened(alfa.staff(), secret)

    def test_a_download_that_begins_while_it_is_handed_over_waits_and_comes_too_late(
        self, alfa: Sister, known: UUID
    ) -> None:
        case = approved(alfa)
        list(opened(alfa.staff(), link_to(alfa, case)).pieces)
        late = link_to(alfa, case)
        with ThreadPoolExecutor(1) as elsewhere:
            with walled_session(alfa.staff()) as session:
                workflow.claim(session, case.case_id)
                download = elsewhere.submit(opened, alfa.staff(), late)
                until(lambda: session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
                handing_over.hand_over(session, case.case_id, how=How.COUNTER)
            with pytest.raises(NotInThisState):
                download.result(10)

    def test_a_role_that_was_lost_meanwhile_opens_nothing(self, alfa: Sister, known: UUID) -> None:
        secret = link_to(alfa, approved(alfa))
        with walled_session(alfa.company.group.system()) as session:
            held = Assignment.member_id == alfa.handler.member_id
            session.execute(update(Assignment).where(held).values(role=Role.REGISTER_OWNER))
        with pytest.raises(Forbidden):
            opened(alfa.staff(), secret)

    def test_what_was_not_downloaded_was_not_handed_over(self, alfa: Sister, known: UUID) -> None:
        case = approved(alfa)
        with pytest.raises(NotDownloaded):
            hand_over(alfa, case)
        broken_off = opened(alfa.staff(), link_to(alfa, case))
        broken_off.pieces.close()
        with pytest.raises(NotDownloaded):
            hand_over(alfa, case)

    def test_what_its_person_downloads_themselves_is_not_handed_over(
        self, alfa: Sister, known: UUID, address: str
    ) -> None:
        case = recognised(alfa, asker=Asker(email=address, customer_number="1001"))
        with walled_session(alfa.staff()) as session:
            workflow.approve(session, case.case_id)
        run_jobs(alfa.company.group)
        assert file_of(alfa, case).case.state is CaseState.ANSWERED
        with pytest.raises(NotInThisState):
            link_to(alfa, case)

    def test_an_archive_nobody_came_for_is_destroyed_and_decided_on_anew(self, alfa: Sister, known: UUID) -> None:
        case = approved(alfa)
        list(opened(alfa.staff(), link_to(alfa, case)).pieces)
        bring_due(alfa.company.group, ExpireExport.name)
        run_jobs(alfa.company.group)
        assert file_of(alfa, case).case.state is CaseState.AWAITING_DECISION
        assert LetterKind.ARCHIVE_READY not in kinds(alfa)
        with walled_session(alfa.staff()) as session:
            workflow.approve(session, case.case_id)
        run_jobs(alfa.company.group)
        with walled_session(alfa.system()) as session:
            assert session.scalars(select(Export.state)).one() is ExportState.READY
        with pytest.raises(NotDownloaded):
            hand_over(alfa, case)
        list(opened(alfa.staff(), link_to(alfa, case)).pieces)
        hand_over(alfa, case)
        assert file_of(alfa, case).case.state is CaseState.ANSWERED

    def test_strangers_get_no_link_and_hand_nothing_over(self, alfa: Sister, known: UUID) -> None:
        case = approved(alfa)
        beeta = open_sister(alfa.company.group, "beeta")
        for step in (link_to, hand_over):
            with pytest.raises(NoSuchCase):
                step(beeta, case)
        owner = make.staff(alfa.company.group, (Role.REGISTER_OWNER, alfa.company))
        with walled_session(owner.acting(alfa.company)) as session, pytest.raises(NotPermitted):
            handing_over.create_link(session, case.case_id)


class TestIdentity:
    def test_whoever_cannot_get_a_code_is_asked_by_letter(self, alfa: Sister, known: UUID) -> None:
        case = unproven(alfa)
        assert file_of(alfa, case).case.state is CaseState.AWAITING_IDENTITY
        assert kinds(alfa) == [LetterKind.IDENTITY]
        assert case.number in " ".join(sheet(alfa, waiting(alfa)[0]).paragraphs)

    def test_the_clock_pauses_from_the_posting_and_not_before(self, alfa: Sister, known: UUID) -> None:
        case = unproven(alfa)
        assert file_of(alfa, case).case.identity_asked_on is None
        post(alfa, waiting(alfa)[0])
        run_jobs(alfa.company.group)
        [letter] = file_of(alfa, case).on_paper
        assert letter.sent_at is not None
        assert file_of(alfa, case).case.identity_asked_on == received_on(letter.sent_at)

    def test_a_letter_that_was_never_posted_lapses_nobody(self, alfa: Sister, known: UUID) -> None:
        unproven(alfa)
        assert bring_due(alfa.company.group, ending.LapseRequest.name) == 0

    def test_whoever_does_not_answer_the_letter_lapses_and_is_told_on_paper(self, alfa: Sister, known: UUID) -> None:
        case = unproven(alfa)
        post(alfa, waiting(alfa)[0])
        run_jobs(alfa.company.group)
        for job in (ending.RemindOfCode, ending.LapseRequest):
            assert bring_due(alfa.company.group, job.name) == 1
            run_jobs(alfa.company.group)
        assert kinds(alfa) == [LetterKind.LAPSED]
        assert sheet(alfa, waiting(alfa)[0]).to[0] == "Aino Esimerkki"
        assert file_of(alfa, case).case.state is CaseState.LAPSED

    def test_what_staff_confirm_goes_on_as_a_verified_request_does(self, alfa: Sister, known: UUID) -> None:
        case = unproven(alfa)
        confirm(alfa, case)
        run_jobs(alfa.company.group)
        file = file_of(alfa, case)
        assert (file.case.state, file.case.level, file.case.person_id) == (CaseState.AWAITING_DECISION, "L3", known)
        checked = [event for event in file.events if event.kind is CaseEventKind.IDENTITY_CHECKED]
        assert [(event.figures["method"], event.actor_id) for event in checked] == [
            ("document_seen", alfa.handler.member_id)
        ]
        with walled_session(alfa.company.group.system()) as session:
            request = session.scalars(select(Request)).one()
        assert (request.state, request.verified_by) == (RequestState.VERIFIED, alfa.handler.member_id)
        assert actions(alfa, "identity.") == ["identity.confirmed"]

    def test_what_staff_confirm_lapses_no_more_though_no_worker_was_there_to_accept_it(
        self, alfa: Sister, known: UUID
    ) -> None:
        case = unproven(alfa)
        post(alfa, waiting(alfa)[0])
        run_jobs(alfa.company.group)
        confirm(alfa, case)
        for job in (ending.RemindOfCode, ending.LapseRequest):
            bring_due(alfa.company.group, job.name)
            run_jobs(alfa.company.group, only=job.name)
        run_jobs(alfa.company.group)
        assert file_of(alfa, case).case.state is CaseState.AWAITING_DECISION
        assert kinds(alfa) == [LetterKind.ACKNOWLEDGEMENT]

    def test_the_question_nobody_posted_gives_way_to_the_receipt(self, alfa: Sister, known: UUID) -> None:
        confirm(alfa, unproven(alfa))
        run_jobs(alfa.company.group)
        assert kinds(alfa) == [LetterKind.ACKNOWLEDGEMENT]

    def test_the_pause_ends_when_staff_confirm_and_the_earlier_date_steers(self, alfa: Sister, known: UUID) -> None:
        case = unproven(alfa)
        post(alfa, waiting(alfa)[0])
        run_jobs(alfa.company.group)
        with walled_session(alfa.system()) as session:
            row = session.scalars(select(Case)).one()
            row.received_on -= timedelta(days=9)
            row.identity_asked_on = row.received_on + timedelta(days=2)
        confirm(alfa, case)
        run_jobs(alfa.company.group)
        after = file_of(alfa, case).case
        assert after.due_on == after.due_unsuspended_on < after.due_suspended_on

    def test_it_is_confirmed_once(self, alfa: Sister, known: UUID) -> None:
        case = unproven(alfa)
        confirm(alfa, case)
        with pytest.raises(NotInThisState):
            confirm(alfa, case)
        run_jobs(alfa.company.group)
        with pytest.raises(NotInThisState):
            confirm(alfa, case)

    def test_staff_may_confirm_whoever_was_sent_a_code_and_has_not_used_it(
        self, alfa: Sister, known: UUID, address: str
    ) -> None:
        case = enter(alfa, asker=Asker(email=address, customer_number="1001"))
        run_jobs(alfa.company.group)
        confirm(alfa, case, Checked.CALLED_BACK)
        run_jobs(alfa.company.group)
        assert file_of(alfa, case).case.person_id == known

    def test_a_code_that_comes_before_the_job_is_no_second_beginning(
        self, alfa: Sister, known: UUID, post_office: object
    ) -> None:
        asker = Asker(email="aino@x.example", customer_number="1001")
        case = enter(alfa, asker=asker)
        run_jobs(alfa.company.group)
        asked = Asked(alfa.company.group, case.request_id, "aino@x.example", post_office)  # type: ignore[arg-type]
        code = code_of(asked.letters())
        confirm(alfa, case)
        asked.verify(code)
        run_jobs(alfa.company.group)
        assert file_of(alfa, case).case.state is CaseState.AWAITING_DECISION

    def test_a_case_that_awaits_its_identity_is_the_only_one_of_its_request(self, alfa: Sister) -> None:
        """Why a confirmation reaches no other company: PostgreSQL lets staff enter requests to their own only."""
        case = unproven(alfa)
        with walled_session(alfa.company.group.system()) as session:
            wanted = select(Request.company_ids).where(Request.request_id == case.request_id)
            assert session.scalars(wanted).one() == [alfa.company.company_id]

    def test_strangers_confirm_nobody(self, alfa: Sister, known: UUID) -> None:
        case = unproven(alfa)
        with pytest.raises(NoSuchCase):
            confirm(open_sister(alfa.company.group, "beeta"), case)
        auditor = make.staff(alfa.company.group, (Role.AUDITOR, alfa.company))
        with walled_session(auditor.acting(alfa.company)) as session, pytest.raises(NotPermitted):
            identity.confirm(session, case.case_id, checked=Checked.DOCUMENT_SEEN)
