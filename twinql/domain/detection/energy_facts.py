"""The numbers that speak for a finding about energy per interval, in words for people."""

from dataclasses import dataclass
from typing import Final

from twinql.domain.detection.energy_extremes import Usual
from twinql.domain.detection.energy_level import Level, Stretch
from twinql.domain.detection.energy_limits import DAY_S, LEVEL_SOFT, TAMPER_LOW_DAYS, TAMPER_SHARE
from twinql.domain.detection.energy_runs import Runs
from twinql.domain.detection.energy_swings import Swing
from twinql.domain.detection.finding import Fact

BACKWARDS_SCORE: Final = 2.0
"""The score of energy that runs backwards: nothing is usual there that it could be compared with."""


@dataclass(frozen=True, slots=True)
class About:
    """The unit of the channel, the time between its readings, and the time of the reading that is looked at."""

    unit: str
    step_s: float
    at_s: float

    def fact(
        self, code: str, message: str, value: float | None, threshold: float | None = None, *, first_s: float
    ) -> Fact:
        """Return a number in the unit of the channel."""
        return Fact(code, message, value, threshold, self.unit, first_s, self.at_s)

    def count(self, code: str, message: str, value: float, threshold: float | None = None, *, first_s: float) -> Fact:
        """Return a number without unit."""
        return Fact(code, message, value, threshold, None, first_s, self.at_s)


def nothing() -> tuple[Fact, ...]:
    """Return no facts: nothing was found."""
    return ()


def spike(about: About, value: float, usual: Usual) -> tuple[Fact, ...]:
    """Say how high a reading is beside what is found, and beside how high this channel and this time of day get."""
    at, season = about.at_s, "The same reading, beside how high the channel got around this time of day so far."
    facts = (
        about.fact("VALUE", "The reading is higher than this channel gets.", value, usual.spike, first_s=at),
        _beside_high(about, value, usual),
    )
    if usual.season_high is None:
        return facts
    return (*facts, about.fact("SEASON_HIGH", season, value, usual.season_high, first_s=at))


def outlier(about: About, value: float, usual: Usual) -> tuple[Fact, ...]:
    """Say how far a reading is from anything that the channel can take."""
    message = "The reading is so high that a wrong unit or a wrong register is likelier than a load."
    return (
        about.fact("IMPLAUSIBLE", message, value, usual.outlier, first_s=about.at_s),
        _beside_high(about, value, usual),
    )


def backwards(about: About, value: float) -> tuple[Fact, ...]:
    """Say how much energy ran backwards."""
    message = "Energy runs backwards on a channel that counts one way only."
    return (about.fact("BACKWARDS", message, value, 0.0, first_s=about.at_s),)


def dip(about: About, value: float, usual: Usual, run: Runs, threshold: float) -> tuple[Fact, ...]:
    """Say how low readings are, and for how long."""
    at, beside = about.at_s, "The same reading, beside how low the channel got around this time of day so far."
    since = at if run.since_s is None else run.since_s
    return (
        about.fact("VALUE", "The reading is all but nothing.", value, usual.low, first_s=at),
        about.count("RUN", "So many such readings came one after the other.", run.length, threshold, first_s=since),
        about.fact("USUAL_LOW", beside, value, usual.floor, first_s=at),
    )


def long_dip(about: About, run: Runs) -> tuple[Fact, ...]:
    """Say for how long there was all but nothing."""
    since = about.at_s if run.since_s is None else run.since_s
    days = (about.at_s - since) / DAY_S
    message = "For so many days the readings are all but nothing."
    return (Fact("NOTHING_FOR_LONG", message, days, TAMPER_LOW_DAYS, "DAY", since, about.at_s),)


def stuck(about: About, value: float, run: Runs, threshold: float) -> tuple[Fact, ...]:
    """Say how many readings were equal, and how many usually are."""
    since = about.at_s if run.since_s is None else run.since_s
    return (
        about.count("RUN", "So many readings one after the other are equal.", run.length, threshold, first_s=since),
        about.count(
            "USUAL_RUN", "The same number, beside that on its flattest days.", run.length, run.usual, first_s=since
        ),
        about.fact("VALUE", "What they all are.", value, first_s=since),
    )


def swing(about: About, swing: Swing) -> tuple[Fact, ...]:
    """Say how widely readings jump to and fro."""
    since = about.at_s - swing.changes * about.step_s
    return (
        about.fact("SWING", "Readings jump to and fro by at least this.", swing.width, swing.threshold, first_s=since),
        about.count("CHANGES", "So many changes alternated.", swing.changes, first_s=since),
    )


def shift(about: About, level: Level) -> tuple[Fact, ...]:
    """Say from where to where the level moved."""
    assert level.usual is not None
    now, taken = level.now(), level.stretch
    least = "at least" if level.shifted > 0 else "at most"
    ratio = (
        f"Median and base load, {LEVEL_SOFT:.0%} of the usual median added, are both {least} so many times the usual."
    )
    of = _of(taken)
    facts = (
        ("RATIO", ratio, level.ratio, level.threshold, None),
        ("MEDIAN", f"The median {of}, beside the usual one.", now.middle, level.usual.middle, about.unit),
        ("BASE_LOAD", f"The 10 % quantile {of}, beside the usual one.", now.base, level.usual.base, about.unit),
    )
    return tuple(
        Fact(code, message, value, threshold, unit, taken.first_s, taken.last_s)
        for code, message, value, threshold, unit in facts
    )


def collapse(about: About, level: Level) -> tuple[Fact, ...]:
    """Say how little is left of the usual level."""
    message = "At most this share is left of the usual base load and median."
    taken = level.stretch
    left = Fact("SHARE_LEFT", message, level.ratio, TAMPER_SHARE, None, taken.first_s, taken.last_s)
    return (left, *shift(about, level))


def _beside_high(about: About, value: float, usual: Usual) -> Fact:
    message = "The same reading, beside how high the channel gets on its highest days."
    return about.fact("USUAL_HIGH", message, value, usual.high, first_s=about.at_s)


def _of(taken: Stretch) -> str:
    """Say of what a level was taken."""
    of = "of these readings" if taken.every == 1 else f"of the means of every {taken.every} of these readings"
    return of if taken.left_out == 0 else f"{of}, {taken.left_out:,} that are wrong by themselves left out"
