"""Why somebody of a processor is not let in, or what they bring is not taken: `field` says where."""

from tenants.errors import Conflict, Forbidden, Invalid, NotFound


class NoSuchContact(NotFound):
    """There is no such person of this processor."""


class NoSuchOffer(NotFound):
    """There is no such key waiting."""


class NoSuchWish(NotFound):
    """There is no such wish waiting."""


class NoSuchReport(NotFound):
    """There is no such report of a lost key."""


class CompanyOfTheContact(Forbidden):
    """People of a processor look after what one company gives it: act for that company."""


class AccessEnded(Forbidden):
    """This access has ended. The company that gave it can invite anew."""


class InvitationSpent(Forbidden):
    """This invitation has been used, has expired, or was replaced by a newer one. The company can invite anew."""


class NothingAgreed(Conflict):
    """This company has no agreement with this processor, nor a draft of one: there is nothing to look after."""


class AlreadyInvited(Invalid):
    """This address is invited already."""


class NoKeyChosen(Invalid):
    """Paste a public key: a JWK, a JWKS or PEM."""


class OneKeyAtATime(Invalid):
    """Bring one key at a time, so that each is released by itself."""


class TooManyOffered(Invalid):
    """%(most)s keys of this processor wait for the company already: let it release or decline them first."""


class TooManyWishes(Invalid):
    """%(most)s wishes of this processor wait for the company already: let it decide about them first."""


class WhyMissing(Invalid):
    """Say why, so that whoever decides need not ask."""


class NoFieldsWanted(Invalid):
    """Choose at least one field."""


class NothingElseWanted(Invalid):
    """These are the fields that the feed gives already."""
