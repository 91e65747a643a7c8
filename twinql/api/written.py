"""Answers as they go out: written whole, sent in parts where they are large."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from starlette.types import Send

SENT_AT_ONCE_BYTES = 2**18
"""A larger answer is sent in parts of this size."""

RawHeaders = Sequence[tuple[bytes, bytes]]


@dataclass(slots=True)
class Written:
    """An answer that is ready to be sent.

    Attributes:
        pieces: Its body.
        status: Its status.
        headers: Its headers, with the length of the body where there is one.
    """

    pieces: list[bytes]
    status: int
    headers: RawHeaders

    async def send(self, send: Send) -> None:
        """Send it as fast as it is taken; a large one is neither put together nor gathered anywhere else."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if sum(map(len, self.pieces)) <= SENT_AT_ONCE_BYTES:
            await send({"type": "http.response.body", "body": b"".join(self.pieces)})
            return
        for piece in self.pieces:
            whole = memoryview(piece)
            for begin in range(0, len(piece), SENT_AT_ONCE_BYTES):
                part = whole[begin : begin + SENT_AT_ONCE_BYTES]
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def written(pieces: list[bytes], media_type: str, status: int, headers: Mapping[str, str] | None = None) -> Written:
    """Make an answer of the pieces of its body; further headers take the place of those that all answers have."""
    length = (b"content-length", b"%d" % sum(map(len, pieces)))
    return Written(
        pieces,
        status,
        [length, *(raw({**headers_of_all(media_type), **headers}) if headers else _raw_of_all(media_type))],
    )


def raw(headers: Mapping[str, str]) -> RawHeaders:
    """Write headers as ASGI has them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def headers_of_all(media_type: str) -> dict[str, str]:
    """Return the headers that all answers have."""
    return {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-type": f"{media_type}; charset=utf-8",
    }


@cache
def _raw_of_all(media_type: str) -> RawHeaders:
    return raw(headers_of_all(media_type))
