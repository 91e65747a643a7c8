"""Runs `twinql serve` as a person would: a real process, a database of its own, and a client beside it."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
ENV = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "PYTHONPATH": str(ROOT)}


def twinql(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end."""
    command = [sys.executable, "-m", "twinql", *arguments]
    return subprocess.run(
        command, cwd=cwd, env={**ENV, **env}, capture_output=True, text=True, timeout=120, check=False
    )


class Served:
    """A running server."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process, self.folder = process, folder
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Stop it"):
                break
        self.announced = "".join(lines)
        found = re.search(r"http://(?:127\.0\.0\.1|localhost):(\d+)/graphql", self.announced)
        assert found, f"not started: {(folder.parent / 'serve.log').read_text()}"
        self.port = int(found[1])
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)


@contextmanager
def served(folder: Path, *arguments: str, **env: str) -> Iterator[Served]:
    """Serve a data folder on a free port; the log is written beside it."""
    command = [sys.executable, "-m", "twinql", "serve", "--port", "0", "--data", str(folder), *arguments]
    with (
        (folder.parent / "serve.log").open("w") as log,
        subprocess.Popen(
            command, cwd=folder.parent, env={**ENV, **env}, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            running = Served(process, folder)
            with running.client:
                yield running
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
