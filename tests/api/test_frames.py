"""How much of what one client sends is read before others have their turn."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode

from tests.talk import PATIENCE_S
from twinql.api.sockets.wire import WRITE
from twinql.app.frames import SLICE_BYTES, SlicedWebSocket
from twinql.app.server import _Server

MESSAGES = 20_000


class Listener:
    """Takes messages, and notes how many came without a break."""

    def __init__(self):
        self.messages, self.longest, self.done = [], 0, asyncio.Event()

    async def __call__(self, _scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        together = [0]

        def turn():
            self.longest, together[0] = max(self.longest, together[0]), 0

        while (message := await receive())["type"] == "websocket.receive":
            if not together[0]:
                asyncio.get_running_loop().call_soon(turn)
            together[0] += 1
            self.messages.append(message["text"])
            if message["text"] == "last":
                self.done.set()


@pytest.fixture
async def listener():
    return Listener()


@asynccontextmanager
async def connected(listener, **how):
    started = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as server_socket:
        config = uvicorn.Config(listener, lifespan="off", ws=SlicedWebSocket, ws_max_size=2**22, log_config=None)
        server = _Server(config, started.set)
        task = asyncio.create_task(server.serve([server_socket]))
        await started.wait()
        try:
            async with connect(
                f"ws://127.0.0.1:{server_socket.getsockname()[1]}", **{"compression": None, **how}
            ) as client:
                yield client
        finally:
            server.should_exit = True
            await task


async def test_thousands_of_small_messages_leave_others_their_turn_and_all_arrive(listener):
    sent = [str(number) for number in range(MESSAGES)] + ["last"]
    async with connected(listener) as client:
        frames = [Frame(Opcode.TEXT, each.encode()).serialize(mask=True) for each in sent]
        client.transport.write(b"".join(frames))
        await asyncio.wait_for(listener.done.wait(), PATIENCE_S)
    assert listener.messages == sent
    smallest = len(frames[0])
    assert 1 <= listener.longest <= SLICE_BYTES // smallest + 1


async def test_a_handshake_that_is_too_long_is_refused_at_once(listener, caplog):
    with pytest.raises(InvalidStatus) as refused:
        async with connected(listener, additional_headers={"authorization": "y" * 9_000}):
            pass
    assert refused.value.response.status_code == 400
    assert caplog.messages == []


async def test_a_long_message_and_a_long_handshake_arrive_whole(listener):
    long = "x" * (2**22 - 1)
    async with connected(listener, additional_headers={"authorization": "y" * (SLICE_BYTES + 1_000)}) as client:
        await client.send(long)
        await client.send("last")
        await asyncio.wait_for(listener.done.wait(), PATIENCE_S)
    assert listener.messages == [long, "last"]


class Writer:
    """Writes messages at once, as soon as a client says anything."""

    def __init__(self, sizes):
        self.sizes, self.written = sizes, []

    async def __call__(self, scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        write = scope["extensions"][WRITE]["write"]
        for size in self.sizes:
            if not write((b"x" * (size // 2), b"", b"y" * (size - size // 2))):
                break
            self.written.append(size)
        await send({"type": "websocket.send", "text": "end"})
        await receive()


async def heard(client):
    async with asyncio.timeout(PATIENCE_S):
        return [message async for message in _until_the_end(client)]


async def _until_the_end(client):
    while (message := await client.recv()) != "end":
        yield message


@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_what_is_written_at_once_is_read_as_it_was_whatever_its_size(compression):
    sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 100_000]
    # Each fits into what the client has room for, or the next one would be refused.
    writer = Writer(sizes)
    async with connected(writer, compression=compression, max_queue=100) as client:
        await client.send("begin")
        messages = await heard(client)
    assert [len(each) for each in messages] == writer.written
    assert writer.written[:7] == sizes[:7]
    assert all(each == "x" * (len(each) // 2) + "y" * (len(each) - len(each) // 2) for each in messages)


async def test_nothing_is_written_at_once_to_a_client_that_is_behind():
    writer = Writer([2**16] * 1_000)
    async with connected(writer, max_queue=1) as client:
        await client.send("begin")
        messages = await heard(client)
    assert 1 <= len(messages) == len(writer.written) < 1_000


async def test_nothing_is_written_at_once_to_a_client_that_has_gone():
    gone = asyncio.Event()

    async def app(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        assert (await receive())["type"] == "websocket.disconnect"
        assert not scope["extensions"][WRITE]["write"]((b"late",))
        gone.set()

    async with connected(app) as client:
        await client.send("begin")
        await client.close()
        async with asyncio.timeout(PATIENCE_S):
            await gone.wait()
