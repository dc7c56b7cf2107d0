"""HTML as a tree that tests can ask: browsers forgive, this does not."""

from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


def parse(html: str) -> Element:
    """The root element. Every element that is not void must be closed, in order."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.tree()


def text(element: Element | None) -> str:
    """All of an element's words, spaces joined."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def of_class(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if name in element.get("class", "").split()]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self._builder = TreeBuilder()
        self._open: list[str] = []

    def tree(self) -> Element:
        assert not self._open, f"not closed: {self._open}"
        return self._builder.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self._builder.end(tag)
        else:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        self._builder.end(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"closed without being open: {tag}"
        assert self._open[-1] == tag, f"{self._open[-1]} closed by {tag}"
        self._builder.end(self._open.pop())

    def handle_data(self, data: str) -> None:
        if self._open:
            self._builder.data(data)
