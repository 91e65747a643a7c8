"""Measures channels and assets alike over a period: few statements for any number of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from twinql.domain.diagnosis.bands import HealthStatus
from twinql.domain.diagnosis.health import Health, Issue, asset_health
from twinql.domain.diagnosis.parts import energy_channel
from twinql.domain.diagnosis.ranking import Metric, Swap, mean_reliability, of_sensor, reliability, swap_of
from twinql.domain.diagnosis.reason import Reason, ReasonCode, too_few
from twinql.domain.diagnosis.risk import risk_of
from twinql.domain.diagnosis.sheet import Sheet
from twinql.domain.series import expected_readings
from twinql.errors import RangeTooLargeError
from twinql.storage.database import Connection
from twinql.storage.diagnosis import counts_of, sheet_of, sheets_of_assets
from twinql.storage.grids import energy_grid, grids_of
from twinql.storage.health import healths_of, subject_of
from twinql.storage.machine_energy import efficiencies_of, used_kwh
from twinql.storage.machines import hazards_by_channel
from twinql.storage.statements import load

MOST_THINGS = 500
"""So many things of a site are ranked."""
_UNKNOWN: Health[Issue] = Health(None, HealthStatus.UNKNOWN)
_NOT_OF_CHANNELS = Reason(ReasonCode.NOT_FOR_THIS_KIND, "Only a machine has an efficiency; ask for machines.")
_NO_ENERGY = Reason(ReasonCode.NO_CHANNEL, "It has no channel of energy or power that it takes in.")
_NOTHING = Reason(ReasonCode.NO_CHANNEL, "It has no channel in use.")


@dataclass(frozen=True, slots=True)
class Thing:
    """A channel, or an asset with its channels.

    Attributes:
        key: Its identity outside.
        asset: Whether it is an asset.
        sheets: Its channels; of a channel itself.
    """

    key: UUID
    asset: bool
    sheets: tuple[Sheet, ...]


async def things_of_site(connection: Connection, site: UUID, kind: str) -> list[Thing]:
    """Return the channels of a site, or its assets of a kind, that are in use.

    Raises:
        RangeTooLargeError: There are more than 500.
    """
    if kind == "CHANNEL":
        rows = await connection.fetch(load("diagnosis")["channels_of_site"], site, MOST_THINGS + 1)
        things = [Thing(sheet.id, asset=False, sheets=(sheet,)) for sheet in map(sheet_of, rows)]
    else:
        rows = await connection.fetch(load("diagnosis")["assets_of_site"], site, kind, MOST_THINGS + 1)
        things = await _assets(connection, [row["id"] for row in rows])
    if len(things) > MOST_THINGS:
        raise RangeTooLargeError(f"The site has more than {MOST_THINGS} of them; compare some by their ids.")
    return things


async def things_by_id(connection: Connection, channels: Sequence[UUID], assets: Sequence[UUID]) -> list[Thing]:
    """Return those of some channels and assets that whoever asks may see."""
    rows = await connection.fetch(load("diagnosis")["channels_by_id"], list(channels))
    seen = {row["id"] for row in await connection.fetch(load("diagnosis")["assets_by_id"], list(assets))}
    own = [Thing(sheet.id, asset=False, sheets=(sheet,)) for sheet in map(sheet_of, rows)]
    return own + await _assets(connection, [asset for asset in assets if asset in seen])


async def measure(
    connection: Connection, things: Sequence[Thing], metric: Metric, first: datetime, last: datetime
) -> list[float | Reason]:
    """Measure things over a period."""
    if metric is Metric.RELIABILITY:
        return await _reliabilities(connection, things, first, last)
    if metric is Metric.HEALTH:
        healths = await health_of_things(connection, things, first, last)
        return [_NOTHING if each.score is None else each.score for each in healths]
    if metric is Metric.RISK:
        sheets = [sheet for thing in things for sheet in thing.sheets]
        hazards = await hazards_by_channel(connection, sheets, last - first, last)
        risks = [risk_of({sheet.number: hazards[sheet.number][0] for sheet in thing.sheets}) for thing in things]
        return [each.score if thing.sheets else _NOTHING for thing, each in zip(things, risks, strict=True)]
    if metric is Metric.EFFICIENCY:
        found = await efficiencies_of(connection, [thing.key for thing in things if thing.asset], first, last)
        answers = iter(each for _, each in found)
        told = [next(answers) if thing.asset else _NOT_OF_CHANNELS for thing in things]
        return [each if isinstance(each, Reason) else each.percentile for each in told]
    return await _consumptions(connection, things, first, last)


async def health_of_things(
    connection: Connection, things: Sequence[Thing], first: datetime, last: datetime
) -> list[Health[Issue]]:
    """Say how well things are, over a period."""
    sheets = [sheet for thing in things for sheet in thing.sheets]
    checked = iter(await healths_of(connection, sheets, last - first, last))
    found: list[Health[Issue]] = []
    for thing in things:
        health = asset_health({each.sheet.number: each.health for each in (next(checked) for _ in thing.sheets)})
        found.append(Health(health.score, health.status, [issue for _, issue in health.issues]))
    return found


async def candidate(
    connection: Connection, things: Sequence[Thing], first: datetime, last: datetime
) -> Swap[UUID] | None:
    """Return which of some things one would swap first; channels that nobody heard live are left out."""
    sheets = [sheet for thing in things for sheet in thing.sheets]
    rows = await connection.fetch(load("diagnosis")["live"], [sheet.number for sheet in sheets], last)
    live = {row["number"] for row in rows}
    checked = iter(await healths_of(connection, sheets, last - first, last))
    healths: dict[UUID, Health[Issue]] = {}
    for thing in things:
        own = {each.sheet.number: of_sensor(each.health) for each in (next(checked) for _ in thing.sheets)}
        health = asset_health({number: each for number, each in own.items() if number in live})
        healths[thing.key] = Health(health.score, health.status, [issue for _, issue in health.issues])
    relied = await _reliabilities(connection, things, first, last)
    return swap_of(healths, dict(zip(healths, relied, strict=True)))


async def _assets(connection: Connection, ids: Sequence[UUID]) -> list[Thing]:
    by_asset = await sheets_of_assets(connection, ids)
    return [Thing(key, asset=True, sheets=tuple(sheets)) for key, sheets in zip(ids, by_asset, strict=True)]


async def _reliabilities(
    connection: Connection, things: Sequence[Thing], first: datetime, last: datetime
) -> list[float | Reason]:
    sheets = [sheet for thing in things for sheet in thing.sheets]
    counts = await counts_of(
        connection, [sheet.span(first, last) for sheet in sheets], [sheet.resolution_s for sheet in sheets]
    )
    rows = await connection.fetch(load("diagnosis")["faulty"], [sheet.id for sheet in sheets], first, last)
    faulty = {row["place"] - 1: row["faulty_seconds"] for row in rows}
    span_s = (last - first).total_seconds()
    found = iter(
        reliability(
            expected=expected_readings(subject_of(sheet), first, last, last),
            readings=counts[place].readings,
            actual=counts[place].actual,
            faulty_share=faulty.get(place, 0.0) / span_s,
        )
        for place, sheet in enumerate(sheets)
    )
    return [mean_reliability([next(found) for _ in thing.sheets]) for thing in things]


async def _consumptions(
    connection: Connection, things: Sequence[Thing], first: datetime, last: datetime
) -> list[float | Reason]:
    channels = [energy_channel(thing.sheets) for thing in things]
    asked = [(each, energy_grid(each, first, last)) for each in channels if each is not None]
    told = zip(asked, await grids_of(connection, asked), strict=True)
    found: list[float | Reason] = []
    for channel in channels:
        if channel is None:
            found.append(_NO_ENERGY)
            continue
        (_, grid), values = next(told)
        used = used_kwh(channel, values, grid)
        found.append(float(np.nansum(used)) if np.isfinite(used).any() else too_few(1, 0))
    return found
