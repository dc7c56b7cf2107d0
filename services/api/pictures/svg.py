"""SVG elements, escaped and well-formed by construction."""

from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

# Around a picture that is a file.
MARGIN = 16


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


def as_file(svg: Element, *, ground: str = "#ffffff") -> str:
    """The picture by itself, on a ground of its own and with a margin: what opens it may be dark, and have no edge."""
    width, height = (float(svg.attrib[name]) + 2 * MARGIN for name in ("width", "height"))
    svg.attrib |= {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"{-MARGIN} {-MARGIN} {width:g} {height:g}",
        "width": f"{width:g}",
        "height": f"{height:g}",
    }
    behind = {"x": str(-MARGIN), "y": str(-MARGIN), "width": f"{width:g}", "height": f"{height:g}", "fill": ground}
    svg.insert(0, Element("rect", behind))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{markup(svg)}\n'


def markup(element: Element) -> Markup:
    return Markup(tostring(element, encoding="unicode"))  # noqa: S704 (ElementTree has escaped every text)
