"""Measures what it costs to watch a thousand channels: the time of a reading, and the memory of a channel.

Run: python benchmarks/bench_diagnosis.py [--channels 1000] [--readings 100000]. One process, one core, no database. The
channels are those of the demo site, over and over, each with a past of its own; their readings come a second apart in
turns, as a thousand readings a second would. The time is that of the processor.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from time import process_time
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.watched_demo import ARRIVES_S, START_S, channels, demo_world
from twinql.domain.detection.finding import Watched
from twinql.domain.detection.watch import ChannelWatch
from twinql.domain.readings import StoredQuality
from twinql.domain.simulation.mill import Actuators
from twinql.domain.simulation.world import beginning, observe

PAST_DAYS = 25
PAST_STEP_S = 600
"""So long, and so thinned, a past each kind of channel has before it is measured: every detector judges then."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--channels", type=int, default=1000)
    parser.add_argument("--readings", type=int, default=100_000)
    given = parser.parse_args()
    known = {signal: each[1] for signal, each in channels().items()}
    at_s = START_S + PAST_STEP_S * np.arange(1.0, PAST_DAYS * 86_400 // PAST_STEP_S + 1)
    state, past, _ = observe(demo_world(1), beginning(START_S), at_s=at_s, actuators=Actuators())
    live_s = state.at_s + np.arange(1.0, given.readings // given.channels + 1)
    _, live, _ = observe(demo_world(1), state, at_s=live_s, actuators=Actuators())
    kinds = [
        Kind(signal, each, _memory(each, at_s.tolist(), past[signal].values.tolist()), live[signal].values.tolist())
        for signal, each in known.items()
    ]
    costs = {kind.signal: _cost_us([kind] * 10, live_s.tolist()) for kind in kinds}
    slowest = max(costs, key=lambda signal: costs[signal])
    cost_us = _cost_us([kinds[place % len(kinds)] for place in range(given.channels)], live_s.tolist())
    sizes = [len(kind.memory) for kind in kinds]
    print(f"channels                        {given.channels:10,}")
    print(f"readings                        {given.channels * len(live_s):10,}")
    print(f"processor time a reading        {cost_us:10.1f} µs")
    print(f"  of the slowest kind           {costs[slowest]:10.1f} µs  ({slowest})")
    print(f"readings/s on one core          {1e6 / cost_us:10,.0f}")
    print(f"share of a core at 1,000/s      {cost_us / 10.0:10.1f} %")
    print(f"memory a channel as JSON        {mean(sizes):10,.0f} bytes, the largest {max(sizes):,}")


class Kind(NamedTuple):
    """A kind of channel: what is known of it, its memory of the past, and what it says now, second by second."""

    signal: str
    watched: Watched
    memory: str
    values: Sequence[float]


def _cost_us(kinds: Sequence[Kind], live_s: Sequence[float]) -> float:
    """Let channels speak in turns, and return what a reading takes of the processor's time. [µs]."""
    watches = [ChannelWatch.of(kind.watched, json.loads(kind.memory)) for kind in kinds]
    began = process_time()
    for second, now_s in enumerate(live_s):
        for kind, watch in zip(kinds, watches, strict=True):
            watch.update(now_s, kind.values[second], StoredQuality.GOOD, now_s + ARRIVES_S)
    return 1e6 * (process_time() - began) / (len(watches) * len(live_s))


def _memory(watched: Watched, at_s: Sequence[float], values: Sequence[float]) -> str:
    watch = ChannelWatch.of(watched)
    for at, value in zip(at_s, values, strict=True):
        watch.update(at, value, StoredQuality.GOOD, at + ARRIVES_S)
    return json.dumps(watch.memory())


if __name__ == "__main__":
    main()
