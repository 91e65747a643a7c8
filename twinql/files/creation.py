"""Decides what a new channel shall be, and makes it with the meter, machine and site that it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.assets import Commodity
from twinql.domain.channels import ReadingKind
from twinql.domain.durations import format_duration
from twinql.domain.readings import Floats, RejectionCode
from twinql.domain.units import Quantity, Unit
from twinql.files.assumptions import commodity_of, direction_of, key_of, quantity_of, register_of, title_of, words_of
from twinql.files.matching import Match, Refusal, site_meant
from twinql.files.series import SeriesName
from twinql.storage.database import Connection
from twinql.storage.targets import (
    NewChannel,
    OrganisationTarget,
    SiteTarget,
    make_channel,
    make_machine,
    make_meter,
    make_site,
)

NEW_SITE = "Imported"
_MOST_STATES = 50
_AMOUNTS = (Quantity.ENERGY, Quantity.VOLUME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person says about things that do not exist yet.

    Attributes:
        create: Whether they shall be made at all.
        stem: The file's name without its ending.
        resolution_s: Time between two readings. [s]
        commodity: What the meters measure.
        time_zone: The zone in which the file's times are written.
    """

    create: bool = False
    stem: str = ""
    resolution_s: int | None = None
    commodity: Commodity | None = None
    time_zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class NewThing:
    """A channel to be made, with the words for what it belongs to.

    Attributes:
        match: What exists of it.
        channel: The channel.
        commodity: What its meter measures, should that be made as well.
        site: The site on which it shall stand; None makes one.
        assumed: What was assumed about its unit, or nothing.
    """

    match: Match
    channel: NewChannel
    commodity: Commodity
    site: SiteTarget | None
    assumed: str = ""

    @property
    def description(self) -> str:
        """What the channel is, for a person."""
        new = self.channel
        words = [new.quantity.name, f"in {new.unit.symbol or 'plain numbers'}{self.assumed},", new.kind.name]
        if new.resolution_s is not None:
            words.append(f"every {format_duration(timedelta(seconds=new.resolution_s))}")
        if new.direction is not None:
            words.append(f", {new.direction.name}")
        if new.register is not None:
            words.append(f", register {new.register}")
        return " ".join(words).replace(" ,", ",")


def plan(
    found: Match,
    wishes: Wishes,
    sites: Sequence[SiteTarget],
    *,
    kind: ReadingKind | None,
    step_s: int | None,
    value: Floats,
) -> NewThing | Refusal:
    """Decide what a missing channel shall be.

    Args:
        found: What exists of it.
        wishes: What the person says.
        sites: Where it could stand.
        kind: How its values look like being read.
        step_s: The usual time between two of its readings. [s]
        value: Its values.

    Returns:
        The thing to be made, or why it cannot be.
    """
    name = found.name
    if not wishes.create:
        return Refusal(RejectionCode.UNKNOWN_CHANNEL, _missing(found, wishes))
    stem = words_of(wishes.stem)
    said = Quantity.__members__.get(name.quantity.upper())
    quantity = said if said is not None and found.unit in {None, *said.units} else None
    quantity = quantity or quantity_of(words_of(name.channel, name.column), found.unit)
    quantity = quantity or quantity_of(stem, found.unit) or Quantity.OTHER
    unit = found.unit or (Unit.ONE if quantity is Quantity.OTHER else quantity.units[0])
    usual = ReadingKind.INTERVAL if quantity in _AMOUNTS else ReadingKind.INSTANTANEOUS
    chosen = kind or usual
    states = _states(value) if chosen is ReadingKind.STATE else ()
    if chosen is ReadingKind.STATE and not states:
        chosen = ReadingKind.INSTANTANEOUS
    resolution_s = wishes.resolution_s or step_s
    if chosen is ReadingKind.INTERVAL and resolution_s is None:
        message = f"The length of the intervals of {name.reference} cannot be told from one reading: say --resolution."
        return Refusal(RejectionCode.UNKNOWN_CHANNEL, message)
    site = _site(found, wishes, sites)
    if isinstance(site, Refusal):
        return site
    words = words_of(name.channel, name.column, wishes.stem)
    key = key_of(name.channel, name.column, quantity)
    new = NewChannel(
        key=key,
        name=title_of(key),
        quantity=quantity,
        unit=unit,
        kind=chosen,
        direction=direction_of(words, quantity),
        resolution_s=resolution_s,
        states=states,
        register=register_of(words_of(name.channel, name.column), chosen) if quantity in _AMOUNTS else None,
    )
    commodity = wishes.commodity or commodity_of(words, quantity)
    return NewThing(found, new, commodity, site, "" if found.unit else " (assumed; --unit says otherwise)")


def _missing(found: Match, wishes: Wishes) -> str:
    name = found.name
    if found.asset is not None:
        return f"{found.asset.name} has no channel for {name.channel or name.column!r}: say --channel, or --create."
    if name.meter or name.machine:
        kind = "meter" if name.meter else "machine"
        if wishes.stem == (name.meter or name.machine):
            return (
                "The file does not say where its readings go: name a channel with --channel and its --meter, --machine "
                f"or --site, or say --create to make the {kind} {wishes.stem!r}."
            )
        return (
            f"No {kind} is called {name.meter or name.machine!r}: say --create to make it, or --{kind} to name another."
        )
    if name.channel_id:
        return f"No channel has the id {name.channel_id}: say --create to make it from the other columns."
    return f"The site {name.site!r} has no channel {name.channel or name.column!r}: say --create to make it."


def new_site_name(name: SeriesName, wishes: Wishes) -> str:
    """Return what a site is called that is made for a series: as the file says, else like the file."""
    return name.site or wishes.stem or NEW_SITE


def _site(found: Match, wishes: Wishes, sites: Sequence[SiteTarget]) -> SiteTarget | Refusal | None:
    """Return where a new thing stands: the site that was named, the one called like the file, or the only one."""
    if found.asset is not None:
        return next(each for each in sites if each.id == found.asset.site_id)
    if found.site is not None or found.name.site:
        return found.site
    called = site_meant(new_site_name(found.name, wishes), sites)
    return sites[0] if called is None and len(sites) == 1 else called


def _states(value: Floats) -> tuple[float, ...]:
    codes = np.unique(value[np.isfinite(value)])
    return tuple(codes.tolist()) if 0 < len(codes) <= _MOST_STATES and (codes == np.round(codes)).all() else ()


def site_zone(zone: tzinfo | None) -> str:
    """Return the IANA name for a new site: that of the file's zone, or the fixed zone of a whole number of hours."""
    if isinstance(zone, ZoneInfo):
        return zone.key
    ahead = None if zone is None else zone.utcoffset(datetime(2000, 1, 1, tzinfo=zone))
    hours = (ahead or timedelta()) / timedelta(hours=1)
    # The names of fixed zones count the other way round.
    return f"Etc/GMT{-hours:+.0f}" if hours and hours.is_integer() else "UTC"


def zone_text(zone: tzinfo | None) -> str:
    """Say which zone a new site gets, and what its name means where that is not what it looks like."""
    name = site_zone(zone)
    if name.startswith("Etc/"):
        hours = name.removeprefix("Etc/GMT")
        ahead = f"{hours[1:]} hours {'ahead of' if hours[0] == '-' else 'behind'} UTC"
        return f"{name} ({ahead}: names of fixed zones carry the opposite sign)"
    fixed = None if zone is None or isinstance(zone, ZoneInfo) else zone.utcoffset(None)
    return f"{name} (no zone is called {zone})" if fixed else name


async def make(
    connection: Connection, organisation: OrganisationTarget, things: Mapping[int, NewThing], wishes: Wishes
) -> dict[int, UUID]:
    """Make channels and what they need, each thing once, and return the channels' ids by series."""
    sites: dict[str, UUID] = {}
    assets: dict[tuple[UUID, str, str], UUID] = {}
    channels: dict[tuple[UUID, UUID | None, str], UUID] = {}
    made: dict[int, UUID] = {}
    for series, thing in things.items():
        name = thing.match.name
        called = new_site_name(name, wishes)
        if thing.site is not None:
            site = thing.site.id
        elif called in sites:
            site = sites[called]
        else:
            zone = site_zone(wishes.time_zone)
            site = sites[called] = await make_site(connection, organisation, name=called, time_zone=zone)
        asset = thing.match.asset.id if thing.match.asset else None
        if asset is None and (name.meter or name.machine):
            place = (site, name.meter, name.machine)
            if place not in assets:
                assets[place] = await _make_asset(connection, organisation, thing, site)
            asset = assets[place]
        where = (site, asset, thing.channel.key)
        if where not in channels:
            channels[where] = await make_channel(connection, organisation, site=site, asset=asset, new=thing.channel)
        made[series] = channels[where]
    return made


async def _make_asset(connection: Connection, organisation: OrganisationTarget, thing: NewThing, site: UUID) -> UUID:
    name = thing.match.name
    if name.meter:
        commodity = thing.commodity
        return await make_meter(connection, organisation, site=site, serial_number=name.meter, commodity=commodity)
    return await make_machine(connection, organisation, site=site, name=name.machine)
