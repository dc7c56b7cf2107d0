"""What stands in the way of a feed's scope, each with the place where it is mended."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from services.api.office import processors_told
from services.api.office.flow_stops_told import STOPS
from services.api.office.sharing_missing import Missing
from services.api.problems import said
from tenants.errors import Invalid
from tenants.feeds import refusals
from tenants.languages.speaking import Language, sentence, translate
from tenants.processors import refusals as of_agreements
from tenants.sharing import refusals as of_sharing


class Places(Struct, frozen=True):
    """Where things about one feed are mended. `terms` is empty for whoever may not."""

    terms: str
    agreement_id: UUID
    processor_id: UUID
    register_id: UUID


def told(language: Language, problems: Sequence[Invalid], places: Places) -> list[Missing]:
    return [_told(language, one, places) for one in problems]


def field_of(refusal: Invalid) -> str:
    """The field of the form of a scope where a refusal belongs."""
    if isinstance(refusal, refusals.NotSealed):
        return "sealed_fields"
    return FIELDS.get((refusal.field or "").partition(".")[0], refusal.field or "")


def _told(language: Language, problem: Invalid, places: Places) -> Missing:
    cure, url = _mended(problem, places)
    return Missing(sentence=said(language, problem), cure=translate(language, cure), url=url)


def _mended(problem: Invalid, places: Places) -> tuple[str, str | None]:
    if isinstance(problem, refusals.NothingForMarketingOutside):
        return sentence("There is no cure: this is never given."), None
    if isinstance(problem, IN_THE_AGREEMENT):
        return sentence("Mend it in the agreement."), processors_told.agreement_url(places.agreement_id)
    if isinstance(problem, AT_THE_PROCESSOR):
        return sentence("Mend it on the page of the processor."), processors_told.url_of(places.processor_id)
    if isinstance(problem, STOPPED):
        return sentence("It is resumed on the page of what is stopped."), STOPS
    if isinstance(problem, IN_THE_NOTICE):
        return (
            sentence("Say it in the notice first, or choose otherwise in the scope."),
            f"/office/registers/{places.register_id}",
        )
    return sentence("Mend it in the scope."), f"{places.terms}#{field_of(problem)}" if places.terms else None


IN_THE_AGREEMENT = (
    refusals.RegisterNotAgreed,
    refusals.PurposeNotAgreed,
    refusals.AgreementNotInForce,
    refusals.AgreementNotDeclared,
    of_agreements.ChecklistIncomplete,
    of_agreements.TransferBasisMissing,
    of_agreements.CoversNothing,
)
AT_THE_PROCESSOR = (refusals.NotVerifiedNow, refusals.SubProcessorObjectedTo, of_agreements.OutOfUse)
STOPPED = (of_agreements.CompanyFlowStopped, of_agreements.ProcessorFlowStopped)
IN_THE_NOTICE = (
    of_agreements.NotNamedByTheNotice,
    of_sharing.NotARegister,
    of_sharing.PurposeNotInNotice,
    of_sharing.FieldNotForPurpose,
)
FIELDS: Mapping[str, str] = {
    "register": "purpose",
    "name": "name_fi",
    "condition": "part-1",
}
