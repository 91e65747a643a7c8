"""Reads what registers counted, as series in the units of their channels."""

from collections.abc import Sequence

import numpy as np

from twinql.domain.metering.consumption import of_registers
from twinql.domain.metering.intervals import BILLION, Fill
from twinql.domain.readings import Instants, to_us
from twinql.domain.series import Aggregate, Series, Subject, Wish
from twinql.storage.counting import AsDeclared, bucketed_of
from twinql.storage.database import Connection


async def registers_of(
    connection: Connection, wish: Wish, subjects: Sequence[Subject], bounds: Instants
) -> list[Series]:
    """Return what each register counted in buckets, in their order and in their own units.

    What it counted belongs where the later value lies, so that the value at an edge ends a bucket. What is unknown, is
    estimated or began long before the bucket is UNCERTAIN.
    """
    counters = [AsDeclared.of(each) for each in subjects]
    edges = np.clip(bounds, to_us(wish.first), to_us(wish.last))
    found = await bucketed_of(connection, counters, edges, fill=Fill.NONE, as_of=wish.as_of)
    series = []
    for counter, counted in zip(counters, found, strict=True):
        told = of_registers([counted])
        values = np.where(told.known, told.amounts / float(BILLION * counter.to_base), np.nan)
        series.append(Series(bounds[:-1], values, told.quality, Aggregate.DELTA))
    return series
