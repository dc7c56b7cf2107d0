"""Why something of OpenDSR cannot be: each sentence is for the people of the office."""

from tenants.errors import Conflict, Forbidden, Invalid, NotFound


class NotSetUp(NotFound):
    """OpenDSR is not set up here: the certificate that signs the answers is missing."""


class NoSuchController(NotFound):
    """There is no such controller that asks by OpenDSR."""


class NoSuchReceived(NotFound):
    """There is no such OpenDSR request."""


class NoSuchEndpoint(NotFound):
    """There is no such OpenDSR endpoint."""


class NoSuchSent(NotFound):
    """This company has sent no such OpenDSR request."""


class CompanyOfOpenDsr(Forbidden):
    """A company asks, and is asked, by OpenDSR in its own name: act for that company."""


class ClientOfAnother(Invalid):
    """This OAuth client is not one of this organisation."""


class ClientAsksAlready(Conflict):
    """This OAuth client asks by OpenDSR already."""


class NotADomain(Invalid):
    """This is not the name of a domain."""


class NeedsDomain(Invalid):
    """Give at least one domain that may be called back."""


class NeedsIdentityType(Invalid):
    """Choose by what persons are named in requests."""


class NeedsRegister(Invalid):
    """Choose the registers that are kept for this controller: nothing else is looked into for it."""


class HasEnded(Conflict):
    """This request has ended."""


class NotTakenUp(Conflict):
    """This request has not been taken up yet."""


class NotOfThisRequest(Invalid):
    """This person does not fit the request."""


class HasEndpoint(Conflict):
    """This processor has an OpenDSR endpoint already: stop that one first."""


class NeedsSecret(Invalid):
    """Without this the processor does not let us in."""


class NotACertificate(Invalid):
    """This is not a certificate of an authority in PEM."""


class EndpointStopped(Conflict):
    """This OpenDSR endpoint is stopped."""


class NotOnePerson(Invalid):
    """Not exactly one person here has this customer number."""


class NotSupported(Conflict):
    """The processor does not offer this: %(wanted)s."""


class NoIdentity(Conflict):
    """Nothing by which the processor could find this person is known here."""


class NotPendingThere(Conflict):
    """The processor has begun already, or has ended: it can be cancelled no more."""
