"""How many deliveries a core makes, 200 followers of one filter, and what memory stays of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from benchmarks.feed.audience import Audience
from benchmarks.feed.contenders import BARE, STRAWBERRY, TWINQL, Server
from benchmarks.feed.world import SENSORS

FOLLOWERS = 200
LEAST = {STRAWBERRY: 5.0, BARE: 0.7}
"""What is asked of TwinQL, in rates of the others."""
MOST_KEPT_BYTES = 50.0
_FIRST_EVENTS, _MOST_EVENTS = 3, 1_000


@dataclass(slots=True)
class _Turns:
    """What a server did.

    Attributes:
        server: Which.
        audience: Its followers.
        events: How many it tells in a turn.
        size: The bytes of one of them.
        by_cpu: Deliveries in a second of its CPU time, in each turn.
        by_clock: Deliveries in a second of the clock.
        before: Its memory after the first turn, which nobody counts. [bytes]
    """

    server: Server
    audience: Audience = field(default_factory=Audience)
    events: int = _FIRST_EVENTS
    size: int = 0
    by_cpu: list[float] = field(default_factory=list)
    by_clock: list[float] = field(default_factory=list)
    before: int = 0

    async def begin(self, seconds: float) -> None:
        """Let followers in, and find out how many events take so long."""
        await self.server.follow(self.audience, [self.server.world.dashboard()] * FOLLOWERS)
        self.audience.hear = self._weigh
        rate, _ = await self._burst()
        self.audience.hear = None
        self.events = max(_FIRST_EVENTS, min(_MOST_EVENTS, round(rate * seconds / FOLLOWERS)))
        await self._burst()
        self.before = self.server.memory()

    def _weigh(self, _: int, text: bytes) -> None:
        self.size = len(text)

    async def go(self) -> None:
        """Tell so many events as fast as it can."""
        by_cpu, by_clock = await self._burst()
        self.by_cpu.append(by_cpu)
        self.by_clock.append(by_clock)

    async def _burst(self) -> tuple[float, float]:
        await self.server.calm()
        made = self.events * FOLLOWERS
        goal, used = self.audience.total + made, self.server.cpu_s()
        began = await self.server.publish(self.events)
        await self.audience.until(goal)
        elapsed, used = perf_counter() - began, self.server.cpu_s() - used
        return made / max(used, 0.01), made / elapsed

    @property
    def rate(self) -> float:
        """Deliveries in a second of its core."""
        return median(self.by_cpu)

    @property
    def row(self) -> str:
        """Its row in the table."""
        kept = (self.server.memory() - self.before) / (len(self.by_cpu) * self.events * FOLLOWERS)
        asked = f" (asked ≤ {MOST_KEPT_BYTES:g})" if self.server.name == TWINQL else ""
        clock = median(self.by_clock)
        return f"| {self.server.name} | {self.rate:,.0f} | {clock:,.0f} | {self.size:,} | {max(0.0, kept):.0f}{asked} |"


async def measure(servers: Sequence[Server], *, rounds: int, seconds: float) -> None:
    """Let each server in turn tell its followers as fast as it can, and print the rates."""
    all_turns = [_Turns(each) for each in servers]
    for each in all_turns:
        await each.begin(seconds)
        for server in servers:
            server.size = all_turns[0].size
    for _ in range(rounds):
        for each in all_turns:
            await each.go()
    print(f"\nDeliveries, {FOLLOWERS} followers of one filter, events of {SENSORS} readings:\n")
    print("| server | deliveries in a second of its core | by the clock | bytes of an event | kept of a delivery [B] |")
    print("| --- | --- | --- | --- | --- |")
    for each in all_turns:
        print(each.row)
    mine, *others = all_turns
    for each in others:
        print(f"TwinQL : {each.server.name} {mine.rate / each.rate:.2f} (asked ≥ {LEAST[each.server.name]:g})")
    for each in all_turns:
        each.audience.leave()
