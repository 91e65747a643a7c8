"""What a resolver is given: who asks, when, and the ways to read and write as them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import strawberry
from strawberry.dataloader import DataLoader

from twinql.auth.directory import Directory
from twinql.domain.identity import Actor, Device, User, Worker
from twinql.domain.membership import Belonging, Membership, Role, Who
from twinql.domain.rate_limit import RateLimit
from twinql.errors import ForbiddenError
from twinql.live.couriers import Couriers
from twinql.live.feed import Feed
from twinql.live.follower import Follower
from twinql.live.life_models import LifeModels
from twinql.live.workshop import Workshop
from twinql.storage.database import Connection, Database
from twinql.storage.managing import Management
from twinql.storage.memberships import membership_of, my_memberships
from twinql.storage.read import Entity, Page, Question, counts, pages, rows_by_key

Load = Callable[[Connection, Sequence[Any]], Awaitable[Sequence[Any]]]
LoadAlone = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]

MOST_CONNECTIONS = 5
"""How many connections one operation uses at once, however many fields it has: the rest of the pool is for others."""
MOST_ROWS = 5_500
"""How many rows one statement brings at most for lists of several parents: a hundred parents with fifty each."""


def _nobody_waits() -> None:
    """Tell nobody."""


async def _at_once() -> None:
    """Let nobody else go first."""


@dataclass(slots=True)
class Context:
    """One operation's world.

    Attributes:
        database: Where everything is stored.
        actor: Who asks.
        now: The present, the same for the whole operation.
        feed: The live feed of this process.
        request_id: Names this operation in the log.
        client: The address from which it was asked, for the audit log; empty where there is none.
        rate_limit: How the budget of whoever asks stands; None where nobody counts.
        turn: Waits until this operation may hold the loop again, where it has held it for long.
        commanded: Tells the dispatcher of this process that a command waits.
        organisations_open: Whether everybody with a valid token may make an organisation.
        directory: Where people are invited by e-mail; None where nobody set one up.
        couriers: The ways to tell people of alarms.
        command_webhooks_private: Whether webhooks for commands may be in networks that are not public.
        workshop: Does what takes a core for long.
        life_models: What was learned of how machines fail.
        needed: The highest role that this operation has asked for so far.
        last_event_id: The cursor of the last event of a stream that broke off, from which a subscription goes on.
        begun: The cursor from which a subscription tells everything; None where it begins with more than that.
        awaited: What a subscription waits for, having told all that it was handed before; None while it works.
    """

    database: Database
    actor: Actor
    now: datetime
    feed: Feed
    request_id: str = ""
    client: str = ""
    rate_limit: RateLimit | None = None
    turn: Callable[[], Awaitable[None]] = _at_once
    commanded: Callable[[], None] = _nobody_waits
    organisations_open: bool = False
    directory: Directory | None = None
    couriers: Couriers = field(default_factory=Couriers)
    command_webhooks_private: bool = False
    workshop: Workshop = field(default_factory=Workshop)
    life_models: LifeModels = field(default_factory=LifeModels)
    needed: Role | None = None
    last_event_id: str | None = None
    begun: str | None = None
    awaited: Follower | None = None
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)
    _connections: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_CONNECTIONS))
    _membership: "asyncio.Task[Membership | None] | None" = None
    _belongings: "asyncio.Task[list[Belonging]] | None" = None

    def fresh(self) -> "Context":
        """Return the context of another operation on the same connection."""
        return replace(
            self,
            now=datetime.now(UTC),
            needed=None,
            begun=None,
            awaited=None,
            _loaders={},
            _connections=asyncio.Semaphore(MOST_CONNECTIONS),
            _membership=None,
            _belongings=None,
        )

    def renew(self) -> None:
        """Forget what was loaded: each event of a subscription is looked at in a present of its own."""
        self._loaders.clear()
        self._membership = self._belongings = None
        self.now = datetime.now(UTC)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Open a transaction that only reads, as whoever asks; within it no other one may be opened.

        Raises:
            ForbiddenError: A device asks for what no device may see.
        """
        with self._seeing():
            async with self._connections, self.database.transaction(self.actor, readonly=True) as connection:
                yield connection

    async def value(self, statement: str, values: Sequence[Any]) -> Any:
        """Return the one value of a statement, read as whoever asks: the only one of an operation, or one after others.

        Raises:
            ForbiddenError: A device asks for what no device may see.
        """
        assert not isinstance(self.actor, Worker)
        with self._seeing():
            return await self.database.value(self.actor, statement, values)

    @contextmanager
    def _seeing(self) -> Iterator[None]:
        try:
            yield
        except asyncpg.InsufficientPrivilegeError as error:
            if not isinstance(self.actor, Device):
                raise
            raise ForbiddenError("A device sees its channels, what they belong to, and their commands.") from error

    def batch(self, key: Hashable, load: Load) -> DataLoader[Any, Any]:
        """Return the loader of this operation under `key`: what is asked of it at once is loaded in one transaction."""

        async def load_all(keys: Sequence[Any]) -> Sequence[Any]:
            async with self.reading() as connection:
                return await load(connection, keys)

        return self.together(key, load_all)

    def together(self, key: Hashable, load: LoadAlone) -> DataLoader[Any, Any]:
        """Return the loader of this operation under `key`, for what opens its own transactions."""
        if key not in self._loaders:
            # Nothing is kept beyond the moment: a subscription's events would be answered with yesterday's rows.
            self._loaders[key] = DataLoader(load_fn=load, cache=False)
        return self._loaders[key]

    async def row(self, entity: Entity, key: object) -> asyncpg.Record | None:
        """Return one row of an entity, together with all others that are asked for at the same moment."""

        async def load(connection: Connection, keys: Sequence[Any]) -> Sequence[Any]:
            found = await rows_by_key(connection, entity, keys)
            return [found.get(each) for each in keys]

        row: asyncpg.Record | None = await self.batch(("row", entity.name), load).load(key)
        return row

    async def page(self, question: Question, parent: object = None) -> Page:
        """Answer a question for one parent, together with all other parents that ask the same at the same moment."""

        async def load(connection: Connection, parents: Sequence[Any]) -> Sequence[Any]:
            # Rows that come together are read together, and nobody else is served meanwhile.
            at_once = max(1, MOST_ROWS // (question.page.size + 1)) if question.parent else len(parents)
            found: list[Page] = []
            for first in range(0, len(parents), at_once):
                if found:
                    await self.turn()
                found += await pages(connection, question, parents[first : first + at_once])
            return found

        page: Page = await self.batch(("page", question), load).load(parent)
        await self.turn()  # the pages of many parents come at once, each to be made into many objects
        return page

    async def count(self, question: Question, parent: object = None) -> int:
        """Count the rows of a list for one parent, together with all other parents that ask at the same moment."""

        async def load(connection: Connection, parents: Sequence[Any]) -> Sequence[Any]:
            return await counts(connection, question, parents)

        number: int = await self.batch(("count", question), load).load(parent)
        return number

    async def membership(self) -> Membership | None:
        """Return the membership in force, asked for once; None where whoever asks belongs to no organisation."""
        if self._membership is None:
            self._membership = asyncio.ensure_future(self._ask_membership())
        # Whoever gives up waiting must not take the answer from others of the same operation.
        return await asyncio.shield(self._membership)

    async def _ask_membership(self) -> Membership | None:
        async with self.reading() as connection:
            return await membership_of(connection)

    async def belongings(self) -> list[Belonging]:
        """Return every organisation to which whoever asks belongs, asked for once; a device belongs to none."""
        if self._belongings is None:
            self._belongings = asyncio.ensure_future(self._ask_belongings())
        return await asyncio.shield(self._belongings)

    async def _ask_belongings(self) -> list[Belonging]:
        if not isinstance(self.actor, User):
            return []
        async with self.reading() as connection:
            return await my_memberships(connection)

    async def bench(self) -> Workshop:
        """Return the workshop for the jobs of the organisation in force, which take turns with those of others."""
        membership = await self.membership()
        return self.workshop.of(self.actor if membership is None else membership.organisation_id)

    async def may(self, role: Role, *, device: bool = False) -> bool:
        """Say whether whoever asks has this role or a higher one, or is a device where devices may."""
        membership = await self.membership()
        return membership is not None and (membership.covers(role) or (device and membership.role is None))

    async def require(self, role: Role, *, device: bool = False) -> Membership:
        """Return the membership, which must have this role or a higher one.

        Args:
            role: What a user needs.
            device: Whether a device may do it too, as far as the database lets it.

        Raises:
            ForbiddenError: It has not.
        """
        if self.needed is None or not self.needed.covers(role):
            self.needed = role
        membership = await self.membership()
        if membership is None:
            raise ForbiddenError(_ENDED if isinstance(self.actor, Device) else _NOWHERE)
        if membership.role is None:
            if not device:
                raise ForbiddenError(_NO_DEVICES)
        elif not membership.role.covers(role):
            raise ForbiddenError(
                f"This needs the role {role.value}, and yours is {membership.role.value}; ask an owner."
            )
        return membership

    async def admit(self, needs: Role | Who, *, device: bool = False) -> None:
        """Let whoever asks do something that is declared for some, and for nobody else.

        Raises:
            ForbiddenError: They are not among those.
        """
        if isinstance(needs, Role):
            await self.require(needs, device=device)
        elif needs is Who.DEVICE:
            await self.require(Role.VIEWER, device=True)
            if not isinstance(self.actor, Device):
                raise ForbiddenError("Only a device reports on commands: send its API key as the bearer token.")
        elif not isinstance(self.actor, User):
            raise ForbiddenError(_NO_DEVICES)

    async def advice(self) -> str | None:
        """Say what to do where no organisation is in force; None when all is well."""
        if await self.membership() is not None:
            return None
        if not isinstance(self.actor, User):
            return _ENDED
        if await self.belongings():
            if self.actor.organisation is None:
                return "You belong to several organisations: name one in the header X-Organisation, by its id."
            return "You do not belong to the organisation that X-Organisation names: name one of your memberships."
        make = " or make one with createOrganisation" if self.organisations_open else ""
        return f"You belong to no organisation: ask an owner for an invitation, and give it to acceptInvitation{make}."

    async def management(self) -> Management:
        """Return what changes sites, assets and channels, as whoever asks.

        Raises:
            ForbiddenError: Whoever asks is no OWNER.
        """
        return self.managing(await self.require(Role.OWNER))

    def managing(self, membership: Membership) -> Management:
        """Return what changes the things of an organisation, as whoever asks; what they may do is checked before."""
        return Management(self.database, self.actor, membership.organisation_id)


_NOWHERE = "No organisation is in force for you: viewer { advice } says what to do."
_NO_DEVICES = "A device may not do this: it records readings, and reports on its commands."
_ENDED = "This API key is good no longer: ask an owner for a new one."

Info = strawberry.Info[Context, None]
