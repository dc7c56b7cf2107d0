"""What is known of a processor, fact by fact, in words that can be compared."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from services.api.countries import country
from services.api.wording import said
from tenants.languages.speaking import Language, Text, sentence, translate
from tenants.processors import cataloguing, proposals
from tenants.processors.model import Description
from tenants.processors.proposals import Proposed
from tenants.registers.model import RecipientKind

NOTHING = "–"
LABELS = {
    "name": sentence("Name"),
    "kind": sentence("Kind"),
    "country": sentence("Established in"),
    "countries": sentence("Countries where it processes"),
    "business_id": sentence("Business ID"),
    "vat_number": sentence("VAT number"),
    "domain": sentence("Domain"),
    "company_id": sentence("Company of the group"),
    "recipients": sentence("Under which recipients of the notice it stands"),
    "contact.role": sentence("Who answers"),
    "contact.address": sentence("Postal address"),
    "contact.visiting_address": sentence("Visiting address"),
    "contact.phone": sentence("Telephone"),
    "contact.email": sentence("E-mail"),
    "contact.web": sentence("Web address"),
}


class ToldFact(Struct, frozen=True):
    """`now` is what is known at present; `outdated` where somebody changed it since to something else."""

    label: str
    before: str
    now: str
    proposed: str
    outdated: bool


def proposed(
    language: Language, found: Proposed, *, companies: Mapping[UUID, str], recipients: Mapping[str, str]
) -> list[ToldFact]:
    """What a proposal names, in the order of the form."""
    row, now = found.row, cataloguing.description_of(found.processor)
    named = proposals.differing(row.before, row.proposed)

    def told(name: str, said_of: Description) -> str:
        return _words(language, name, proposals.parts(said_of)[name], companies, recipients)

    return [
        ToldFact(
            translate(language, label),
            told(name, row.before),
            told(name, now),
            told(name, row.proposed),
            name in found.outdated,
        )
        for name, label in LABELS.items()
        if name in named
    ]


def _words(
    language: Language, name: str, value: object, companies: Mapping[UUID, str], recipients: Mapping[str, str]
) -> str:
    match value:
        case RecipientKind():
            return said(language, value)
        case Text():
            return " / ".join(dict.fromkeys(value.in_(each) for each in (language, *Language)))
        case UUID():
            return companies.get(value, NOTHING)
        case tuple():
            called = [recipients.get(one, one) if name == "recipients" else country(language, one) for one in value]
            return ", ".join(called) or NOTHING
    return country(language, str(value)) if name == "country" else str(value or NOTHING)
