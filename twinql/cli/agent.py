"""`twinql agent host`: mirrors the computer it runs on, as a machine of a TwinQL server."""

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
import uuid
from pathlib import Path
from typing import Final

from twinql.agent.agent import Agent
from twinql.agent.computer import Computer, computers_ids
from twinql.agent.enrolment import Enrolled, Place, enrol, keep, recall
from twinql.agent.graph import Graph
from twinql.app.logs import configure_logs
from twinql.errors import ForbiddenError, UnauthenticatedError
from twinql.settings import Settings

_NAMESPACE: Final = uuid.UUID("5a3c1f0e-6a1d-4f0b-9c55-8d0f6b6d1a4e")
"""Ids of computers are told through it: the id that the system keeps is nobody else's business."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `twinql agent`."""
    parser.add_argument("what", choices=["host"], help="host: the computer on which this runs")
    parser.add_argument("--url", help="the server's graph (default: TWINQL_URL, else http://127.0.0.1:8000/graphql)")
    parser.add_argument(
        "--name", default=socket.gethostname(), help="what the machine is called (default: its host name)"
    )
    parser.add_argument(
        "--site", default="Desk", help="the site it stands on, made where it is missing (default: Desk)"
    )
    parser.add_argument(
        "--time-zone", default="UTC", metavar="ZONE", help="the site's IANA time zone, if it is made (default: UTC)"
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="what is kept between starts (default: agents/host.json in TWINQL_DATA)",
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Mirror until told to stop."""
    configure_logs(level=settings.log_level, style=settings.log_format)
    url = options.url or settings.url
    file = options.state or settings.data / "agents" / "host.json"
    place = Place(options.site, options.time_zone, options.name, f"computer/{_identity()}")
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_mirror(url, settings.token, place, file))
    print("Stopped.", flush=True)
    return 0


def _identity() -> str:
    return str(uuid.uuid5(_NAMESPACE, next(computers_ids())))


async def _mirror(url: str, token: str | None, place: Place, file: Path) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, task.cancel)
    computer = Computer.here(url, Path.cwd())
    enrolled = recall(file, url, computer.channels) or await _enrol(url, token, place, file, computer)
    print(f"{place.name} is machine {enrolled.machine} of {url}. Stop its agent with Ctrl-C.", flush=True)
    with contextlib.closing(computer):
        async with Graph.open(url, enrolled.secret) as graph:
            try:
                await Agent(graph, computer, enrolled.channels).run()
            except (UnauthenticatedError, ForbiddenError) as error:
                message = f"The API key of this agent is no longer good: remove {file}, and start the agent again."
                raise UnauthenticatedError(message) from error


async def _enrol(url: str, token: str | None, place: Place, file: Path, computer: Computer) -> Enrolled:
    async with Graph.open(url, token) as graph:
        try:
            enrolled = await enrol(graph, url, place, computer.channels)
        except UnauthenticatedError as error:
            raise UnauthenticatedError(
                "The server wants a token: set TWINQL_TOKEN to an OWNER's for the first start; later ones need none."
            ) from error
    keep(file, enrolled)
    print(f"Enrolled; its API key is kept in {file}.", file=sys.stderr, flush=True)
    return enrolled
