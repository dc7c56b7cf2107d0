"""Countries are put together from arcs, forwards and backwards, and are where they belong."""

import json
from pathlib import Path
from typing import Any

from infra.assets import shapes

# Two neighbours that share an arc: one goes along it, the other back. The numbers are Finland's and Sweden's.
ARCS = [[[20, 60], [0, 5]], [[20, 65], [5, 0], [0, -5], [-5, 0]], [[20, 65], [-5, 0], [0, -5], [5, 0]]]
TOPOLOGY = {
    "transform": {"scale": [1, 1], "translate": [0, 0]},
    "arcs": ARCS,
    "objects": {
        "countries": {
            "geometries": [
                {"type": "Polygon", "id": "246", "properties": {"name": "Finland"}, "arcs": [[0, 1]]},
                {"type": "MultiPolygon", "id": "752", "properties": {"name": "Sweden"}, "arcs": [[[2, 0]]]},
                {"type": "Polygon", "properties": {"name": "Nowhere"}, "arcs": [[0, 1]]},
            ]
        }
    },
}


def drawn(folder: Path) -> dict[str, Any]:
    file = folder / "atlas.json"
    file.write_text(json.dumps(TOPOLOGY))
    return shapes.drawn(file)


def test_countries_are_known_by_their_letters_and_stand_beside_each_other(tmp_path: Path) -> None:
    europe = drawn(tmp_path)["europe"]
    assert set(europe["shapes"]) == {"FI", "SE", "-2"}
    assert europe["shapes"]["SE"]["at"][0] < europe["shapes"]["FI"]["at"][0]
    for shape in europe["shapes"].values():
        x, y = shape["at"]
        assert 0 < x < europe["width"]
        assert 0 < y < europe["height"]


def test_who_crosses_the_antimeridian_goes_on_beyond_it() -> None:
    ring = [(170.0, 60.0), (-175.0, 60.0), (-175.0, 65.0), (170.0, 65.0)]
    assert [x for x, _ in shapes._unrolled(ring)] == [170, 185, 185, 170]
