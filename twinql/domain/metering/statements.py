"""What people say happened to a register, and what that would contradict."""

from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from twinql.domain.channels import ReadingKind
from twinql.domain.metering.intervals import RegisterEventType
from twinql.domain.metering.registers import NEAR_THE_END
from twinql.domain.units import Unit
from twinql.domain.wording import cleaned_or_none
from twinql.errors import InvalidInputError

LONGEST_NOTE = 1_000
_LARGEST = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterStatement:
    """What somebody says of a register.

    Attributes:
        at: When it happened: readings before are of the old register, those at or after it of the new one.
        type: What happened.
        final: What the old register showed last. [unit of the channel]
        start: What the new register showed first. [unit of the channel]
        note: What else is to be known, in any words.
    """

    at: datetime
    type: RegisterEventType
    final: float
    start: float
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a register showed, by a reading or by an event.

    Attributes:
        at: When.
        value: What it showed. [unit of the channel]
    """

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a statement must agree with.

    Attributes:
        kind: How the readings of the channel are to be read.
        unit: The unit of its values.
        maximum: Where the register begins again, where that is declared. [unit]
        before: What the old register showed last, as far as is known.
        after: What the new register showed first, as far as is known.
    """

    kind: ReadingKind
    unit: Unit
    maximum: float | None
    before: Shown | None
    after: Shown | None


def check_statement(said: RegisterStatement, around: Surroundings, *, now: datetime) -> None:
    """Check that what is said of a register can be true.

    Raises:
        InvalidInputError: It is of the future, or contradicts itself, the channel, a reading or another event.
    """
    if around.kind is not ReadingKind.CUMULATIVE:
        message = f"This channel is {around.kind.name}; only a CUMULATIVE one has a register."
        raise InvalidInputError(message, path=("channelId",))
    if said.at > now:
        raise InvalidInputError("This lies in the future; record it when it has happened.", path=("at",))
    cleaned_or_none(said.note, "note", "note", longest=LONGEST_NOTE)
    for name, value in (("finalValue", said.final), ("startValue", said.start)):
        if not isfinite(value) or abs(value) > _LARGEST:
            raise InvalidInputError("No register shows such a number.", path=(name,))
        if value < 0:
            message = f"A register counts up from zero, and {value:.15g} lies below; mend the value."
            raise InvalidInputError(message, path=(name,))
        if around.maximum is not None and value > around.maximum:
            message = f"This register begins again at {around.maximum:.15g}, and {value:.15g} lies beyond."
            raise InvalidInputError(message, path=(name,))
    if said.type is RegisterEventType.ROLLOVER:
        _check_rollover(said, around)
    _check_neighbours(said, around)


def _check_rollover(said: RegisterStatement, around: Surroundings) -> None:
    if said.start >= said.final:
        message = "A register that rolled over begins below where it ended; was it an EXCHANGE?"
        raise InvalidInputError(message, path=("startValue",))
    if around.maximum is not None and said.final < NEAR_THE_END * around.maximum:
        message = (
            f"This register begins again at {around.maximum:.15g}, and {said.final:.15g} is far from there; say where "
            "it ended, or was it a RESET or an EXCHANGE?"
        )
        raise InvalidInputError(message, path=("finalValue",))


def _check_neighbours(said: RegisterStatement, around: Surroundings) -> None:
    before, after, unit = around.before, around.after, around.unit.name
    if before is not None and said.final < before.value:
        message = (
            f"The old register showed {before.value:.15g} {unit} at {before.at.isoformat()} already, so that it cannot "
            f"have ended at {said.final:.15g}; mend one of the two."
        )
        raise InvalidInputError(message, path=("finalValue",))
    if after is not None and said.start > after.value:
        message = (
            f"The new register showed {after.value:.15g} {unit} at {after.at.isoformat()} still, so that it cannot "
            f"have begun at {said.start:.15g}; mend one of the two."
        )
        raise InvalidInputError(message, path=("startValue",))
