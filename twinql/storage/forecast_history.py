"""The past of many channels and meters, laid on grids of equal steps."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.forecasting.past import Floats
from twinql.domain.metering.consumption import of_registers
from twinql.domain.metering.intervals import BILLION, Fill
from twinql.domain.readings import to_us
from twinql.storage.counting import bucketed_of
from twinql.storage.database import Connection
from twinql.storage.metering import BillingChannel
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time of a channel, or of what several count together, in equal steps.

    Attributes:
        number: The channel.
        kind: How its values are to be read.
        resolution_s: Length of an INTERVAL channel's intervals; None where nothing is said. [s]
        first: Start of the first step.
        step_s: Length of a step. [s]
        steps: How many.
        counters: The channels that count together; empty where it is the channel's own values.
    """

    number: int
    kind: ReadingKind
    resolution_s: int | None
    first: datetime
    step_s: int
    steps: int
    counters: tuple[BillingChannel, ...] = ()

    @property
    def last(self) -> datetime:
        """End of the last step."""
        return self.first + timedelta(seconds=self.step_s * self.steps)


async def histories(connection: Connection, asked: Sequence[Stretch]) -> list[Floats]:
    """Read stretches, in their order, in one statement for all that are read alike.

    Args:
        connection: As somebody who may see the channels.
        asked: The stretches.

    Returns:
        For each the means of instantaneous values, sums of complete intervals, last values of registers, or what was
        counted together; NaN where there is none, shape (steps,). [unit of the channel, or of its meter's consumption]
    """
    found = [np.full(each.steps, np.nan) for each in asked]
    counted = [place for place, each in enumerate(asked) if each.counters]
    registers = [p for p, each in enumerate(asked) if not each.counters and each.kind is ReadingKind.CUMULATIVE]
    others = sorted({*range(len(asked))} - {*counted, *registers})
    if others:
        await _of_channels(connection, [asked[each] for each in others], [found[each] for each in others])
    if registers:
        await _of_registers(connection, [asked[each] for each in registers], [found[each] for each in registers])
    if counted:
        await _of_meters(connection, [asked[each] for each in counted], [found[each] for each in counted])
    return found


async def _of_channels(connection: Connection, asked: Sequence[Stretch], found: Sequence[Floats]) -> None:
    by_end = [each.kind is ReadingKind.INTERVAL for each in asked]
    rows = await connection.fetch(load("forecast_history")["histories"], *_columns(asked), by_end)
    for row in rows:
        each, slots = asked[row["place"] - 1], np.array(row["slots"])
        if each.kind is ReadingKind.INTERVAL:
            # An interval that is missing would make a sum too small: such a step has no value.
            complete = np.array(row["readings"]) >= max(1, each.step_s // (each.resolution_s or each.step_s))
            found[row["place"] - 1][slots] = np.where(complete, np.array(row["totals"]), np.nan)
        else:
            found[row["place"] - 1][slots] = row["means"]


async def _of_registers(connection: Connection, asked: Sequence[Stretch], found: Sequence[Floats]) -> None:
    for row in await connection.fetch(load("forecast_history")["register_histories"], *_columns(asked)):
        found[row["place"] - 1][row["slots"]] = row["values"]


async def _of_meters(connection: Connection, asked: Sequence[Stretch], found: Sequence[Floats]) -> None:
    """Count meters as they are billed, with multipliers, exchanges and registers that start again; whole steps only."""
    alike: defaultdict[tuple[datetime, int, int], list[int]] = defaultdict(list)
    for place, each in enumerate(asked):
        alike[each.first, each.step_s, each.steps].append(place)
    for (first, step_s, steps), places in alike.items():
        edges = to_us(first) + step_s * 1_000_000 * np.arange(steps + 1, dtype=np.int64)
        counters = [counter for place in places for counter in asked[place].counters]
        counted = iter(await bucketed_of(connection, counters, edges, fill=Fill.NONE, as_of=None))
        for place in places:
            together = of_registers([next(counted) for _ in asked[place].counters])
            found[place][:] = np.where(together.known & together.covered, together.amounts / BILLION, np.nan)


def _columns(asked: Sequence[Stretch]) -> tuple[list[object], ...]:
    return (
        [each.number for each in asked],
        [each.first for each in asked],
        [each.last for each in asked],
        [each.step_s for each in asked],
    )
