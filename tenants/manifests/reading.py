"""A file to a checked manifest: all its faults at once, or none."""

from pathlib import Path

import msgspec

from tenants.manifests.faults import Fault, FaultyManifest, NoSuchFile, UnreadableFile
from tenants.manifests.meaning import senseless
from tenants.manifests.model import Manifest
from tenants.manifests.shape import misshapen
from tenants.manifests.tree import LARGEST, Place, parse


class ReadManifest(msgspec.Struct, frozen=True):
    """A manifest and the file it was read from, so that later refusals can name lines too."""

    file: str
    tree: Place
    manifest: Manifest


def read_file(path: Path) -> ReadManifest:
    """Raises FaultyManifest."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise FaultyManifest(str(path), [NoSuchFile(1, "")]) from None
    except OSError as error:
        raise FaultyManifest(
            str(path), [UnreadableFile(1, "", reason=error.strerror or type(error).__name__)]
        ) from None
    return read(data, file=str(path))


def read(data: bytes, *, file: str) -> ReadManifest:
    """Raises FaultyManifest with every fault of the file."""
    tree, faults = parse(data)
    if tree is None:
        raise FaultyManifest(file, faults)
    faults = _once([*faults, *misshapen(tree), *senseless(tree)])
    if faults:
        raise FaultyManifest(file, faults)
    return ReadManifest(file, tree, msgspec.convert(tree.plain(), Manifest))


def _once(faults: list[Fault]) -> list[Fault]:
    return list({(type(fault), fault.line, fault.field): fault for fault in faults}.values())
