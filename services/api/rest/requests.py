"""Requests that reached the company by letter, telephone, e-mail or at a counter."""

from datetime import datetime
from typing import Annotated

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.cases import CaseSummary, summary
from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Language
from tenants.requests import intake
from tenants.requests.asker import Asker
from tenants.requests.intake import Checked
from tenants.requests.model import Channel, Right

ByHand = Annotated[
    Channel, Meta(description="Any but `portal`, where people send their requests themselves", examples=["letter"])
]


class AskedBy(Struct, frozen=True, forbid_unknown_fields=True):
    """By what the person may be reached and found."""

    email: Annotated[str, Meta(max_length=254, examples=["aino@esimerkki.example"])] | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    customer_number: Annotated[str, Meta(max_length=intake.LONGEST_IDENTIFIER)] | None = None
    postal_address: (
        Annotated[
            str,
            Meta(
                max_length=intake.LONGEST_ADDRESS,
                description="Name and address in lines, for letters where there is no e-mail address",
                examples=["Aino Esimerkki\nEsimerkkikatu 1\n00100 Helsinki"],
            ),
        ]
        | None
    ) = None


class NewRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """`received_at` is when it reached the company; `checked` how its identity was checked, if it was."""

    channel: ByHand
    received_at: Annotated[datetime, Meta(tz=True, examples=["2026-03-05T10:00:00+02:00"])]
    rights: Annotated[list[Right], Meta(min_length=1, max_length=2)]
    asker: AskedBy
    language: Language
    words: Annotated[str, Meta(max_length=intake.LONGEST)] = ""
    checked: Checked | None = None


@changing("/requests", summary="Enter a request", tags=["cases"], responses=problems())
def enter_request(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[NewRequest]
) -> Response[CaseSummary]:
    """Opens the company's case, whose clock runs from the receipt. Without `checked` a code goes to the address."""
    standing.require(Permission.ENTER_REQUESTS)
    case = intake.enter(
        session,
        channel=data.channel,
        received_at=data.received_at,
        rights=data.rights,
        asker=Asker(data.asker.email, data.asker.phone, data.asker.customer_number, data.asker.postal_address),
        words=data.words,
        language=data.language,
        checked=data.checked,
    )
    return Response(summary(case), status_code=201, headers={"Location": f"/api/v1/cases/{case.case_id}"})
