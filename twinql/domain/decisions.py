"""Turns a forecast that crosses a limit into a recommendation that says why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from math import erf, sqrt
from typing import Final

import numpy as np

from twinql.domain.forecast_models import Floats

LIMIT_RULE: Final = "LIMIT_WILL_BE_CROSSED"
_PROBABLE: Final = 0.5
_WORTH_WATCHING: Final = 0.2
_CALM: Final = 0.1
_IMMEDIATE_S: Final = 120.0
_HIGH_S: Final = 900.0
_MEDIUM_S: Final = 3600.0
_OFF: Final = 0.5


class DecisionAction(Enum):
    """What a decision recommends."""

    CONTINUE_MONITORING = "CONTINUE_MONITORING"
    INSPECT = "INSPECT"
    RESTORE_COOLING = "RESTORE_COOLING"
    REDUCE_LOAD = "REDUCE_LOAD"


class DecisionStatus(Enum):
    """Where a decision stands."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    SUPERSEDED = "SUPERSEDED"
    EXPIRED = "EXPIRED"


class Urgency(Enum):
    """How soon a person should act."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    IMMEDIATE = "IMMEDIATE"


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a channel.

    Attributes:
        value: The limit. [unit of the channel]
        is_high: Whether values above it are the bad ones.
    """

    value: float
    is_high: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected of a channel, as a rule looks at it.

    Attributes:
        quantity: The physical quantity, as the graph names it.
        unit: The unit of the values, as the graph names it.
        last_value: The last value known. [unit of the channel]
        lower: Lower bounds, shape (steps,). [unit of the channel]
        median: Medians, shape (steps,). [unit of the channel]
        upper: Upper bounds, shape (steps,). [unit of the channel]
        level: Share of outcomes between the bounds, between 0 and 1.
        step_s: Length of a step. [s]
        mae: Measured mean absolute error of such forecasts; None where nothing was measured. [unit of the channel]
        naive_mae: The same for repeating the last value. [unit of the channel]
    """

    quantity: str
    unit: str
    last_value: float
    lower: Floats
    median: Floats
    upper: Floats
    level: float
    step_s: float
    mae: float | None = None
    naive_mae: float | None = None


@dataclass(frozen=True, slots=True)
class Actuator:
    """A writable channel that stands near the one in question.

    Attributes:
        key: Its short name.
        name: What people call it.
        quantity: The physical quantity, as the graph names it.
        cools: Whether it belongs to something that cools.
        value: What it reads now; None where that is not known. [its unit]
    """

    key: str
    name: str
    quantity: str
    cools: bool
    value: float | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One comparison of two numbers that led to a decision.

    Attributes:
        code: For programs.
        message: For people.
        value: What was found.
        threshold: What it was compared with; None where it was only noted.
        unit: Unit of both, as the graph names it; None for a share of 1.
        channel_key: The channel on which it was found, where it is another one.
    """

    code: str
    message: str
    value: float | None
    threshold: float | None
    unit: str | None
    channel_key: str | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """What else was considered, and why it was not chosen."""

    action: DecisionAction
    message: str


@dataclass(frozen=True, slots=True)
class Impact:
    """What is expected, or was found, to follow. None where nobody measured it: no figure is invented.

    Attributes:
        time_to_threshold_s: Until the limit is crossed if nothing is done. [s]
        extreme_value: The worst value expected within the horizon if nothing is done. [unit of the channel]
        energy_kwh: Energy saved. [kWh]
        peak_kw: Peak power avoided. [kW]
        cost: Money saved, as a decimal number in `currency`.
        currency: ISO 4217 code of the cost.
    """

    time_to_threshold_s: float | None = None
    extreme_value: float | None = None
    energy_kwh: float | None = None
    peak_kw: float | None = None
    cost: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What a rule recommends, with its reasons."""

    rule: str
    action: DecisionAction
    urgency: Urgency
    confidence: float | None
    reasons: tuple[Reason, ...]
    alternatives: tuple[Alternative, ...]
    impact: Impact


def share_beyond(outlook: Outlook, limit: Limit) -> Floats:
    """Say how much of the predictive distribution lies beyond a limit, step by step.

    The distribution is a normal one on either side of the median, with the bounds at their quantiles.

    Args:
        outlook: What is expected.
        limit: The limit.

    Returns:
        Between 0 and 1, shape (steps,); a value just at the limit is not beyond it.
    """
    quantile = _normal_quantile(0.5 + outlook.level / 2.0)
    above = np.maximum(outlook.upper - outlook.median, 0.0) / quantile
    below = np.maximum(outlook.median - outlook.lower, 0.0) / quantile
    distance = limit.value - outlook.median
    sigma = np.where(distance >= 0.0, above, below)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(sigma > 0.0, distance / sigma, np.where(distance == 0.0, 0.0, np.sign(distance) * np.inf))
    over = np.asarray([0.5 * (1.0 - erf(float(value) / sqrt(2.0))) for value in z])
    return over if limit.is_high else np.asarray(1.0 - over)


def is_calm(outlook: Outlook, limits: Sequence[Limit]) -> bool:
    """Say whether an open recommendation has lost its ground: clearly, so that it does not flicker."""
    return all(float(share_beyond(outlook, limit).max(initial=0.0)) < _CALM for limit in limits) and not any(
        _crossed(outlook.last_value, limit) for limit in limits
    )


def recommend(outlook: Outlook, *, limits: Sequence[Limit], actuators: Sequence[Actuator]) -> Recommendation | None:
    """Apply the rule: a limit that will probably be crossed within the forecast calls for action before it is.

    Args:
        outlook: What is expected of the channel.
        limits: Its limits; the one that is crossed with the greatest probability, or first, counts.
        actuators: What could be set near it.

    Returns:
        The recommendation, or None where no limit is near.
    """
    judged = [(limit, share_beyond(outlook, limit)) for limit in limits]
    judged = [(limit, share) for limit, share in judged if _matters(outlook, limit, share)]
    if not judged:
        return None
    limit, share = max(judged, key=lambda pair: (_crossed(outlook.last_value, pair[0]), float(pair[1].max())))
    crossed = _crossed(outlook.last_value, limit)
    seconds = 0.0 if crossed else _time_to(share, outlook.step_s)
    probable = crossed or float(share.max()) >= _PROBABLE
    action, reason, alternatives = _choose(outlook, limit, actuators, probable=probable)
    return Recommendation(
        rule=LIMIT_RULE,
        action=action,
        urgency=_urgency(seconds) if probable else Urgency.LOW,
        confidence=1.0 if crossed else float(share.max()),
        reasons=tuple(_reasons(outlook, limit, share, seconds, crossed=crossed)) + ((reason,) if reason else ()),
        alternatives=alternatives,
        impact=Impact(time_to_threshold_s=seconds, extreme_value=_extreme(outlook, limit)),
    )


def _crossed(value: float, limit: Limit) -> bool:
    return value > limit.value if limit.is_high else value < limit.value


def _matters(outlook: Outlook, limit: Limit, share: Floats) -> bool:
    return _crossed(outlook.last_value, limit) or float(share.max(initial=0.0)) >= _WORTH_WATCHING


def _time_to(share: Floats, step_s: float) -> float:
    """Return when crossing becomes probable, or is most probable where it never does, in seconds."""
    reached = np.flatnonzero(share >= min(_PROBABLE, float(share.max())))
    return float(reached[0]) * step_s


def _urgency(seconds: float) -> Urgency:
    if seconds <= _IMMEDIATE_S:
        return Urgency.IMMEDIATE
    if seconds <= _HIGH_S:
        return Urgency.HIGH
    return Urgency.MEDIUM if seconds <= _MEDIUM_S else Urgency.LOW


def _extreme(outlook: Outlook, limit: Limit) -> float:
    return float(outlook.median.max() if limit.is_high else outlook.median.min())


def _reasons(outlook: Outlook, limit: Limit, share: Floats, seconds: float, *, crossed: bool) -> Iterator[Reason]:
    side = "above" if limit.is_high else "below"
    if crossed:
        message = f"The last value is already {side} the limit."
        yield Reason("LIMIT_CROSSED", message, outlook.last_value, limit.value, outlook.unit)
    else:
        message = f"The forecast goes {side} the limit in about {_spoken(seconds)}."
        if float(share.max()) < _PROBABLE:
            message = f"The forecast may go {side} the limit, though it probably will not."
        yield Reason("FORECAST_CROSSES_LIMIT", message, _extreme(outlook, limit), limit.value, outlook.unit)
    message = f"This share of the predictive distribution lies {side} the limit at its worst step."
    yield Reason("SHARE_BEYOND_LIMIT", message, float(share.max()), _PROBABLE, None)
    if outlook.mae is not None:
        message = "The mean absolute error of such forecasts, beside that of repeating the last value."
        yield Reason("FORECAST_ERROR", message, outlook.mae, outlook.naive_mae, outlook.unit)


def _choose(
    outlook: Outlook, limit: Limit, actuators: Sequence[Actuator], *, probable: bool
) -> tuple[DecisionAction, Reason | None, tuple[Alternative, ...]]:
    hot = limit.is_high and outlook.quantity == "TEMPERATURE"
    stopped = [a for a in actuators if a.cools and a.value is not None and a.value < _OFF] if hot else []
    loads = [a for a in actuators if not a.cools and a.quantity in {"ROTATIONAL_SPEED", "POWER", "LOAD"}]
    options: list[tuple[DecisionAction, bool, str]] = [
        (
            DecisionAction.RESTORE_COOLING,
            bool(stopped),
            f"{stopped[0].name} is off; switching it on takes the heat away."
            if stopped
            else "Nothing that cools is known to be off.",
        ),
        (
            DecisionAction.REDUCE_LOAD,
            limit.is_high and bool(loads),
            f"{loads[0].name} can be lowered, at the price of output." if loads else "No load can be set from here.",
        ),
        (DecisionAction.INSPECT, True, "Somebody looks for the cause."),
    ]
    watching = "The limit may yet not be reached." if not probable else "Waiting lets the limit be crossed."
    options.insert(3 if probable else 0, (DecisionAction.CONTINUE_MONITORING, True, watching))
    chosen = next(option for option in options if option[1])
    reason = None
    if chosen[0] is DecisionAction.RESTORE_COOLING:
        off = stopped[0]
        reason = Reason("COOLING_IS_OFF", f"{off.name} is off.", off.value, 1.0, None, off.key)
    return chosen[0], reason, tuple(Alternative(action, text) for action, _, text in options if action is not chosen[0])


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < _IMMEDIATE_S else f"{seconds / 60.0:.0f} min"


def _normal_quantile(share: float) -> float:
    """Return where the standard normal distribution reaches this share, by bisection."""
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if 0.5 * (1.0 + erf(middle / sqrt(2.0))) < share else (low, middle)
    return (low + high) / 2.0
