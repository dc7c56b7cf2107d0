"""The one kind of error that people see of the embedded stack: a sentence, not a traceback."""


class Refused(Exception):
    """The stack, or a part of it, cannot run as asked; the message says why and what helps."""
