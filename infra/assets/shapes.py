"""The countries of the world as paths on two sheets, from Natural Earth's shapes in the package `world-atlas`.

TopoJSON (its specification, version 1): arcs of quantized points, each a step from the one before; rings name the
arcs, backwards as their complement. Countries are named by numbers of ISO 3166, which CLDR has the letters for.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from babel.core import get_global

Point = tuple[float, float]
# Kosovo has no number in ISO 3166, and a letter code for use by agreement.
# In units of a sheet: two are a pixel where it is drawn smallest.
SEEN, LEAST = 2, 3
UNNUMBERED = {"Kosovo": "XK"}


class Box(NamedTuple):
    west: float
    east: float
    south: float
    north: float


class Sheet(NamedTuple):
    """`frame` is what the sheet is made to hold, in degrees, and `width` how wide it is drawn.

    Whatever else of `seen` falls on the rectangle around the frame is drawn, too: a conic's own edges would be aslant.
    """

    seen: Box
    frame: Box
    width: int
    project: Callable[[float, float], Point]


def equal_earth(longitude: float, latitude: float) -> Point:
    """The projection of Šavrič, Patterson and Jenny (2018): areas are true. In radii, north up."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    t = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    square = t * t
    across = 9 * a4 * square**4 + 7 * a3 * square**3 + 3 * a2 * square + a1
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(t) / (3 * across)
    return x, t * (a4 * square**4 + a3 * square**3 + a2 * square + a1)


def conic(longitude: float, latitude: float) -> Point:
    """Albers' conic of equal areas around 15° E, true at 43° and 62° N. In radii, north up."""
    first, second, middle = math.radians(43), math.radians(62), math.radians(15)
    n = (math.sin(first) + math.sin(second)) / 2
    c = math.cos(first) ** 2 + 2 * n * math.sin(first)
    radius = math.sqrt(max(c - 2 * n * math.sin(math.radians(latitude)), 0)) / n
    angle = n * (math.radians(longitude) - middle)
    return radius * math.sin(angle), -radius * math.cos(angle)


SHEETS = {
    "world": Sheet(Box(-170, 180, -56, 80), Box(-170, 180, -56, 80), 880, equal_earth),
    "europe": Sheet(Box(-80, 110, 20, 85), Box(-12, 36, 34, 71.5), 880, conic),
}


def drawn(atlas: Path) -> dict[str, object]:
    """By sheet: its height, and for each country its path and the middle of its largest part."""
    topology = json.loads(atlas.read_text(encoding="utf-8"))
    arcs = list(_arcs(topology))
    countries = list(_countries(topology, arcs))
    return {name: _sheet(sheet, countries) for name, sheet in SHEETS.items()}


def _arcs(topology: dict[str, Any]) -> Iterator[list[Point]]:
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((x * kx + dx, y * ky + dy))
        yield points


def _countries(topology: dict[str, Any], arcs: Sequence[list[Point]]) -> Iterator[tuple[str, list[list[Point]]]]:
    """Letters and rings; what CLDR has no letters for is land without a name."""
    aliases = get_global("territory_aliases")
    for one in topology["objects"]["countries"]["geometries"]:
        polygons = one["arcs"] if one["type"] == "MultiPolygon" else [one["arcs"]] if one["type"] == "Polygon" else []
        code = UNNUMBERED.get(one["properties"]["name"]) or (aliases.get(str(one.get("id", ""))) or [""])[0]
        yield code, [_unrolled(_ring(polygon[0], arcs)) for polygon in polygons]


def _ring(indexes: Sequence[int], arcs: Sequence[list[Point]]) -> list[Point]:
    points: list[Point] = []
    for index in indexes:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        points += arc[1:] if points else arc
    return points


def _unrolled(ring: list[Point]) -> list[Point]:
    """Whoever crosses the antimeridian goes on beyond 180°."""
    points, turned = ring[:1], 0
    for before, point in pairwise(ring):
        step = point[0] - before[0]
        turned += 360 * ((step < -180) - (step > 180))
        points.append((point[0] + turned, point[1]))
    return points


def _sheet(sheet: Sheet, countries: Sequence[tuple[str, list[list[Point]]]]) -> dict[str, object]:
    place, height = _placing(sheet)
    drawn = Box(0, sheet.width, 0, height)
    found: dict[str, list[list[tuple[int, int]]]] = {}
    for number, (code, rings) in enumerate(countries):
        near = (_clipped(ring, sheet.seen) for ring in rings)
        placed = (_rounded(_clipped([place(*point) for point in ring], drawn)) for ring in near)
        # A country of several entries is one.
        found.setdefault(code or f"-{number}", []).extend(ring for ring in placed if ring)
    # The smallest have a place, and nothing that could be drawn.
    shapes = {
        code: {
            "path": "".join(_path(ring) for ring in rings if len(ring) > LEAST),
            "at": _middle(max(rings, key=lambda ring: abs(_area(ring)))),
        }
        for code, rings in found.items()
        if rings
    }
    return {"width": sheet.width, "height": height, "shapes": shapes}


def _placing(sheet: Sheet) -> tuple[Callable[[float, float], Point], int]:
    """From degrees to places on the sheet, and how high it is."""
    frame = sheet.frame
    edge = [
        sheet.project(
            frame.west + (frame.east - frame.west) * x / 20, frame.south + (frame.north - frame.south) * y / 20
        )
        for x in range(21)
        for y in range(21)
    ]
    left, right = min(x for x, _ in edge), max(x for x, _ in edge)
    low, high = min(y for _, y in edge), max(y for _, y in edge)
    scale = sheet.width / (right - left)

    def place(longitude: float, latitude: float) -> Point:
        x, y = sheet.project(longitude, latitude)
        return (x - left) * scale, (high - y) * scale

    return place, round((high - low) * scale)


def _clipped(ring: list[Point], box: Box) -> list[Point]:
    """Cut by one edge of the box after another (Sutherland and Hodgman)."""
    for axis, bound, inside in (
        (0, box.west, 1),
        (0, box.east, -1),
        (1, box.south, 1),
        (1, box.north, -1),
    ):
        kept: list[Point] = []
        for before, point in zip([ring[-1], *ring[:-1]] if ring else [], ring, strict=True):
            was, is_in = ((one[axis] - bound) * inside >= 0 for one in (before, point))
            if was != is_in:
                share = (bound - before[axis]) / (point[axis] - before[axis])
                kept.append((before[0] + (point[0] - before[0]) * share, before[1] + (point[1] - before[1]) * share))
            if is_in:
                kept.append(point)
        ring = kept
    return ring


def _rounded(ring: list[Point]) -> list[tuple[int, int]]:
    """To whole units, without steps that nobody would see."""
    points: list[tuple[int, int]] = []
    for x, y in ring:
        point = (round(x), round(y))
        if not points or max(abs(point[0] - points[-1][0]), abs(point[1] - points[-1][1])) >= SEEN:
            points.append(point)
    return points


def _path(ring: Sequence[tuple[int, int]]) -> str:
    (x, y), rest = ring[0], ring[1:]
    steps = [f"M{x} {y}l"]
    for u, v in rest:
        steps.append(f"{u - x} {v - y} ")
        x, y = u, v
    return "".join(steps).rstrip() + "z"


def _area(ring: Sequence[tuple[int, int]]) -> float:
    return sum(x * v - u * y for (x, y), (u, v) in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


def _middle(ring: Sequence[tuple[int, int]]) -> tuple[int, int]:
    area = _area(ring)
    if not area:
        return ring[0]
    pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    x = sum((a + c) * (a * d - c * b) for (a, b), (c, d) in pairs) / (6 * area)
    y = sum((b + d) * (a * d - c * b) for (a, b), (c, d) in pairs) / (6 * area)
    return round(x), round(y)
