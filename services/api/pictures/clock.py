"""The clock ribbon: the law's month as a band, small in lists and wide on the case page."""

from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

from markupsafe import Markup
from msgspec import Struct

from services.api.pictures.svg import markup, part, percent, picture
from tenants.languages.speaking import Language, day_and_month, long_date, translate, translate_plural

# Where things lie, in per cent of the width: the month takes the larger part, what may follow it the rest.
START, DUE, END = 2.0, 62.0, 98.0
# The narrowest the wide form gets, in CSS pixels (`@container` in seloste.css), and a generous letter of 13 px.
NARROWEST, LETTER = 700.0, 8.0
ROW = 18
SOON = 7


class ClockFace(Struct, frozen=True, kw_only=True):
    """The dates of one case. `due` steers; `latest` is the day an extension could reach, or `due` itself.

    `ended` is the day of the answer or, where `answered` is false, of a withdrawal or a lapse.
    """

    received: date
    today: date
    due: date
    latest: date
    verified: date | None = None
    paused: tuple[date, date] | None = None
    ended: date | None = None
    answered: bool = True


class Word(Struct, frozen=True):
    """One mark on the ribbon: its day and what is said beside it."""

    day: date
    text: str
    css: str = ""
    above: bool = False


class Label(Struct, frozen=True):
    """A word that has found its place: in per cent, with the row it stands in (negative above the band)."""

    word: Word
    x: float
    anchor: str
    row: int
    left: float
    right: float


def ribbon(language: Language, face: ClockFace) -> Markup:
    """The wide form; where there is no room, the band alone with its words as a list under it."""
    listed = Markup("").join(
        Markup('<li{}><span>{}</span> <time datetime="{}">{}</time></li>').format(
            Markup(' class="now"') if word.css else "", text, word.day.isoformat(), day_and_month(language, word.day)
        )
        for word, text in _listed(language, face)
    )
    return Markup('<figure class="ribbon">{}{}<ol class="clock-words">{}</ol></figure>').format(
        wide(language, face), _band("clock band", face, None), listed
    )


def band(language: Language, face: ClockFace) -> Markup:
    """The small form for lists; `remaining` stands beside it."""
    return _band("clock small", face, sentence(language, face))


def remaining(language: Language, face: ClockFace) -> str:
    """How the case stands, in a few words."""
    if face.ended is not None:
        ended = day_and_month(language, face.ended)
        return (
            translate(language, "answered %(day)s", day=ended)
            if face.answered
            else translate(language, "ended %(day)s", day=ended)
        )
    days = (face.due - face.today).days
    if days == 0:
        return translate(language, "today is the last day")
    if days < 0:
        return translate_plural(language, "%(count)s day late", "%(count)s days late", -days)
    return translate_plural(language, "%(count)s day left", "%(count)s days left", days)


def tone(face: ClockFace) -> str:
    """The colour of `remaining`: what was answered late stays late, what ended without an answer is neither."""
    if face.ended is not None and not face.answered:
        return ""
    if (face.ended or face.today) > face.due:
        return "late"
    if face.ended is not None:
        return "kept"
    return "soon" if (face.due - face.today).days <= SOON else ""


def sentence(language: Language, face: ClockFace) -> str:
    """The whole ribbon for those who do not see it."""
    said = [translate(language, "Received %(day)s", day=long_date(language, face.received))]
    if face.verified is not None:
        said.append(translate(language, "identity verified %(day)s", day=long_date(language, face.verified)))
    said.append(translate(language, "to be answered by %(day)s", day=long_date(language, face.due)))
    said.append(remaining(language, face))
    if face.ended is None and face.latest > face.due:
        said.append(
            translate(language, "at the latest %(day)s if extended in time", day=long_date(language, face.latest))
        )
    return ", ".join(said) + "."


def wide(language: Language, face: ClockFace) -> Markup:
    labels = _placed(face, list(_words(language, face)))
    top = ROW * (max((-label.row for label in labels), default=1) - 1)
    rows_below = max((label.row for label in labels), default=1)
    svg = picture("clock wide", 74 + top + ROW * rows_below, sentence(language, face))
    _draw_band(svg, face, top + 40, 14)
    _draw_marks(svg, face, top + 47)
    for label in labels:
        y = top + (24 + ROW * (label.row + 1) if label.row < 0 else 82 + ROW * (label.row - 1))
        part(svg, "text", label.word.text, x=percent(label.x), y=y, text_anchor=label.anchor, class_=label.word.css)
    return markup(svg)


def _band(kind: str, face: ClockFace, label: str | None) -> Markup:
    svg = picture(kind, 24, label)
    _draw_band(svg, face, 7, 10)
    _draw_marks(svg, face, 12)
    return markup(svg)


def _words(language: Language, face: ClockFace) -> Iterator[Word]:
    """In the order in which they may choose their place."""
    day = day_and_month
    if face.ended is None:
        yield Word(face.today, _today(language, face), "now", above=True)
    else:
        ended = day(language, face.ended)
        words = (
            translate(language, "%(day)s answered", day=ended)
            if face.answered
            else translate(language, "%(day)s ended", day=ended)
        )
        yield Word(face.ended, words, "now", above=True)
    yield Word(face.due, translate(language, "%(day)s due", day=day(language, face.due)), "now")
    if face.verified == face.received:
        yield Word(
            face.received, translate(language, "%(day)s received and verified", day=day(language, face.received))
        )
    else:
        yield Word(face.received, translate(language, "%(day)s received", day=day(language, face.received)))
        if face.verified is not None:
            yield Word(
                face.verified, translate(language, "%(day)s verified", day=day(language, face.verified)), above=True
            )
    if _open_end(face):
        yield Word(face.latest, translate(language, "%(day)s, if extended in time", day=day(language, face.latest)))


def _today(language: Language, face: ClockFace) -> str:
    days = (face.due - face.today).days
    if days == 0:
        return translate(language, "today is the last day")
    if days < 0:
        return translate_plural(language, "today, %(count)s day late", "today, %(count)s days late", -days)
    return translate_plural(language, "today, %(count)s day left", "today, %(count)s days left", days)


def _listed(language: Language, face: ClockFace) -> list[tuple[Word, str]]:
    """The same words as a list, by day, for narrow pages."""
    found = [(Word(face.received, ""), translate(language, "Received"))]
    if face.verified is not None:
        found.append((Word(face.verified, ""), translate(language, "Identity verified")))
    if face.ended is None:
        found.append((Word(face.today, "", "now"), _capital(_today(language, face))))
    else:
        word = translate(language, "Answered") if face.answered else translate(language, "Ended")
        found.append((Word(face.ended, "", "now"), word))
    found.append((Word(face.due, "", "now"), translate(language, "Due")))
    if _open_end(face):
        found.append((Word(face.latest, ""), translate(language, "If extended in time")))
    return sorted(found, key=lambda each: each[0].day)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _open_end(face: ClockFace) -> bool:
    return face.ended is None and face.latest > face.due


def _end(face: ClockFace) -> date:
    """The last day that the picture shows."""
    shown = face.ended or face.today
    return max(face.due, shown, face.latest if _open_end(face) else face.due)


def _place(face: ClockFace, day: date) -> float:
    """Where a day lies, in per cent of the width."""
    due = DUE if _end(face) > face.due else END
    if day <= face.due:
        share = (day - face.received).days / max((face.due - face.received).days, 1)
        return START + max(share, 0.0) * (due - START)
    # What follows the due date is drawn to the month's scale where it fits, and closer together where it does not.
    after = (END - due) / (_end(face) - face.due).days
    if not _open_end(face):
        after = min(after, (due - START) / max((face.due - face.received).days, 1))
    return due + (day - face.due).days * after


def _draw_band(svg: Element, face: ClockFace, y: float, height: float) -> None:
    due, now = _place(face, face.due), _place(face, face.ended or face.today)
    shape = {"y": y, "height": height, "rx": height / 2}
    part(svg, "rect", x=percent(START), width=percent(due - START), class_="span", **shape)
    part(svg, "rect", x=percent(START), width=percent(min(now, due) - START), class_="spent", **shape)
    if face.paused is not None:
        began, ended = (_place(face, min(day, face.due)) for day in face.paused)
        part(svg, "rect", x=percent(began), width=percent(max(ended - began, 0)), class_="pause", **shape)
    if now > due:
        part(svg, "rect", x=percent(due), width=percent(now - due), class_="over", **shape)
    if _open_end(face):
        middle = y + height / 2
        part(svg, "line", x1=percent(max(due, now)), y1=middle, x2=percent(END), y2=middle, class_="further")


def _draw_marks(svg: Element, face: ClockFace, middle: float) -> None:
    radius, reach = (7, 15) if middle > 20 else (5, 10)
    for day in sorted({face.received, face.verified or face.received}):
        part(svg, "circle", cx=percent(_place(face, day)), cy=middle, r=radius)
    due = percent(_place(face, face.due))
    part(svg, "line", x1=due, x2=due, y1=middle - reach - 3, y2=middle + reach + 3, class_="due")
    if face.ended is not None:
        part(svg, "circle", cx=percent(_place(face, face.ended)), cy=middle, r=radius, class_="done")
    else:
        now = percent(_place(face, face.today))
        part(svg, "line", x1=now, x2=now, y1=middle - reach, y2=middle + reach, class_="tick")


def _placed(face: ClockFace, words: list[Word]) -> list[Label]:
    """Each word takes the nearest row on its side in which it touches no other; a farther row is always free."""
    placed: list[Label] = []
    for word in words:
        step, row = (-1, -1) if word.above else (1, 1)
        label = _label(face, word, row)
        while any(_touch(label, other) for other in placed):
            row += step
            label = _label(face, word, row)
        placed.append(label)
    return placed


def _label(face: ClockFace, word: Word, row: int) -> Label:
    """Centred on its day, unless it would leave the picture at the narrowest width."""
    x, width = _place(face, word.day), len(word.text) * LETTER
    left = x / 100 * NARROWEST - width / 2
    if left < 0:
        return Label(word, 0.0, "start", row, 0, width)
    if left + width > NARROWEST:
        return Label(word, 100.0, "end", row, NARROWEST - width, NARROWEST)
    return Label(word, x, "middle", row, left, left + width)


def _touch(one: Label, other: Label) -> bool:
    return one.row == other.row and one.left < other.right + LETTER and other.left < one.right + LETTER
