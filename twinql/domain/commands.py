"""The life of a command, and how its value is spoken of."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from twinql.domain.plausibility import GREATEST
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
# The database holds the same table, in `twinql.command_may_follow`.
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
    _S.TIMED_OUT: frozenset({_S.ACKNOWLEDGED, _S.REJECTED, _S.FAILED}),
    # An effect that shows late is still an effect.
    _S.NOT_OBSERVED: frozenset({_S.VERIFIED}),
}


def may_follow(status: CommandStatus | None, following: CommandStatus) -> bool:
    """Say whether a command may go from one status to another; None is before its life."""
    return following in _NEXT.get(status, frozenset())


UNSENT: Final = (_S.REQUESTED, _S.AWAITING_APPROVAL, _S.QUEUED)
"""Where a command stands that may still be taken back: no device has heard of it."""


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


def can_be_read(desired: float) -> bool:
    """Say whether a reading could ever show a value: it is a number, and not further from zero than any reading."""
    return abs(desired) <= GREATEST


def shows(observed: float, desired: float) -> bool:
    """Say whether a reading shows the value that was asked for, but for rounding."""
    return abs(observed - desired) <= _TOLERANCE + 1e-6 * abs(desired)
