"""The demo site: reads its description, makes it where it is missing, and knows which channel shows which signal."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from twinql.domain.blueprint import ChannelBlueprint, SiteBlueprint, sites_of
from twinql.domain.identity import Worker
from twinql.domain.simulation.weather import Place
from twinql.domain.simulation.world import Last, World
from twinql.package_files import package_folder
from twinql.storage.database import Database
from twinql.storage.demo import MadeChannel, MadeSite, ensure_sites, last_values

SIMULATOR: Final = Worker("simulator")


@dataclass(frozen=True, slots=True)
class DemoSite:
    """The demo's house and factory as they stand in the database."""

    organisation_id: UUID
    house: MadeSite
    factory: MadeSite

    @property
    def memory_site_id(self) -> UUID:
        """The site that keeps what the simulator remembers."""
        return self.factory.id

    @property
    def channels(self) -> Mapping[str, MadeChannel]:
        """Every channel that is in use and measured, by its signal."""
        return {each.blueprint.signal: each for each in self._made if not each.blueprint.schedule}

    @property
    def plans(self) -> Mapping[str, MadeChannel]:
        """Every channel that is in use and told ahead, by its signal."""
        return {each.blueprint.signal: each for each in self._made if each.blueprint.schedule}

    @property
    def _made(self) -> tuple[MadeChannel, ...]:
        return (*self.house.channels, *self.factory.channels)

    def world(self, seed: int) -> World:
        """Give the world that these sites stand in."""
        return World(seed=seed, house=_place(self.house.blueprint), factory=_place(self.factory.blueprint))

    async def last(self, database: Database) -> dict[str, Last]:
        """Ask what each signal said last."""
        signals = {channel.facts.number: signal for signal, channel in self.channels.items()}
        rows = await last_values(database, SIMULATOR, signals)
        return {signals[number]: Last(*row) for number, row in rows.items()}


def speaks_on_change(channel: ChannelBlueprint) -> bool:
    """Say whether a channel is recorded whenever it changes: states, and what commands set."""
    return channel.kind == "STATE" or channel.writable


def read_blueprints(folder: Path | None = None) -> tuple[SiteBlueprint, ...]:
    """Read `demo.toml` of a folder, of TwinQL's own seeds by default."""
    text = ((folder or package_folder("seeds")) / "demo.toml").read_text(encoding="utf-8")
    return sites_of(tomllib.loads(text))


async def ensure_demo_site(database: Database, organisation_id: UUID) -> DemoSite:
    """Return an organisation's demo site, made where it is missing."""
    blueprints = read_blueprints()
    made = {site.blueprint.key: site for site in await ensure_sites(database, SIMULATOR, organisation_id, blueprints)}
    return DemoSite(organisation_id, house=made["house"], factory=made["factory"])


def _place(site: SiteBlueprint) -> Place:
    return Place(latitude_deg=site.latitude, longitude_deg=site.longitude, zone=ZoneInfo(site.time_zone))
