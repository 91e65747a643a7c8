"""The contenders: how each is started, what a request to it is, and what its answer says."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import jwt
import psutil

from benchmarks.against.client import get, post
from benchmarks.against.data import HOURLY, ISSUER, ISSUER_URL, TEN_MINUTES
from benchmarks.against.reads import Facts, Read

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SECRET = "a secret of this benchmark and of nobody else"
POOL_SIZE = 8
_STARTS_WITHIN_S = 60
TWINQL, BASELINE, POSTGRAPHILE, BARE, LOOP = "TwinQL", "Strawberry", "PostGraphile", "bare ASGI", "bare loop"


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is.

    Attributes:
        url: The database, for the owner.
        server_url: The same, for a login without rights.
        tools: The folder that holds PostGraphile and Node.
        node: The program.
        logs: Where servers write what they have to say.
    """

    url: str
    server_url: str
    tools: Path
    node: Path
    logs: Path


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that runs.

    Attributes:
        name: What it is called.
        ports: Where it listens, by organisation.
        processes: Its processes, by organisation.
    """

    name: str
    ports: Mapping[str, int]
    processes: Mapping[str, psutil.Process]

    def can(self, read: Read) -> bool:
        """Say whether it has a way to answer this."""
        return self.name != POSTGRAPHILE or read.postgraphile is not None

    def request(self, read: Read, meter: UUID) -> bytes:
        """Write a request."""
        if self.name == BARE:
            return get(f"/{read.key}/{meter}")
        if self.name == POSTGRAPHILE:
            return post(json.dumps(read.asked_of_postgraphile(meter)).encode())
        token = token_of(read.organisation) if self.name == TWINQL else None
        return post(json.dumps(read.asked(meter)).encode(), token=token)

    def facts(self, read: Read, meter: UUID) -> tuple[Facts, int]:
        """Ask once, and return the facts of the answer and its size in bytes."""
        base = f"http://127.0.0.1:{self.ports[read.organisation]}"
        if self.name == BARE:
            answer = httpx.get(f"{base}/{read.key}/{meter}", timeout=60)
        else:
            body = read.asked_of_postgraphile(meter) if self.name == POSTGRAPHILE else read.asked(meter)
            headers = {"authorization": f"Bearer {token_of(read.organisation)}"} if self.name == TWINQL else {}
            answer = httpx.post(f"{base}/graphql", json=body, headers=headers, timeout=60)
        told = answer.json()
        if answer.status_code != httpx.codes.OK or told.get("errors"):
            raise RuntimeError(f"{self.name} does not answer {read.title!r}: {answer.text[:600]}")
        of = read.postgraphile_facts if self.name == POSTGRAPHILE else read.facts
        assert of
        return of(told["data"]), len(answer.content)


def claims_of(organisation: str) -> str:
    """Return the claims of the member of an organisation, as each transaction carries them."""
    return json.dumps({"iss": ISSUER, "sub": organisation.lower(), "role": "authenticated"})


def token_of(organisation: str) -> str:
    """Sign the token of the member of an organisation, the same one each time."""
    claims = json.loads(claims_of(organisation)) | {"aud": "authenticated", "exp": 4_102_444_800}
    return jwt.encode(claims, SECRET, "HS256")


@contextmanager
def running(place: Place, *, identity: bool) -> Iterator[list[Contender]]:
    """Start every contender, and stop them all at the end."""
    with ExitStack() as servers:

        def start(name: str, *command: str | Path, **env: str) -> tuple[int, psutil.Process]:
            return servers.enter_context(started(place, name, *command, **env))

        def for_each(name: str, *command: str | Path, last: tuple[Path, ...] = (), **env: str) -> Contender:
            """Start a server for each member, where the server itself knows no tokens."""
            found = {}
            for each in (HOURLY, TEN_MINUTES) if identity else (HOURLY,):
                found[each] = start(name, *command, place.url, claims_of(each) if identity else "", *last, **env)
            found.setdefault(TEN_MINUTES, found[HOURLY])
            return Contender(
                name, {of: port for of, (port, _) in found.items()}, {of: p for of, (_, p) in found.items()}
            )

        port, process = start(TWINQL, *twinql(identity=identity), **settings(place, identity=identity))
        production = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
        yield [
            Contender(
                TWINQL, dict.fromkeys((HOURLY, TEN_MINUTES), port), dict.fromkeys((HOURLY, TEN_MINUTES), process)
            ),
            for_each(BASELINE, sys.executable, "-m", "benchmarks.baseline.server"),
            for_each(POSTGRAPHILE, place.node, HERE / "postgraphile.mjs", last=(place.tools,), **production),
            for_each(BARE, sys.executable, "-m", "benchmarks.against.bare"),
        ]


def twinql(*, identity: bool) -> list[str]:
    """Return the command that serves TwinQL."""
    module = "twinql" if identity else "benchmarks.against.owner"
    return [sys.executable, "-m", module, "serve", "--port", "0"]


def settings(place: Place, *, identity: bool = True) -> dict[str, str]:
    """Return TwinQL's settings: its own defaults, but for budgets that a benchmark would spend in a moment."""
    return {
        "DATABASE_URL": place.server_url if identity else place.url,
        "DIRECT_URL": place.url,
        "SUPABASE_URL": ISSUER_URL,
        "SUPABASE_JWT_SECRET": SECRET,
        "TWINQL_POOL_SIZE": str(POOL_SIZE),
        # None of the others writes a line for each request.
        "TWINQL_LOG_LEVEL": "warning",
        "TWINQL_COST_LIMIT": str(10**9),
        "TWINQL_COST_BUDGET": str(10**9),
    }


@contextmanager
def started(place: Place, name: str, *command: str | Path, **env: str) -> Iterator[tuple[int, psutil.Process]]:
    """Start a server and wait until it says on which port it listens."""
    log = place.logs / f"{name.lower().replace(' ', '-')}.log"
    base = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    with (
        log.open("a") as errors,
        subprocess.Popen(
            [str(each) for each in command], cwd=ROOT, env=base | env, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            assert process.stdout
            port, deadline = None, time.monotonic() + _STARTS_WITHIN_S
            for line in process.stdout:
                found = re.search(r"ready on (\d+)|GraphiQL +http://[^:]+:(\d+)/", line)
                port = port or (found and int(found[1] or found[2]))
                if port is not None or time.monotonic() > deadline:
                    break
            if port is None:
                raise RuntimeError(f"{name} did not start: see {log}.")
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.communicate(timeout=60)


def peak_mb(process: psutil.Process) -> float:
    """Return the most memory that a process had since its start or `forget_peak`, with its children, in MB."""
    return sum(_peak_kb(each.pid) for each in (process, *process.children(recursive=True))) * 1024 / 1e6


def forget_peak(process: psutil.Process) -> None:
    """Let the peak of a process begin anew at what it has now."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def _peak_kb(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text()
    found: Any = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(found[1])
