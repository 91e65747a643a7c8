"""The real meters, charged by three tariffs: to the cent what pandas makes of the file, month by month."""

import itertools
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest

from tests.real_meters import as_written, import_meters, midnight, only_with_the_file

ZONE = "Australia/Sydney"
MONTHS = pd.date_range("2013-06-01", "2013-12-01", freq="MS")
GST, CENT = Decimal("0.10"), Decimal("0.01")
WEEKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
# Public holidays of New South Wales within the file: the Queen's birthday and Labour Day.
HOLIDAYS = {pd.Timestamp("2013-06-10").date(), pd.Timestamp("2013-10-07").date()}
PEAK, SHOULDER, OFF = Decimal("0.5236"), Decimal("0.2145"), Decimal("0.1309")
FIRST, THEN, UP_TO = Decimal("0.2398"), Decimal("0.2871"), Decimal(300)
FLAT = Decimal("0.2431")
A_DAY = Decimal("0.7854")

TERMS = {
    "flat": {
        "bands": [{"name": "all", "price": str(FLAT)}],
        "standingCharge": {"amount": str(A_DAY), "per": "DAY"},
        "vat": [{"rate": str(GST)}],
    },
    "time of use": {
        "bands": [
            {
                "name": "peak",
                "price": str(PEAK),
                "windows": [{"weekdays": WEEKDAYS, "from": "14:00", "until": "20:00", "holidays": "EXCEPT"}],
            },
            {
                "name": "shoulder",
                "price": str(SHOULDER),
                "windows": [
                    {"weekdays": WEEKDAYS, "from": "07:00", "until": "14:00", "holidays": "EXCEPT"},
                    {"weekdays": WEEKDAYS, "from": "20:00", "until": "22:00", "holidays": "EXCEPT"},
                    {"weekdays": ["SATURDAY", "SUNDAY"], "from": "07:00", "until": "22:00"},
                    {"weekdays": WEEKDAYS, "from": "07:00", "until": "22:00", "holidays": "ONLY"},
                ],
            },
            {"name": "off-peak", "price": str(OFF)},
        ],
        "standingCharge": {"amount": str(A_DAY), "per": "DAY"},
        "vat": [{"rate": str(GST)}],
        "holidays": {"country": "AU", "subdivision": "NSW"},
    },
    "blocks": {
        "bands": [
            {"name": "all", "blocks": [{"upTo": str(UP_TO), "price": str(FIRST)}, {"price": str(THEN)}]},
        ],
        "standingCharge": {"amount": str(A_DAY), "per": "DAY"},
        "vat": [{"rate": str(GST)}],
    },
}
BILLS = """
query ($sites: [ID!], $during: PeriodInput!, $tariff: ID!) {
  meters(filter: { siteIds: $sites }) {
    nodes {
      serialNumber
      cost(during: $during, tariffId: $tariff) {
        total currency complete
        lines { band block quantity amount }
        completeness { expected actual }
        problems { code }
      }
    }
  }
}
"""

pytestmark = only_with_the_file


@pytest.fixture
async def site(asker, database_url, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    await asker.changed("createSite", "site { id }", name="Sydney", timeZone=ZONE)
    return await import_meters(asker, capsys, "Sydney")


@pytest.fixture(scope="module")
def rows():
    """Return the rows of the file with the local day, minute and month of each half hour, and exact kWh."""
    frame = as_written()
    local = frame["begins"].dt.tz_convert(ZONE)
    frame["kwh"] = frame["kwh"].map(Decimal)
    frame["day"], frame["minute"] = local.dt.date, local.dt.hour * 60 + local.dt.minute
    frame["weekend"] = local.dt.day_of_week >= 5
    frame["month"] = local.dt.tz_localize(None).dt.to_period("M").dt.start_time
    return frame


def price_by_time(row):
    working = not row.weekend and row.day not in HOLIDAYS
    if working and 840 <= row.minute < 1200:
        return PEAK
    return SHOULDER if 420 <= row.minute < 1320 else OFF


def energy_cost(tariff, rows):
    """Return what the half hours of one meter and month cost, without standing charge and tax."""
    if tariff == "flat":
        return rows["kwh"].sum() * FLAT
    if tariff == "time of use":
        return sum((row.kwh * price_by_time(row) for row in rows.itertuples()), Decimal(0))
    used = rows["kwh"].sum()
    return min(used, UP_TO) * FIRST + max(used - UP_TO, Decimal(0)) * THEN


def bill(tariff, rows, month):
    due = energy_cost(tariff, rows) + A_DAY * month.days_in_month
    return (due * (1 + GST)).quantize(CENT, rounding=ROUND_HALF_UP)


async def _costs_what_pandas_says(asker, site, rows, tariff):
    said = {"name": tariff, "currency": "AUD", "validFrom": "2013-01-01", "terms": TERMS[tariff]}
    made = await asker.changed("createTariff", "tariff { id }", **said)
    for month, following in itertools.pairwise(MONTHS):
        during = {"from": midnight(month, ZONE), "until": midnight(following, ZONE)}
        answer = await asker.ask(BILLS, sites=[site], during=during, tariff=made["tariff"]["id"])
        costs = {node["serialNumber"]: node["cost"] for node in answer["meters"]["nodes"]}
        assert len(costs) == 4
        for meter, cost in costs.items():
            mine = rows[(rows["meter"] == meter) & (rows["month"] == month)]
            assert (cost["total"], cost["currency"]) == (str(bill(tariff, mine, month)), "AUD"), (meter, month)
            energy = [line for line in cost["lines"] if line["band"] != "standing"]
            assert sum(Decimal(line["quantity"]) for line in energy) == mine["kwh"].sum()
            assert cost["completeness"]["actual"] == len(mine)
            assert cost["complete"] == (len(mine) == cost["completeness"]["expected"])


async def test_every_month_of_every_meter_costs_what_pandas_says(asker, site, rows, subtests):
    for tariff in TERMS:
        with subtests.test(tariff):
            await _costs_what_pandas_says(asker, site, rows, tariff)
