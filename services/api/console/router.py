"""All of the console under the group's address."""

from litestar import Router
from litestar.di import Provide

from services.api.console import confirmations, feeds, keys, own, pulling, signing_in, start
from services.api.console.counter import (
    EXCEPTION_HANDLERS,
    acting_contact,
    acting_for_group,
    console_session,
    stand_at,
    stand_before,
)
from services.api.unit import unit_of_work

PATH = "/console/{slug:str}"

CONSOLE_DOOR = Router(
    path=PATH,
    route_handlers=[
        signing_in.ask_acceptance,
        signing_in.accept,
        signing_in.ask_address,
        signing_in.send_code,
        signing_in.ask_code,
        signing_in.check_code,
    ],
    dependencies={
        "acting": Provide(acting_for_group, sync_to_thread=True),
        "session": Provide(unit_of_work),
        "door": Provide(stand_before, sync_to_thread=True),
    },
    include_in_schema=False,
)
CONSOLE = Router(
    path=PATH,
    route_handlers=[
        start.show_start,
        feeds.show_feed,
        feeds.ask_change,
        pulling.show_guide,
        confirmations.show_confirmations,
        confirmations.answer,
        keys.show_keys,
        keys.offer_key,
        keys.offer_address,
        keys.retire_key,
        keys.report_lost,
        own.show_own_data,
        own.act_as,
        own.sign_out,
        own.sign_out_everywhere,
        own.leave,
    ],
    dependencies={
        "console_session": Provide(console_session, sync_to_thread=True),
        "acting": Provide(acting_contact, sync_to_thread=False),
        "session": Provide(unit_of_work),
        "counter": Provide(stand_at, sync_to_thread=True),
    },
    exception_handlers=EXCEPTION_HANDLERS,
    include_in_schema=False,
)
