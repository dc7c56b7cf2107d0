"""Why nothing is given to an authority, or opened in an emergency."""

from tenants.errors import Conflict, Forbidden, Invalid, NotFound


class NoSuchAuthorityCase(NotFound):
    """There is no such case of an authority here."""


class NoSuchEmergency(NotFound):
    """There is no such emergency access here."""


class NoSuchFile(NotFound):
    """There is no such file here, or it was taken along already, or its day is over."""


class NotAnAuthority(Invalid):
    """The recipient is not an authority in use in the catalogue."""


class NotARecipient(Invalid):
    """The recipient is not in use in the catalogue."""


class AskedByNobody(Invalid):
    """Say who asks in the authority's name."""


class ReferenceMissing(Invalid):
    """The authority's own reference is missing."""


class DocumentMissing(Invalid):
    """The request's document is missing: name it, so that it is found again."""


class NotASha256(Invalid):
    """This is no SHA-256: 64 hexadecimal digits."""


class ProvisionMissing(Invalid):
    """Choose the provision by which the authority asks, or write it in own words."""


class ProvisionOver(Invalid):
    """This provision is not in force today."""


class NobodyNamed(Invalid):
    """Say whose data is asked for."""


class NobodyFits(Invalid):
    """What stands on line %(line)s fits nobody here."""


class SeveralFit(Invalid):
    """What stands on line %(line)s fits several persons: use something by which only one is found."""


class FieldsMissing(Invalid):
    """Choose at least one field."""


class NotCoveredSealed(Invalid):
    """The provision does not cover the field %(key)s, which is kept sealed."""


class NotCoveredPersons(Invalid):
    """The provision covers %(most)s persons at most in one request."""


class SecrecyHalfSaid(Invalid):
    """A duty not to tell the persons needs both: the provision, and the day until which it holds."""


class SecrecyTooLong(Invalid):
    """The duty not to tell the persons ends on a day to come, within ten years."""


class ReasonMissing(Invalid):
    """Give the reason."""


class OwnCase(Forbidden):
    """Whoever took the request in does not decide about it: that takes another person."""


class DecidedAlready(Conflict):
    """This has been decided already."""


class NotApproved(Conflict):
    """Nothing is given out before it has been approved."""


class NotDisclosed(Conflict):
    """There is no record of a disclosure: nothing has been given out."""


class MoreThanAsked(Invalid):
    """No more is approved than was asked for."""


class NothingLeft(Conflict):
    """There is no record to give out: of these persons the register holds nothing, or it is only stored (Art. 18)."""


class OwnEmergency(Forbidden):
    """Nobody confirms their own emergency access: that takes another person."""


class AnsweredAlready(Conflict):
    """This has been answered already."""


class RunsAlready(Conflict):
    """This person has an emergency access open already: it has to end first."""


class TooManyMinutes(Invalid):
    """An emergency access lasts from 5 minutes to 72 hours."""


class PeriodHalfSaid(Invalid):
    """A period has a field, a first day and a last one."""


class PeriodBackwards(Invalid):
    """The last day is before the first one."""


class PeriodOfNoDay(Invalid):
    """This is no field of the register that holds a day and is not sealed."""


class LongerThanAsked(Invalid):
    """The period goes beyond what was asked for."""


class NotARecord(Invalid):
    """The file is not a record of a disclosure."""


class RecordFalse(Invalid):
    """The record is not genuine: it was changed, or none of these keys signed it."""


class NoRegisters(Invalid):
    """Choose at least one register of this company."""


class NotRunning(Conflict):
    """The emergency access is not open now."""


class NotReported(Conflict):
    """It is reviewed when it is over and its report has been made."""


class ReviewedAlready(Conflict):
    """This has been reviewed already."""


class OwnReview(Forbidden):
    """Whoever asked for the emergency access or confirmed it does not review it."""
