"""What goes together in machines, and when they may fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from twinql.domain.channels import ReadingKind
from twinql.domain.diagnosis.correlation import Correlation, correlate
from twinql.domain.diagnosis.failures import FittedFailures, Uptimes, failure_within, uptimes_of
from twinql.domain.diagnosis.parts import failed_codes, measuring, state_channel
from twinql.domain.diagnosis.reason import Reason, ReasonCode
from twinql.domain.diagnosis.sheet import Sheet
from twinql.domain.units import Quantity
from twinql.storage.aside import aside
from twinql.storage.database import Connection
from twinql.storage.diagnosis import sheets_of_assets
from twinql.storage.grids import Grid, changes_of, grid_over, grids_of

LOOKED_BACK = timedelta(days=180)
_MOST_LAGS = 100
_NO_FAULTS = Reason(
    ReasonCode.NO_CHANNEL, "The machine has no STATE channel with a state such as FAULT; make one, or label it so."
)


class CorrelationPair(Enum):
    """Two quantities of a machine that often go together."""

    TEMPERATURE_ERRORS = "TEMPERATURE_ERRORS"
    TEMPERATURE_EFFICIENCY = "TEMPERATURE_EFFICIENCY"
    POWER_EFFICIENCY = "POWER_EFFICIENCY"
    LATENCY_ERRORS = "LATENCY_ERRORS"


PAIRS = {
    CorrelationPair.TEMPERATURE_ERRORS: (Quantity.TEMPERATURE, Quantity.ERROR_RATE),
    CorrelationPair.TEMPERATURE_EFFICIENCY: (Quantity.TEMPERATURE, Quantity.EFFICIENCY),
    CorrelationPair.POWER_EFFICIENCY: (Quantity.POWER, Quantity.EFFICIENCY),
    CorrelationPair.LATENCY_ERRORS: (Quantity.LATENCY, Quantity.ERROR_RATE),
}


@dataclass(frozen=True, slots=True)
class Related:
    """Two channels that were set against each other.

    Attributes:
        x: The first; None where the machine has none such.
        y: The second.
        grid: The instants that were looked at; None where nothing was.
        found: How much they go together.
    """

    x: Sheet | None
    y: Sheet | None
    grid: Grid | None
    found: Correlation | Reason


@dataclass(frozen=True, slots=True)
class Foretold:
    """When a machine may fail.

    Attributes:
        sheet: The channel that tells its failures; None where it has none.
        uptimes: The times between its failures; None where nothing was told.
        found: The model and what it says.
    """

    sheet: Sheet | None
    uptimes: Uptimes | None
    found: FittedFailures | Reason


async def relate(
    connection: Connection,
    pairs: Sequence[tuple[Sheet | None, Sheet | None]],
    during: tuple[datetime, datetime],
    most_lag: timedelta,
) -> list[Related]:
    """Set channels against each other over a period.

    Args:
        connection: As somebody who may see them.
        pairs: The channels; None where there is none.
        during: The period.
        most_lag: How much later one may follow the other at most; up to 100 steps of the grid are tried.
    """
    asked: list[tuple[Sheet, Grid]] = []
    for x, y in pairs:
        if x is not None and y is not None:
            grid = grid_over(*during, [x.resolution_s, y.resolution_s])
            asked += [(x, grid), (y, grid)]
    told = iter(await grids_of(connection, asked))
    found: list[Related] = []
    for x, y in pairs:
        if x is None or y is None:
            found.append(Related(x, y, None, _missing(x, y)))
            continue
        grid = grid_over(*during, [x.resolution_s, y.resolution_s])
        steps = min(int(most_lag.total_seconds() / grid.step_s), _MOST_LAGS, grid.points - 1)
        ranked = ReadingKind.STATE in {x.kind, y.kind}
        left, right = next(told), next(told)
        answer = await aside(lambda a, b, s, r: correlate(a, b, most_lag=s, ranked=r), left, right, steps, ranked)
        found.append(Related(x, y, grid, answer))
    return found


async def usual_relations(
    connection: Connection, machines: Sequence[UUID], during: tuple[datetime, datetime], most_lag: timedelta
) -> list[list[Related]]:
    """Set those channels of machines against each other that often go together, in the order of `PAIRS`."""
    pairs = [
        tuple(next(iter(measuring(sheets, quantity)), None) for quantity in pair)
        for sheets in await sheets_of_assets(connection, machines)
        for pair in PAIRS.values()
    ]
    found = iter(await relate(connection, [(x, y) for x, y in pairs], during, most_lag))
    return [[next(found) for _ in PAIRS] for _ in machines]


async def failures_within(
    connection: Connection, machines: Sequence[UUID], within: timedelta, now: datetime
) -> list[Foretold]:
    """Say how likely machines fail within some time, by their failures of the last 180 days."""
    channels = [state_channel(sheets) for sheets in await sheets_of_assets(connection, machines)]
    told = [sheet for sheet in channels if sheet is not None and failed_codes(sheet)]
    changes = dict(
        zip((each.number for each in told), await changes_of(connection, told, now - LOOKED_BACK, now), strict=True)
    )
    found: list[Foretold] = []
    for sheet in channels:
        if sheet is None or sheet.number not in changes:
            found.append(Foretold(sheet, None, _NO_FAULTS))
            continue
        stretch = changes[sheet.number]
        uptimes = uptimes_of(stretch.at_s, stretch.values, failed_codes(sheet), until_s=now.timestamp())
        if uptimes is None:
            found.append(Foretold(sheet, None, Reason(ReasonCode.NEVER_READ, "The machine was never read.", 1, 0)))
            continue
        answer = await aside(failure_within, uptimes, within.total_seconds())
        found.append(Foretold(sheet, uptimes, answer))
    return found


def _missing(x: Sheet | None, y: Sheet | None) -> Reason:
    which = "either of the two quantities" if x is None and y is None else "one of the two quantities"
    return Reason(ReasonCode.NO_CHANNEL, f"The machine has no channel of {which}.")
