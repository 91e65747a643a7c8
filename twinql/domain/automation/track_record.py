"""What came of letting TwinQL act by itself, or of only watching what it would do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import Final

from twinql.domain.automation.autonomy import AutonomyLevel, AutonomyOutcome
from twinql.domain.commands import CommandStatus

ONE_CAUSE: Final = timedelta(minutes=15)
"""What one rule says of one channel again within so long after it was over has the same cause: savings reach so far."""
_CARRIED_OUT = frozenset({CommandStatus.EXECUTED, CommandStatus.VERIFIED, CommandStatus.NOT_OBSERVED})
_REFUSED = frozenset({AutonomyOutcome.WOULD_BE_REFUSED, AutonomyOutcome.REFUSED})


class CommandFate(Enum):
    """What became of a command: each comes to one of these."""

    REFUSED = "REFUSED"
    VERIFIED = "VERIFIED"
    WITHOUT_EFFECT = "WITHOUT_EFFECT"
    WITHDRAWN = "WITHDRAWN"
    UNDER_WAY = "UNDER_WAY"


_FATES: Final[Mapping[CommandStatus, CommandFate]] = {
    CommandStatus.VERIFIED: CommandFate.VERIFIED,
    CommandStatus.NOT_OBSERVED: CommandFate.WITHOUT_EFFECT,
    CommandStatus.FAILED: CommandFate.WITHOUT_EFFECT,
    CommandStatus.TIMED_OUT: CommandFate.WITHOUT_EFFECT,
    CommandStatus.REJECTED: CommandFate.WITHOUT_EFFECT,
    CommandStatus.CANCELLED: CommandFate.WITHDRAWN,
}


def fate_of(outcome: AutonomyOutcome, status: CommandStatus, *, queued: bool, sent: bool) -> CommandFate:
    """Say what became of a command that TwinQL asked for.

    Args:
        outcome: What TwinQL did with its decision.
        status: Where it stands.
        queued: Whether it was ever free to be sent.
        sent: Whether it was ever sent.
    """
    if status is CommandStatus.EXPIRED:
        return CommandFate.WITHOUT_EFFECT if queued else CommandFate.WITHDRAWN
    if status is CommandStatus.REJECTED and not sent:
        return CommandFate.REFUSED if queued or outcome in _REFUSED else CommandFate.WITHDRAWN
    return _FATES.get(status, CommandFate.UNDER_WAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures of several decisions together; a sum is None where no decision has the figure.

    Attributes:
        energy_kwh: Energy saved. [kWh]
        energy_known: How many decisions have that figure.
        peak_kw: The largest peak power avoided. [kW]
        peak_known: How many decisions have that figure.
        cost: Money saved, in the currency of the tally.
        cost_known: How many decisions have that figure.
    """

    energy_kwh: float | None = None
    energy_known: int = 0
    peak_kw: float | None = None
    peak_known: int = 0
    cost: Decimal | None = None
    cost_known: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Decisions that are alike.

    Attributes:
        level: The level that was in effect.
        outcome: What TwinQL did with them.
        shadowed: Whether SHADOW would have carried them out, whatever became of them since; of several with one cause
            the first alone.
        status: Where their commands stand; None where none came of them.
        currency: ISO 4217 code of the costs expected of them; None where none is.
        realised_currency: The same of those that were measured.
        decisions: How many there are.
        expected: What was expected of them.
        realised: What was measured afterwards.
        queued: Whether their commands were ever free to be sent.
        sent: Whether their commands were ever sent.
    """

    level: AutonomyLevel
    outcome: AutonomyOutcome
    shadowed: bool
    status: CommandStatus | None
    currency: str | None
    realised_currency: str | None
    decisions: int
    expected: Figures
    realised: Figures
    queued: bool = False
    sent: bool = False

    @property
    def fate(self) -> CommandFate | None:
        """What became of their commands; None where none came of them."""
        if self.status is None:
            return None
        return fate_of(self.outcome, self.status, queued=self.queued, sent=self.sent)


@dataclass(frozen=True, slots=True)
class Savings:
    """What decisions saved, or would have saved. None where nobody measured it: no figure is invented.

    Attributes:
        decisions: Of how many decisions.
        energy_kwh: Energy. [kWh]
        energy_known: Of how many of them that is known.
        peak_kw: The largest peak power avoided: peaks at different times do not add up. [kW]
        peak_known: Of how many of them one is known.
        costs: Money by ISO 4217 code, in the order of the codes.
        cost_known: Of how many of them that is known.
    """

    decisions: int
    energy_kwh: float | None
    energy_known: int
    peak_kw: float | None
    peak_known: int
    costs: tuple[tuple[str, Decimal], ...]
    cost_known: int


@dataclass(frozen=True, slots=True)
class LevelRecord:
    """What came of the decisions of one level.

    Attributes:
        level: The level that was in effect.
        decisions: How many decisions proposed a command.
        commands: How many commands came of them.
        refused: How many an interlock refused, or would have refused.
        verified: Of how many commands a reading shows the effect.
        without_effect: How many showed none, failed, were refused by their device, or were never answered or fetched.
        withdrawn: How many came to nothing by people: cancelled, turned down, or never approved.
        under_way: How many commands are not over yet.
    """

    level: AutonomyLevel
    decisions: int
    commands: int
    refused: int
    verified: int
    without_effect: int
    withdrawn: int
    under_way: int


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """What came of the decisions of a site.

    Attributes:
        levels: By level, from the least on; those with decisions alone.
        shadow: What was expected of those that SHADOW would have carried out, each cause once.
        realised: What was measured of those that were carried out.
    """

    levels: tuple[LevelRecord, ...]
    shadow: Savings
    realised: Savings


def track_record(tallies: Sequence[Tally]) -> TrackRecord:
    """Add up what came of decisions.

    Args:
        tallies: Each decision in one of them.
    """
    used = [level for level in AutonomyLevel if any(each.level is level for each in tallies)]
    would = [each for each in tallies if each.shadowed]
    done = [each for each in tallies if each.status in _CARRIED_OUT]
    return TrackRecord(
        levels=tuple(_level(level, [each for each in tallies if each.level is level]) for level in used),
        shadow=_savings((each.decisions, each.expected, each.currency) for each in would),
        realised=_savings((each.decisions, each.realised, each.realised_currency) for each in done),
    )


def _level(level: AutonomyLevel, tallies: Sequence[Tally]) -> LevelRecord:
    commands = [each for each in tallies if each.fate is not None]

    def counted(fate: CommandFate) -> int:
        return sum(each.decisions for each in commands if each.fate is fate)

    unasked = sum(each.decisions for each in tallies if each.fate is None and each.outcome in _REFUSED)
    return LevelRecord(
        level=level,
        decisions=sum(each.decisions for each in tallies),
        commands=sum(each.decisions for each in commands),
        refused=unasked + counted(CommandFate.REFUSED),
        verified=counted(CommandFate.VERIFIED),
        without_effect=counted(CommandFate.WITHOUT_EFFECT),
        withdrawn=counted(CommandFate.WITHDRAWN),
        under_way=counted(CommandFate.UNDER_WAY),
    )


def _savings(tallied: Iterable[tuple[int, Figures, str | None]]) -> Savings:
    counted = list(tallied)
    figures = [each for _, each, _ in counted]
    energies = [each.energy_kwh for each in figures if each.energy_kwh is not None]
    peaks = [each.peak_kw for each in figures if each.peak_kw is not None]
    costs: dict[str, Decimal] = {}
    for _, each, currency in counted:
        if currency is not None and each.cost is not None:
            costs[currency] = costs.get(currency, Decimal()) + each.cost
    return Savings(
        decisions=sum(count for count, _, _ in counted),
        energy_kwh=sum(energies) if energies else None,
        energy_known=sum(each.energy_known for each in figures),
        peak_kw=max(peaks, default=None),
        peak_known=sum(each.peak_known for each in figures),
        costs=tuple(sorted(costs.items())),
        cost_known=sum(each.cost_known for each in figures),
    )
