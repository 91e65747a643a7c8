"""Readings as callers send them: rows with ids and units, made into columns."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np

from twinql.domain.channels import ChannelFacts
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


def to_batch(
    rows: Sequence[IncomingReading], known: Mapping[UUID, ChannelFacts]
) -> tuple[list[ChannelFacts], ReadingBatch, tuple[Rejection, ...]]:
    """Make columns of rows, in the units of their channels.

    Args:
        rows: As they were sent, n of them.
        known: The channels that the sender may see, by id.

    Returns:
        The channels that the batch points into, the batch of shape (n,), and the rows whose unit does not fit.
    """
    channels = list(known.values())
    place = {facts.id: index for index, facts in enumerate(channels)}
    channel = np.array([-1 if row.channel is None else place.get(row.channel, -1) for row in rows], dtype=np.int32)
    value = np.array([np.nan if row.value is None else row.value for row in rows], dtype=np.float64)
    refused = []
    for index, row in enumerate(rows):
        if row.unit is None or channel[index] < 0:
            continue
        stored = Unit(channels[channel[index]].unit)
        if row.unit in alike(stored):
            value[index : index + 1] = convert(value[index : index + 1], source=row.unit, target=stored)
        else:
            refused.append(Rejection(index, RejectionCode.UNIT_MISMATCH, _misfit(row.unit, stored)))
    batch = ReadingBatch(
        channel=channel,
        observed_us=np.array([to_us(row.observed_at) for row in rows], dtype=np.int64),
        value=value,
        quality=np.array([QUALITY_CODE[row.quality] for row in rows], dtype=np.int8),
    )
    return channels, batch, tuple(refused)


def _misfit(sent: Unit, stored: Unit) -> str:
    fitting = ", ".join(unit.name for unit in alike(stored))
    return f"{sent.name} does not fit a channel in {stored.name}; send the value in one of {fitting}."
