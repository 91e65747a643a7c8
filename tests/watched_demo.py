"""The demo site's channels, watched: from the simulated world through its rhythm to each channel's watch."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.alarms.policy import BUILT_IN
from twinql.domain.blueprint import ChannelBlueprint, sites_of
from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.detection.finding import Bounds, Cause, Watched
from twinql.domain.detection.watch import ChannelWatch
from twinql.domain.readings import StoredQuality
from twinql.domain.simulation.faults import Fault, Track
from twinql.domain.simulation.mill import Actuators
from twinql.domain.simulation.weather import Place
from twinql.domain.simulation.world import World, WorldState, beginning, observe

START_S = datetime(2026, 9, 1, tzinfo=UTC).timestamp()
"""The month after it has the end of summer time in Lisbon in it."""
DAY_S = 86_400
LIVE_S = 2
MINUTE_S = 60
ARRIVES_S = 0.4
"""How long after its instant a reading is recorded. [s]"""
TICK_S = 60.0


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of time in which a cause held for a channel; `until_s` is infinite where it holds to the end."""

    signal: str
    cause: Cause
    from_s: float
    until_s: float
    score: float


def channels() -> dict[str, tuple[ChannelBlueprint, Watched]]:
    """Return each measured channel of the demo by its signal."""
    sites = sites_of(tomllib.loads((Path(__file__).parents[1] / "seeds/demo.toml").read_text(encoding="utf-8")))
    found = {}
    for site in sites:
        for each in (*site.channels, *(channel for asset in site.assets for channel in asset.channels)):
            if not each.schedule:
                found[each.signal] = (each, watched(each, site.time_zone))
    return found


def watched(channel: ChannelBlueprint, zone: str) -> Watched:
    return Watched(
        kind=ReadingKind(channel.kind),
        quantity=channel.quantity,
        unit=channel.unit,
        resolution_s=channel.resolution_s,
        zone=zone,
        direction=None if channel.direction is None else FlowDirection(channel.direction),
        writable=channel.writable,
        register_maximum=channel.register_maximum,
        plausible_minimum=channel.plausible.get("minimum"),
        plausible_maximum=channel.plausible.get("maximum"),
        rate_per_minute=channel.plausible.get("rate_per_minute"),
        bounds=Bounds(**channel.limits),
    )


def demo_world(seed: int) -> World:
    zone = ZoneInfo("Europe/Lisbon")
    return World(seed=seed, house=Place(38.7223, -9.1393, zone), factory=Place(38.7401, -9.1020, zone))


class WatchedDemo:
    """The demo site from its beginning on, day by day, with every channel followed as it is recorded.

    Attributes:
        at_s: How far it has come, seconds since 1970 UTC.
        said: What was found, in the order in which it began.
        readings: How many readings were looked at.
    """

    def __init__(self, seed: int, *, signals: Iterable[str] | None = None) -> None:
        self._world = demo_world(seed)
        self._state: WorldState = beginning(START_S)
        self._faults: tuple[Fault, ...] = ()
        wanted = channels()
        self._channels = {signal: wanted[signal] for signal in (wanted if signals is None else signals)}
        self._step_s = LIVE_S
        self.watches = {signal: ChannelWatch.of(each[1]) for signal, each in self._channels.items()}
        self._spoken: dict[str, float] = {}
        self._ticked: dict[str, float] = {}
        self._open: dict[tuple[str, Cause], int] = {}
        self.at_s = START_S
        self.said: list[Said] = []
        self.readings = 0

    def switch(self, *faults: Fault) -> None:
        self._faults = faults

    def run(self, seconds: int, *, step_s: int = LIVE_S) -> None:
        """Let time pass and look at every reading; `step_s` thins the rhythm, and the resolution, of what is faster."""
        if step_s != self._step_s:
            self._step_s = step_s
            self.watches = {
                signal: ChannelWatch.of(
                    replace(each, resolution_s=max(each.resolution_s or 0.0, step_s)), self.watches[signal].memory()
                )
                for signal, (_, each) in self._channels.items()
            }
        end_s = self.at_s + seconds
        while self.at_s < end_s:
            until_s = min(end_s, (self.at_s // DAY_S + 1) * DAY_S)  # in one piece a month would fill the memory
            at_s = np.arange(self.at_s + step_s, until_s + 1, step_s)
            self._state, tracks, self._faults = observe(
                self._world, self._state, at_s=at_s, actuators=Actuators(), faults=self._faults
            )
            for signal, (channel, _) in self._channels.items():
                self._follow(signal, channel, at_s, tracks[signal])
            self.at_s = until_s

    def found(self, *, after_s: float = 0.0, lasting_s: Mapping[Cause, float] | None = None) -> list[Said]:
        """Return what began after an instant, and lasted for as long as its cause is given time to pass by itself."""
        delays = lasting_s or {}
        return [
            each
            for each in self.said
            if each.from_s > after_s and each.until_s - each.from_s > delays.get(each.cause, 0.0) - 1e-9
        ]

    def _follow(self, signal: str, channel: ChannelBlueprint, true_s: np.ndarray, track: Track) -> None:
        due = true_s % channel.every_s == 0
        if channel.kind == "STATE" or channel.writable:
            before = np.concatenate(([self._spoken.get(signal, np.nan)], track.values[:-1]))
            due |= track.values != before
        self._spoken[signal] = float(track.values[-1])
        watch = self.watches[signal]
        low, high = channel.plausible.get("minimum", -np.inf), channel.plausible.get("maximum", np.inf)
        rows = zip(track.at_s[due].tolist(), track.values[due].tolist(), true_s[due].tolist(), strict=True)
        ticked = self._ticked.get(signal, 0.0)
        for at_s, value, now_s in rows:
            quality = StoredQuality.GOOD if low <= value <= high else StoredQuality.UNCERTAIN
            found = watch.update(at_s, value, quality, now_s + ARRIVES_S)
            if found:
                self._note(signal, found, now_s)
            if now_s >= ticked + TICK_S:
                ticked = now_s
                self._note(signal, watch.tick(now_s + ARRIVES_S), now_s)
        self._ticked[signal] = ticked
        self._note(signal, watch.tick(float(true_s[-1]) + ARRIVES_S), float(true_s[-1]))
        self.readings += int(due.sum())

    def _note(self, signal: str, found: Iterable, now_s: float) -> None:
        for each in found:
            key = (signal, each.cause)
            if each.holds:
                assert key not in self._open, f"{key} begins twice"
                self._open[key] = len(self.said)
                self.said.append(Said(signal, each.cause, now_s, np.inf, each.score))
            else:
                place = self._open.pop(key)
                before = self.said[place]
                self.said[place] = Said(signal, each.cause, before.from_s, now_s, before.score)


def on_delays(step_s: int) -> dict[Cause, float]:
    """Return how long each cause is given to pass by itself: what waits at all waits for a second reading too."""
    return {cause: max(each.on_delay_s, step_s + 1.0) for cause, each in BUILT_IN.items() if each.on_delay_s}


def lines(said: Iterable[Said], *, since_s: float = START_S) -> Iterator[str]:
    for each in said:
        days = (each.from_s - since_s) / DAY_S
        lasts = "to the end" if each.until_s == np.inf else f"{each.until_s - each.from_s:.0f} s"
        yield f"{days:8.3f} d  {each.signal:28} {each.cause.value:16} {lasts:>12}  score {each.score:.2f}"
