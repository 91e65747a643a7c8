"""Finds the channel that a file means by the words of a series."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.global_id import decode_as
from twinql.domain.readings import RejectionCode
from twinql.domain.unit_names import unit_named
from twinql.domain.units import Unit, convert
from twinql.errors import InvalidInputError
from twinql.files.assumptions import COUNTED, is_vague, quantity_of, words_of
from twinql.files.layout import slug, unit_in
from twinql.files.series import SeriesName
from twinql.storage.database import Connection
from twinql.storage.targets import (
    AssetTarget,
    ChannelTarget,
    OrganisationTarget,
    SiteTarget,
    assets_named,
    channels_of,
    sites_of,
)

_METER_NUMBER = re.compile(r"[A-Za-z]{0,4}[-_ ]?\d{4,}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the rows of a series cannot be recorded."""

    code: RejectionCode
    message: str


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for a series.

    Attributes:
        name: The words of the file.
        unit: The unit of its values, where the file says it.
        site: Where it stands, if that exists.
        asset: What it belongs to, if that exists.
        channel: Its channel, if that exists.
        refusal: Why nothing could be found, and nothing be made either.
    """

    name: SeriesName
    unit: Unit | None = None
    site: SiteTarget | None = None
    asset: AssetTarget | None = None
    channel: ChannelTarget | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """What the organisation has under the names of a file."""

    sites: Sequence[SiteTarget]
    assets: Sequence[AssetTarget]
    channels: Sequence[ChannelTarget]


def complete(series: Sequence[SeriesName], *, stem: str, columns_are_meters: bool | None) -> tuple[SeriesName, ...]:
    """Name the thing to which each series belongs.

    Where a file has a column for each meter, the column's name is the meter's; where it names no meter, machine or
    channel of a site, its own name without the ending is that of a meter or machine: a site alone says where that
    stands, and none of the site's own channels is ever guessed.
    """
    bare = [not (name.meter or name.machine or name.channel_id or (name.site and name.channel)) for name in series]
    if columns_are_meters is None:
        columns_are_meters = all(bare) and all(_METER_NUMBER.fullmatch(name.column) for name in series)
    if columns_are_meters:
        return tuple(replace(name, meter=name.column, column="value") for name in series)
    return tuple(
        replace(name, **{_thing(name, stem): stem}) if alone else name for name, alone in zip(series, bare, strict=True)
    )


def _thing(name: SeriesName, stem: str) -> str:
    unit = stated_unit(name)
    quantity = quantity_of(words_of(name.channel, name.column, stem), unit if isinstance(unit, Unit) else None)
    return "meter" if quantity in COUNTED else "machine"


async def look_up(connection: Connection, organisation: OrganisationTarget, series: Sequence[SeriesName]) -> Directory:
    """Find everything that the words of these series can mean."""
    names = {word for name in series for word in (name.meter, name.machine) if word}
    assets = await assets_named(connection, organisation, names)
    sites = await sites_of(connection, organisation)
    ids = [key for name in series if (key := _key("Channel", name.channel_id)) is not None]
    channels = await channels_of(
        connection, organisation, assets=[each.id for each in assets], sites=[each.id for each in sites], ids=ids
    )
    return Directory(sites, assets, channels)


def match(name: SeriesName, directory: Directory, *, kind: ReadingKind | None, stem: str = "") -> Match:
    """Find the channel of one series.

    Args:
        name: The words of the file.
        directory: What there is.
        kind: How the values look like being read.
        stem: The file's name without its ending.
    """
    unit = stated_unit(name)
    if isinstance(unit, Refusal):
        return Match(name, refusal=unit)
    key = _key("Channel", name.channel_id)
    by_id = next((each for each in directory.channels if each.facts.id == key), None)
    if by_id is not None:
        return Match(name, unit, channel=by_id)
    site = site_meant(name.site, directory.sites)
    if isinstance(site, Refusal):
        return Match(name, unit, refusal=site)
    if not (name.meter or name.machine):
        # A site's own channels are found by their names, never guessed.
        own = [each for each in directory.channels if site and each.asset_id is None and each.site_id == site.id]
        own = own if name.channel else []
        return _with_channel(Match(name, unit, site), own, kind, stem)
    return _of_asset(Match(name, unit, site), directory, kind, stem)


def _of_asset(found: Match, directory: Directory, kind: ReadingKind | None, stem: str) -> Match:
    assets = _assets(found.name, directory.assets, found.site)
    if len(assets) > 1:
        called = found.name.meter or found.name.machine
        message = f"{len(assets)} things are called {called!r}: say --site, or use the serial number or external id."
        return replace(found, refusal=Refusal(RejectionCode.UNKNOWN_CHANNEL, message))
    if not assets:
        return found
    own = [each for each in directory.channels if each.asset_id == assets[0].id]
    return _with_channel(replace(found, asset=assets[0]), own, kind, stem)


def stated_unit(name: SeriesName) -> Unit | Refusal | None:
    """Return the unit that the file says, if any; a refusal where it is none that TwinQL knows."""
    if not name.unit:
        return unit_in(name.column)
    try:
        return unit_named(name.unit)
    except InvalidInputError as error:
        return Refusal(RejectionCode.UNIT_MISMATCH, error.message)


def site_meant(said: str, sites: Sequence[SiteTarget]) -> SiteTarget | Refusal | None:
    """Return the site of a name or an id; None where no site is called so, a refusal where several are."""
    key = _key("Site", said)
    if key is not None:
        by_id = next((each for each in sites if each.id == key), None)
        return by_id or Refusal(RejectionCode.UNKNOWN_CHANNEL, f"No site in use has the id {said}: correct --site.")
    alike = [each for each in sites if each.name.casefold() == said.casefold()]
    if len(alike) > 1:
        message = (
            f"{len(alike)} sites are called {said!r}: rename one of them, or say --site with the id of the one meant."
        )
        return Refusal(RejectionCode.UNKNOWN_CHANNEL, message)
    return alike[0] if alike else None


def _key(type_name: str, text: str) -> UUID | None:
    if not text:
        return None
    try:
        return decode_as(text, type_name).key
    except InvalidInputError:
        return None


def _assets(name: SeriesName, assets: Sequence[AssetTarget], site: SiteTarget | None) -> list[AssetTarget]:
    """Return what is called so, by the strictest name that finds anything: a serial number, an external id, a name."""
    called = name.meter or name.machine
    kind = "METER" if name.meter else "MACHINE"
    here = [each for each in assets if site is None or each.site_id == site.id]
    for one_of in (
        [each for each in here if name.meter and each.serial_number == called],
        [each for each in here if each.external_id == called],
        [each for each in here if each.name == called and each.kind == kind],
        [each for each in here if each.name == called],
    ):
        if one_of:
            return one_of
    return []


def _with_channel(found: Match, own: Sequence[ChannelTarget], kind: ReadingKind | None, stem: str) -> Match:
    name = found.name
    if name.channel:
        wanted = (name.channel.casefold(), slug(name.channel))
        named = [each for each in own if each.facts.key in wanted or each.name.casefold() == wanted[0]]
        return replace(found, channel=named[0]) if named else found
    by_key = [each for each in own if each.facts.key == slug(name.column)]
    if by_key:
        return replace(found, channel=by_key[0])
    if not is_vague(name.column):
        return found
    quantity = None if found.unit else quantity_of(words_of(name.column, stem), None)
    fitting = [
        each
        for each in own
        if _fits(each, found.unit, kind) and (quantity is None or each.facts.quantity == quantity.value)
    ]
    if len(fitting) > 1:
        keys = ", ".join(each.facts.key for each in fitting)
        message = f"{name.reference} could be any of the channels {keys}: say which with --channel."
        return replace(found, refusal=Refusal(RejectionCode.UNKNOWN_CHANNEL, message))
    return replace(found, channel=fitting[0]) if fitting else found


def _fits(channel: ChannelTarget, unit: Unit | None, kind: ReadingKind | None) -> bool:
    facts = channel.facts
    if facts.archived or (kind is not None and facts.kind is not kind):
        return False
    return unit is None or convertible(unit, Unit[facts.unit])


def convertible(source: Unit, target: Unit) -> bool:
    """Say whether values in one unit can be written in another."""
    try:
        convert(np.zeros(0), source=source, target=target)
    except InvalidInputError:
        return False
    return True
