"""Two versions of an agreement beside each other: what the later one says otherwise."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.orm import Session

from services.api import countries
from services.api.forms import Form
from services.api.office import processors_told
from services.api.office.desk import Desk
from services.api.office.feeds_told import Difference
from services.api.office.processors_told import PROCESSORS
from services.api.wording import said
from tenants.companies.permissions import Permission
from tenants.languages.speaking import Language, sentence, short_date, translate
from tenants.processors import reading, refusals, standing
from tenants.processors.model import AgreementVersion, Document, Point, Transfer
from tenants.processors.reading import Agreed
from tenants.processors.standing import Ground

NOTHING = "–"


@get("/processors/agreements/{agreement_id:uuid}/versions", sync_to_thread=True)
def compare_versions(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    agreement_id: FromPath[UUID],
    *,
    before: FromQuery[int | None] = None,
    now: FromQuery[int | None] = None,
) -> Response[str]:
    """Where none are chosen, the newest one and the one before it."""
    desk.require(Permission.SEE_PROCESSORS)
    found, known = reading.agreement(session, agreement_id), standing.ground(session)
    later = _version(found, found.newest.version if now is None else now)
    former = _version(found, max(1, later.version - 1) if before is None else before)
    today = reading.today()
    numbers = [(str(one.version), _named(desk.language, found, one, today)) for one in found.versions]
    return desk.page(
        "office/processors/compared.html",
        agreement=found.agreement,
        processor=known.processors[found.agreement.processor_id],
        differs=differences(desk.language, known, later, former),
        later=later,
        former=former,
        form=Form({"before": str(former.version), "now": str(later.version)}),
        numbers=numbers,
        url=processors_told.agreement_url(agreement_id),
        list_url=PROCESSORS,
    )


def differences(
    language: Language, known: Ground, later: AgreementVersion, former: AgreementVersion
) -> list[Difference]:
    """In the order of the page of an agreement."""
    then, now = dict(_said(language, known, former)), dict(_said(language, known, later))
    return [Difference(what, then[what], now[what]) for what in now if then[what] != now[what]]


def _version(found: Agreed, number: int) -> AgreementVersion:
    one = next((one for one in found.versions if one.version == number), None)
    if one is None:
        raise refusals.NoSuchAgreement
    return one


def _named(language: Language, found: Agreed, one: AgreementVersion, today: date) -> str:
    number = translate(language, "Version %(number)s", number=one.version)
    return f"{number}: {said(language, found.state(one, today))}"


def _said(language: Language, known: Ground, row: AgreementVersion) -> Iterator[tuple[str, str]]:
    """Everything that a version says, in words that can be compared."""
    for what, words in (
        (sentence("Relation"), said(language, row.relation)),
        (sentence("Covers"), _covered(language, known, row)),
        (sentence("Document"), _document(row.document)),
        (sentence("First day"), short_date(language, row.valid_from)),
        (sentence("Last day"), _day(language, row.valid_until)),
        (sentence("Verified anew on"), _day(language, row.verify_again_on)),
        (sentence("When it ends"), said(language, row.at_end) if row.at_end else NOTHING),
        (sentence("Transfers out of the EEA"), _transfers(language, row.transfers)),
        (sentence("What is arranged between the controllers"), _essence(language, row)),
        (sentence("Where people turn to"), row.arrangement.contact if row.arrangement else NOTHING),
        (sentence("Security questionnaire"), _questionnaire(language, row)),
        (sentence("An objection to a sub-processor"), _objection(language, row)),
    ):
        yield translate(language, what), words
    where = {one.point: (one.where or "").strip() for one in row.checklist if one.met}
    for point in Point:
        yield said(language, point), where.get(point) or NOTHING


def _covered(language: Language, known: Ground, row: AgreementVersion) -> str:
    chosen = [known.purposes[one] for one in row.purposes]
    named = {
        known.registers[one].name.in_(language): [
            each.label.in_(language) for each in chosen if each.register_id == one
        ]
        for one in row.registers
    }
    return (
        "; ".join(f"{register}: {', '.join(sorted(labels))}" for register, labels in sorted(named.items())) or NOTHING
    )


def _document(one: Document | None) -> str:
    return f"{one.name} (SHA-256 {one.sha256})" if one else NOTHING


def _day(language: Language, day: date | None) -> str:
    return short_date(language, day) if day else NOTHING


def _transfers(language: Language, transfers: list[Transfer]) -> str:
    told = [
        f"{countries.country(language, one.country)}: {said(language, one.kind)}"
        + (f", {_document(one.assessment)}" if one.assessment else "")
        for one in transfers
    ]
    return "; ".join(sorted(told)) or NOTHING


def _essence(language: Language, row: AgreementVersion) -> str:
    """In every language in which it was said: another translation is another text."""
    said_of = row.arrangement.essence if row.arrangement else None
    if said_of is None:
        return NOTHING
    return " / ".join(dict.fromkeys(said_of.in_(each) for each in (language, *Language)))


def _questionnaire(language: Language, row: AgreementVersion) -> str:
    asked = row.questionnaire
    return f"{short_date(language, asked.answered_on)}: {_document(asked.document)}" if asked else NOTHING


def _objection(language: Language, row: AgreementVersion) -> str:
    stops, does_not = sentence("stops what flows, until it is solved"), sentence("does not stop what flows")
    return translate(language, stops if row.objection_stops else does_not)
