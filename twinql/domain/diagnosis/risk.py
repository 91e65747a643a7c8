"""How much is at risk with a machine, and which of its channels make it so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log1p
from typing import Generic, TypeVar

import numpy as np

from twinql.domain.diagnosis.bands import ALARM_SHARE, RISK, RISKS, SOON, Freshness, RiskCode, RiskLevel
from twinql.domain.diagnosis.health import SILENT, OpenAlarm
from twinql.domain.diagnosis.present import Age
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.diagnosis.slope import Slope
from twinql.domain.diagnosis.stretch import Stretch, holding_s, percent
from twinql.domain.diagnosis.traits import time_to
from twinql.domain.readings import Floats

Limits = tuple[float | None, float | None, float | None, float | None]
"""Low-low, low, high and high-high. [unit of the channel]"""
_FULL = 100.0
_LEAST_URGENCY = 1 / 64
"""An hour ahead; less is not worth a word."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """Something about a channel that makes a risk.

    Attributes:
        code: For programs.
        message: For people: a sentence.
        size: How great it is, 0 to 1, by the published numbers.
        value: The number behind it: a share of time, a time in seconds, or an alarm's score.
    """

    code: RiskCode
    message: str
    size: float
    value: float


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of time that values lay beyond alarm limits.

    Attributes:
        beyond: Beyond the low or the high one, but not further, 0 to 1.
        far: Beyond the low-low or the high-high one, 0 to 1.
        covered_s: The time that readings speak for. [s]
    """

    beyond: float
    far: float
    covered_s: float


C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Contribution(Generic[C]):
    """What a channel adds to a risk.

    Attributes:
        channel: The channel.
        points: How much of the score it is.
        hazards: What makes it, the greatest first.
    """

    channel: C
    points: float
    hazards: Sequence[Hazard]


@dataclass(frozen=True, slots=True)
class Risk(Generic[C]):
    """How much is at risk.

    Attributes:
        score: 0 where nothing is, up to 100.
        level: How that is called, by the published table.
        contributions: What each channel adds, the most first; they add up to the score.
    """

    score: float
    level: RiskLevel
    contributions: Sequence[Contribution[C]]


def shares_beyond(stretch: Stretch, limits: Limits, *, until_s: float, spacing_s: float | None = None) -> Shares | None:
    """Say for which shares of the time values lay beyond alarm limits.

    Args:
        stretch: Any number of readings.
        limits: Alarm limits; just at one a value is not beyond it.
        until_s: Where the time ends that is looked at. [s]
        spacing_s: The usual time between two readings; None takes that of these. [s]

    Returns:
        The shares; None without a reading. Where no time has passed each reading counts alike.
    """
    if not len(stretch):
        return None
    held = holding_s(stretch.at_s, until_s, spacing_s)
    covered = float(held.sum())
    weights = held / covered if covered > 0 else np.full(len(held), 1 / len(held))
    low_low, low, high, high_high = limits
    far = _beyond(stretch.values, low_low, high_high)
    beyond = _beyond(stretch.values, low, high) & ~far
    return Shares(float(weights[beyond].sum()), float(weights[far].sum()), covered)


def hazards_of(
    shares: Shares | None,
    *,
    limits: Limits,
    slope: Slope | Reason,
    window_s: float,
    age: Age | Reason,
    alarms: Sequence[OpenAlarm],
) -> list[Hazard]:
    """Say what about a channel makes a risk, the greatest first.

    Args:
        shares: For which shares of the window it lay beyond limits.
        limits: Its alarm limits.
        slope: The line through the newest of its readings.
        window_s: How long the window is; what is reached within as long a time counts, and what is reached soon. [s]
        age: How old its newest reading is.
        alarms: What is open on it.
    """
    found = [
        *_of_limits(shares),
        *_of_slope(slope, limits, window_s),
        *_of_age(age),
        *(_of_alarm(each) for each in alarms if each.holds and each.state not in SILENT and each.cause != "STALE"),
    ]
    return sorted(found, key=lambda hazard: -hazard.size)


def risk_of(channels: Mapping[C, Sequence[Hazard]]) -> Risk[C]:
    """Put the hazards of channels together: any of them is enough for harm, as a chain breaks at any of its links.

    A channel survives where none of its hazards strikes; the machine where all channels do. The score is 100 times what
    is missing to certain survival, and is shared out by the logarithms of what each channel takes away from it, which
    add up. It is a score and no probability: the sizes of hazards are judgements, published as such.

    Source:
        Reliability of a series system, R = Π R_i (Barlow and Proschan, 1975); noisy-or (Pearl, 1988).
    """
    losses = {channel: -sum(log1p(-hazard.size) for hazard in hazards) for channel, hazards in channels.items()}
    total = sum(losses.values())
    score = _FULL * float(-np.expm1(-total)) if total else 0.0
    contributions = [
        Contribution(channel, score * losses[channel] / total, hazards)
        for channel, hazards in channels.items()
        if losses[channel] > 0
    ]
    return Risk(score, RISK.label(score), sorted(contributions, key=lambda each: -each.points))


def _beyond(values: Floats, lowest: float | None, highest: float | None) -> np.typing.NDArray[np.bool_]:
    found = np.zeros(len(values), dtype=bool)
    if lowest is not None:
        found |= values < lowest
    if highest is not None:
        found |= values > highest
    return found


def _of_limits(shares: Shares | None) -> Iterator[Hazard]:
    if shares is not None and shares.far > 0:
        message = f"Beyond its outer limits for {percent(shares.far)} of the time."
        yield Hazard(RiskCode.FAR_BEYOND_LIMIT, message, RISKS[RiskCode.FAR_BEYOND_LIMIT] * shares.far, shares.far)
    if shares is not None and shares.beyond > 0:
        message = f"Beyond its inner limits for {percent(shares.beyond)} of the time."
        yield Hazard(RiskCode.BEYOND_LIMIT, message, RISKS[RiskCode.BEYOND_LIMIT] * shares.beyond, shares.beyond)


def _of_slope(slope: Slope | Reason, limits: Limits, window_s: float) -> Iterator[Hazard]:
    if isinstance(slope, Reason):
        return
    low_low, low, high, high_high = limits
    # Only what is not reached yet lies ahead: from a limit that was passed values may go on to the outer one.
    ahead = [each for each in (low, low_low) if each is not None and each < slope.level]
    ahead += [each for each in (high, high_high) if each is not None and each > slope.level]
    times = [time_to(slope, each) for each in ahead]
    soonest = min((each.expected_s for each in times if not isinstance(each, Reason)), default=inf)
    urgency = max(2 ** (-soonest / SOON.total_seconds()), (1 - soonest / window_s) / 2)
    if urgency > _LEAST_URGENCY:
        message = f"On its way to a limit, which it reaches in {soonest / 60:,.0f} minutes."
        yield Hazard(RiskCode.APPROACHING_LIMIT, message, RISKS[RiskCode.APPROACHING_LIMIT] * urgency, soonest)


def _of_age(age: Age | Reason) -> Iterator[Hazard]:
    if isinstance(age, Age) and age.freshness in {Freshness.STALE, Freshness.DEAD}:
        code = RiskCode(age.freshness.value)
        yield Hazard(
            code, f"Silent for {age.age_s / 60:,.0f} minutes: nobody sees what it does.", RISKS[code], age.age_s
        )


def _of_alarm(alarm: OpenAlarm) -> Hazard:
    return Hazard(RiskCode.ALARM, alarm.message, RISKS[RiskCode.ALARM] * ALARM_SHARE[alarm.severity], alarm.score)
