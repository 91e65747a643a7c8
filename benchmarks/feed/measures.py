"""All that is measured of the feed, in a database of its own."""

import resource
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil

from benchmarks.against.contenders import Place
from benchmarks.feed import backlog, deliveries, filters, idle, latency, stopped
from benchmarks.feed.contenders import BARE, STRAWBERRY, TWINQL, on_core, serving
from benchmarks.feed.world import World
from twinql.storage.migrations import migrate

DATABASE = "feed"
MEASURES = ("idle", "stopped", "latency", "deliveries", "filters", "backlog")
OPEN_FILES = 8_192
"""A thousand followers, at both ends, of three servers."""


async def measure(place: Place, *, short: bool, only: Sequence[str] = MEASURES) -> None:
    """Measure in a fresh database, and drop it."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, most), most))
    owner = await asyncpg.connect(place.url)
    try:
        await owner.execute(f"drop database if exists {DATABASE} with (force)")
        await owner.execute(f"create database {DATABASE}")
        there = replace(place, url=_there(place.url), server_url=_there(place.server_url))
        await migrate(there.url)
        with ExitStack() as cores:
            cores.enter_context(on_core(1))
            postmaster = psutil.Process(await owner.fetchval("select pg_backend_pid()")).parent()
            assert postmaster
            # Its backends are born where it is; those that are there already have little to do.
            cores.enter_context(on_core(1, pid=postmaster.pid))
            await _all(there, short=short, only=only)
    finally:
        await owner.execute(f"drop database if exists {DATABASE} with (force)")
        await owner.close()


def _there(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{DATABASE}"))


async def _all(place: Place, *, short: bool, only: Sequence[str]) -> None:
    pen = await asyncpg.connect(place.url)
    try:
        world = await World.make(pen)
        if "idle" in only:
            with serving(place, world, TWINQL, STRAWBERRY, BARE) as servers:
                await idle.measure(servers)
        if "stopped" in only:
            with serving(place, world, TWINQL, STRAWBERRY) as servers:
                await stopped.measure(servers, seconds=15 if short else 60, briefly=2 if short else 5)
        with serving(place, world, TWINQL, STRAWBERRY, BARE) as servers:
            if "latency" in only:
                await latency.measure(servers, seconds=4 if short else 10)
            if "deliveries" in only:
                await deliveries.measure(servers, rounds=2 if short else 5, seconds=0.5 if short else 1.5)
            if "filters" in only:
                await filters.measure(servers[:2], seconds=5 if short else 10)
            if "backlog" in only:
                await backlog.measure(servers[:2], share=0.1 if short else 1)
    finally:
        await pen.close()
