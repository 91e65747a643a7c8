"""What watching loads must know: which a channel switches, whether they run, and what their meters take in now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.commands import labels_of
from twinql.domain.freshness import FRESH_FOR, FRESH_RESOLUTIONS, oldest_allowed
from twinql.domain.load_planning.deferrable import DeferrableLoad
from twinql.domain.readings import Floats
from twinql.domain.units import Unit, scale
from twinql.storage.database import Connection
from twinql.storage.deferrable_loads import load_of
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WatchedLoad:
    """A load that a channel switches; decisions about it are made on that channel.

    Attributes:
        load_id: The load.
        load: How it is described.
        id: The channel.
        number: The channel's identity inside.
        organisation_id: Whose it is.
        asset_id: The asset of the channel; of a channel of the site itself the meter.
        states: The labels of the channel's states by their codes; empty where it has none.
        zone: The zone of its site.
        limit_kw: What its site may take in at most; None for no limit. [kW]
    """

    load_id: UUID
    load: DeferrableLoad
    id: UUID
    number: int
    organisation_id: UUID
    asset_id: UUID
    states: dict[float, str]
    zone: ZoneInfo
    limit_kw: float | None

    @property
    def labels(self) -> tuple[str, str] | None:
        """Return the labels of off and on; None where the channel has no such states."""
        off, on = self.states.get(self.load.off_value), self.states.get(self.load.on_value)
        return None if off is None or on is None else (off, on)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a meter, or another asset, takes in.

    Attributes:
        at_s: When its power was read, ascending, shape (n,). [s since 1970]
        power_kw: How much it was then, shape (n,), finite. [kW]
        channel_id: The channel that shows it in kilowatts; None where it speaks another unit.
        resolution_s: How often that channel is read; None where nobody said. [s]
    """

    at_s: Floats
    power_kw: Floats
    channel_id: UUID | None
    resolution_s: float | None


async def watched_loads(connection: Connection) -> list[WatchedLoad]:
    """Return the loads in use that a channel switches, by meter."""
    return [
        WatchedLoad(
            load_id=row["id"],
            load=load_of(row),
            id=row["channel_id"],
            number=row["number"],
            organisation_id=row["organisation_id"],
            asset_id=row["asset_id"],
            states=labels_of(row["states"]),
            zone=ZoneInfo(row["time_zone"]),
            limit_kw=row["limit_kw"],
        )
        for row in await connection.fetch(load("load_watch")["watched"])
    ]


async def ran(connection: Connection, each: WatchedLoad, since: datetime, now: datetime) -> tuple[bool | None, float]:
    """Say whether a load runs now, and for how long it has since some instant.

    Returns:
        Whether its channel last read the value at which it runs, None where it was never read; and the seconds.
    """
    rows = await connection.fetch(load("load_watch")["switched"], each.number, since, now)
    known = [(max(row["observed_at"], since), row["value"]) for row in rows]
    return (_runs(each, known[-1][1]) if known else None), _seconds_on(each, [*known, (now, None)])


async def taken_by(connection: Connection, asset_id: UUID, since: datetime, now: datetime) -> Taken | None:
    """Return what a meter, or another asset, has taken in since some instant; None where it was not read lately.

    How lately goes by the resolution of its channel: one that is read every quarter of an hour is not silent after five
    minutes. Of such a channel readings from before that instant are returned too, up to as old as one may be.
    """
    values = asset_id, now, FRESH_FOR.total_seconds(), FRESH_RESOLUTIONS
    row = await connection.fetchrow(load("load_watch")["power"], *values)
    if row is None:
        return None
    unit, fresh_since = Unit(row["unit"]), now - oldest_allowed(row["resolution_seconds"])
    rows = await connection.fetch(load("load_watch")["switched"], row["number"], min(since, fresh_since), now)
    known = [
        each for each in rows if each["value"] is not None and each["observed_at"] > min(since, fresh_since) - FRESH_FOR
    ]
    return Taken(
        at_s=np.array([each["observed_at"].timestamp() for each in known]),
        power_kw=np.array([each["value"] for each in known]) * float(scale(unit) / scale(Unit.KILOWATT)),
        channel_id=row["id"] if unit is Unit.KILOWATT else None,
        resolution_s=row["resolution_seconds"],
    )


def _seconds_on(each: WatchedLoad, known: Sequence[tuple[datetime, Any]]) -> float:
    return sum((later - at).total_seconds() for (at, value), (later, _) in pairwise(known) if _runs(each, value))


def _runs(each: WatchedLoad, value: float | None) -> bool:
    """Say whether a value is nearer to on than to off."""
    return value is not None and abs(value - each.load.on_value) < abs(value - each.load.off_value)
