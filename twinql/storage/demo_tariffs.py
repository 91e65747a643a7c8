"""The demo site's tariffs, and which meters are charged by them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from twinql.domain.blueprint import TariffBlueprint
from twinql.domain.tariffs.wire import from_json, to_json
from twinql.storage.database import Connection
from twinql.storage.statements import load

_BY = "simulator"


async def make_tariffs(
    connection: Connection, organisation_id: UUID, site_id: UUID, tariffs: Iterable[TariffBlueprint]
) -> None:
    """Make tariffs with their suppliers, and agreements of the site's meters, all of which are there already."""
    channels = {row["key"]: row["id"] for row in await connection.fetch(load("demo")["site_channels"], site_id)}
    suppliers: dict[str, UUID] = {}
    for each in tariffs:
        if each.supplier not in suppliers:
            suppliers[each.supplier] = await connection.fetchval(
                load("demo")["make_supplier"], organisation_id, each.supplier
            )
        said = (each.name, each.direction, each.currency, each.unit)
        tariff = await connection.fetchval(
            load("demo")["make_tariff"], organisation_id, suppliers[each.supplier], *said
        )
        terms = to_json(from_json(_with_channels(each.terms, channels)))
        await connection.execute(load("demo")["make_revision"], organisation_id, tariff, each.valid_from, _BY, terms)
        await connection.execute(load("demo")["make_agreements"], organisation_id, tariff, list(each.meters))


def _with_channels(terms: Mapping[str, Any], channels: Mapping[str, UUID]) -> dict[str, Any]:
    """Name the channels of dynamic prices by their ids."""
    bands = [
        {**band, "dynamic": {**band["dynamic"], "channel": str(channels[band["dynamic"]["channel"]])}}
        if "dynamic" in band
        else band
        for band in terms["bands"]
    ]
    return {**terms, "bands": bands}
