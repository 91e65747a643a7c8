"""Calibrations of channels through the graph."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

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


def said(asker, **more):
    channel = encode("Channel", asker.world.channels["temperature"])
    return {"channelId": channel, "performedAt": JANUARY.isoformat(), "performedBy": " Laboratory ", **more}


async def test_an_operator_records_that_a_sensor_was_calibrated(asker):
    operator = asker.as_user(asker.world.operator)
    until = (JANUARY + timedelta(days=365)).isoformat()
    given = said(asker, validUntil=until, certificate="C-1", deviation=-0.25, note="In oil.")
    selection = "calibration { performedBy validUntil certificate deviation note recordedBy }"
    assert (await operator.changed("recordCalibration", selection, **given))["calibration"] == {
        "performedBy": "Laboratory",
        "validUntil": "2027-01-20T00:00:00Z",
        "certificate": "C-1",
        "deviation": -0.25,
        "note": "In oil.",
        "recordedBy": "acme-operator",
    }
    # Of the same moment, what is said last counts: so a slip is mended.
    await operator.changed("recordCalibration", selection, **said(asker, certificate="C-2"))
    found = await calibrations_of(asker)
    assert (found["calibration"]["certificate"], found["calibrations"]["totalCount"]) == ("C-2", 2)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"performedAt": "2199-01-01T00:00:00Z"}, "performedAt"),
        ({"performedAt": "1801-01-01T00:00:00Z"}, "performedAt"),
        ({"performedBy": " "}, "performedBy"),
        ({"validUntil": JANUARY.isoformat()}, "validUntil"),
        ({"deviation": 1e101}, "deviation"),
        ({"certificate": "x" * 201}, "certificate"),
        ({"note": ""}, "note"),
    ],
)
async def test_what_cannot_be_is_not_recorded(asker, wrong, path):
    assert await asker.mistake("recordCalibration", **said(asker, **wrong)) == ("INVALID_INPUT", path)
    assert await write(asker, "select from calibrations") == []


async def test_a_channel_that_is_not_there_is_not_calibrated(asker):
    given = said(asker, channelId=encode("Channel", uuid4()))
    assert await asker.mistake("recordCalibration", **given) == ("NOT_FOUND", "channelId")
    given = said(asker, channelId=encode("Site", asker.world.site))
    assert await asker.mistake("recordCalibration", **given) == ("INVALID_INPUT", "channelId")
