"""What a stream of events is made of: the format of Server-Sent Events, with the events of npm graphql-sse."""

from random import SystemRandom

from twinql.api.operation import RequestError

COMPLETE = b"event: complete\ndata:\n\n"
"""No more follows. Browsers pass over an event without a line of data."""
CUT_OFF_MOST_S, SENT_AWAY_MOST_S = 5.0, 10.0
"""Within how many seconds clients come back that lose a connection, and those that are sent away together."""

_ON_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
_RANDOM = SystemRandom()


def event(answer: bytes, cursor: str | None) -> bytes:
    """Write one answer, under the cursor to go on from after it; JSON has line breaks only where spaces may stand."""
    return b"%bevent: next\ndata: %b\n\n" % (_place(cursor), answer.translate(_ON_ONE_LINE))


def failure(refusal: RequestError) -> bytes:
    """Write the end of an operation that was refused, or may not go on."""
    return event(refusal.body(), None) + COMPLETE


def opening(cursor: str | None) -> bytes:
    """Write what is sent at once: when to come back, and from where, before anything has happened."""
    return _retry(CUT_OFF_MOST_S) + _place(cursor) + b"\n"


def alive(cursor: str | None) -> bytes:
    """Write what is sent while nothing happens; where to go on from has moved on all the same."""
    return b":\n%b\n" % _place(cursor)


def come_back() -> bytes:
    """Write the end of what is not over: whoever comes back goes on from their last id."""
    return b": Not over: come back.\n" + _retry(SENT_AWAY_MOST_S) + b"\n"


def _place(cursor: str | None) -> bytes:
    return b"" if cursor is None else b"id: %b\n" % cursor.encode()


def _retry(most_s: float) -> bytes:
    """Spread those who come back over seconds, from one second after they were cut off."""
    return b"retry: %d\n" % round(1_000 * _RANDOM.uniform(1, most_s))
