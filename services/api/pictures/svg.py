"""SVG elements, escaped and well-formed by construction."""

from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup


def percent(value: float) -> str:
    return f"{value:.2f}%"


def part(parent: Element, tag: str, text: str = "", /, **attributes: str | float) -> Element:
    """`class_` becomes `class`, `text_anchor` becomes `text-anchor`."""
    made = SubElement(
        parent, tag, {name.rstrip("_").replace("_", "-"): str(value) for name, value in attributes.items()}
    )
    made.text = text or None
    return made


def picture(kind: str, height: int, label: str | None) -> Element:
    """The `svg` element; without a label it is decoration, for those who hear the words beside it."""
    spoken = {"role": "img", "aria-label": label} if label else {"aria-hidden": "true", "focusable": "false"}
    return Element("svg", {"class": kind, "width": "100%", "height": str(height), **spoken})


def markup(element: Element) -> Markup:
    return Markup(tostring(element, encoding="unicode"))  # noqa: S704 (ElementTree has escaped every text)
