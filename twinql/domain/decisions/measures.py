"""What can be done before a limit is crossed: the measures near a channel, and the command that would take one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor, log10
from typing import Final
from uuid import UUID

from twinql.domain.decisions.recommendation import Alternative, Proposal, Reason
from twinql.domain.decisions.vocabulary import DecisionAction
from twinql.domain.outlook import Limit, Outlook, is_beyond
from twinql.domain.verification import EffectDirection, Expectation

_OFF: Final = 0.5
_NO_LOAD: Final = 1e-6
"""A load that reads no more than this does nothing that can be lowered: what is left of a sensor's zero. [its unit]"""
_LOADS: Final = frozenset({"ROTATIONAL_SPEED", "POWER", "LOAD"})
_COOLS_MORE: Final = frozenset({"ROTATIONAL_SPEED", "POWER", "LOAD", "FLOW"})
KEEPS_FOR_S: Final = 900.0
"""A load is lowered so far that the limit is not reached for so long: time for somebody to come. [s]"""
_MARGIN: Final = 0.1
"""Of the way to the limit this share stays free."""
_LEAST_LEFT: Final = 0.1
_MOST_LEFT: Final = 0.9
"""A load is lowered to between these shares of what it is; less would not help, more is switching off."""
_WHERE_UNKNOWN: Final = 0.5
"""How far it is lowered where nobody knows how fast the limit comes near."""
EXPIRES_S: Final = 120.0
_SHOWS_WITHIN_S: Final = 45.0
"""By then a change of a load or of cooling shows in the temperature of what stands beside it. [s]"""
_SURE_SHARE: Final = 0.25
"""Of the effect that is worked out this much must show: actuators take their time."""


@dataclass(frozen=True, slots=True)
class Actuator:
    """A writable channel that stands near the one in question.

    Attributes:
        id: The channel.
        key: Its short name.
        name: What people call it.
        quantity: The physical quantity, as the graph names it.
        cools: Whether it belongs to something that cools.
        value: What it reads now; None where that is not known. [its unit]
        switched_on_at: For a switch that is on: since when, if it was seen to be off not long before.
        unit: The unit of its value, as the graph names it; None where nobody asked.
        minimum: The least it takes; None where it is open. [its unit]
        maximum: The most it takes; None where it is open. [its unit]
        on_code: The code of the state that switches it on; None for what has no states.
        on_label: The label of that state.
    """

    id: UUID
    key: str
    name: str
    quantity: str
    cools: bool
    value: float | None
    switched_on_at: datetime | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    on_code: float | None = None
    on_label: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """What was chosen.

    Attributes:
        action: What to do.
        reasons: Why this.
        alternatives: What else was considered.
        proposal: The command that would do it; None where none is known.
        lowered_to: Of a load that is lowered, the share that stays; None for other measures.
        actuator: What would be set.
    """

    action: DecisionAction
    reasons: tuple[Reason, ...]
    alternatives: tuple[Alternative, ...]
    proposal: Proposal | None = None
    lowered_to: float | None = None
    actuator: Actuator | None = None


def choose(
    outlook: Outlook, limit: Limit, seconds: float, *, channel_id: UUID, actuators: Sequence[Actuator]
) -> Measure:
    """Take the first measure that can be taken here, and keep the others with why they were not.

    Args:
        outlook: What is expected of the channel.
        limit: The limit that will be crossed.
        seconds: In how long; 0 where it is. [s]
        channel_id: The channel, on which the effect will show.
        actuators: What could be set near it.
    """
    hot = limit.is_high and outlook.quantity == "TEMPERATURE"
    cooling = [each for each in actuators if hot and each.cools and each.value is not None]
    off = next((each for each in cooling if _value(each) < _OFF), None)
    on = next((each for each in cooling if _value(each) >= _OFF), None)
    more = next((each for each in cooling if each is not off and _can_do_more(each)), None)
    load = next((each for each in actuators if limit.is_high and _is_load(each)), None)
    options = (
        (
            DecisionAction.RESTORE_COOLING,
            off,
            f"{off.name} is off; switching it on takes heat away." if off else "Nothing that cools is known to be off.",
        ),
        (
            DecisionAction.RAISE_COOLING,
            more,
            f"{more.name} can do more." if more else "Nothing that cools and runs is known to have more to give.",
        ),
        (
            DecisionAction.REDUCE_LOAD,
            load,
            f"{load.name} can be lowered, at the price of output." if load else "No load that helps can be set here.",
        ),
    )
    chosen, actuator = next(((a, by) for a, by, _ in options if by is not None), (DecisionAction.INSPECT, None))
    others = [Alternative(action, text) for action, _, text in options if action is not chosen]
    if chosen is not DecisionAction.INSPECT:
        others.append(Alternative(DecisionAction.INSPECT, "Somebody can look for the cause."))
    others.append(Alternative(DecisionAction.CONTINUE_MONITORING, "Waiting lets the limit be crossed."))
    pace = _pace(outlook, limit, seconds)
    proposal, left = None, None
    if actuator is not None and chosen is DecisionAction.REDUCE_LOAD:
        proposal, left = _lowered(actuator, outlook, limit, pace, channel_id)
    elif actuator is not None:
        proposal = _cooled(actuator, chosen, outlook, pace, channel_id)
    why = (*_why(chosen, on=on, off=off, more=more, load=load), *_proposed(proposal, actuator, pace))
    return Measure(chosen, why, tuple(others), proposal, left, actuator)


def _is_load(actuator: Actuator) -> bool:
    return (
        not actuator.cools
        and actuator.quantity in _LOADS
        and (actuator.value is None or abs(actuator.value) > _NO_LOAD)
    )


def _value(actuator: Actuator) -> float:
    assert actuator.value is not None
    return actuator.value


def _can_do_more(actuator: Actuator) -> bool:
    return (
        actuator.quantity in _COOLS_MORE
        and actuator.on_code is None
        and actuator.maximum is not None
        and _value(actuator) < actuator.maximum
    )


def _pace(outlook: Outlook, limit: Limit, seconds: float) -> float | None:
    """Return how fast the limit comes near, above zero; None where that is not known. [unit of the channel / s]."""
    if not is_beyond(outlook.last_value, limit) and seconds > 0.0:
        return abs(limit.value - outlook.last_value) / seconds
    course = float(outlook.median[-1] - outlook.median[0]) / (max(len(outlook.median) - 1, 1) * outlook.step_s)
    course = course if limit.is_high else -course
    return course if course > 0.0 else None


def _lowered(
    load: Actuator, outlook: Outlook, limit: Limit, pace: float | None, channel_id: UUID
) -> tuple[Proposal | None, float | None]:
    """Lower a load so far that the limit is not reached for a while.

    What a load gives off is at least in proportion to it, and what flows off is not less for it: so of the pace at
    which a temperature rises no more than the same share stays.
    """
    if load.value is None or load.value <= 0.0:
        return None, None
    left = _WHERE_UNKNOWN
    if pace is not None:
        room = (1.0 - _MARGIN) * abs(limit.value - outlook.last_value) * (not is_beyond(outlook.last_value, limit))
        left = min(max(room / (pace * KEEPS_FOR_S), _LEAST_LEFT), _MOST_LEFT)
    desired = _rounded_down(left * load.value)
    if load.minimum is not None:
        desired = max(desired, load.minimum)
    if load.maximum is not None:
        desired = min(desired, load.maximum)
    if desired >= load.value:
        return None, None
    left = desired / load.value
    expect = _falling(channel_id, outlook, pace, (1.0 - left), _SHOWS_WITHIN_S)
    return Proposal(load.id, desired, None, EXPIRES_S, expect), left


def _cooled(
    cooling: Actuator, action: DecisionAction, outlook: Outlook, pace: float | None, channel_id: UUID
) -> Proposal | None:
    """Switch on what cools, or let it do all it can; the rise is expected to end at least."""
    expect = _falling(channel_id, outlook, pace, 1.0, _SHOWS_WITHIN_S)
    if action is DecisionAction.RESTORE_COOLING:
        if cooling.on_code is None:
            return None
        return Proposal(cooling.id, cooling.on_code, cooling.on_label, EXPIRES_S, expect)
    assert cooling.maximum is not None
    return Proposal(cooling.id, cooling.maximum, None, EXPIRES_S, expect)


def _falling(channel_id: UUID, outlook: Outlook, pace: float | None, share: float, within_s: float) -> Expectation:
    """Expect a fall, compared with going on as now: so much of the pace is taken away."""
    within = timedelta(seconds=within_s)
    if pace is None:
        return Expectation(channel_id, EffectDirection.FALLS, None, None, within)
    last = outlook.last_value
    return Expectation(
        channel_id=channel_id,
        direction=EffectDirection.FALLS,
        by=float(f"{_SURE_SHARE * share * pace * within_s:.3g}"),
        value=None,
        within=within,
        baseline=((0.0, last), (within_s, last + pace * within_s)),
    )


def _rounded_down(value: float) -> float:
    """Leave two figures that count, as people set things."""
    step = 10.0 ** (floor(log10(value)) - 1)
    return round(floor(value / step + 1e-9) * step, 9)


def _why(
    chosen: DecisionAction,
    *,
    on: Actuator | None,
    off: Actuator | None,
    more: Actuator | None,
    load: Actuator | None,
) -> Iterator[Reason]:
    """Say why this measure, by what was found near the channel."""
    if off is not None:
        yield Reason("COOLING_IS_OFF", f"{off.name} is off.", off.value, 1.0, None, off.key)
    elif chosen is DecisionAction.RAISE_COOLING and more is not None:
        message = f"{more.name} is below the most that it can do."
        yield Reason("COOLING_CAN_DO_MORE", message, more.value, more.maximum, more.unit, more.key)
    elif on is not None:
        yield Reason("COOLING_IS_ON", f"{on.name} is on, and it is not enough.", on.value, 1.0, None, on.key)
    if chosen is DecisionAction.REDUCE_LOAD and load is not None:
        yield Reason("LOAD_CAN_BE_LOWERED", f"{load.name} can be lowered.", load.value, None, load.unit, load.key)
    elif chosen is DecisionAction.INSPECT:
        message = "Nothing near it that commands may set is known to help: somebody has to look."
        yield Reason("NO_MEASURE_KNOWN", message, None, None, None)


def _proposed(proposal: Proposal | None, actuator: Actuator | None, pace: float | None) -> Iterator[Reason]:
    if proposal is None or actuator is None or proposal.action is not None:
        return
    message = f"{actuator.name} is to be set to this, from what it reads now."
    if proposal.desired < _value(actuator) and pace is not None:
        minutes = KEEPS_FOR_S / 60.0
        message = f"So low the limit is not reached for {minutes:.0f} min, if heat goes in proportion to the load."
    yield Reason("PROPOSED_VALUE", message, proposal.desired, actuator.value, actuator.unit, actuator.key)
