"""What a meter consumed, through the graph: several registers, events, zones, billing months and meters beneath."""

from datetime import UTC, datetime, timedelta

import pytest

from twinql.domain.global_id import decode, encode
from twinql.domain.identity import Device

FIELDS = "values quality unit starts timeZone bucket aggregate completeness { expected actual }"
DOCUMENT = """
query ($id: ID!, $during: PeriodInput!, $bucket: Bucket!, $unit: Unit, $direction: FlowDirection! = IMPORT,
       $fill: Fill! = NONE, $most: Int! = 1000, $asOf: DateTime) {
  meter(id: $id) {
    told: %s(
      during: $during, bucket: $bucket, unit: $unit, direction: $direction, fill: $fill, maxPoints: $most, asOf: $asOf
    ) { %s settlementDates settlementPeriods }
  }
}
"""
INSERT = """
insert into readings (channel_number, organisation_number, observed_at, value, quality)
select c.number, c.organisation_number, r.observed_at, nullif(r.value, 'NaN'), r.quality::reading_quality
from channels as c, unnest($2::timestamptz[], $3::float8[], $4::text[]) as r (observed_at, value, quality)
where c.id = $1
"""
CHANNEL = """
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, resolution_seconds,
    register, direction, multiplier
)
select organisation_id, organisation_number, site_id, coalesce($3, asset_id), $2, $2, quantity, unit, kind,
    resolution_seconds, $4, $5::text::flow_direction, $6
from channels where id = $1
returning id
"""
BENEATH = """
with a as (
    insert into assets (organisation_id, site_id, kind, name, parent_id)
    select organisation_id, site_id, 'METER', $2, id from assets where id = $1
    returning id, organisation_id
)
insert into meters (id, organisation_id, serial_number, commodity) select id, organisation_id, $2, 'ELECTRICITY' from a
returning id
"""
EVENT = """
insert into register_events (organisation_id, channel_id, at, type, final_value, start_value, recorded_by)
select organisation_id, id, $2, 'EXCHANGE', $3, $4, 'somebody' from channels where id = $1
"""
MIDNIGHT = datetime(2026, 3, 1, 23, tzinfo=UTC)
"""Of the second of March in Berlin."""
DAY = {"from": MIDNIGHT.isoformat(), "until": (MIDNIGHT + timedelta(days=1)).isoformat()}
HOUR = timedelta(hours=1)


class Desk:
    """Writes readings of one world, and asks what its meter consumed."""

    def __init__(self, asker):
        self.asker, self.world, self.pool = asker, asker.world, asker.context.database.pool

    async def write(self, channel, *readings):
        """Insert (hours after midnight, value) or (hours, value, quality)."""
        columns = zip(
            *((MIDNIGHT + HOUR * each[0], float(each[1]), (*each, "GOOD")[2]) for each in readings), strict=True
        )
        await self.pool.execute(INSERT, channel, *map(list, columns))

    async def channel(self, key, *, like="register", meter=None, register=None, direction=None, multiplier=1):
        source = self.world.channels[like]
        return await self.pool.fetchval(CHANNEL, source, key, meter, register, direction, multiplier)

    async def beneath(self, name, meter=None):
        return await self.pool.fetchval(BENEATH, meter or self.world.meter, name)

    def variables(self, bucket, during=None, **more):
        return {"id": encode("Meter", self.world.meter), "during": during or DAY, "bucket": bucket, **more}

    async def asked(self, bucket, *, field="consumption", **more):
        answer = await self.asker.ask(DOCUMENT % (field, FIELDS), **self.variables(bucket, **more))
        return answer["meter"]["told"]

    async def refusal(self, bucket, *, field="consumption", **more):
        return await self.asker.refusal(DOCUMENT % (field, FIELDS), **self.variables(bucket, **more))


@pytest.fixture
async def desk(asker):
    desk = Desk(asker)
    await desk.pool.execute("update channels set archived_at = now() where key = 'energy'")
    return desk


async def test_registers_by_day_and_by_night_add_up_and_what_is_given_stands_apart(desk):
    day = await desk.channel("day_register", register="day")
    night = await desk.channel("night_register", register="night", multiplier=40)
    given = await desk.channel("given", direction="EXPORT")
    await desk.write(day, (0, 100), (24, 110.5))
    await desk.write(night, (0, 5), (24, 5.25))
    await desk.write(given, (0, 1), (24, 4))
    found = await desk.asked("DAY")
    assert (found["values"], found["quality"], found["unit"]) == ([20.5], ["GOOD"], "KILOWATT_HOUR")
    assert found["completeness"] == {"expected": 192, "actual": 2}
    assert (await desk.asked("DAY", direction="EXPORT"))["values"] == [3.0]


async def test_a_register_that_was_archived_counted_up_to_then(desk):
    day = await desk.channel("day_register", register="day")
    night = await desk.channel("night_register", register="night")
    await desk.pool.execute("update channels set resolution_seconds = 21600")
    await desk.write(day, *((hour, hour) for hour in (0, 6, 12)))
    await desk.write(night, *((hour, hour * 2) for hour in (0, 6, 12, 18, 24)))
    half_days = {"from": DAY["from"], "until": (MIDNIGHT + HOUR * 12).isoformat()}
    before = await desk.asked("PT1H", during=half_days)
    archived = "update channels set archived_at = $2 where id = $1"
    await desk.pool.execute(archived, day, MIDNIGHT + HOUR * 12)
    assert await desk.asked("PT1H", during=half_days) == before
    found = await desk.asked("DAY")
    assert (found["values"], found["quality"]) == ([60.0], ["GOOD"])
    assert found["completeness"]["expected"] == 6
    found = await desk.asked("DAY", during={"from": half_days["until"], "until": DAY["until"]})
    assert (found["values"], found["quality"]) == ([24.0], ["GOOD"])


async def test_where_one_of_two_registers_tells_nothing_the_sum_is_uncertain(desk):
    day = await desk.channel("day_register", register="day")
    await desk.channel("night_register", register="night")
    await desk.write(day, (0, 100), (24, 110.5))
    found = await desk.asked("DAY")
    assert (found["values"], found["quality"]) == ([10.5], ["UNCERTAIN"])


async def test_an_event_makes_what_flowed_across_a_reset_known_and_the_series_agrees(desk):
    register = desk.world.channels["register"]
    await desk.write(register, (0, 500), (12, 3), (24, 8))
    before = await desk.pool.fetchval("select clock_timestamp()")
    found = await desk.asked("DAY")
    assert (found["values"], found["quality"]) == ([5.0], ["UNCERTAIN"])
    await desk.pool.execute(EVENT, register, MIDNIGHT + HOUR * 6, 502.0, 1.0)
    found = await desk.asked("DAY")
    assert (found["values"], found["quality"]) == ([9.0], ["GOOD"])
    assert (await desk.asked("DAY", asOf=before.isoformat()))["values"] == [5.0]
    document = """
    query ($id: ID!, $during: PeriodInput!, $asOf: DateTime) {
      channel(id: $id) { series(during: $during, bucket: DAY, asOf: $asOf) { values quality aggregate } }
    }
    """
    variables = {"id": encode("Channel", register), "during": DAY}
    answer = await desk.asker.ask(document, **variables)
    assert answer["channel"]["series"] == {"values": [9.0], "quality": ["GOOD"], "aggregate": "DELTA"}
    answer = await desk.asker.ask(document, **variables, asOf=before.isoformat())
    assert answer["channel"]["series"]["values"] == [5.0]


async def test_rare_readings_are_spread_only_when_asked_and_then_uncertain(desk):
    await desk.write(desk.world.channels["register"], (-24, 100), (48, 172))
    assert (await desk.asked("DAY"))["values"] == [None]
    spread = await desk.asked("DAY", fill="LINEAR")
    assert (spread["values"], spread["quality"]) == ([24.0], ["UNCERTAIN"])
    hours = await desk.asked("PT1H", fill="LINEAR")
    assert hours["values"] == [1.0] * 24
    half = {"from": DAY["from"], "until": (MIDNIGHT + HOUR * 6.5).isoformat()}
    assert (await desk.asked("DAY", during=half, fill="LINEAR"))["values"] == [6.5]


async def test_a_billing_month_begins_with_the_billing_day_of_the_meter(desk):
    await desk.pool.execute("update meters set billing_day = 15")
    await desk.write(desk.world.channels["register"], *((24 * day, 10 * day) for day in range(-40, 40)))
    found = await desk.asked("BILLING_MONTH")
    assert found["starts"] == ["2026-02-14T23:00:00Z"]
    quarter = {"from": "2026-02-14T23:00:00Z", "until": "2026-03-14T23:00:00Z"}
    assert (await desk.asked("BILLING_MONTH", during=quarter))["values"] == [280.0]
    assert await desk.refusal("BILLING_MONTH", most=1) == (
        "BAD_USER_INPUT",
        "maxPoints is a number from 2 to 10,000.",
    )


async def test_only_a_meter_has_billing_months(desk):
    document = (
        "query ($id: ID!, $during: PeriodInput!) {"
        " channel(id: $id) { series(during: $during, bucket: BILLING_MONTH) { values } } }"
    )
    variables = {"id": encode("Channel", desk.world.channels["register"]), "during": DAY}
    assert await desk.asker.refusal(document, **variables) == (
        "BAD_USER_INPUT",
        "Only a meter has billing months; ask for its consumption, or for the bucket MONTH.",
    )


@pytest.mark.parametrize(("day", "count"), [("2026-03-28", 48), ("2026-03-29", 46), ("2026-10-25", 50)])
async def test_settlement_periods_are_numbered_through_the_local_day(desk, day, count):
    await desk.pool.execute("update sites set time_zone = 'Europe/London'")
    first = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    during = {"from": (first - 2 * HOUR * 24).isoformat(), "until": (first + 2 * HOUR * 24).isoformat()}
    found = await desk.asked("PT30M", during=during)
    both = zip(found["settlementDates"], found["settlementPeriods"], strict=True)
    assert [number for date, number in both if date == day] == list(range(1, count + 1))
    assert len(found["settlementDates"]) == len(found["starts"])
    assert (await desk.asked("DAY"))["settlementPeriods"] is None


async def test_what_is_left_is_what_no_meter_beneath_counted(desk):
    workshop, cellar = await desk.beneath("Workshop"), await desk.beneath("Cellar")
    deeper = await desk.beneath("Lathe", workshop)
    registers = [await desk.channel("own", meter=each) for each in (workshop, cellar, deeper)]
    for register, counted in zip([desk.world.channels["register"], *registers], (100, 30, 20, 25), strict=True):
        await desk.write(register, (0, 7), (24, 7 + counted))
    assert (await desk.asked("DAY"))["values"] == [100.0]
    left = await desk.asked("DAY", field="residual")
    assert (left["values"], left["quality"], left["unit"]) == ([50.0], ["GOOD"], "KILOWATT_HOUR")
    assert (await desk.asked("DAY", field="residual", unit="MEGAWATT_HOUR"))["values"] == [0.05]
    taken_out = "update assets set archived_at = $2 where id = $1"
    await desk.pool.execute(taken_out, cellar, MIDNIGHT + 48 * HOUR)
    assert (await desk.asked("DAY", field="residual"))["values"] == [50.0], "it was in use then"
    await desk.pool.execute(taken_out, cellar, MIDNIGHT)
    assert (await desk.asked("DAY", field="residual"))["values"] == [70.0]


async def test_what_is_left_is_unknown_where_a_meter_beneath_is(desk):
    beneath = await desk.channel("own", meter=await desk.beneath("Workshop"))
    await desk.write(desk.world.channels["register"], (0, 0), (6, 10), (12, 20))
    await desk.write(beneath, (0, 0), (6, 12))
    during = {"from": DAY["from"], "until": (MIDNIGHT + 12 * HOUR).isoformat()}
    found = await desk.asked("PT1H", during=during, field="residual")
    known = {place: value for place, value in enumerate(found["values"]) if value is not None}
    assert known == {5: -2.0}, "meters beneath may count more"
    assert found["quality"][11] is None


async def test_a_meter_beneath_counts_from_its_first_reading_on_and_in_the_billing_months_of_the_one_above(desk):
    await desk.pool.execute("update meters set billing_day = 15")
    beneath = await desk.channel("own", meter=await desk.beneath("Workshop"))
    await desk.write(desk.world.channels["register"], *((24 * day, 10 * day) for day in range(-60, 60)))
    await desk.write(beneath, *((24 * day, 4 * day) for day in range(-15, 60)))
    during = {"from": "2026-01-14T23:00:00Z", "until": "2026-04-14T22:00:00Z"}
    found = await desk.asked("BILLING_MONTH", during=during, field="residual")
    assert found["starts"][1:] == ["2026-02-14T23:00:00Z", "2026-03-14T23:00:00Z"]
    assert found["values"] == [310.0, 168.0, 180.0]
    # The last reading is of the day before the last: clocks changed.
    assert found["quality"] == ["GOOD", "GOOD", "UNCERTAIN"]


async def test_what_is_left_is_uncertain_where_an_hour_of_a_meter_beneath_is_missing(desk):
    await desk.pool.execute("update channels set archived_at = null, resolution_seconds = 3600 where key = 'energy'")
    await desk.write(desk.world.channels["energy"], (1, 10), (2, 12), (3, 11))
    cellar, roof = [
        await desk.channel("own", like="energy", meter=await desk.beneath(name)) for name in ("Cellar", "Roof")
    ]
    await desk.write(cellar, (1, 4), (2, 5), (3, 3))
    await desk.write(roof, (1, 2), (2, 3))
    during = {"from": DAY["from"], "until": (MIDNIGHT + 3 * HOUR).isoformat()}
    found = await desk.asked("DAY", during=during, field="residual")
    assert (found["values"], found["quality"]) == ([16.0], ["UNCERTAIN"])
    await desk.write(roof, (3, 9))
    found = await desk.asked("DAY", during=during, field="residual")
    assert (found["values"], found["quality"]) == ([7.0], ["GOOD"])
    by_hour = await desk.asked("PT1H", during=during, field="residual")
    assert (by_hour["values"], by_hour["quality"]) == ([4.0, 4.0, -1.0], ["GOOD", "GOOD", "UNCERTAIN"])


async def test_nothing_counts_nothing(desk):
    await desk.pool.execute("update channels set archived_at = now()")
    assert await desk.asked("DAY") is None
    assert await desk.asked("DAY", field="residual") is None


async def test_a_period_of_too_many_points_names_what_fits(desk):
    year = {"from": "2025-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    code, message = await desk.refusal("PT15M", during=year)
    assert (code, message) == (
        "RANGE_TOO_LARGE",
        "The period holds more than maxPoints = 1,000 points; ask for the bucket DAY.",
    )
    code, message = await desk.refusal("PT1H", during=year)
    assert code == "RANGE_TOO_LARGE"
    assert message.endswith("ask for the bucket DAY, or raise maxPoints, to 10,000 at most.")
    assert len((await desk.asked("PT1H", during=year, most=10_000))["values"]) == 8_760


async def test_many_meters_are_read_in_a_few_statements(desk):
    for place in range(10):
        await desk.channel("own", meter=await desk.beneath(f"Meter {place}"))
    document = """
    query ($during: PeriodInput!) {
      meters(first: 50) {
        nodes { consumption(during: $during, bucket: DAY) { values } residual(during: $during, bucket: DAY) { values } }
      }
    }
    """
    asked = await desk.asker.statements(document, during=DAY)
    assert len(asked) <= 8


async def test_a_device_counts_its_own_register_by_the_same_rules(desk):
    register = desk.world.channels["register"]
    await desk.write(register, (0, 500), (12, 3), (24, 8))
    await desk.pool.execute(EVENT, register, MIDNIGHT + HOUR * 6, 502.0, 1.0)
    owner = desk.asker.as_user(desk.world.owner)
    key = await owner.changed("createApiKey", "apiKey { id }", name="Logger", channelIds=[encode("Channel", register)])
    device = desk.asker.as_user(Device(decode(key["apiKey"]["id"]).key))
    answer = await device.ask(DOCUMENT % ("consumption", FIELDS), **desk.variables("DAY"))
    assert answer["meter"]["told"]["values"] == [9.0]
    document = """
    query ($id: ID!, $during: PeriodInput!) {
      channel(id: $id) {
        series(during: $during, bucket: DAY) { values }
        intervals(during: $during) { nodes { amount } }
      }
    }
    """
    answer = await device.ask(document, id=encode("Channel", register), during=DAY)
    assert answer["channel"]["series"]["values"] == [9.0]
    assert [each["amount"] for each in answer["channel"]["intervals"]["nodes"]] == ["2", "2", "5"]
