"""All of the office under one address."""

from litestar import Router
from litestar.di import Provide

from services.api.login import signing_in, signing_out
from services.api.office import (
    audit,
    cases,
    front,
    handing_over,
    identity,
    imports,
    jobs,
    letters,
    members,
    refusals,
    requests,
    tokens,
)
from services.api.office.desk import EXCEPTION_HANDLERS, acting_member, office_session, take_seat
from services.api.unit import unit_of_work

OFFICE = Router(
    path="/office",
    route_handlers=[
        front.front,
        front.choose,
        front.switch,
        signing_in.login,
        signing_in.callback,
        signing_out.sign_out,
        signing_out.backchannel_logout,
        cases.list_cases,
        cases.show_case,
        cases.approve,
        cases.choose_person,
        refusals.ask_refusal,
        refusals.refuse,
        refusals.confirm,
        refusals.give_back,
        identity.confirm_identity,
        handing_over.create_link,
        handing_over.download,
        handing_over.hand_over,
        letters.list_letters,
        letters.show_letter,
        letters.mark_posted,
        requests.new_request,
        requests.enter,
        imports.list_imports,
        imports.new_import,
        imports.receive,
        imports.show_import,
        imports.approve,
        imports.discard,
        members.list_members,
        members.add,
        members.give_role,
        members.take_role,
        members.deactivate,
        audit.list_entries,
        audit.export,
        jobs.list_jobs,
        jobs.replay,
        jobs.dismiss,
        tokens.list_tokens,
        tokens.issue,
        tokens.revoke,
    ],
    dependencies={
        "office_session": Provide(office_session, sync_to_thread=True),
        "acting": Provide(acting_member, sync_to_thread=False),
        "session": Provide(unit_of_work),
        "desk": Provide(take_seat, sync_to_thread=True),
    },
    exception_handlers=EXCEPTION_HANDLERS,
    include_in_schema=False,
)
