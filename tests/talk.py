"""Speaks GraphQL over a WebSocket in either protocol, message by message."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 30.0
NEWER, OLDER = "graphql-transport-ws", "graphql-ws"
WORDS = {NEWER: ("subscribe", "next", "complete"), OLDER: ("start", "data", "stop")}


@asynccontextmanager
async def talking(address, protocol="graphql-transport-ws", **how):
    """Connect, without a greeting."""
    async with connect(address, subprotocols=[protocol], compression=None, **how) as socket:
        yield Talk(socket, protocol)


class Talk:
    """One socket, and what was said on it."""

    def __init__(self, socket, protocol):
        self.socket = socket
        self.begin, self.event, self.stop = WORDS[protocol]
        self.before_the_end = []

    async def say(self, message):
        await self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def hear(self):
        return json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE_S))

    async def greet(self, **payload):
        await self.say({"type": "connection_init", "payload": payload})
        assert await self.hear() == {"type": "connection_ack"}

    async def ask(self, operation_id, query, **variables):
        payload = {"query": query, "variables": variables}
        await self.say({"id": operation_id, "type": self.begin, "payload": payload})

    async def told(self, operation_id):
        """Hear one operation to its end, and pass over all others."""
        messages = []
        while not messages or messages[-1]["type"] not in {"complete", "error"}:
            message = await self.hear()
            if message.get("id") == operation_id:
                messages.append(message)
        return messages

    async def answered(self, operation_id="still here"):
        await self.ask(operation_id, "{ __typename }")
        event, end = await self.told(operation_id)
        assert event == {"id": operation_id, "type": self.event, "payload": {"data": {"__typename": "Query"}}}
        assert end == {"id": operation_id, "type": "complete"}

    async def closed(self):
        """Wait for the end, and return its code and reason; what was told before is kept."""
        async with asyncio.timeout(PATIENCE_S):
            with suppress(ConnectionClosed):
                while True:
                    self.before_the_end.append(json.loads(await self.socket.recv()))
        assert len(self.socket.close_reason.encode()) <= 123
        return self.socket.close_code, self.socket.close_reason
