"""YAML text to a tree of places: every value with its line and its field.

Scalars follow the YAML 1.2 core schema, as editors do (`no` and `2018-05-25` are text). Anchors, aliases and tags
are refused: manifests do not need them, and they are how a small file grows without bound.
"""

import re
from collections.abc import Iterator

import msgspec
import yaml

from tenants.manifests.faults import (
    AnchorUsed,
    ControlCharacter,
    EmptyManifest,
    Fault,
    GivenTwice,
    NotAName,
    NotUtf8,
    NotYaml,
    SecondDocument,
    TabInIndent,
    TagUsed,
    TooDeep,
    TooLarge,
)

LARGEST = 512 * 1024
DEEPEST = 20

Scalar = str | int | float | bool | None
Plain = Scalar | dict[str, "Plain"] | list["Plain"]

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,2})?")
_WORDS: dict[str, Scalar] = dict.fromkeys(("", "~", "null", "Null", "NULL"), None)
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Place(msgspec.Struct, frozen=True):
    """One value of the file. `field` reads as people name it: `companies.ideafix.contact.email`."""

    field: str
    line: int
    value: "Scalar | dict[str, Place] | list[Place]"

    def plain(self) -> Plain:
        if isinstance(self.value, dict):
            return {name: place.plain() for name, place in self.value.items()}
        if isinstance(self.value, list):
            return [place.plain() for place in self.value]
        return self.value

    def get(self, name: str) -> "Place | None":
        return self.value.get(name) if isinstance(self.value, dict) else None

    def word(self, name: str) -> str:
        """The text of a field; empty where there is none, whatever else stands there."""
        found = self.get(name)
        return found.value if found is not None and isinstance(found.value, str) else ""

    def says_yes(self, name: str) -> bool:
        found = self.get(name)
        return found is not None and found.value is True

    def says_no(self, name: str) -> bool:
        """Also where nothing is said."""
        found = self.get(name)
        return found is None or found.value is False

    def each(self, name: str) -> list["Place"]:
        """The items of a list; none where there is no list."""
        found = self.get(name)
        return found.value if found is not None and isinstance(found.value, list) else []

    def words(self, name: str) -> list["Place"]:
        return [item for item in self.each(name) if isinstance(item.value, str)]

    def at(self, *names: str) -> "Place | None":
        found: Place | None = self
        for name in names:
            found = found.get(name) if found is not None else None
        return found

    def walk(self) -> Iterator["Place"]:
        yield self
        inner = (
            self.value.values() if isinstance(self.value, dict) else self.value if isinstance(self.value, list) else ()
        )
        for place in inner:
            yield from place.walk()

    def nearest(self, field: str) -> "Place":
        """The place of this field, or the one that would hold it."""
        inside = [place for place in self.walk() if f"{field}.".startswith(f"{place.field}.") or not place.field]
        return max(inside, key=lambda place: len(place.field))

    def beneath(self, name: str) -> str:
        return f"{self.field}.{name}" if self.field else name

    def spot(self, name: str) -> tuple[int, str]:
        """The line and the name of a field, whether it stands there or only would."""
        found = self.get(name)
        return (found.line if found is not None else self.line), self.beneath(name)


def parse(data: bytes) -> tuple[Place | None, list[Fault]]:
    """The tree, or none where the file is no YAML; and what is wrong with the file as YAML."""
    faults = list(_unreadable(data))
    if faults:
        return None, faults
    parser = _Parser(data.decode("utf-8-sig"))
    try:
        return parser.document(), parser.faults
    except _CannotGoOn:
        return None, parser.faults


def _unreadable(data: bytes) -> Iterator[Fault]:
    if len(data) > LARGEST:
        yield TooLarge(1, "", limit=LARGEST // 1024)
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield NotUtf8(data.count(b"\n", 0, error.start) + 1, "", byte=f"0x{data[error.start]:02X}")
        return
    if not text.strip():
        yield EmptyManifest(1, "")
    found = UNPRINTABLE.search(text)
    if found is not None:
        yield ControlCharacter(text.count("\n", 0, found.start()) + 1, "", code=f"U+{ord(found.group()):04X}")


class _CannotGoOn(Exception):
    pass


class _Parser:
    """Reads the events of one document and keeps every fault it meets."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.faults: list[Fault] = []
        self.events = self._safely(yaml.parse(text, Loader=_Loader))

    def document(self) -> Place:
        """Raises _CannotGoOn where the text is no YAML, or nothing but comments."""
        next(self.events)  # the stream begins
        if isinstance(next(self.events), yaml.StreamEndEvent):
            self._stop(EmptyManifest(1, ""))
        root = self._place(next(self.events), "", 1, depth=0)
        next(self.events)  # the document ends
        if isinstance(event := next(self.events), yaml.DocumentStartEvent):
            self._stop(SecondDocument(_line(event), ""))
        return root

    def _place(self, event: yaml.Event, field: str, line: int, *, depth: int) -> Place:
        if depth > DEEPEST:
            self._stop(TooDeep(_line(event), field))
        if getattr(event, "anchor", None) is not None:
            self.faults.append(AnchorUsed(_line(event), field))
        if getattr(event, "tag", None) is not None:
            self.faults.append(TagUsed(_line(event), field))
        if isinstance(event, yaml.MappingStartEvent):
            return Place(field, line, self._fields(field, depth))
        if isinstance(event, yaml.SequenceStartEvent):
            return Place(field, line, self._items(field, depth))
        return Place(field, line, self._scalar(event, field) if isinstance(event, yaml.ScalarEvent) else None)

    def _scalar(self, event: yaml.ScalarEvent, field: str) -> Scalar:
        # An escape ("\e") may say what must not stand in the file itself, nor reach a terminal.
        found = UNPRINTABLE.search(event.value)
        if found is not None:
            self.faults.append(ControlCharacter(_line(event), field, code=f"U+{ord(found.group()):04X}"))
            return UNPRINTABLE.sub("", event.value)
        return _resolved(event)

    def _fields(self, field: str, depth: int) -> dict[str, Place]:
        found: dict[str, Place] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            named = self._place(event, field, _line(event), depth=depth + 1)
            name = named.value if isinstance(named.value, str) else ""
            inner = f"{field}.{name}" if field else name
            value = self._place(next(self.events), inner, named.line, depth=depth + 1)
            if not name:
                self.faults.append(NotAName(named.line, field))
            elif name in found:
                self.faults.append(GivenTwice(named.line, inner, first=found[name].line))
            else:
                found[name] = value
        return found

    def _items(self, field: str, depth: int) -> list[Place]:
        found: list[Place] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            earlier = len(self.faults)
            item = self._place(event, f"{field}[{len(found)}]", _line(event), depth=depth + 1)
            key = item.word("key")
            if key:
                # `companies[0].name` reads `companies.ideafix.name` once the key is known.
                for fault in self.faults[earlier:]:
                    fault.field = _under(fault.field or "", item.field, f"{field}.{key}")
                item = _renamed(item, item.field, f"{field}.{key}")
            found.append(item)
        return found

    def _stop(self, fault: Fault) -> None:
        self.faults.append(fault)
        raise _CannotGoOn

    def _safely(self, events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
        try:
            yield from events
        except yaml.YAMLError as error:
            self._stop(_syntax_fault(error, self.lines))


def _syntax_fault(error: yaml.YAMLError, lines: list[str]) -> Fault:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    number = mark.line + 1 if mark is not None else 1
    text = lines[number - 1] if number <= len(lines) else ""
    if "\t" in text[: len(text) - len(text.lstrip())]:
        return TabInIndent(number, "")
    return NotYaml(number, "", reason=getattr(error, "problem", None) or type(error).__name__)


def _renamed(place: Place, old: str, new: str) -> Place:
    value = place.value
    if isinstance(value, dict):
        value = {name: _renamed(inner, old, new) for name, inner in value.items()}
    elif isinstance(value, list):
        value = [_renamed(inner, old, new) for inner in value]
    return Place(_under(place.field, old, new), place.line, value)


def _under(field: str, old: str, new: str) -> str:
    return new + field.removeprefix(old)


def _resolved(event: yaml.ScalarEvent) -> Scalar:
    text: str = event.value
    if event.style or not event.implicit[0] or is_text(text):
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE.fullmatch(text) else float(text)


def planted(plain: Plain, field: str = "", line: int = 1) -> Place:
    """The same tree of what was not read from a file: every place has its name, and all stand on one line."""
    if isinstance(plain, dict):
        inner = {name: planted(value, f"{field}.{name}" if field else name, line) for name, value in plain.items()}
        return Place(field, line, inner)
    if isinstance(plain, list):
        return Place(
            field, line, [planted(item, f"{field}.{_called(item, at)}", line) for at, item in enumerate(plain)]
        )
    return Place(field, line, plain)


def _called(item: Plain, at: int) -> str:
    key = item.get("key") if isinstance(item, dict) else None
    return key if isinstance(key, str) else str(at)


def is_text(plain: str) -> bool:
    """Whether this is text without quotes, too."""
    return not (plain in _WORDS or _WHOLE.fullmatch(plain) or _DECIMAL.fullmatch(plain))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1
