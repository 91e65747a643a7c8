"""What meters consumed, in columns."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated
from uuid import UUID

import strawberry

from schema.series import Series
from twinql.context import Info
from twinql.domain.bridges import lengths, told_in
from twinql.domain.channels import FlowDirection
from twinql.domain.metering.intervals import Fill
from twinql.domain.series import Bucket
from twinql.domain.units import Unit
from twinql.storage.consumption import Answer, Consumed, ConsumptionWish
from twinql.storage.database import Connection

WholeBuckets = Annotated[Bucket, strawberry.argument(description="How to divide the period.")]
Flowing = Annotated[
    FlowDirection,
    strawberry.argument(description="What the site took in, or what it gave; a channel that says neither took in."),
]
FillIn = Annotated[
    Fill,
    strawberry.argument(
        description="What becomes of what flowed between readings too far apart: NONE leaves it where it ends, LINEAR "
        "spreads it evenly over time, and makes it UNCERTAIN."
    ),
]
Read = Callable[[Connection, ConsumptionWish, list[UUID]], Awaitable[list[Answer]]]


async def consumption_for(
    info: Info, meter_id: UUID, wish: ConsumptionWish, unit: Unit | None, read: Read
) -> Series | None:
    """Read what a meter consumed, for all meters that ask alike at once."""
    loader = info.context.batch((read, wish), lambda connection, keys: read(connection, wish, list(keys)))
    found = await loader.load(meter_id)
    await info.context.turn()
    return None if found is None else _shown(info, found, wish, unit)


def _shown(info: Info, found: Consumed, wish: ConsumptionWish, unit: Unit | None) -> Series:
    subjects = [each.subject for each in found.channels]
    # As a register is declared, so people read it; what several declare differently, as it is billed.
    declared = {each.unit for each in found.channels}
    wanted = unit or (declared.pop() if len(declared) == 1 else found.unit)
    if wanted is found.unit:
        return Series.of(found.series, subjects, wanted, wish.of_series())
    now = min(info.context.now, wish.as_of or info.context.now)
    base = replace(subjects[0], unit=found.unit)
    hours = lengths(base, found.series.aggregate, found.series.starts, first=wish.first, last=wish.last, now=now)
    values = told_in(found.series.values, source=found.unit, target=wanted, hours=hours, gas=found.meter.gas)
    return Series.of(replace(found.series, values=values), subjects, wanted, wish.of_series())
