"""Readings as callers send them: rows with ids and units, made into columns."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

import numpy as np

from twinql.domain.channels import ChannelFacts
from twinql.domain.columns import each_once
from twinql.domain.readings import (
    QUALITY_CODE,
    ReadingBatch,
    Rejection,
    RejectionCode,
    StoredQuality,
    to_us,
)
from twinql.domain.units import Unit, alike, convert


class IncomingReading(NamedTuple):
    """One row as it was sent.

    Attributes:
        channel: The channel's id; None where the sender's text was no id.
        observed_at: The instant, or the end of the interval.
        value: None where none was sent. [unit]
        unit: Its unit; None means the channel's own.
        quality: Quality and status in one.
    """

    channel: UUID | None
    observed_at: datetime
    value: float | None
    unit: Unit | None
    quality: StoredQuality


class IncomingColumns(NamedTuple):
    """Rows as they were sent, in columns; see `IncomingReading`."""

    channel: Sequence[UUID | None]
    observed_at: Sequence[datetime]
    value: Sequence[float | None]
    unit: Sequence[Unit | None]
    quality: Sequence[StoredQuality]

    @classmethod
    def of(cls, rows: Sequence[IncomingReading]) -> "IncomingColumns":
        """Make columns of rows."""
        return cls(*zip(*rows, strict=True)) if rows else cls((), (), (), (), ())


def to_batch(
    sent: IncomingColumns, known: Mapping[UUID, ChannelFacts]
) -> tuple[list[ChannelFacts], ReadingBatch, tuple[Rejection, ...]]:
    """Make a batch of what was sent, in the units of its channels.

    Args:
        sent: The rows, n of them.
        known: The channels that the sender may see, by id.

    Returns:
        The channels that the batch points into, the batch of shape (n,), and the rows whose unit does not fit.
    """
    channels = list(known.values())
    place = {facts.id: index for index, facts in enumerate(channels)}
    channel = np.array([-1 if each is None else place.get(each, -1) for each in sent.channel], dtype=np.int32)
    value = np.array(sent.value, dtype=np.float64)  # None becomes NaN
    refused = []
    for index in [index for index, unit in enumerate(sent.unit) if unit is not None and channel[index] >= 0]:
        unit, stored = cast("Unit", sent.unit[index]), Unit(channels[channel[index]].unit)
        if unit in alike(stored):
            value[index : index + 1] = convert(value[index : index + 1], source=unit, target=stored)
        else:
            refused.append(Rejection(index, RejectionCode.UNIT_MISMATCH, _misfit(unit, stored)))
    batch = ReadingBatch(
        channel=channel,
        observed_us=np.array([to_us(each) for each in sent.observed_at], dtype=np.int64),
        value=value,
        quality=np.array(each_once(sent.quality, QUALITY_CODE.__getitem__), dtype=np.int8),
    )
    return channels, batch, tuple(refused)


def _misfit(sent: Unit, stored: Unit) -> str:
    fitting = ", ".join(unit.name for unit in alike(stored))
    return f"{sent.name} does not fit a channel in {stored.name}; send the value in one of {fitting}."
