"""What answers with, whether it is asked over HTTP or over a WebSocket."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from twinql.api.engine import Engine
from twinql.api.operation import Errors
from twinql.auth import Caller
from twinql.background import Foreground
from twinql.context import Context

MakeContext = Callable[[Caller, str, str], Context]
"""Makes the world of a caller from a request id and the address that they ask from."""
CountError = Callable[[str], None]
"""Is told the code of every error that is answered."""

CheckRoom = Callable[[], None]
"""Raises OverloadedError where too many wait already."""


def _room() -> None:
    """Find room for everybody."""


class Gate(Protocol):
    """Says who somebody is."""

    async def admit(self, authorization: str | None, organisation: str | None) -> Caller:
        """Let somebody in by what they sent; None where nothing was sent.

        Raises:
            UnauthenticatedError: Nobody vouches for them.
            UnavailableError: Whoever would vouch for them is away.
        """


@dataclass(frozen=True, slots=True)
class Limits:
    """What WebSockets and event streams may take, at this server.

    Attributes:
        init_wait_s: How long a client may take to send `connection_init`. [s]
        send_wait_s: How long a client may leave unread what it is told. [s]
        keep_alive_s: How long an event stream is silent before it says that it lives. [s]
        operations: How many operations one WebSocket may run at once.
        connections: How many connections an organisation may have: WebSockets, and event streams that follow.
        subscriptions: How many subscriptions an organisation may run.
    """

    init_wait_s: float = 10.0
    send_wait_s: float = 30.0
    keep_alive_s: float = 15.0
    operations: int = 100
    connections: int = 1_000
    subscriptions: int = 5_000


@dataclass(frozen=True, slots=True)
class Services:
    """The parts behind the graph's address.

    Attributes:
        engine: Answers operations.
        gate: Says who a client is.
        make_context: Makes their world.
        count_error: Is told the code of every error that is answered.
        limits: What WebSockets and event streams may take.
        subscriptions: How many subscriptions each organisation runs, by its number.
        streams: The event streams that are open.
        check_room: Refuses what would not be answered soon anyway, before it is read.
        foreground: Holds queries and mutations while they are answered.
    """

    engine: Engine
    gate: Gate
    make_context: MakeContext
    count_error: CountError
    limits: Limits = Limits()
    subscriptions: Counter[int | None] = field(default_factory=Counter)
    streams: set[object] = field(default_factory=set)
    check_room: CheckRoom = _room
    foreground: Foreground = field(default_factory=Foreground)

    def count(self, errors: Errors) -> None:
        """Count errors that are answered."""
        for each in errors:
            self.count_error(str(each.get("extensions", {}).get("code", "INTERNAL")))
