"""Calibrations of channels through the graph."""

from datetime import UTC, datetime, timedelta

from tests.api.alarms import write
from twinql.domain.global_id import encode

CALIBRATIONS = """
query ($id: ID!) {
  channel(id: $id) {
    calibration { id certificate performedAt validUntil performedBy deviation note recordedBy channel { key } }
    calibrations(first: 2) { totalCount nodes { certificate } }
  }
}
"""
INSERT = """
insert into calibrations
    (organisation_id, channel_id, performed_at, valid_until, performed_by, certificate, recorded_by)
select organisation_id, id, $2, $3, 'Laboratory', $4, 'me' from channels where id = $1
"""
JANUARY = datetime(2026, 1, 20, tzinfo=UTC)


async def calibrations_of(asker, key="temperature"):
    return (await asker.ask(CALIBRATIONS, id=encode("Channel", asker.world.channels[key])))["channel"]


async def test_the_calibration_that_was_performed_last_counts_whenever_it_was_recorded(asker):
    channel = asker.world.channels["temperature"]
    year = timedelta(days=365)
    for number, at in ((2, JANUARY), (3, JANUARY + year), (1, JANUARY - year)):
        await write(asker, INSERT, channel, at, at + year, f"C-{number}")
    found = await calibrations_of(asker)
    assert found["calibrations"] == {"totalCount": 3, "nodes": [{"certificate": "C-3"}, {"certificate": "C-2"}]}
    counts = found["calibration"]
    assert (counts["certificate"], counts["performedAt"]) == ("C-3", "2027-01-20T00:00:00Z")
    assert (counts["channel"], counts["deviation"], counts["note"]) == ({"key": "temperature"}, None, None)
    again = await asker.ask(
        "query ($id: ID!) { node(id: $id) { ... on Calibration { certificate } } }", id=counts["id"]
    )
    assert again["node"] == {"certificate": "C-3"}


async def test_a_channel_that_nobody_calibrated_has_none(asker):
    assert await calibrations_of(asker) == {"calibration": None, "calibrations": {"totalCount": 0, "nodes": []}}
