"""Looks ahead for a month of the demo site's usual life: no decision may call for action.

Run: python tools/quiet_decisions.py [--days 30] [--looks 1800] [--processes 1] [SEED …]. It needs no database. Trends
are judged at every reading, with what the day before teaches of them and of what cools; forecasts every so many
seconds, and where one calls for action once more ten seconds later, as the advisor would. Half an hour between looks
takes about ten minutes of a core for each seed. Decisions on sensors follow from alarms, of which tools/quiet_month.py
finds none. It prints what would have been decided, and ends with 1 where anything was.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from uuid import UUID

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.watched_demo import DAY_S, LIVE_S, START_S, channels, demo_world
from twinql.domain.blueprint import sites_of
from twinql.domain.channels import ReadingKind
from twinql.domain.decisions.cooling import UNCOOLED_LEAD_S, USUAL_SHARE, Cooler, Doing, after, does_less
from twinql.domain.decisions.limits import recommend
from twinql.domain.decisions.trend import LEAST_LEAD_S, MOST_LEAD_S, USUAL_LEAD_S, WINDOW, lead_of, time_to, trends
from twinql.domain.forecasting.bulk import Task, forecast_all
from twinql.domain.forecasting.grid import grid_for
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.prediction import Refusal
from twinql.domain.outlook import Limit, Outlook
from twinql.domain.simulation.faults import Track
from twinql.domain.simulation.mill import Actuators
from twinql.domain.simulation.world import beginning, observe

HORIZON_S = 900.0
LEARNED_STEP_S = 20
AGAIN_S = 10
_ON = 0.5


def limits_of(bounds: object) -> list[Limit]:
    """Return the limits of a channel of the demo."""
    names = (("low_low", False), ("low", False), ("high", True), ("high_high", True))
    return [Limit(getattr(bounds, name), is_high) for name, is_high in names if getattr(bounds, name) is not None]


def cooled_by() -> dict[str, list[tuple[str, str]]]:
    """Return the signals that tell how much something that cools does, by the signals of what stands near it.

    Each with the signal that tells whether it is switched on.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    assets = [
        asset
        for site in sites_of(tomllib.loads((Path(__file__).parents[1] / "seeds/demo.toml").read_text(encoding="utf-8")))
        for asset in site.assets
    ]
    for cooling in assets:
        if "cool" not in cooling.name.lower():
            continue
        switch = next(each.signal for each in cooling.channels if each.quantity == "SWITCH")
        tells = [(each.signal, switch) for each in cooling.channels if each.quantity in {"POWER", "CURRENT", "FLOW"}]
        for near in assets:
            if near is cooling or cooling.parent == near.external_id or near.parent == cooling.external_id:
                for each in near.channels:
                    found.setdefault(each.signal, []).extend(tells)
    return found


class Coolers:
    """What cools, day by day: since when it does less than was usual on the day before."""

    def __init__(self) -> None:
        """Know nothing of any day."""
        self._usual: dict[str, Cooler] = {}
        self._doing: dict[str, Doing] = {}
        self._every_s = {signal: blueprint.every_s for signal, (blueprint, _) in channels().items()}

    def less_since_s(self, near: list[tuple[str, str]], tracks: Mapping[str, Track], at_s: Floats) -> Floats:
        """Say for each instant of a day since when one of them does, as far as readings tell; infinity where none."""
        found = np.full(at_s.shape, np.inf)
        for signal, switch in near:
            values, cooler = tracks[signal].values, self._usual.get(signal)
            is_on = tracks[switch].values >= _ON
            if cooler is None:
                continue
            for place in np.flatnonzero(at_s % self._every_s[signal] == 0):
                now_s = float(at_s[place])
                if not is_on[place]:
                    self._doing.pop(signal, None)
                    continue
                doing = self._doing[signal] = after(cooler, self._doing.get(signal), now_s, float(values[place]))
                if does_less(cooler, doing, since_s=now_s, at_s=now_s) is not None and doing.less_since_s is not None:
                    holds = slice(place, place + self._every_s[signal] // LIVE_S)
                    found[holds] = np.where(is_on[holds], np.minimum(found[holds], doing.less_since_s), np.inf)
        return found

    def learn(self, signals: list[str], tracks: Mapping[str, Track], at_s: Floats) -> None:
        """Learn from a day what is usual."""
        for signal in signals:
            read = tracks[signal].values[at_s % self._every_s[signal] == 0]
            least = float(np.quantile(read, USUAL_SHARE, method="inverted_cdf"))
            if least > 0.0:
                self._usual[signal] = Cooler(0, signal, signal, "ONE", least)


def by_trend(
    values: Floats, at_s: Floats, limits: list[Limit], leads: dict[bool, float], less_since_s: Floats
) -> Iterator[float]:
    """Give the instants at which a trend would have called for action; of the newest it is told how they are cooled."""
    windows_s = np.lib.stride_tricks.sliding_window_view(at_s, WINDOW)
    found = trends(windows_s, np.lib.stride_tricks.sliding_window_view(values, WINDOW))
    less_since_s = np.concatenate((np.full(len(windows_s), np.inf), less_since_s))[-len(windows_s) :]
    for limit in limits:
        soon_s = time_to(limit.value, is_high=limit.is_high, level=found.level, slope=found.slope)
        lead_s = np.full(soon_s.shape, leads[limit.is_high])
        if limit.is_high and leads[True] >= LEAST_LEAD_S:
            lead_s[less_since_s <= windows_s[:, 0]] = UNCOOLED_LEAD_S
        near = found.goes_on & (soon_s <= lead_s) & (lead_s >= LEAST_LEAD_S)
        yield from at_s[WINDOW - 1 :][near]


def calls(values: Floats, until_s: float, step_s: int, task: tuple[str, str, list[Limit], tuple[float, float]]) -> bool:
    """Say whether a forecast from means over steps that end at an instant calls for action."""
    quantity, unit, limits, (lowest, highest) = task
    past = Past(values, until_s - step_s * len(values), step_s, "Europe/Lisbon")
    steps = round(HORIZON_S / step_s)
    (made,) = forecast_all([Task(past, steps, reach=9, lowest=lowest, highest=highest)])
    if isinstance(made, Refusal):
        return False
    told = made.prediction
    outlook = Outlook(
        quantity, unit, told.last_value, told.lower, told.median, told.upper, 0.8, step_s, model=told.model
    )
    return recommend(outlook, channel_id=UUID(int=0), limits=limits, actuators=()) is not None


def watch(seed: int, days: int, looks_s: int) -> tuple[str, int]:
    """Let a world go on; return what to print, and how much would have been decided."""
    wanted = {
        signal: (each, limits)
        for signal, (blueprint, each) in channels().items()
        if (limits := limits_of(each.bounds)) and each.kind is ReadingKind.INSTANTANEOUS and blueprint is not None
    }
    grid = grid_for(horizon_s=HORIZON_S, spacing_s=LIVE_S, kind=ReadingKind.INSTANTANEOUS)
    world, state = demo_world(seed), beginning(START_S)
    before: dict[str, Floats] = {}
    found, leads, looked, least_s = list[str](), dict[str, dict[bool, float]](), 0, MOST_LEAD_S
    near, coolers, uncooled_s = cooled_by(), Coolers(), 0
    for day in range(days):
        at_s = np.arange(START_S + day * DAY_S + LIVE_S, START_S + (day + 1) * DAY_S + 1, LIVE_S)
        state, tracks, _ = observe(world, state, at_s=at_s, actuators=Actuators(), faults=())
        for signal, (each, limits) in wanted.items():
            values = np.concatenate((before.get(signal, np.zeros(0)), tracks[signal].values))
            times_s = np.arange(at_s[-1] - LIVE_S * (len(values) - 1), at_s[-1] + 1, LIVE_S)
            fresh = len(at_s) + WINDOW - 1
            if each.quantity == "TEMPERATURE":
                since_s = coolers.less_since_s(near.get(signal, []), tracks, at_s)
                uncooled_s += LIVE_S * int(np.isfinite(since_s).sum())
                sides = leads.setdefault(signal, {False: USUAL_LEAD_S, True: USUAL_LEAD_S})
                found += [
                    f"{(one - START_S) / DAY_S:8.3f} d  {signal:28} by its trend"
                    for one in by_trend(values[-fresh:], times_s[-fresh:], limits, sides, since_s)
                ]
                means = tracks[signal].values.reshape(-1, LEARNED_STEP_S // LIVE_S).mean(axis=1)
                for side in sides:
                    some = [limit for limit in limits if limit.is_high is side]
                    sides[side] = lead_of(means, LEARNED_STEP_S, some) or USUAL_LEAD_S
                least_s = min(least_s, *sides.values())
            each_step = grid.step_s // LIVE_S
            size = grid.past_steps * each_step
            task = (
                each.quantity,
                each.unit,
                limits,
                (each.plausible_minimum or -np.inf, each.plausible_maximum or np.inf),
            )
            for look_s in np.arange(at_s[0] - LIVE_S + looks_s, at_s[-1] - AGAIN_S, looks_s):
                ends = [round((look_s + more - times_s[0]) / LIVE_S) + 1 for more in (0, AGAIN_S)]
                looked += 1
                if ends[0] >= size and all(
                    calls(values[end - size : end].reshape(-1, each_step).mean(axis=1), look_s, grid.step_s, task)
                    for end in ends
                ):
                    found.append(f"{(look_s - START_S) / DAY_S:8.3f} d  {signal:28} by its forecast")
            before[signal] = values[-size:]
        coolers.learn(sorted({each for some in near.values() for each, _ in some}), tracks, at_s)
    head = f"seed {seed}: {days} days, {looked:,} forecasts, leads of {least_s:.0f} s at least"
    head += f", cooled less than usual for {uncooled_s} s, {len(found)} found"
    return "\n".join([head, *found]), len(found)


def main() -> int:
    """Watch one world after the other, or some beside one another."""
    parser = argparse.ArgumentParser()
    parser.add_argument("seeds", type=int, nargs="*", default=[1])
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--looks", type=int, default=1800)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    total = 0
    with ProcessPoolExecutor(given.processes) as pool:
        for text, count in pool.map(watch, given.seeds, repeat(given.days), repeat(given.looks)):
            print(text, flush=True)  # noqa: T201 - a tool prints
            total += count
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
