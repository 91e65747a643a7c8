"""The demo site's rows: made once, filled with history, and cleared of what is too old."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from twinql.domain.blueprint import AssetBlueprint, ChannelBlueprint, SiteBlueprint
from twinql.domain.channels import ChannelFacts
from twinql.domain.identity import Actor
from twinql.domain.readings import Floats
from twinql.storage.channels import facts_by_number
from twinql.storage.database import Connection, Database
from twinql.storage.demo_interlocks import make_interlocks
from twinql.storage.demo_tariffs import make_tariffs
from twinql.storage.statements import load

MOST_FORGOTTEN = 20_000
_S_US = 1_000_000


@dataclass(frozen=True, slots=True)
class MadeChannel:
    """A channel that stands for one of a blueprint."""

    blueprint: ChannelBlueprint
    facts: ChannelFacts
    reference: str


@dataclass(frozen=True, slots=True)
class MadeSite:
    """A site that stands for one of a blueprint."""

    id: UUID
    blueprint: SiteBlueprint
    channels: tuple[MadeChannel, ...]


async def ensure_sites(
    database: Database, actor: Actor, organisation_id: UUID, blueprints: Sequence[SiteBlueprint]
) -> tuple[MadeSite, ...]:
    """Make sites with their assets and channels where they are missing, and return them.

    An asset is known again by its external id; so what people renamed or changed since then stays as it is, and what
    they archived is left out.

    Args:
        database: Where to.
        actor: Who makes them.
        organisation_id: Whose they are.
        blueprints: Sites, each with at least one asset.

    Returns:
        The sites, in the order of their blueprints.
    """
    async with database.transaction(actor) as connection:
        await connection.execute(load("demo")["lock"])
        made = [await _find(connection, organisation_id, blueprint) for blueprint in blueprints]
        for place, blueprint in enumerate(blueprints):
            if made[place] is None:
                await _make(connection, organisation_id, blueprint)
                made[place] = await _find(connection, organisation_id, blueprint)
    return tuple(site for site in made if site is not None)


async def _find(connection: Connection, organisation_id: UUID, blueprint: SiteBlueprint) -> MadeSite | None:
    names = [asset.external_id for asset in blueprint.assets]
    rows = await connection.fetch(load("demo")["channels"], organisation_id, names)
    if not rows:
        return None
    facts = await facts_by_number(connection, [row["number"] for row in rows if not row["archived"]])
    numbers = {(row["external_id"], row["key"]): row["number"] for row in rows}
    wanted: list[tuple[str | None, ChannelBlueprint]] = [(None, channel) for channel in blueprint.channels]
    wanted += [(asset.external_id, channel) for asset in blueprint.assets for channel in asset.channels]
    channels = []
    for external_id, channel in wanted:
        known = facts.get(numbers.get((external_id, channel.key), -1))
        if known is not None:
            channels.append(MadeChannel(channel, known, f"{external_id or blueprint.name}/{channel.key}"))
    return MadeSite(rows[0]["site_id"], blueprint, tuple(channels))


async def _make(connection: Connection, organisation_id: UUID, site: SiteBlueprint) -> None:
    place = (site.name, site.time_zone, site.latitude, site.longitude, dict(site.attributes))
    site_id = await connection.fetchval(load("demo")["make_site"], organisation_id, *place)
    await _make_channels(connection, organisation_id, site_id, None, site.channels)
    for asset in site.assets:
        asset_id = await _make_asset(connection, organisation_id, site_id, asset)
        await _make_channels(connection, organisation_id, site_id, asset_id, asset.channels)
    await make_tariffs(connection, organisation_id, site_id, site.tariffs)
    await make_interlocks(connection, organisation_id, site_id, site.interlocks)


async def _make_asset(connection: Connection, organisation_id: UUID, site_id: UUID, asset: AssetBlueprint) -> UUID:
    columns = (asset.kind, asset.name, asset.external_id, asset.parent, dict(asset.attributes))
    made: UUID = await connection.fetchval(load("demo")["make_asset"], organisation_id, site_id, *columns)
    if asset.kind == "METER":
        await connection.execute(
            load("demo")["make_meter"],
            *(made, organisation_id, asset.serial_number, asset.commodity, asset.billing_day),
            None if asset.calorific_value is None else Decimal(asset.calorific_value),
            Decimal(asset.volume_correction),
        )
    else:
        await connection.execute(load("demo")["make_machine"], made, organisation_id, asset.manufacturer, asset.model)
    return made


async def _make_channels(
    connection: Connection,
    organisation_id: UUID,
    site_id: UUID,
    asset_id: UUID | None,
    channels: Iterable[ChannelBlueprint],
) -> None:
    for each in channels:
        await connection.execute(
            load("demo")["make_channel"],
            organisation_id,
            site_id,
            asset_id,
            *(each.key, each.name, each.quantity, each.unit, each.kind, each.direction),
            *(each.resolution_s, each.writable, each.schedule, each.register_maximum, each.states),
            dict(each.limits),
            dict(each.plausible),
            Decimal(each.multiplier),
            each.register,
            dict(each.target),
        )


async def site_of_asset(database: Database, actor: Actor, external_id: str) -> UUID | None:
    """Return the site on which the asset with this name in another system stands, if there is one."""
    async with database.transaction(actor, readonly=True) as connection:
        found: UUID | None = await connection.fetchval(load("demo")["whereabouts"], external_id)
    return found


async def memory_of(database: Database, actor: Actor, site_id: UUID) -> dict[str, Any]:
    """Return what `remember` kept for a site; empty where nothing was."""
    async with database.transaction(actor, readonly=True) as connection:
        return dict(await connection.fetchval(load("demo")["memory"], site_id) or {})


async def remember(
    database: Database, actor: Actor, site_id: UUID, memory: Mapping[str, Any], *, former: Mapping[str, Any]
) -> bool:
    """Keep a JSON object for a site, for the next start and for other processes.

    Args:
        database: Where to.
        actor: Who keeps it.
        site_id: The site.
        memory: What to keep.
        former: What was kept so far; nothing happens if somebody changed it meanwhile.

    Returns:
        Whether it was kept.
    """
    async with database.transaction(actor) as connection:
        return bool(await connection.fetchval(load("demo")["remember"], site_id, dict(memory), dict(former)))


async def write_history(
    database: Database,
    actor: Actor,
    channels: Sequence[ChannelFacts],
    *,
    first_s: int,
    step_s: int,
    values: Floats,
) -> None:
    """Write evenly spaced readings in one transaction, announced as ranges; what is there already stays.

    Args:
        database: Where to.
        actor: Who writes.
        channels: m of them, all of one organisation.
        first_s: The first instant, seconds since 1970 UTC. [s]
        step_s: Time between two readings. [s]
        values: Shape (m, n), n ≥ 1, without NaN. [unit of the channel]
    """
    last_s = first_s + step_s * (values.shape[1] - 1)
    ends = (datetime.fromtimestamp(first_s, UTC), datetime.fromtimestamp(last_s, UTC))
    await database.prepare_months(actor, {end.date().replace(day=1) for end in ends})
    async with database.transaction(actor) as connection:
        await connection.fetchrow(load("record")["explain"], "", "ranges")
        await connection.execute(
            load("demo")["history"],
            [facts.number for facts in channels],
            channels[0].organisation_number,
            first_s * _S_US,
            step_s * _S_US,
            values.shape[1],
            values.ravel().tolist(),
        )


async def instants_present(database: Database, actor: Actor, channel_number: int, at_s: Iterable[int]) -> set[int]:
    """Return those of some instants for which a channel has a reading. [s since 1970 UTC]."""
    wanted = [datetime.fromtimestamp(each, UTC) for each in at_s]
    async with database.transaction(actor, readonly=True) as connection:
        rows = await connection.fetch(load("demo")["present"], channel_number, wanted)
    return {round(row["observed_at"].timestamp()) for row in rows}


async def last_values(
    database: Database, actor: Actor, channel_numbers: Iterable[int]
) -> dict[int, tuple[float, float]]:
    """Return time (seconds since 1970 UTC) and value of the newest reading of each channel that has one."""
    async with database.transaction(actor, readonly=True) as connection:
        rows = await connection.fetch(load("demo")["last"], list(channel_numbers))
    return {row["number"]: (row["at_s"], row["value"]) for row in rows}


async def forget_before(database: Database, actor: Actor, channel_numbers: Iterable[int], before: datetime) -> int:
    """Delete simulated readings of some channels that are older than an instant, in small steps, and count them."""
    numbers, total = list(channel_numbers), 0
    while True:
        async with database.transaction(actor) as connection:
            await connection.execute(load("demo")["forget_for_good"])
            tag = await connection.execute(load("demo")["forget"], numbers, before, MOST_FORGOTTEN)
        gone = int(tag.split()[-1])
        total += gone
        if gone < MOST_FORGOTTEN:
            return total
