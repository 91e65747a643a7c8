"""The real meters, imported as the file is, add up in the graph to what pandas adds up in the file itself."""

import numpy as np
import pytest

from tests.real_meters import as_written, import_meters, midnight, only_with_the_file

TOTALS = """
query ($sites: [ID!], $during: PeriodInput!) {
  meters(filter: { siteIds: $sites }) {
    totalCount
    nodes {
      serialNumber
      months: consumption(during: $during, bucket: MONTH) { ...totals }
      days: consumption(during: $during, bucket: DAY) { ...totals }
      channels {
        nodes {
          kind
          months: series(during: $during, bucket: MONTH, aggregate: SUM) { ...totals }
          days: series(during: $during, bucket: DAY, aggregate: SUM) { ...totals }
          counts: series(during: $during, bucket: DAY, aggregate: COUNT) { starts values }
        }
      }
    }
  }
}
fragment totals on Series { unit timeZone starts values completeness { actual } }
"""

pytestmark = only_with_the_file


@pytest.fixture
def imported(asker, database_url, tmp_path, monkeypatch, capsys):
    """Return what imports the file into a site, and answers its id; a site that is not there is made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)

    async def run(site):
        return await import_meters(asker, capsys, site)

    return run


def file_totals(zone, rule):
    """Return kWh and rows by meter and by the UTC instant at which each local day or month begins, from the file."""
    frame = as_written().astype({"kwh": float})
    local = frame["begins"].dt.tz_convert(zone).dt.tz_localize(None)
    begins = local.dt.to_period(rule).dt.start_time.dt.tz_localize(zone).dt.tz_convert("UTC")
    return frame.groupby([frame["meter"], begins.dt.strftime("%Y-%m-%dT%H:%M:%SZ")])["kwh"].agg(["sum", "count"])


def told(series):
    """Return what the series of several meters tell, by meter and start; a bucket without readings tells nothing."""
    return {
        (meter, start): value
        for meter, columns in series.items()
        for start, value in zip(columns["starts"], columns["values"], strict=True)
        if value is not None
    }


def close(found, expected):
    assert found.keys() == expected.keys()
    assert np.isclose([found[key] for key in expected], list(expected.values()), rtol=1e-9, atol=0).all()


async def _totals_are_those_of_the_file(asker, site, zone):
    during = {"from": midnight("2013-06-01", zone), "until": midnight("2014-01-01", zone)}
    listed = (await asker.ask(TOTALS, sites=[site], during=during))["meters"]
    meters = {node["serialNumber"]: node for node in listed["nodes"]}
    assert listed["totalCount"] == len(meters) == 4
    for field, rule in (("months", "M"), ("days", "D")):
        expected = file_totals(zone, rule)
        close(told({meter: node[field] for meter, node in meters.items()}), expected["sum"].to_dict())
        for meter, node in meters.items():
            (channel,) = node["channels"]["nodes"]
            assert channel["kind"] == "INTERVAL"
            close(told({meter: channel[field]}), told({meter: node[field]}))
            of_channel, of_meter = ({**each, "values": None} for each in (channel[field], node[field]))
            assert of_channel == of_meter, "a meter's consumption is the series of its one channel"
            assert (node[field]["unit"], node[field]["timeZone"]) == ("KILOWATT_HOUR", zone)
            assert node[field]["completeness"]["actual"] == expected["count"][meter].sum()
    counts = told({meter: node["channels"]["nodes"][0]["counts"] for meter, node in meters.items()})
    counts = {key: count for key, count in counts.items() if count}
    assert counts == file_totals(zone, "D")["count"].to_dict()
    return counts


async def test_the_totals_of_every_meter_by_month_and_day_are_pandas_own(asker, imported):
    site = await imported("Trial")
    counts = await _totals_are_those_of_the_file(asker, site, "Etc/GMT-10")  # a new site counts by the file's clock
    assert max(counts.values()) == 48


async def test_on_a_site_whose_clocks_change_the_days_are_those_of_its_calendar(asker, imported):
    zone = "Australia/Sydney"
    made = await asker.changed("createSite", "site { id }", name="Sydney", timeZone=zone)
    site = await imported("Sydney")
    assert site == made["site"]["id"]
    counts = await _totals_are_those_of_the_file(asker, site, zone)
    assert {count for (_, start), count in counts.items() if start == "2013-10-05T14:00:00Z"} == {46}
    # The file ends at midnight of the fixed clock: an hour later on Sydney's, in December.
    assert sum(start == "2013-11-30T13:00:00Z" for _, start in counts) == 4
