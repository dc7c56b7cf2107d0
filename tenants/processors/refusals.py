"""Why something of the catalogue cannot be: each sentence names what is missing, `field` says where."""

from tenants.errors import Conflict, Forbidden, Invalid, NotFound


class NoSuchProcessor(NotFound):
    """There is no such processor or recipient."""


class NoSuchSubProcessor(NotFound):
    """The processor engages no such sub-processor."""


class NoSuchObjection(NotFound):
    """There is no such objection."""


class NoSuchVerification(NotFound):
    """There is no such verification."""


class NoSuchAgreement(NotFound):
    """There is no such agreement."""


class NoSuchProposal(NotFound):
    """There is no such proposal."""


class NothingRestsOnIt(Forbidden):
    """No agreement of this company rests on it: only a company that relies on its facts proposes to change them."""


class AnotherProposed(Forbidden):
    """Only the company that made a proposal withdraws it."""


class NoProposalNeeded(Conflict):
    """Whoever acts here changes its facts without a proposal."""


class AlreadyProposed(Conflict):
    """This company has proposed a change of it that is not decided yet. Withdraw that proposal first."""


class ProposalSettled(Conflict):
    """This proposal was decided or withdrawn already."""


class ProposalOutOfDate(Conflict):
    """What it proposes to change was changed otherwise since. Decline it, or let it be made anew."""


class NothingProposed(Invalid):
    """It proposes nothing else than what is known already."""


class GroupDecides(Forbidden):
    """It concerns every company of the group: only whoever acts for the whole group decides about it."""


class OthersRely(Forbidden):
    """Another company's agreement rests on it: only whoever acts for the whole group changes what is known of it."""


class CompanyDecides(Forbidden):
    """An agreement is one company's own: act for that company."""


class OwnAgreementDraft(Forbidden):
    """Whoever drafted an agreement does not approve it: this group asks for a second pair of eyes."""


class NotThisAgreementStep(Conflict):
    """The agreement is not in a state in which this can be done."""


class AgreementChangedMeanwhile(Conflict):
    """The agreement was changed since it was looked at. Look at it again, then decide."""


class ProcessorChangedMeanwhile(Conflict):
    """What is known of it was changed since it was looked at. Look at it again, then decide."""


class KnownKey(Invalid):
    """The group knows a processor or recipient by this name already."""


class KnownOrganisation(Invalid):
    """The group knows this organisation already: by its business ID, its VAT number, or as its own company."""


class KnownAgreement(Invalid):
    """The company has an agreement with this name already."""


class AlreadyObjected(Conflict):
    """The company's objection to this sub-processor is in force already."""


class ObjectionPeriodOver(Conflict):
    """The period in which companies could object to this sub-processor is over."""


class AlreadySolved(Conflict):
    """This objection is solved already."""


class AlreadyWithdrawn(Conflict):
    """This verification is withdrawn already."""


class NotAKey(Invalid):
    """A name for addresses and files consists of small letters, digits, hyphens and underscores, a letter first."""


class NeedsName(Invalid):
    """The name is missing."""


class FinnishMissing(Invalid):
    """Say it in Finnish too: it is what is shown to those in whose language it is missing."""


class NotABusinessId(Invalid):
    """This is no business ID: seven digits, a hyphen and the check digit that they give."""


class NotAVatNumber(Invalid):
    """This is no VAT number: the letters of its country, then its digits with the check digit."""


class NotACountry(Invalid):
    """%(country)s is no country: two letters as in ISO 3166, such as FI."""


class NotADomain(Invalid):
    """This is no domain name, such as example.fi."""


class NotACompanyOfTheGroup(Invalid):
    """This is no company of the group."""


class SubProcessorOfItself(Invalid):
    """A processor is not its own sub-processor, nor that of one that works for it."""


class NeedsService(Invalid):
    """What the sub-processor does is missing."""


class NeedsCountry(Invalid):
    """Name at least one country."""


class NeedsReason(Invalid):
    """The reason is missing."""


class NeedsSolution(Invalid):
    """How it was solved is missing."""


class NeedsDocument(Invalid):
    """A document is known by its name and its SHA-256."""


class NotADigest(Invalid):
    """A SHA-256 is 64 digits and letters from a to f."""


class VerifiedInTheFuture(Invalid):
    """The day on which it was verified has not come yet."""


class LastDayBeforeFirst(Invalid):
    """The last day is before the first."""


class LastDayPassed(Invalid):
    """The last day has passed."""


class PeriodBeforeAnnouncement(Invalid):
    """Objections end before the sub-processor was announced."""


class NotThatRegister(Invalid):
    """The company keeps no such register now."""


class NotThatPurpose(Invalid):
    """The notice in force names no such purpose for the registers that the agreement covers."""


class CoversNothing(Invalid):
    """Say which registers and purposes the agreement covers."""


class PointTwice(Invalid):
    """A point of Article 28(3) is named twice."""


class CountryTwice(Invalid):
    """The country %(country)s is named twice."""


class ChecklistIncomplete(Invalid):
    """Not every point of Article 28(3) is found in the document: each needs the place where it stands."""


class DocumentMissing(Invalid):
    """The document of the agreement is missing: its name and its SHA-256."""


class EssenceMissing(Invalid):
    """What the joint controllers have arranged is missing, in the words that people are told (Art. 26(2))."""


class ContactPointMissing(Invalid):
    """The point where people turn to about what joint controllers do with their data is missing (Art. 26(1))."""


class AtEndMissing(Invalid):
    """What happens to the data when the agreement ends is missing."""


class VerifyAgainMissing(Invalid):
    """The day on which the processor is verified anew is missing."""


class TransferBasisMissing(Invalid):
    """Data would go to %(country)s, outside the EEA, without a basis that holds."""


class KeptInTheAreaByTheNotice(Invalid):
    """The notice of the register %(register)s says that this recipient gets no data outside the EU and the EEA."""


class NotNamedByTheNotice(Invalid):
    """The notice in force names no such recipient of the register %(register)s."""


class OutOfUse(Invalid):
    """This processor or recipient is out of use."""


class CompanyFlowStopped(Invalid):
    """All outgoing flow of the company has been stopped."""


class ProcessorFlowStopped(Invalid):
    """The flow to this processor or recipient has been stopped."""


class NeedsStopReason(Invalid):
    """Say why the flow is stopped."""


class NeedsResumeReason(Invalid):
    """Say why the flow may be resumed."""


class NoSuchStop(NotFound):
    """There is no such stop."""


class StoppedAlready(Conflict):
    """This has been stopped already."""


class FlowIsStopped(Conflict):
    """Nothing is given out now: the flow to this recipient or out of the company has been stopped."""


class NotThisStopStep(Conflict):
    """The flow was resumed already, or resuming was proposed already."""


class ResumedByTwo(Forbidden):
    """Resuming takes two: one proposes it and another one does it."""


class StopsOwnCompany(Forbidden):
    """Flow is stopped and resumed for one company at a time: act for that company."""


class OneIsStopped(Invalid):
    """Name a processor or a feed, not both."""


class NothingToCertify(Conflict):
    """No certificate is waited for: the agreement goes on, or the other side keeps the data as its own controller."""


class AlreadyCertified(Conflict):
    """The certificate has been written down already."""


class CertifiedInTheFuture(Invalid):
    """The day of the certificate has not come yet."""


class SubProcessorsOpen(Invalid):
    """The sub-processors have the data, too: write this down when they have confirmed it."""
