"""Who a client is, made sure of again whenever access to its organisation changes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Never

from twinql.api.sockets.closing import Close, Code
from twinql.context import Context
from twinql.domain.identity import User
from twinql.domain.membership import Membership
from twinql.errors import TwinError

RETRY_S = 1.0
CROWDED = "Your organisation has too many connections here: close some, then connect again."
LEFT = "Your membership in this organisation has ended: ask an owner to add you, then connect again."
REVOKED = "This API key was revoked or has expired: ask an owner for a new one."


class Standing:
    """What a client may do, as the database said last; no event is told while that is in doubt."""

    def __init__(self, context: Context, living: ExitStack, *, most_connections: int) -> None:
        """Begin without an organisation.

        Args:
            context: The world of whoever connected.
            living: Is closed when the connection ends.
            most_connections: How many connections an organisation may have.
        """
        self.context = context
        self.membership: Membership | None = None
        self._living = living
        self._most_connections = most_connections
        self._doubted = asyncio.Event()
        self._sure = asyncio.Event()
        self._sure.set()

    async def join(self) -> None:
        """Find the organisation that is acted for, unless it is known, and count among its connections.

        Raises:
            Close: It has too many connections already.
            TwinError: The database cannot say.
        """
        membership = self.membership or await self.context.fresh().membership()
        if membership is None or self.membership is not None:
            return
        access, number = self.context.feed.access, membership.organisation_number
        if access.connections(number) >= self._most_connections:
            raise Close(Code.TOO_MANY, CROWDED)
        self._living.enter_context(access.watch(number, self._doubt))
        self.membership = membership
        if isinstance(self.context.actor, User):
            # Joining another organisation must not make it unclear for which one this connection acts.
            self.context.actor = replace(self.context.actor, organisation=membership.organisation_id)
        self._doubt()  # what changed since it was asked for was told to others only

    async def sure(self) -> None:
        """Wait until there is no doubt."""
        await self._sure.wait()

    async def keep(self, weigh: Callable[[Membership], Awaitable[None]]) -> Never:
        """Ask again whenever there is doubt, and have the answer weighed before any further event is told.

        Raises:
            Close: The membership has ended.
        """
        while True:
            await self._doubted.wait()
            self._doubted.clear()
            self.membership = await self._present()
            await weigh(self.membership)
            if not self._doubted.is_set():
                self._sure.set()

    def _doubt(self) -> None:
        self._sure.clear()
        self._doubted.set()

    async def _present(self) -> Membership:
        while True:
            try:
                present = await self.context.fresh().membership()
            except TwinError:  # the database is away, or slow
                await asyncio.sleep(RETRY_S)
                continue
            if present is None or self.membership is None or present.organisation_id != self.membership.organisation_id:
                raise Close(Code.FORBIDDEN, LEFT if isinstance(self.context.actor, User) else REVOKED)
            return present
