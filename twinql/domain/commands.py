"""The life of a command, and the interlocks it must pass before it may be sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from math import isfinite
from typing import Any, Final

from twinql.domain.units import Unit

SHORTEST_LIFE: Final = timedelta(seconds=1)
LONGEST_LIFE: Final = timedelta(hours=24)
USUAL_LIFE: Final = timedelta(minutes=5)
_TOLERANCE: Final = 1e-9


class CommandStatus(Enum):
    """Where a command stands."""

    REQUESTED = "REQUESTED"
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    REJECTED = "REJECTED"
    QUEUED = "QUEUED"
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    EXECUTING = "EXECUTING"
    EXECUTED = "EXECUTED"
    VERIFIED = "VERIFIED"
    NOT_OBSERVED = "NOT_OBSERVED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


_S = CommandStatus
_NEXT: Final[Mapping[CommandStatus | None, frozenset[CommandStatus]]] = {
    None: frozenset({_S.REQUESTED}),
    _S.REQUESTED: frozenset({_S.AWAITING_APPROVAL, _S.QUEUED, _S.REJECTED, _S.EXPIRED, _S.CANCELLED}),
    _S.AWAITING_APPROVAL: frozenset({_S.QUEUED, _S.REJECTED, _S.EXPIRED, _S.CANCELLED}),
    _S.QUEUED: frozenset({_S.SENT, _S.REJECTED, _S.EXPIRED, _S.CANCELLED}),
    _S.SENT: frozenset({_S.ACKNOWLEDGED, _S.REJECTED, _S.FAILED, _S.TIMED_OUT}),
    _S.ACKNOWLEDGED: frozenset({_S.EXECUTING, _S.EXECUTED, _S.FAILED, _S.TIMED_OUT}),
    _S.EXECUTING: frozenset({_S.EXECUTED, _S.FAILED, _S.TIMED_OUT}),
    _S.EXECUTED: frozenset({_S.VERIFIED, _S.NOT_OBSERVED}),
    # A device that was given up may still speak, and what it says is then the truth.
    _S.TIMED_OUT: frozenset({_S.ACKNOWLEDGED}),
    # An effect that shows late is still an effect.
    _S.NOT_OBSERVED: frozenset({_S.VERIFIED}),
}


def may_follow(status: CommandStatus | None, following: CommandStatus) -> bool:
    """Say whether a command may go from one status to another; None is before its life."""
    return following in _NEXT.get(status, frozenset())


def is_final(status: CommandStatus) -> bool:
    """Say whether nothing can follow."""
    return not _NEXT.get(status)


class InterlockKind(Enum):
    """What an interlock looks at."""

    WRITABLE = "WRITABLE"
    RANGE = "RANGE"
    STATE_KNOWN = "STATE_KNOWN"
    EXPIRY = "EXPIRY"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one interlock says, with the numbers it compared.

    Attributes:
        kind: Which interlock.
        allowed: Whether it lets the command pass.
        message: Why, in a sentence.
        value: What was asked. [unit of the channel; for EXPIRY s]
        minimum: The least it allows; None where there is no such bound. [the same]
        maximum: The most it allows; None where there is no such bound. [the same]
    """

    kind: InterlockKind
    allowed: bool
    message: str
    value: float | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What interlocks know of the channel that shall be set.

    Attributes:
        name: What people call it.
        unit: The unit of its values, as the graph names it.
        writable: Whether commands may set it.
        archived: Whether it was taken out of use.
        minimum: Lowest value that can be right; None where it is open. [unit of the channel]
        maximum: Highest value that can be right; None where it is open. [unit of the channel]
        states: Labels by code for a STATE channel; empty for others.
        last_value: What it last read; None where it has never been read. [unit of the channel]
        reads_states: Whether its values are codes of states.
    """

    name: str
    unit: str
    writable: bool
    archived: bool
    minimum: float | None
    maximum: float | None
    states: Mapping[float, str]
    last_value: float | None
    reads_states: bool


def judge(target: Target, *, desired: float, expires_in: timedelta) -> tuple[Verdict, ...]:
    """Ask every interlock, so that a caller sees all that stands in the way at once.

    Args:
        target: The channel that shall be set.
        desired: The value it shall have. NaN and infinities are out of every range. [unit of the channel]
        expires_in: How long the command stays worth sending.

    Returns:
        One verdict for each interlock.
    """
    return (
        _writable(target),
        _range(target, desired),
        _state_known(target, desired),
        _expiry(expires_in),
    )


def refusals(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts that stop a command."""
    return [verdict for verdict in verdicts if not verdict.allowed]


def code_of(label: str, states: Mapping[float, str]) -> float | None:
    """Find the code of a state by its label, whatever its case; None where there is none."""
    wanted = label.strip().casefold()
    return next((code for code, name in states.items() if name.casefold() == wanted), None)


def labels_of(states: Sequence[Mapping[str, Any]] | None) -> dict[float, str]:
    """Return the labels of a channel's states by their codes; empty for a channel that has none."""
    return {float(state["code"]): str(state["label"]) for state in states or ()}


def spoken(value: float, *, unit: str, states: Mapping[float, str]) -> str:
    """Say a value as people do: a state by its label, a quantity with its unit."""
    return states.get(value) or f"{value:g} {Unit(unit).symbol}".rstrip()


def shows(observed: float, desired: float) -> bool:
    """Say whether a reading shows the value that was asked for, but for rounding."""
    return abs(observed - desired) <= _TOLERANCE + 1e-6 * abs(desired)


def _writable(target: Target) -> Verdict:
    if target.archived:
        return Verdict(InterlockKind.WRITABLE, False, f"{target.name} was taken out of use; command another channel.")
    if not target.writable:
        return Verdict(InterlockKind.WRITABLE, False, f"{target.name} is only measured; command a writable channel.")
    return Verdict(InterlockKind.WRITABLE, True, f"{target.name} may be set by commands.")


def _range(target: Target, desired: float) -> Verdict:
    bounds = {"minimum": target.minimum, "maximum": target.maximum}
    if not isfinite(desired):
        return Verdict(
            InterlockKind.RANGE, False, "The desired value is not a finite number; send one.", None, **bounds
        )
    low, high = target.minimum, target.maximum
    if (low is not None and desired < low) or (high is not None and desired > high):
        span = f"{'any' if low is None else f'{low:g}'} to {'any' if high is None else f'{high:g}'}"
        message = f"{target.name} takes {f'{span} {Unit(target.unit).symbol}'.rstrip()}; ask for a value within."
        return Verdict(InterlockKind.RANGE, False, message, desired, **bounds)
    if low is None and high is None:
        return Verdict(InterlockKind.RANGE, True, f"{target.name} has no range to keep to.", desired, **bounds)
    return Verdict(InterlockKind.RANGE, True, f"The value lies in the range of {target.name}.", desired, **bounds)


def _state_known(target: Target, desired: float) -> Verdict:
    """Ask of a switch that the state exists, and of everything that its present state is known."""
    value = desired if isfinite(desired) else None
    if target.reads_states and desired not in target.states:
        known = ", ".join(f"{code:g} ({label})" for code, label in target.states.items())
        return Verdict(InterlockKind.STATE_KNOWN, False, f"{target.name} has no such state; it knows {known}.", value)
    if target.last_value is None:
        message = f"{target.name} has never been read, so nobody knows what would change; record a reading first."
        return Verdict(InterlockKind.STATE_KNOWN, False, message, value)
    last = spoken(target.last_value, unit=target.unit, states=target.states)
    return Verdict(InterlockKind.STATE_KNOWN, True, f"{target.name} last read {last}.", target.last_value)


def _expiry(expires_in: timedelta) -> Verdict:
    allowed = SHORTEST_LIFE <= expires_in <= LONGEST_LIFE
    message = f"If no device takes the command within {expires_in.total_seconds():g} s, it expires and is never sent."
    if not allowed:
        message = "A command lives between one second and 24 hours; choose expiresIn within that."
    return Verdict(
        InterlockKind.EXPIRY,
        allowed,
        message,
        expires_in.total_seconds(),
        SHORTEST_LIFE.total_seconds(),
        LONGEST_LIFE.total_seconds(),
    )
