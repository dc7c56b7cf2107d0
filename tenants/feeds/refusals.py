"""Why a feed cannot be: each sentence names what is missing, `field` says where."""

from tenants.errors import Conflict, Forbidden, Invalid, NotFound


class NoSuchFeed(NotFound):
    """There is no such feed."""


class FeedsOwnCompany(Forbidden):
    """A feed is one company's own: act for that company."""


class NothingGivenNow(Forbidden):
    """This feed gives nothing now: its scope, its agreement or its purpose is not in force."""


class OnlyByEvent(Forbidden):
    """This feed is not given in bulk: data is asked for by an order or an overdue invoice."""


class OwnScopeDraft(Forbidden):
    """Whoever drafted the scope of a feed does not approve it: this group asks for a second pair of eyes."""


class NotThisFeedStep(Conflict):
    """The feed is not in a state in which this can be done."""


class BeginAnew(Conflict):
    """This is no place in the feed as it is now. Read it from the start."""


class AnnouncedAlready(Conflict):
    """This version was announced to those who read the feed: take the announcement back first, then change it."""


class FeedChangedMeanwhile(Conflict):
    """The scope was changed since it was looked at. Look at it again, then decide."""


class KnownFeed(Invalid):
    """The company has a feed with this name already."""


class FeedNameMissing(Invalid):
    """The name of the feed is missing."""


class SealedNamedExpressly(Invalid):
    """The field %(key)s is sealed: it is opened only where the scope names it as a sealed one."""


class NotSealed(Invalid):
    """The field %(key)s is not sealed: name it among the others."""


class NotUsedForThis(Invalid):
    """The field %(key)s may be used for other kinds of purpose only."""


class NothingForMarketingOutside(Invalid):
    """Nothing leaves the group for marketing, whoever would allow it."""


class NotTheRecipientsPurpose(Invalid):
    """Recipients of this kind get data for other purposes than this one only."""


class CreditByEventOnly(Invalid):
    """For credit decisions data is given by an order or an overdue invoice only, never in bulk."""


class NotByEvent(Forbidden):
    """This feed is given in bulk, and not by an event."""


class NoSuchEvent(NotFound):
    """There is no such event here, it is too old, or its person's data is not given for this."""


class EventUsedUp(Conflict):
    """This event was used up: data is given by it within a day of the first time only."""


class EventMissing(Invalid):
    """What is given by an event names the register of the events and how old they may be."""


class EventWithoutBinding(Invalid):
    """A register of events belongs to a scope that is bound to an event only."""


class NoEventRegister(Invalid):
    """The register of the events is none of this company's registers in force."""


class EventTooOld(Invalid):
    """An event may be one to %(most)s days old."""


class WhoseOrdersMissing(Invalid):
    """Carriers and suppliers get only those whose order they fulfil: the scope needs a condition that says so."""


class RegisterNotAgreed(Invalid):
    """The agreement in force does not cover this register."""


class PurposeNotAgreed(Invalid):
    """The agreement in force does not cover this purpose."""


class AgreementNotInForce(Invalid):
    """The agreement is not in force today."""


class NotVerifiedNow(Invalid):
    """Nobody has verified the processor, or the last verification has expired."""


class SubProcessorObjectedTo(Invalid):
    """The company objects to the sub-processor %(key)s, and the agreement stops meanwhile."""


class AgreementNotDeclared(Invalid):
    """The agreement covers %(key)s, which the notice in force does not declare any more."""
