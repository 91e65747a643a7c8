"""Who a client is, made sure of again whenever access to its organisation changes; what it follows is counted."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Never

from twinql.api.operation import Operation
from twinql.api.services import Services
from twinql.context import Context
from twinql.domain.identity import User
from twinql.domain.membership import Membership
from twinql.errors import ForbiddenError, TwinError
from twinql.flag import Flag

RETRY_S = 1.0
TOO_MANY_CONNECTIONS = "Your organisation has too many connections here: close some, then connect again."
TOO_MANY_SUBSCRIPTIONS = (
    "Your organisation follows too much at once here: end some subscriptions, then begin this one again."
)
LEFT = "Your membership in this organisation has ended: ask an owner to add you, then connect again."
REVOKED = "This API key was revoked or has expired: ask an owner for a new one."
LOWERED = "Your role was changed, and this needs a higher one; ask an owner."

Weigh = Callable[[], Awaitable[None]]


class CrowdedError(TwinError):
    """An organisation has as much open at this server as it may."""

    code = "RATE_LIMITED"
    retryable = True


class EndedError(ForbiddenError):
    """The membership or the key has ended with which a client connected."""


class Standing:
    """What a client may do, as the database said last; no event is told while that is in doubt."""

    def __init__(self, services: Services, context: Context, living: ExitStack) -> None:
        """Begin without an organisation.

        Args:
            services: Say how many connections and subscriptions an organisation may have, and has.
            context: The world of whoever connected.
            living: Is closed when the connection ends.
        """
        self.context = context
        self.membership: Membership | None = None
        self._living = living
        self._limits, self._subscriptions = services.limits, services.subscriptions
        self._doubted = Flag()
        self._sure = Flag(up=True)

    async def join(self) -> None:
        """Find the organisation that is acted for, unless it is known, and count among its connections.

        Raises:
            CrowdedError: It has too many connections already.
            TwinError: The database cannot say.
        """
        membership = self.membership or await self.context.fresh().membership()
        if membership is None or self.membership is not None:
            return
        access, number = self.context.feed.access, membership.organisation_number
        if access.connections(number) >= self._limits.connections:
            raise CrowdedError(TOO_MANY_CONNECTIONS)
        self._living.enter_context(access.watch(number, self._doubt))
        self.membership = membership
        if isinstance(self.context.actor, User):
            # Joining another organisation must not make it unclear for which one this connection acts.
            self.context.actor = replace(self.context.actor, organisation=membership.organisation_id)
        self._doubt()  # what changed since it was asked for was told to others only

    @contextmanager
    def following(self) -> Iterator[None]:
        """Count a subscription for the length of a block.

        Raises:
            CrowdedError: The organisation runs too many already.
        """
        number = self.membership.organisation_number if self.membership else None
        counts = self._subscriptions
        if counts[number] >= self._limits.subscriptions:
            raise CrowdedError(TOO_MANY_SUBSCRIPTIONS)
        counts[number] += 1
        try:
            yield
        finally:
            counts[number] -= 1
            if not counts[number]:
                del counts[number]

    def covers(self, operation: Operation) -> bool:
        """Tell whether the role is still high enough for what an operation has asked for so far."""
        context: Context | None = operation.executor.context_value
        role = self.membership.role if self.membership else None
        return context is None or context.needed is None or role is None or role.covers(context.needed)

    @property
    def is_sure(self) -> bool:
        """Whether there is no doubt."""
        return self._sure.is_set()

    async def sure(self) -> None:
        """Wait until there is no doubt."""
        await self._sure.wait()

    async def keep(self, weigh: Weigh) -> Never:
        """Ask again whenever there is doubt, and have the answer weighed before any further event is told.

        Raises:
            EndedError: The membership has ended.
        """
        while True:
            await self._doubted.wait()
            self._doubted.clear()
            self.membership = await self._present()
            await weigh()
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
                raise EndedError(LEFT if isinstance(self.context.actor, User) else REVOKED)
            return present
