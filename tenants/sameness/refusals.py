"""Why persons stay as they are, for now."""

from tenants.errors import Conflict, Invalid, NotFound


class ReasonNotSaid(Invalid):
    """Say in words how it is known that they are one, or two."""


class SamePersonTwice(Invalid):
    """These are the same person already; another is needed."""


class NothingToMove(Invalid):
    """Choose the records that are the other person's."""


class NothingToStay(Invalid):
    """Some record must stay; if all are the other's, there is nothing to divide."""


class NotOfThisPerson(Invalid):
    """One of the chosen records is not this person's any more; look again."""


class NoSuchDistinction(NotFound):
    """Nobody has said here that these are two people."""


class SaidToBeTwo(Conflict):
    """It was said that they are two people; take that back first."""


class NoSuchChange(NotFound):
    """There is no such merge or split here."""


class UndoneAlready(Conflict):
    """This was undone already."""


class BeingAnswered(Conflict):
    """A request of one of them is being answered; finish its answer first, or take the decision back."""


class BeingLifted(Conflict):
    """A restriction of one of them is being lifted; wait until the person has been told."""


class ChangedAgain(Conflict):
    """One of them was merged or divided again since; undo that first."""


class RecordsCameSince(Conflict):
    """Records came since of which nobody can tell whose they are (%(count)s). Divide the person instead."""


class SaidSince(Conflict):
    """A consent or an objection was given or taken back since; nobody can tell by which of them."""


class RestrictedSince(Conflict):
    """Processing was restricted or a restriction lifted since; nobody can tell of which of them."""
