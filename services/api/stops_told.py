"""What stops the feeds of an agreement, in words, each with its cure."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from services.api import wording
from services.api.countries import country
from tenants.languages.speaking import Language, sentence, translate
from tenants.processors.model import Point
from tenants.processors.standing import Reason, Stop


class ToldStop(Struct, frozen=True):
    reason: Reason
    sentence: Annotated[str, Meta(examples=["The agreement is a draft."])]
    cure: Annotated[str, Meta(examples=["Somebody of the company approves it, when nothing is missing."])]


def told(language: Language, stops: Sequence[Stop]) -> list[ToldStop]:
    """What is missing of Article 28(3) is one thing to mend, told at once and in the order of the article."""
    missing = {one.about for one in stops if one.reason is Reason.CHECKLIST_INCOMPLETE}
    points = ", ".join(wording.said(language, point) for point in Point if point in missing)
    shown = [Stop(one.reason, points) if one.reason is Reason.CHECKLIST_INCOMPLETE else one for one in stops]
    return [_told(language, one) for one in dict.fromkeys(shown)]


def _told(language: Language, stop: Stop) -> ToldStop:
    about = country(language, stop.about) if stop.reason is Reason.NO_TRANSFER_BASIS else stop.about
    words, cure = WORDS[stop.reason]
    return ToldStop(stop.reason, translate(language, words, about=about), translate(language, cure))


WORDS: Mapping[Reason, tuple[str, str]] = {
    Reason.COMPANY_STOPPED: (
        sentence("All outgoing flow of the company has been stopped."),
        sentence("It is resumed on the page of what is stopped."),
    ),
    Reason.PROCESSOR_STOPPED: (
        sentence("The flow to this processor has been stopped."),
        sentence("It is resumed on the page of what is stopped."),
    ),
    Reason.NOT_APPROVED: (
        sentence("The agreement is a draft."),
        sentence("Somebody of the company approves it, when nothing is missing."),
    ),
    Reason.NOT_BEGUN: (
        sentence("The agreement has not begun."),
        sentence("It comes into force by itself on its first day."),
    ),
    Reason.ENDED: (sentence("The agreement has ended."), sentence("Draft a new one, if data is to flow again.")),
    Reason.EXPIRED: (
        sentence("The last day of the agreement has passed."),
        sentence("Draft a next version with a later last day, and approve it."),
    ),
    Reason.RETIRED: (
        sentence("The group has taken the processor out of use."),
        sentence("The group's administration takes it into use again."),
    ),
    Reason.UNVERIFIED: (
        sentence("Nobody has verified that the processor complies."),
        sentence("Write down the evidence on the processor's page."),
    ),
    Reason.VERIFICATION_EXPIRED: (
        sentence("The evidence that the processor complies is out of date."),
        sentence("Verify the processor anew and write down the evidence on its page."),
    ),
    Reason.CHECKLIST_INCOMPLETE: (
        sentence("Article 28(3) is not met: %(about)s."),
        sentence("Say in the terms where the document stipulates it."),
    ),
    Reason.NO_TRANSFER_BASIS: (
        sentence("Data would be transferred to %(about)s without a basis."),
        sentence("Name the basis of Chapter V and its assessment in the terms."),
    ),
    Reason.SUB_PROCESSOR_OBJECTED: (
        sentence("The company objects to the sub-processor %(about)s."),
        sentence("Settle it with the processor, and write down how it was solved."),
    ),
    Reason.COVERS_NOTHING: (
        sentence("The agreement covers no register and purpose."),
        sentence("Choose in the terms what it covers."),
    ),
    Reason.NOT_DECLARED: (
        sentence("The notice in force does not declare %(about)s any more."),
        sentence("Take it out of the terms, or declare it again."),
    ),
    Reason.NOT_NAMED: (
        sentence("The notice in force names no such recipient of the register %(about)s."),
        sentence("Name the recipient in the notice, or say under which recipient the processor stands."),
    ),
}
