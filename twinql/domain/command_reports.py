"""What a device says of a command, held against the life that the command has had so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

from twinql.domain.commands import UNSENT, CommandStatus, may_follow

_S = CommandStatus
SAID_BY_DEVICES: Final = (_S.ACKNOWLEDGED, _S.EXECUTING, _S.EXECUTED, _S.FAILED, _S.REJECTED)
_PROGRESS: Final = (_S.ACKNOWLEDGED, _S.EXECUTING, _S.EXECUTED)
_BEGUN: Final = frozenset({_S.SENT, _S.ACKNOWLEDGED, _S.EXECUTING, _S.TIMED_OUT})


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """What a device says of a command.

    Attributes:
        command_id: The command.
        status: What became of it, one of `SAID_BY_DEVICES`.
        detail: More about it, for people.
        at: When, by the device's own clock; nothing rests on it, since such clocks go wrong.
    """

    command_id: UUID
    status: CommandStatus
    detail: str | None = None
    at: datetime | None = None


class ReportOutcome(Enum):
    """What became of a report."""

    TAKEN = "TAKEN"
    REPEATED = "REPEATED"
    UNKNOWN = "UNKNOWN"
    OUT_OF_ORDER = "OUT_OF_ORDER"
    FINISHED = "FINISHED"


@dataclass(frozen=True, slots=True)
class Step:
    """One step that a command has taken: to which status, and who moved it (a kind, a colon, a name)."""

    status: CommandStatus
    actor: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a report comes to: its outcome, and the steps to add to the life of the command, in order."""

    outcome: ReportOutcome
    steps: tuple[CommandStatus, ...] = ()


def hear(life: Sequence[Step], said: CommandStatus, device: str, *, is_due: bool) -> Heard:
    """Judge what a device says of a command.

    Reports get lost, come twice and overtake each other: what a report implies and nobody told is added, what is old
    news is passed over. Only what contradicts the life so far is refused.

    Args:
        life: The steps so far, from the first on.
        said: What the device says became of it.
        device: Who says so, as steps are signed.
        is_due: Whether the command may be sent already.

    Returns:
        TAKEN with the steps that follow; REPEATED where nothing is new; FINISHED where the command has ended otherwise;
        OUT_OF_ORDER where it was never sent, or another device has it, or the report contradicts an earlier one.
    """
    told = {step.status for step in life if step.actor == device}
    if said in told or (said in _PROGRESS and told & set(_PROGRESS[_PROGRESS.index(said) :])):
        return Heard(ReportOutcome.REPEATED)
    if any(step.status in _PROGRESS and step.actor != device for step in life):
        return Heard(ReportOutcome.OUT_OF_ORDER)
    newest = life[-1].status
    if newest not in _BEGUN and newest not in UNSENT:
        return Heard(ReportOutcome.FINISHED)
    steps = _steps(newest, said, is_due=is_due)
    return Heard(ReportOutcome.TAKEN if steps else ReportOutcome.OUT_OF_ORDER, steps)


def _steps(newest: CommandStatus, said: CommandStatus, *, is_due: bool) -> tuple[CommandStatus, ...]:
    """Find the steps from where a command stands to what a device says of it; none where there is no way."""
    if newest is _S.QUEUED and is_due and said in {_S.ACKNOWLEDGED, _S.REJECTED}:
        # A device that fetches its commands takes one by speaking of it first.
        return (_S.SENT, said)
    if newest in UNSENT:
        return ()
    if may_follow(newest, said):
        return (said,)
    if may_follow(newest, _S.ACKNOWLEDGED) and may_follow(_S.ACKNOWLEDGED, said):
        return (_S.ACKNOWLEDGED, said)
    return ()
