"""What a form answers to a choice that it did not offer: the sentence names its field, as the list on top needs it."""

from tenants.errors import Invalid
from tenants.languages.speaking import Language, Text, translate


class NotOneOfThese(Invalid):
    """%(label)s: choose one of these."""

    def __init__(self, label: str, *, field: str | None = None, **values: int) -> None:
        """`label` is the field's own, as its template says it in English."""
        super().__init__(field=field, label=in_every_language(label, **values))


def in_every_language(label: str, **values: int) -> Text:
    return Text(**{one.value: translate(one, label, **values) for one in Language})
