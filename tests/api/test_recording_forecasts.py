"""Forecasts from elsewhere are recorded once, kept apart between organisations, and listed beside ours."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from tests.api.test_forecasts_and_decisions import record, write
from tests.world import make_world
from twinql.domain.global_id import encode
from twinql.live.rounds import Rounds

STEP = timedelta(minutes=30)
SELECTION = (
    "forecast { id model recordedBy recordedAt unit p10 p50 p90 channel { key } meter { id } accuracy { mase } }"
)
SCORES = """query ($id: ID!, $from: DateTime!, $until: DateTime!) { channel(id: $id) {
    forecastScores(during: { from: $from, until: $until }) {
        model fromElsewhere horizon step forecasts count mae mase naiveMase wape coverage level
    }
    forecasts { nodes { model score { count mase naiveMase wape } } }
} }"""


def half_hour():
    """Return the last full half hour."""
    return datetime.fromtimestamp(datetime.now(UTC).timestamp() // 1800 * 1800, UTC)


def given(asker, **more):
    start = half_hour()
    usual = {
        "channelId": encode("Channel", asker.world.channels["energy"]),
        "model": "Elsewhere 1",
        "issuedAt": start.isoformat(),
        "startsAt": start.isoformat(),
        "step": "PT30M",
        "p10": [1.0, 2.0],
        "p50": [2.0, 3.0],
        "p90": [3.0, 4.0],
    }
    return {name: value for name, value in (usual | more).items() if value is not None}


async def test_an_operator_records_a_forecast_and_again_without_a_second_one(asker):
    operator = asker.as_user(asker.world.operator)
    first = (await operator.changed("recordForecast", SELECTION, **given(asker)))["forecast"]
    assert (first["model"], first["recordedBy"], first["unit"]) == ("Elsewhere 1", "acme-operator", "KILOWATT_HOUR")
    assert (first["p10"], first["p50"], first["p90"]) == ([1.0, 2.0], [2.0, 3.0], [3.0, 4.0])
    assert (first["channel"], first["meter"], first["accuracy"]) == ({"key": "energy"}, None, {"mase": None})
    again = (await operator.changed("recordForecast", SELECTION, **given(asker)))["forecast"]
    assert again == first
    other = given(asker, p50=[2.5, 3.0])
    assert (await operator.change("recordForecast", "", **other))["userErrors"][0]["code"] == "CONFLICT"
    assert len(await write(asker, "select from forecasts")) == 1


async def test_a_forecast_of_what_a_meter_takes_in_is_another_one(asker):
    meter = encode("Meter", asker.world.meter)
    await asker.changed("recordForecast", SELECTION, **given(asker))
    found = (await asker.changed("recordForecast", SELECTION, **given(asker, channelId=None, meterId=meter)))[
        "forecast"
    ]
    assert found["meter"] == {"id": meter}
    assert len(await write(asker, "select from forecasts")) == 2


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"p10": [1.0]}, "INVALID_INPUT", "p10"),
        ({"p50": [9.0, 9.0]}, "INVALID_INPUT", "p50"),
        ({"model": "LOCAL_TREND"}, "INVALID_INPUT", "model"),
        ({"startsAt": "2020-01-01T00:00:00Z"}, "INVALID_INPUT", "startsAt"),
        ({"channelId": None}, "INVALID_INPUT", "channelId"),
        ({"channelId": encode("Channel", uuid4())}, "NOT_FOUND", "channelId"),
        ({"channelId": None, "meterId": encode("Meter", uuid4())}, "NOT_FOUND", "meterId"),
        ({"channelId": encode("Meter", uuid4())}, "INVALID_INPUT", "channelId"),
    ],
)
async def test_what_cannot_be_taken_names_its_field(asker, wrong, code, path):
    assert await asker.mistake("recordForecast", **given(asker, **wrong)) == (code, path)


async def test_a_state_has_no_forecast_and_both_are_too_many(asker):
    state = encode("Channel", asker.world.channels["execution"])
    assert await asker.mistake("recordForecast", **given(asker, channelId=state)) == ("INVALID_INPUT", "channelId")
    both = given(asker, meterId=encode("Meter", asker.world.meter))
    assert await asker.mistake("recordForecast", **both) == ("INVALID_INPUT", "channelId")


async def test_channels_of_others_are_as_if_they_were_not_there(asker, database_url):
    other = await make_world(database_url, "Other")
    foreign = given(asker, channelId=encode("Channel", other.channels["energy"]))
    assert await asker.mistake("recordForecast", **foreign) == ("NOT_FOUND", "channelId")
    await asker.as_user(other.owner).changed("recordForecast", SELECTION, **foreign)
    seen = await asker.ask(SCORES, id=foreign["channelId"], **during())
    assert seen["channel"] is None


def during():
    now = half_hour()
    return {"from": (now - timedelta(days=2)).isoformat(), "until": (now + timedelta(days=2)).isoformat()}


async def test_theirs_and_ours_are_scored_beside_each_other(asker):
    day = 1.0 + np.arange(48.0)
    await record(asker, "energy", np.tile(day, 10), step_s=1800)
    last = half_hour()
    expected = day[:2]
    start = last - 2 * STEP
    theirs = given(
        asker,
        issuedAt=start.isoformat(),
        startsAt=start.isoformat(),
        p10=[0.0, 0.0],
        p50=[float(each) for each in expected],
        p90=[99.0, 99.0],
    )
    await asker.changed("recordForecast", SELECTION, **theirs)
    rounds = Rounds(asker.context.database, asker.context.workshop)
    await rounds._score(datetime.now(UTC))
    found = (await asker.ask(SCORES, id=theirs["channelId"], **during()))["channel"]
    (score,) = [each for each in found["forecastScores"] if each["fromElsewhere"]]
    assert (score["model"], score["horizon"], score["step"], score["forecasts"]) == ("Elsewhere 1", "PT1H", "PT30M", 1)
    observed = day[-2:]  # what was recorded last
    assert score["count"] == 2
    assert score["mae"] == pytest.approx(np.abs(observed - expected).mean())
    assert score["wape"] == pytest.approx(np.abs(observed - expected).sum() / observed.sum())
    # Every day was like the one before: nothing to divide by, and a naive forecast without an error.
    assert (score["mase"], score["naiveMase"]) == (None, None)
    assert (score["coverage"], score["level"]) == (1.0, 0.8)
    assert found["forecasts"]["nodes"][0]["score"]["count"] == 2
