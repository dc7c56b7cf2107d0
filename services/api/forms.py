"""What a form shows again after it was refused: the values that were given and a sentence at each field."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from tenants.errors import Conflict, Invalid, SeveralInvalid
from tenants.languages.speaking import Language, translate

Given = Mapping[str, str | Sequence[str]]


class Problem(Struct, frozen=True):
    """`field` is empty where the sentence belongs to the form as a whole."""

    field: str | None
    sentence: str


class Form(Struct, frozen=True):
    values: Given = {}
    problems: tuple[Problem, ...] = ()

    def value(self, name: str, otherwise: str = "") -> str:
        given = self.values.get(name, otherwise)
        return given if isinstance(given, str) else otherwise

    def chosen(self, name: str, option: str, *, otherwise: bool = False) -> bool:
        """Whether this box is ticked; `otherwise` holds on the first showing, when nothing was given yet."""
        if not self.values:
            return otherwise
        given = self.values.get(name, ())
        return option == given if isinstance(given, str) else option in given

    def problem(self, name: str) -> str:
        return next((problem.sentence for problem in self.problems if problem.field == name), "")


def refused(language: Language, given: Given, refusal: Invalid | Conflict) -> Form:
    """The same form again, with every reason in the reader's language."""
    reasons = refusal.problems if isinstance(refusal, SeveralInvalid) else (refusal,)
    hidden = {each.field for each in reasons if isinstance(each, Invalid) and not each.shown_again}
    return Form(
        values={name: value for name, value in given.items() if name not in hidden},
        problems=tuple(Problem(each.field, translate(language, each.sentence, **each.values)) for each in reasons),
    )
