"""All of /api/v1 under one address."""

from typing import Any

from litestar import Request, Router
from litestar.di import Provide

from services.api import languages
from services.api.rest import (
    audit,
    batches,
    by_hand,
    cases,
    consents,
    imports,
    index,
    jobs,
    oversight,
    persons,
    refusals,
    register_files,
    registers,
    requests,
    restrictions,
    sameness,
    shared,
    sharing,
)
from services.api.rest.bearer import EXCEPTION_HANDLERS, acting_for_bearer, standing_of_bearer
from services.api.rest.repeating import asked_by
from services.api.unit import unit_of_work
from tenants.languages.speaking import Language


def reader_language(request: Request[Any, Any, Any]) -> Language:
    return languages.chosen(request)


OPERATIONS = Router(
    path="/",
    route_handlers=[
        registers.show_me,
        registers.list_companies,
        registers.list_registers,
        registers.show_register,
        batches.write_records,
        register_files.records_as_csv,
        register_files.records_as_xlsx,
        cases.list_cases,
        cases.show_case,
        cases.approve_case,
        by_hand.confirm_identity,
        by_hand.mark_letter_posted,
        by_hand.record_handover,
        refusals.refuse_case,
        refusals.confirm_refusal,
        refusals.return_refusal,
        cases.choose_person,
        refusals.list_grounds,
        requests.enter_request,
        persons.search_persons,
        persons.show_person,
        persons.list_records_of_person,
        persons.open_value,
        sameness.list_duplicates,
        sameness.merge_persons,
        sameness.split_person,
        sameness.list_changes,
        sameness.undo_change,
        restrictions.place_restriction,
        restrictions.list_restrictions,
        restrictions.lift_restriction,
        restrictions.mark_notice_posted,
        persons.correct_record,
        persons.list_corrections,
        consents.list_choices,
        consents.give_consent,
        consents.withdraw_consent,
        consents.make_objection,
        consents.lift_objection,
        consents.list_disclosures,
        consents.explain_field,
        sharing.list_policies,
        sharing.draft_policy,
        sharing.show_policy,
        sharing.change_terms,
        sharing.simulate_policy,
        sharing.show_losses,
        sharing.grant_policy,
        sharing.accept_policy,
        sharing.suspend_policy,
        sharing.resume_policy,
        sharing.revoke_policy,
        shared.list_offers,
        shared.list_shared_records,
        shared.show_shared_person,
        imports.list_imports,
        imports.receive_import,
        imports.show_import,
        imports.approve_import,
        imports.choose_columns,
        imports.pause_import,
        imports.resume_import,
        imports.discard_import,
        audit.list_audit_entries,
        oversight.show_oversight,
        jobs.list_failed_jobs,
        jobs.replay_job,
        jobs.dismiss_job,
    ],
    dependencies={
        "acting": Provide(acting_for_bearer),
        "asked": Provide(asked_by),
        "session": Provide(unit_of_work),
        "standing": Provide(standing_of_bearer, sync_to_thread=True),
        "spoken": Provide(reader_language, sync_to_thread=False),
    },
    exception_handlers=EXCEPTION_HANDLERS,
    security=[{"key": []}],
)
REST = Router(path="/api/v1", route_handlers=[index.index, index.document, OPERATIONS])
