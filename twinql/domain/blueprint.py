"""What shall stand on a site, in plain data: sites, assets and channels before they are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelBlueprint:
    """A channel to be made. Words of quantity, unit and kind are those of the graph.

    Attributes:
        key: Its short name on its asset or site.
        name: What people call it.
        signal: Which simulated quantity it shows.
        every_s: How often it is recorded live. [s]
        quantity: The physical quantity.
        unit: The unit of its values.
        kind: How its values are to be read.
        direction: Which way it counts.
        resolution_s: Time between two readings when all is well. [s]
        writable: Whether commands may set it.
        schedule: Whether it is told ahead, as prices are, and not measured.
        register_maximum: Where a register starts again. [unit]
        multiplier: What a value is multiplied by to give what flowed, as decimal text.
        register: Which register of its meter it is, where there are several: day, night.
        states: Codes and labels of a STATE channel.
        limits: Alarm limits by name: low_low, low, high, high_high, and the deadband. [unit]
        target: Where it should be: minimum, maximum. [unit]
        plausible: What can be right: minimum, maximum, rate_per_minute, action. [unit]
    """

    key: str
    name: str
    signal: str
    every_s: int
    quantity: str
    unit: str
    kind: str
    direction: str | None = None
    resolution_s: int | None = None
    writable: bool = False
    schedule: bool = False
    register_maximum: float | None = None
    multiplier: str = "1"
    register: str | None = None
    states: list[Mapping[str, Any]] | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    target: Mapping[str, float] = field(default_factory=dict)
    plausible: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetBlueprint:
    """A meter or machine to be made; `external_id` says later that it was made.

    Decimal numbers are text, since TOML knows only binary ones.
    """

    external_id: str
    kind: str
    name: str
    parent: str | None = None
    serial_number: str | None = None
    commodity: str | None = None
    billing_day: int = 1
    calorific_value: str | None = None
    volume_correction: str = "1"
    manufacturer: str | None = None
    model: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    channels: tuple[ChannelBlueprint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffBlueprint:
    """A tariff to be made, and the meters of the site that are charged by it from always on.

    Attributes:
        supplier: Who sells or buys.
        name: What people call it.
        direction: IMPORT or EXPORT.
        currency: ISO 4217.
        unit: What its prices are for.
        valid_from: The local day from which on its terms hold.
        terms: What it says, as `twinql.domain.tariffs.wire` writes it; a dynamic price names a channel of the site by
            its key.
        meters: External ids of the meters.
    """

    supplier: str
    name: str
    direction: str
    currency: str
    unit: str
    valid_from: date
    terms: Mapping[str, Any]
    meters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InterlockBlueprint:
    """What commands to a channel must pass, to be made.

    Attributes:
        name: What people call it.
        kind: What it looks at, in the words of the graph.
        asset: The external id of the asset whose channel it judges.
        channel: The key of that channel.
        other_asset: The external id of the asset whose channel it looks at; None where it looks at no other.
        other_channel: The key of that channel.
        numbers: What it says, by attribute of `InterlockDefinition`; spans in s.
    """

    name: str
    kind: str
    asset: str
    channel: str
    other_asset: str | None = None
    other_channel: str | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBlueprint:
    """A site to be made, with what stands on it; parts come after what they are parts of."""

    key: str
    name: str
    time_zone: str
    latitude: float
    longitude: float
    attributes: Mapping[str, Any] = field(default_factory=dict)
    channels: tuple[ChannelBlueprint, ...] = ()
    assets: tuple[AssetBlueprint, ...] = ()
    tariffs: tuple[TariffBlueprint, ...] = ()
    interlocks: tuple[InterlockBlueprint, ...] = ()


def sites_of(document: Mapping[str, Any]) -> tuple[SiteBlueprint, ...]:
    """Read a document such as `seeds/demo.toml`.

    Args:
        document: A mapping with a list `sites`, as TOML or JSON gives it.

    Returns:
        The sites, in their order.

    Raises:
        TypeError: A table lacks a word or has one too many.
    """
    return tuple(_site(each) for each in document["sites"])


def _site(table: Mapping[str, Any]) -> SiteBlueprint:
    assets = tuple(_asset(each) for each in table.get("assets", ()))
    tariffs = tuple(TariffBlueprint(**each) for each in table.get("tariffs", ()))
    interlocks = tuple(InterlockBlueprint(**each) for each in table.get("interlocks", ()))
    parts = {"channels": _channels(table), "assets": assets, "tariffs": tariffs, "interlocks": interlocks}
    return SiteBlueprint(**{**table, **parts})


def _asset(table: Mapping[str, Any]) -> AssetBlueprint:
    return AssetBlueprint(**{**table, "channels": _channels(table)})


def _channels(table: Mapping[str, Any]) -> tuple[ChannelBlueprint, ...]:
    return tuple(ChannelBlueprint(**each) for each in table.get("channels", ()))
