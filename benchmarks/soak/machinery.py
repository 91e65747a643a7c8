"""What is broken on purpose: a Postgres of its own, and `twinql serve` as a process, each at a port that stays."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from time import monotonic
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import psutil

from benchmarks.against.contenders import ROOT, SECRET
from benchmarks.against.data import ISSUER_URL
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.embedded.account import ENVIRONMENT, find_account
from twinql.storage.embedded.binaries import program
from twinql.storage.embedded.settings import server_settings

_STARTS_WITHIN_S = 60.0
_PAUSE_S = 0.05


def free_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Postgres:
    """The embedded Postgres, without the supervisor that would end with it."""

    def __init__(self, folder: Path) -> None:
        """Make its files where there are none."""
        self._folder = folder
        self._port = free_port()
        with EmbeddedPostgres.start(folder) as made:
            self.url, self.server_url = (self._here(url) for url in (made.url, made.server_url))
        self._process: asyncio.subprocess.Process | None = None

    def _here(self, url: str) -> str:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{self._port}"))

    async def start(self) -> None:
        """Start it, and wait until it lets somebody in."""
        settings = server_settings(port=self._port, fast=False)
        with (self._folder / "postgres.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(*find_account().prefix, program("postgres"), "-D", self._folder / "postgres"),
                *(f"-c{name}={value}" for name, value in settings.items()),
                env=ENVIRONMENT, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = monotonic() + _STARTS_WITHIN_S
        while True:
            try:
                return await (await asyncpg.connect(self.url, timeout=5)).close()
            except (OSError, asyncpg.PostgresError, TimeoutError):
                if monotonic() > deadline:
                    raise
                await asyncio.sleep(_PAUSE_S)

    async def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends all sessions and writes everything, SIGQUIT leaves that to the next start."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)
            await self._process.wait()


class Server:
    """`twinql serve`."""

    def __init__(self, postgres: Postgres, log: Path) -> None:
        """Serve at a port that is free now."""
        self.port = free_port()
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self.env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "OPENBLAS_NUM_THREADS": "1",
            "DATABASE_URL": postgres.server_url,
            "DIRECT_URL": postgres.url,
            "SUPABASE_URL": ISSUER_URL,
            "SUPABASE_JWT_SECRET": SECRET,
            "TWINQL_LOG_LEVEL": "info",
            "TWINQL_COST_LIMIT": str(10**9),
            "TWINQL_COST_BUDGET": str(10**9),
            # Fifty come back at once.
            "TWINQL_QUEUE_WAIT_S": "60",
        }

    async def __aenter__(self) -> Self:
        """Start it."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop it."""
        await self.stop(signal.SIGTERM)

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "twinql", "serve", "--port", str(self.port), "--no-demo"),
                env=self.env, cwd=self._log.parent, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = monotonic() + _STARTS_WITHIN_S
        while not await self._ready():
            if self._process.returncode is not None or monotonic() > deadline:
                raise RuntimeError(f"The server did not start: see {self._log}.")
            await asyncio.sleep(_PAUSE_S)

    async def _ready(self) -> bool:
        try:
            return "twinql" in await self.figures()
        except httpx.HTTPError:
            return False

    async def figures(self) -> str:
        """Return its metrics."""
        async with httpx.AsyncClient(timeout=5) as client:
            answer = await client.get(f"http://127.0.0.1:{self.port}/metrics")
            return answer.text if answer.status_code == httpx.codes.OK else ""

    async def figure(self, name: str) -> float:
        """Return one of its metrics."""
        lines = (await self.figures()).splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    async def stop(self, how: signal.Signals) -> None:
        """Stop it by a signal, and wait until it is gone."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)
            await self._process.wait()

    def send(self, what: signal.Signals) -> None:
        """Send it a signal, and wait for nothing."""
        assert self._process
        self._process.send_signal(what)

    def memory(self) -> int:
        """Return how many bytes it has resident."""
        assert self._process
        return int(psutil.Process(self._process.pid).memory_info().rss)

    async def imports(self, file: Path, *arguments: str) -> int:
        """Import a file in a process of its own, and return its status."""
        command = (sys.executable, "-m", "twinql", "import", str(file), *arguments, "--progress", "none")
        env = self.env | {"TMPDIR": os.fspath(file.parent)}
        with self._log.with_name("import.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(*command, env=env, cwd=file.parent, stdout=log, stderr=log)
        return await process.wait()
