from tenants.errors import Conflict, Forbidden, Invalid, NotFound


class NoSuchNotification(NotFound):
    """There is no such notification here."""


class AlreadySettled(Conflict):
    """This notification is settled already."""


class NoteMissing(Invalid):
    """Say how it is known, in words."""


class AnswerMissing(Invalid):
    """Say why it cannot be done."""


class ExcuseMissing(Invalid):
    """Say why the recipient cannot be told, or why it would take a disproportionate effort."""


class NotYetToCome(Invalid):
    """The day on which it was confirmed is not still to come."""


class NothingChosen(Invalid):
    """Choose at least one notification."""


class NothingProposed(Conflict):
    """Nobody proposes to leave this recipient untold."""


class OwnExcuse(Forbidden):
    """Whoever proposed it does not decide about it; somebody else does."""
