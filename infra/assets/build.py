"""Installs the browser packages and copies what the pages load into services/api/static/built/.

Only the Latin subsets are taken: Finnish, Swedish and English need no others.
"""

import json
import shutil
from pathlib import Path

from infra.assets import shapes
from infra.embedded import node

HERE = Path(__file__).parent
BUILT = HERE.parents[1] / "services" / "api" / "static" / "built"

FILES = {
    "@fontsource-variable/inter": (
        "files/inter-latin-wght-normal.woff2",
        "files/inter-latin-ext-wght-normal.woff2",
    ),
    "@fontsource-variable/source-serif-4": (
        "files/source-serif-4-latin-wght-normal.woff2",
        "files/source-serif-4-latin-ext-wght-normal.woff2",
    ),
    "htmx.org": ("dist/htmx.min.js",),
}


def build() -> None:
    node.install(HERE)
    BUILT.mkdir(parents=True, exist_ok=True)
    for package, files in FILES.items():
        folder = HERE / "node_modules" / package
        for file in files:
            shutil.copyfile(folder / file, BUILT / Path(file).name)
        # The fonts' licence asks to travel with them.
        shutil.copyfile(folder / "LICENSE", BUILT / f"{package.rsplit('/', 1)[-1]}.LICENSE.txt")
    _draw_countries()


def _draw_countries() -> None:
    """Natural Earth's shapes are in the public domain; the package that brings them asks for nothing."""
    drawn = shapes.drawn(HERE / "node_modules" / "world-atlas" / "countries-50m.json")
    (BUILT / "countries.json").write_text(json.dumps(drawn, separators=(",", ":")), encoding="utf-8")


def axe() -> str:
    """The accessibility checker's script, for the browser tests."""
    return (HERE / "node_modules" / "axe-core" / "axe.min.js").read_text()


if __name__ == "__main__":
    build()
