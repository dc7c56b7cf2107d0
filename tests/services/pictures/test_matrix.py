"""The sharing matrix: what is where, for eyes, for ears, and as a file."""

from xml.etree.ElementTree import Element, fromstring

from services.api.pictures import matrix
from services.api.pictures.matrix import Matrix, MatrixShare
from tenants.languages.speaking import Language

SVG = "{http://www.w3.org/2000/svg}"


def share(**other: object) -> MatrixShare:
    given: dict[str, object] = {
        "giver": 0, "receiver": 1, "purpose": "customer care", "state": "active", "hue": "care", "fields": 6,
        "open": True, "url": "/office/sharing/1",
    }  # fmt: skip
    return MatrixShare(**(given | other))  # type: ignore[arg-type]


def read(drawn: str | bytes) -> Element:
    """Of our own making, just now."""
    return fromstring(drawn)  # noqa: S314


def test_every_share_is_a_link_that_says_who_gives_what_to_whom() -> None:
    drawn = read(matrix.chart(Language.EN, Matrix(("Alfa Oy", "Beta Oy"), (share(), share(giver=1, receiver=0)))))
    links = [(one.get("href"), next(one.iter("title")).text) for one in drawn.iter("a")]
    assert links == [
        ("/office/sharing/1", "Alfa Oy to Beta Oy: customer care 6, active"),
        ("/office/sharing/1", "Beta Oy to Alfa Oy: customer care 6, active"),
    ]
    assert drawn.get("role") == "group"


def test_what_is_not_open_is_dashed() -> None:
    drawn = read(matrix.chart(Language.EN, Matrix(("A", "B"), (share(), share(open=False)))))
    assert [one.get("stroke-dasharray") for one in drawn.iter("rect") if "box" in str(one.get("class"))] == [
        None,
        "3 3",
    ]


def test_a_row_is_as_high_as_its_fullest_cell() -> None:
    one, three = (Matrix(("A", "B"), (share(),) * count) for count in (1, 3))
    heights = [int(str(read(matrix.chart(Language.EN, each)).get("height"))) for each in (one, three)]
    assert heights[1] == heights[0] + 2 * matrix.LINE


def test_names_are_texts_and_long_ones_are_told_whole() -> None:
    name = "<script>alert(1)</script> & Pojat Osakeyhtiö"
    drawn = read(matrix.chart(Language.EN, Matrix((name, "Beta Oy"), (share(),))))
    assert name in [one.text for one in drawn.iter("title")]
    assert all(len(one.text or "") <= matrix.LETTERS for one in drawn.iter("text"))


def test_the_number_of_fields_stays_where_words_are_cut() -> None:
    drawn = matrix.chart(Language.EN, Matrix(("A", "B"), (share(purpose="a purpose of a very long name"),)))
    assert "… 6" in drawn


def test_the_file_stands_by_itself_and_leads_nowhere() -> None:
    drawn = read(matrix.file(Language.FI, Matrix(("Älfa Öy", "Beta Oy"), (share(),))))
    assert drawn.tag == f"{SVG}svg"
    assert not list(drawn.iter(f"{SVG}a"))
    assert matrix.COLOURS["care"][0] in [one.get("fill") for one in drawn.iter(f"{SVG}rect")]
