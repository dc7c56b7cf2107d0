"""All of the portal under the group's address."""

from litestar import Router
from litestar.di import Provide

from services.api.portal import codes, confirmations, downloads, front, requests, status
from services.api.portal.entrance import (
    EXCEPTION_HANDLERS,
    acting_asker,
    acting_subject,
    acting_visitor,
    enter,
)
from services.api.unit import unit_of_work

_REQUEST = "/requests/{request_id:uuid}"

PORTAL = Router(
    path="/g/{slug:str}",
    route_handlers=[
        Router(
            path="/",
            route_handlers=[front.front, front.notice, requests.new_request, requests.submit],
            dependencies={"acting": Provide(acting_visitor, sync_to_thread=True)},
        ),
        Router(
            path="/confirmations/{token:str}",
            route_handlers=[confirmations.show, confirmations.answer],
            dependencies={"acting": Provide(confirmations.acting_recipient, sync_to_thread=True)},
        ),
        Router(
            path=_REQUEST,
            route_handlers=[codes.show, codes.verify, codes.send_again],
            dependencies={"acting": Provide(acting_asker, sync_to_thread=True)},
        ),
        Router(
            path=_REQUEST,
            route_handlers=[
                status.show,
                status.show_recipients,
                status.ask_withdrawal,
                status.withdraw,
                status.close,
                downloads.create_link,
                downloads.download,
            ],
            dependencies={"acting": Provide(acting_subject, sync_to_thread=True)},
        ),
    ],
    dependencies={
        "session": Provide(unit_of_work),
        "entrance": Provide(enter, sync_to_thread=True),
    },
    exception_handlers=EXCEPTION_HANDLERS,
    include_in_schema=False,
)
