"""Turns what a caller wants to follow into what the feed understands, as far as they may see it."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from schema.declared import key_of
from schema.feed import CostFilter, ReadingFilter
from subscriptions.watching import CostWatch
from twinql.context import Info
from twinql.domain.events import EventKind, Following
from twinql.domain.membership import Role
from twinql.errors import InvalidInputError, NotFoundError
from twinql.storage.following import Visible, channels_in_use, visible

MOST_IDS = 1_000


async def readings_wanted(info: Info, wanted: ReadingFilter) -> Following:
    """Look up what a filter names; for a device that is never more than the channels of its key, as they are now.

    Raises:
        ForbiddenError: Whoever asks belongs to no organisation.
        InvalidInputError: An id is malformed or of another type, or a list is empty or too long.
        NotFoundError: There is no such thing, or none that whoever asks may see.
    """
    membership = await info.context.require(Role.VIEWER, device=True)
    organisation = membership.organisation_number
    channels = _keys("channelIds", wanted.channel_ids, "Channel")
    assets = _keys("assetIds", wanted.asset_ids, "Meter", "Machine")
    sites = _keys("siteIds", wanted.site_ids, "Site")
    async with info.context.reading() as connection:
        found = await visible(connection, channels=channels, assets=assets, sites=sites)
        _check_found(found, channels, assets, sites)
        everything = not (channels or assets or sites)
        following = Following(organisation, EventKind.READINGS, found.numbers, found.assets, found.sites, everything)
        if membership.key is not None:
            numbers = await channels_in_use(connection, following)
            return Following(organisation, channels=frozenset(numbers))
    return following


async def rows_wanted(
    info: Info,
    kind: EventKind,
    channel_ids: list[strawberry.ID] | None,
    asset_ids: list[strawberry.ID] | None = None,
    site_ids: list[strawberry.ID] | None = None,
) -> Following:
    """Follow the commands, decisions or alarms of an organisation; what a filter names must be there.

    Raises:
        ForbiddenError: Whoever asks belongs to no organisation.
        InvalidInputError: An id is malformed or of another type, or a list is empty or too long.
        NotFoundError: There is no such thing, or none that whoever asks may see.
    """
    membership = await info.context.require(Role.VIEWER, device=True)
    channels = _keys("channelIds", channel_ids, "Channel")
    assets, sites = _keys("assetIds", asset_ids, "Meter", "Machine"), _keys("siteIds", site_ids, "Site")
    if channels or assets or sites:
        async with info.context.reading() as connection:
            found = await visible(connection, channels=channels, assets=assets, sites=sites)
        _check_found(found, channels, assets, sites)
    return Following(membership.organisation_number, kind)


async def twins_wanted(info: Info, asset_ids: list[strawberry.ID]) -> Following:
    """Follow what happens to meters and machines; each must be there.

    Raises:
        ForbiddenError: Whoever asks belongs to no organisation.
        InvalidInputError: An id is malformed or of another type, or the list is empty or too long.
        NotFoundError: There is no such thing, or none that whoever asks may see.
    """
    membership = await info.context.require(Role.VIEWER)
    assets = _keys("assetIds", asset_ids, "Meter", "Machine", within=())
    async with info.context.reading() as connection:
        found = await visible(connection, channels=[], assets=assets, sites=[])
    _all_found("assetIds", assets, found.assets, "meter or machine", within=())
    beside = frozenset({EventKind.ALARMS, EventKind.DECISIONS, EventKind.COMMANDS})
    return Following(membership.organisation_number, assets=found.assets, beside=beside)


async def costs_wanted(info: Info, wanted: CostFilter) -> CostWatch:
    """Look up what a filter names.

    Raises:
        ForbiddenError: Whoever asks belongs to no organisation.
        InvalidInputError: An id is malformed or of another type, a list is empty or too long, or meters are too many.
        NotFoundError: There is no such thing, or none that whoever asks may see.
    """
    membership = await info.context.require(Role.VIEWER)
    meters, sites = _keys("meterIds", wanted.meter_ids, "Meter"), _keys("siteIds", wanted.site_ids, "Site")
    async with info.context.reading() as connection:
        found = await visible(connection, channels=[], assets=[], sites=sites)
    _all_found("siteIds", sites, found.sites, "site")
    watch = CostWatch(info.context, membership.organisation_number, meters, sites)
    await watch.look()
    _all_found("meterIds", meters, frozenset(watch.meters), "meter")
    return watch


def _keys(name: str, ids: list[strawberry.ID] | None, *types: str, within: tuple[str, ...] = ("filter",)) -> list[UUID]:
    if ids is None:
        return []
    if not 1 <= len(ids) <= MOST_IDS:
        instead = "leave it out to follow all of yours" if within else "name some of yours"
        raise InvalidInputError(f"{name} takes 1 to {MOST_IDS:,} ids; {instead}.", path=[*within, name])
    return [key_of(each, *types) for each in ids]


def _check_found(found: Visible, channels: Sequence[UUID], assets: Sequence[UUID], sites: Sequence[UUID]) -> None:
    _all_found("channelIds", channels, found.channels, "channel")
    _all_found("assetIds", assets, found.assets, "meter or machine")
    _all_found("siteIds", sites, found.sites, "site")


def _all_found(
    name: str, wanted: Sequence[UUID], found: frozenset[UUID], noun: str, *, within: tuple[str, ...] = ("filter",)
) -> None:
    for place, key in enumerate(wanted):
        if key not in found:
            raise NotFoundError(
                f"There is no {noun} with the id at place {place + 1} of {name}; leave it out or correct it.",
                path=[*within, name, str(place)],
            )
