"""Reads streams of Server-Sent Events, block by block."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx

from tests.talk import PATIENCE_S

EVENTS = {"accept": "text/event-stream"}


@asynccontextmanager
async def listening(address, query, *, method="POST", last=None, authorization=None, **variables):
    """Ask for events, and give the stream from when its headers have come.

    Args:
        address: Of the graph, as `http://…`.
        query: The document.
        method: By which it is asked.
        last: The id of the last event that was heard before.
        authorization: Who asks.
        **variables: The document's.
    """
    headers = {**EVENTS, "last-event-id": last, "authorization": authorization}
    headers = {name: value for name, value in headers.items() if value is not None}
    if method == "POST":
        how = {"json": {"query": query, "variables": variables}}
    else:
        how = {"params": {"query": query, "variables": json.dumps(variables)}}
    async with (
        httpx.AsyncClient(timeout=PATIENCE_S) as client,
        client.stream(method, address, headers=headers, **how) as answer,
    ):
        yield Stream(answer)


class Stream:
    """One answer, and the last id that was heard."""

    def __init__(self, answer):
        self.answer, self.opening, self.last = answer, None, None
        self._lines = answer.aiter_lines()

    async def block(self):
        """Return the fields of the next block; a comment's name is empty. None where the stream has ended."""
        found = {}
        async with asyncio.timeout(PATIENCE_S):
            async for line in self._lines:
                if not line:
                    return found
                name, _, value = line.partition(":")
                found[name] = value.removeprefix(" ")
        assert not found, found
        return None

    async def hear(self):
        """Return the name of the next event and what it holds; None where the stream has ended."""
        while (block := await self.block()) is not None:
            self.last = block.get("id", self.last)
            if "event" in block:
                return block["event"], json.loads(block["data"]) if block["data"] else None
        return None

    async def told(self):
        """Return the data of the next event."""
        name, told = await self.hear()
        assert (name, told.keys()) == ("next", {"data"}), told
        return told["data"]

    async def ending(self):
        """Hear to the end, and return the errors of what came last before `complete`."""
        heard = []
        while (event := await self.hear()) is not None:
            heard.append(event)
        assert heard[-1] == ("complete", None)
        return heard[-2][1]["errors"]
