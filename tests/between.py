"""Stands between TwinQL and its database: passes on what they say, falls silent at one question, and goes away."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

CANCEL_REQUEST = (80877102).to_bytes(4, "big")
"""What follows the length of the first message of whoever comes to call a question off."""


class Between:
    """Passes everything on until somebody asks what it is to be silent at, and from then on nothing of anybody."""

    def __init__(self, url: str, *, silent_at: bytes) -> None:
        self._to, self._silent_at = urlsplit(url), silent_at
        self._writers = []
        self.silent = asyncio.Event()
        self.called_off = asyncio.Event()
        """Set once somebody has come to call a question off that it was silent at."""

    async def listen(self) -> str:
        """Return where it is met."""
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        netloc = f"{self._to.username}:{self._to.password}@127.0.0.1:{port}"
        return self._to._replace(netloc=netloc, query="sslmode=disable").geturl()

    def leave(self) -> None:
        """Be gone: whatever is open breaks off, and nobody is met any more."""
        self._server.close()
        for each in self._writers:
            each.transport.abort()

    async def _meet(self, reader, writer):
        self._writers.append(writer)
        if self.silent.is_set():
            first = await reader.read(8)
            if first[4:] == CANCEL_REQUEST:
                self.called_off.set()
            return
        its_reader, its_writer = await asyncio.open_connection(self._to.hostname, self._to.port)
        self._writers.append(its_writer)
        await asyncio.gather(self._pass(reader, its_writer), self._pass(its_reader, writer))

    async def _pass(self, reader, writer):
        try:
            while said := await reader.read(65_536):
                if self._silent_at in said:
                    self.silent.set()
                if not self.silent.is_set():
                    writer.write(said)
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def between(url: str, *, silent_at: bytes):
    """Give one, and its address, for as long as the block lasts."""
    standing = Between(url, silent_at=silent_at)
    address = await standing.listen()
    try:
        yield standing, address
    finally:
        standing.leave()
