"""Runs the small graph of `api/speaking.py` in a process of its own."""

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryFile

import httpx

from tests.listening import listening
from tests.talk import NEWER, PATIENCE_S, talking
from tests.world import make_world

ROOT = Path(__file__).resolve().parents[1]


class Server:
    """A running server."""

    def __init__(self, port, pid, log):
        self.port, self.pid, self.log = port, pid, log

    @asynccontextmanager
    async def talk(self, protocol=NEWER, *, greeted=True, **how):
        address = f"ws://127.0.0.1:{self.port}/graphql"
        async with talking(address, protocol, **how) as talk:
            if greeted:
                await talk.greet()
            yield talk

    def listen(self, query, **how):
        return listening(f"http://127.0.0.1:{self.port}/graphql", query, **how)

    async def sockets(self):
        return await self.figure("twinql_websockets")

    async def figure(self, name):
        async with httpx.AsyncClient() as client:
            figures = (await client.get(f"http://127.0.0.1:{self.port}/metrics")).text
        return next(float(line.split()[1]) for line in figures.splitlines() if line.startswith(f"{name} "))


@asynccontextmanager
async def speaking(database_url, **limits):
    await make_world(database_url)
    with TemporaryFile("w+") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(ROOT / "tests/api/speaking.py"), database_url, "acme-operator", json.dumps(limits)),
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
        try:
            assert process.stdout
            port = int(await asyncio.wait_for(process.stdout.readline(), PATIENCE_S))
            yield Server(port, process.pid, log)
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), PATIENCE_S)
