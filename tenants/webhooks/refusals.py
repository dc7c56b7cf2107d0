"""Why an endpoint cannot be, or a message not be sent, as asked: `field` says where."""

from tenants.errors import Conflict, Forbidden, Invalid, NotFound


class NoSuchEndpoint(NotFound):
    """There is no such webhook endpoint."""


class NoSuchMessage(NotFound):
    """The endpoint was sent no such message, or it is forgotten already."""


class CompanyOfTheEndpoint(Forbidden):
    """An endpoint is told of one company's feeds: act for that company."""


class AgreementHasEnded(Conflict):
    """The agreement has ended: nobody is told anything under it any more."""


class TooManyEndpoints(Conflict):
    """An agreement has five endpoints at most."""


class EndpointDisabled(Conflict):
    """The endpoint is disabled: enable it first."""


class NotDisabled(Conflict):
    """The endpoint is not disabled."""


class StillBeingSent(Conflict):
    """This message is still on its way and will be tried again by itself."""


class RotatesAlready(Conflict):
    """The former secret still signs, so that the receiver can change. Rotate again when it has retired."""


class NeedsAgreement(Invalid):
    """Choose one of the company's agreements with this processor."""


class NeedsEvents(Invalid):
    """Choose at least one kind of event."""


class NoSuchEvent(Invalid):
    """There is no event called %(event)s that one could be told of."""
