"""The real half-hourly meters, imported as the file is."""

import asyncio
from pathlib import Path

import pandas as pd
import pytest

from twinql.cli import main

METERS = Path(__file__).parents[1] / ".." / "shared" / "data" / "demo" / "meters_half_hourly.csv"
AS_THEY_ARE = ("--time-zone", "+10:00", "--stamp", "start", "--create")

only_with_the_file = pytest.mark.skipif(
    not METERS.exists(), reason="the demo data of the project are not beside this repository"
)


async def import_meters(asker, capsys, site):
    """Import the file into a site, made where it is missing, and return the site's id."""
    code = await asyncio.to_thread(main, ["import", str(METERS), *AS_THEY_ARE, "--site", site])
    assert (code, capsys.readouterr().err) == (0, "")
    found = await asker.ask("query ($name: String) { sites(filter: { search: $name }) { nodes { id } } }", name=site)
    (made,) = found["sites"]["nodes"]
    return made["id"]


def midnight(day, zone):
    """Return the instant at which a local day begins."""
    return pd.Timestamp(day, tz=zone).isoformat()


def as_written():
    """Return the rows of the file, with kWh as they are written and when each half hour begins, in UTC."""
    frame = pd.read_csv(METERS, parse_dates=["timestamp"], dtype={"meter": str, "kwh": str})
    frame["begins"] = frame["timestamp"].dt.tz_localize("Etc/GMT-10").dt.tz_convert("UTC")
    return frame
