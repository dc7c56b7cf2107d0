"""`make bench`: ratios to floors that are measured in the same run, on the same machine.

SCALE=1 runs the sizes that the aims speak of; the default is a hundredth of them.
"""

import importlib
import os
import pkgutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import benchmarks
from tests.benchmarks.figures import Figure, line, table
from tests.benchmarks.stack import Stack, running_stack


def main(wanted: list[str]) -> None:
    scale = float(os.environ.get("SCALE", "0.01"))
    print(f"Scale {scale:g} of the full sizes; ratios count, seconds do not.\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="seloste-bench-") as folder, running_stack(Path(folder)) as stack:
        figures = list(_measured(stack, scale, wanted))
    print(table(figures))


def _measured(stack: Stack, scale: float, wanted: list[str]) -> Iterator[Figure]:
    """Every module beside this one that has a `measure(stack, scale)`."""
    for found in pkgutil.iter_modules(benchmarks.__path__):
        module = importlib.import_module(f"tests.benchmarks.{found.name}") if found.name != "__main__" else None
        if hasattr(module, "measure") and (not wanted or found.name in wanted):
            print(f"... {found.name}", file=sys.stderr, flush=True)
            for figure in module.measure(stack, scale):  # type: ignore[union-attr]
                # As they come: what takes an hour may end before its table.
                print(line(figure), file=sys.stderr, flush=True)
                yield figure


if __name__ == "__main__":
    main(sys.argv[1:])
