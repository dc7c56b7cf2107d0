"""What stands in the way of a policy, each with its cure."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from services.api.problems import said
from tenants.errors import Invalid
from tenants.languages.speaking import Language, sentence, translate
from tenants.sharing import refusals


class Missing(Struct, frozen=True):
    """`url` leads to the field of the terms where it is mended, if it is mended there and this member may."""

    sentence: str
    cure: str
    url: str | None


def told_missing(language: Language, problems: Sequence[Invalid], terms_url: str | None) -> list[Missing]:
    return [_told(language, one, terms_url) for one in problems]


def field_of(refusal: Invalid) -> str:
    """The field of the form of terms where a refusal belongs."""
    given = refusal.field or ""
    if given == "agreement.sha256":
        return "agreement_sha256"
    return FIELDS.get(given.partition(".")[0], "")


def _told(language: Language, problem: Invalid, terms_url: str | None) -> Missing:
    cure = next((words for kind, words in CURES.items() if isinstance(problem, kind)), None)
    return Missing(
        sentence=said(language, problem),
        cure=translate(language, cure or IN_THE_TERMS),
        url=f"{terms_url}#{field_of(problem)}" if terms_url and cure is None else None,
    )


FIELDS: Mapping[str, str] = {
    "register": "purpose",
    "purpose": "purpose",
    "recipients": "recipients",
    "fields": "fields",
    "condition": "part-1",
    "balancing": "balancing",
    "agreement": "agreement_name",
    "valid_from": "valid_from",
    "valid_until": "valid_until",
    "review_on": "review_on",
}
IN_THE_TERMS = sentence("Mend it in the terms.")
IN_THE_NOTICE = sentence(
    "Say it in the notice first: change the declaration of the register and publish it. "
    "Or choose otherwise in the terms."
)
CURES: Mapping[type[Invalid], str] = {
    refusals.NotARegister: sentence(
        "The register was taken out of use. Revoke this policy and draft one for another register."
    ),
    refusals.PurposeNotInNotice: IN_THE_NOTICE,
    refusals.RecipientNotInNotice: IN_THE_NOTICE,
    refusals.FieldNotForPurpose: IN_THE_NOTICE,
    refusals.MarketingOutsideTheGroup: sentence("There is no cure: this is never shared."),
    refusals.Overlaps: sentence("Revoke the other policy or let it end first, or leave this company out of the terms."),
}
