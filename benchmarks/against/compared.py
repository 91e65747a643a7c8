"""All contenders in turn: first whether they tell the same facts, then how fast they do."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from uuid import UUID

from benchmarks.against.bare import Ask, asking, open_pool
from benchmarks.against.client import Taken, in_a_loop, over_http
from benchmarks.against.contenders import LOOP, Contender, Place, claims_of, peak_mb
from benchmarks.against.data import HOURLY, TEN_MINUTES
from benchmarks.against.reads import READS, Read

CONNECTIONS = 8
CHECKED = 3
"""Of how many meters the answers are compared."""
Meters = Mapping[str, Sequence[UUID]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things are measured.

    Attributes:
        rounds: How often all contenders take turns.
        seconds: How long a turn is. [s]
        warm_s: How long each is warmed up for each read. [s]
    """

    rounds: int
    seconds: float
    warm_s: float


@dataclass(slots=True)
class Outcome:
    """What was measured of one read.

    Attributes:
        bytes: What an answer comes to, by contender. [bytes]
        rates: Requests in a second, by contender, of each turn.
        p50_ms: The median latency, likewise. [ms]
        p99_ms: The 99th percentile of latency, likewise. [ms]
        alone: The same two for one request at a time, where that is asked. [ms]
    """

    bytes: dict[str, int] = field(default_factory=dict)
    rates: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    p50_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    p99_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    alone: dict[str, tuple[float, float]] = field(default_factory=dict)

    def add(self, name: str, taken: Taken) -> None:
        """Keep a turn."""
        self.rates[name].append(taken.rate)
        self.p50_ms[name].append(taken.percentile(50))
        self.p99_ms[name].append(taken.percentile(99))

    def rate(self, name: str) -> float | None:
        """Return the median rate of a contender."""
        return median(self.rates[name]) if self.rates.get(name) else None

    def ratio(self, name: str, other: str) -> float | None:
        """Return how many times as fast one is as another, by their medians."""
        mine, its = self.rate(name), self.rate(other)
        return mine / its if mine and its else None


def check(contenders: Sequence[Contender], read: Read, meters: Meters, outcome: Outcome) -> None:
    """Compare the answers of all contenders, fact by fact.

    Raises:
        RuntimeError: Two of them tell different things.
    """
    for meter in meters[read.organisation][:CHECKED] if read.of_one_meter else meters[read.organisation][:1]:
        told = {}
        for each in contenders:
            if each.can(read):
                told[each.name], outcome.bytes[each.name] = each.facts(read, meter)
        first, *others = told
        for other in others:
            if told[other] != told[first]:
                parted = _difference(told[first], told[other])
                raise RuntimeError(f"{first} and {other} tell different things for {read.title!r}:\n{parted}")


def _difference(one: object, other: object) -> str:
    """Show the first place where two facts part."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)) and len(one) == len(other):
        return next((_difference(*pair) for pair in zip(one, other, strict=True) if pair[0] != pair[1]), "")
    return f"{str(one)[:300]}\n{str(other)[:300]}"


@dataclass(frozen=True, slots=True)
class _Turns:
    """What a turn needs: who is there, how the database itself is asked, and for which meters."""

    contenders: Mapping[str, Contender]
    asks: Mapping[str, Ask]
    meters: Meters

    async def take(self, name: str, read: Read, seconds: float, connections: int = CONNECTIONS) -> Taken:
        """Let one answer as often as it can for so long."""
        meters = self.meters[read.organisation]
        if name == LOOP:
            ask, texts = self.asks[read.organisation], [str(each) for each in meters]
            return await in_a_loop(
                lambda number: ask(read.key, texts[number % len(texts)]), connections=connections, seconds=seconds
            )
        contender = self.contenders[name]
        requests = [contender.request(read, meter) for meter in meters]
        return await over_http(contender.ports[read.organisation], requests, connections=connections, seconds=seconds)


async def compare(
    place: Place, contenders: Sequence[Contender], meters: Meters, pace: Pace, *, identity: bool, only: Sequence[str]
) -> dict[str, Outcome]:
    """Measure reads, and return what came out of each by its key."""
    outcomes: dict[str, Outcome] = {}
    async with await open_pool(place.url) as pool:
        asks = {each: asking(pool, claims_of(each) if identity else None) for each in (HOURLY, TEN_MINUTES)}
        turns = _Turns({each.name: each for each in contenders}, asks, meters)
        for read in READS:
            if read.key in only:
                outcome = outcomes[read.key] = Outcome()
                check(contenders, read, meters, outcome)
                await _measure(turns, read, pace, outcome)
    return outcomes


async def _measure(turns: _Turns, read: Read, pace: Pace, outcome: Outcome) -> None:
    names = [*(each.name for each in turns.contenders.values() if each.can(read)), LOOP]
    for name in names:
        await turns.take(name, read, pace.warm_s)
    for turn in range(pace.rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            outcome.add(name, await turns.take(name, read, pace.seconds))
    if read.least is None:
        for name in names:
            taken = await turns.take(name, read, pace.seconds * pace.rounds, connections=1)
            outcome.alone[name] = taken.percentile(50), taken.percentile(99)


def peaks(contenders: Sequence[Contender]) -> dict[str, float]:
    """Return the most memory that each used so far, in MB."""
    return {each.name: max(peak_mb(process) for process in set(each.processes.values())) for each in contenders}
