"""Ranking what stands on a site, and comparing some of it, through the graph."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.world import make_world
from twinql.context import Context
from twinql.domain.global_id import encode

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
DURING = {"from": "2026-03-01T08:00:00Z", "until": "2026-03-01T12:00:00Z"}
INSERT = """
insert into readings (channel_number, organisation_number, observed_at, value)
select c.number, c.organisation_number, r.observed_at, r.value
from channels as c, unnest($2::timestamptz[], $3::float8[]) as r (observed_at, value)
where c.id = $1
"""
ALARM = """
insert into alarms (
    organisation_id, site_id, asset_id, channel_id, cause, severity, message, raised_at, returned_at, state,
    condition_holds
)
select organisation_id, site_id, asset_id, id, $2::text::alarm_cause, 'HIGH', 'It does not move.', $3, $4,
    'RETURNED_UNACKNOWLEDGED', false
from channels where id = $1
"""
LIVE = """
update readings set recorded_at = observed_at
where channel_number = (select number from channels where id = $1)
"""
RANKING = """
query ($id: ID!, $during: PeriodInput!, $metric: Metric!, $of: RankedKind!, $first: Int = 10,
  $order: RankingOrder = WORST_FIRST) {
  site(id: $id) {
    ranking(metric: $metric, of: $of, during: $during, first: $first, order: $order) {
      metric order of from until count
      places { rank value unit reason { code } channel { key } asset { name } }
      swap { message score code channel { key } asset { name } }
    }
  }
}
"""
COMPARE = """
query ($ids: [ID!]!, $during: PeriodInput!) {
  compare(ids: $ids, during: $during) {
    items { channel { key } asset { name } values { metric rank value unit reason { code } } }
    swap { message channel { key } }
  }
}
"""


async def store(asker, key, minutes, values):
    instants = [START + each * timedelta(minutes=1) for each in minutes]
    channel = asker.world.channels[key]
    await asker.context.database.pool.execute(INSERT, channel, instants, [float(each) for each in values])


async def ranking(asker, metric, of, **more):
    site = encode("Site", asker.world.site)
    return (await asker.ask(RANKING, id=site, metric=metric, of=of, **{"during": DURING, **more}))["site"]["ranking"]


def at_present(monkeypatch, now):
    """Make it a time of the test's own."""
    fresh = Context.fresh

    def then(context):
        made = fresh(context)
        made.now = now
        return made

    monkeypatch.setattr(Context, "fresh", then)


@pytest.fixture
async def told(asker):
    """A site whose temperature is whole, whose half hours are half there, and stuck for an hour."""
    await store(asker, "temperature", range(240), range(240))
    await store(asker, "energy", [30 * each for each in range(1, 5)], [2.0] * 4)
    await asker.context.database.pool.execute(
        ALARM, asker.world.channels["energy"], "STUCK", START - timedelta(hours=1), START + timedelta(hours=1)
    )
    await asker.context.database.pool.execute(
        ALARM, asker.world.channels["energy"], "SPIKE", START, START + timedelta(minutes=30)
    )
    await asker.context.database.pool.execute(
        ALARM, asker.world.channels["temperature"], "LIMIT_HIGH", START, START + timedelta(hours=3)
    )
    return asker


async def test_channels_are_ranked_by_how_much_can_be_relied_on_them(told):
    found = await ranking(told, "RELIABILITY", "CHANNELS", order="BEST_FIRST")
    places = {each["channel"]["key"]: (each["rank"], each["value"]) for each in found["places"]}
    assert places["temperature"] == (1, 100)
    # Half of its readings, and three quarters of the time without a fault: overlapping alarms count once.
    assert places["energy"] == (2, pytest.approx(37.5))
    assert places["register"][1] == 0
    assert found["places"][-1]["reason"]["code"] in {"NO_CHANNEL", "INSUFFICIENT_HISTORY"}
    assert "price" not in places
    assert found["count"] == 5
    assert {each["unit"] for each in found["places"]} == {"PERCENT"}
    worst = await ranking(told, "RELIABILITY", "CHANNELS", first=2)
    assert worst["order"] == "WORST_FIRST"
    assert (worst["places"][0]["rank"], worst["places"][0]["value"]) == (1, 0)
    assert len(worst["places"]) == 2


async def test_meters_are_ranked_by_what_they_took_in(told):
    await store(told, "register", range(0, 256, 15), [100 + each for each in range(18)])
    (place,) = (await ranking(told, "CONSUMPTION", "METERS"))["places"]
    assert (place["asset"]["name"], place["rank"], place["unit"]) == ("Main meter", 1, "KILOWATT_HOUR")
    assert place["value"] == pytest.approx(16)


async def test_machines_are_ranked_by_risk_health_and_efficiency(told):
    assert (await ranking(told, "RISK", "MACHINES"))["places"][0]["value"] >= 0
    health = await ranking(told, "HEALTH", "MACHINES")
    assert health["places"][0]["value"] == pytest.approx(100, abs=15)
    efficiency = await ranking(told, "EFFICIENCY", "MACHINES")
    assert efficiency["places"][0]["reason"]["code"] == "NO_CHANNEL"
    assert efficiency["places"][0]["rank"] is None


async def test_the_one_to_swap_has_the_least_healthy_sensor_and_was_heard_live(told):
    # The process is hot and the energy stale: the one's sensor is right, and the other was imported long afterwards.
    pool, channels = told.context.database.pool, told.world.channels
    await pool.execute(ALARM, channels["temperature"], "LIMIT_HIGH_HIGH", START, START + timedelta(hours=5))
    assert (await ranking(told, "HEALTH", "CHANNELS"))["swap"] is None
    await pool.execute(LIVE, channels["energy"])
    await pool.execute(LIVE, channels["temperature"])
    found = (await ranking(told, "HEALTH", "CHANNELS"))["swap"]
    assert (found["channel"]["key"], found["code"], found["score"]) == ("energy", "STALE", 60)
    assert found["message"].startswith("Its sensor has 60 points of 100, the least of 2. The newest reading is")
    await pool.execute(ALARM, channels["temperature"], "DRIFT", START, START + timedelta(hours=5))
    await pool.execute(ALARM, channels["temperature"], "STUCK", START, START + timedelta(hours=5))
    found = (await ranking(told, "HEALTH", "MACHINES"))["swap"]
    assert (found["asset"]["name"], found["code"], found["score"]) == ("Mill", "STUCK", 30)


async def test_things_are_compared_over_the_same_period(told, database_url):
    stranger = await make_world(database_url, "Zenith")
    ids = [
        encode("Channel", told.world.channels["temperature"]),
        encode("Machine", told.world.machine),
        encode("Channel", stranger.channels["temperature"]),
        encode("Channel", told.world.channels["energy"]),
    ]
    found = (await told.ask(COMPARE, ids=ids, during=DURING))["compare"]
    temperature, mill, unseen, energy = found["items"]
    assert unseen is None
    assert (temperature["channel"]["key"], mill["asset"]["name"], energy["channel"]["key"]) == (
        "temperature",
        "Mill",
        "energy",
    )
    by_metric = {each["metric"]: each for each in energy["values"]}
    assert by_metric["CONSUMPTION"]["value"] == pytest.approx(8)
    assert by_metric["RELIABILITY"]["value"] == pytest.approx(37.5)
    assert by_metric["EFFICIENCY"]["reason"]["code"] == "NOT_FOR_THIS_KIND"
    assert by_metric["RELIABILITY"]["rank"] == 1
    assert found["swap"] is None


async def test_a_period_that_reaches_ahead_ends_now(told, monkeypatch):
    now = START + timedelta(hours=4)
    at_present(monkeypatch, now)
    for metric in ("HEALTH", "RISK", "RELIABILITY", "CONSUMPTION"):
        until_now = await ranking(told, metric, "CHANNELS")
        ahead = await ranking(told, metric, "CHANNELS", during={**DURING, "until": "2026-03-02T08:00:00Z"})
        assert ahead == until_now
        assert ahead["until"] == "2026-03-01T12:00:00Z"
    site = encode("Site", told.world.site)
    for lies in (
        {"from": "2026-03-01T12:00:00Z", "until": "2026-03-02T00:00:00Z"},
        {"from": "2026-03-01T11:59:30Z", "until": "2026-03-02T00:00:00Z"},
    ):
        code, _ = await told.refusal(RANKING, id=site, during=lies, metric="RISK", of="METERS")
        assert code == "BAD_USER_INPUT"


async def test_a_past_period_knows_the_alarms_that_held_at_its_end(told):
    async def mill(until, metric="HEALTH"):
        (place,) = (await ranking(told, metric, "MACHINES", during={**DURING, "until": until}))["places"]
        return place["value"]

    before = {until: await mill(until) for until in ("2026-03-01T09:00:00Z", "2026-03-01T10:00:00Z")}
    risk = await mill("2026-03-01T10:00:00Z", "RISK")
    hour = timedelta(hours=1)
    await told.context.database.pool.execute(
        ALARM, told.world.channels["temperature"], "RAPID_CHANGE", START + 1.5 * hour, START + 2.5 * hour
    )
    # Raised at 9:30 and over at 10:30: it takes its 30 points off at 10 o'clock, and neither before nor after.
    assert await mill("2026-03-01T09:00:00Z") == before["2026-03-01T09:00:00Z"]
    assert await mill("2026-03-01T10:00:00Z") == pytest.approx(before["2026-03-01T10:00:00Z"] - 30)
    assert await mill("2026-03-01T10:00:00Z", "RISK") > risk
    assert await mill("2026-03-01T12:00:00Z") == pytest.approx(100, abs=15)


async def test_two_to_twenty_different_things_are_compared_for_a_season_at_most(told):
    one = encode("Channel", told.world.channels["temperature"])
    for ids in ([one], [one, one]):
        assert (await told.refusal(COMPARE, ids=ids, during=DURING))[0] == "BAD_USER_INPUT"
    long = {"from": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"}
    other = encode("Machine", told.world.machine)
    assert (await told.refusal(COMPARE, ids=[one, other], during=long))[0] == "RANGE_TOO_LARGE"
    code, _ = await told.refusal(
        RANKING, id=encode("Site", told.world.site), during=DURING, metric="RISK", of="METERS", first=0
    )
    assert code == "BAD_USER_INPUT"
