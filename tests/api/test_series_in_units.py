"""Series, statistics and consumption in other units: power from energy, energy from power, energy from gas."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.api.test_series import at, during, series, store
from twinql.domain.global_id import encode

STATISTICS = """
query ($id: ID!, $during: PeriodInput!, $unit: Unit) {
  channel(id: $id) { key statistics(during: $during, unit: $unit) { unit count mean max standardDeviation } }
}
"""
CONSUMPTION = """
query ($id: ID!, $during: PeriodInput!, $bucket: Bucket!, $unit: Unit) {
  meter(id: $id) { name consumption(during: $during, bucket: $bucket, unit: $unit) { values unit } }
}
"""
HOURS = ("2026-03-01T00:00:00Z", "2026-03-01T02:00:00Z")


async def half_hours(asker, values):
    ends = [at("2026-03-01T00:30:00") + timedelta(minutes=30 * step) for step in range(len(values))]
    await store(asker, "energy", ends, values)


async def become(asker, key, quantity, unit):
    await asker.context.database.pool.execute(
        "update channels set quantity = $2::text::quantity, unit = $3::text::unit where key = $1", key, quantity, unit
    )


async def become_gas(asker, calorific_value="39.5"):
    await become(asker, "energy", "VOLUME", "CUBIC_METRE")
    await become(asker, "register", "VOLUME", "CUBIC_METRE")
    await asker.context.database.pool.execute(
        "update meters set commodity = 'GAS', calorific_value = $1, volume_correction = 1.02264",
        calorific_value and Decimal(calorific_value),
    )


async def consumption(asker, **more):
    return (await asker.ask(CONSUMPTION, id=encode("Meter", asker.world.meter), **more))["meter"]["consumption"]


async def test_energy_is_its_mean_power_over_each_half_hour(asker):
    await half_hours(asker, [0.5, 0.7, 1.0, 2.0])
    found = await series(asker, "energy", *HOURS, unit="KILOWATT")
    assert (found["values"], found["unit"]) == ([1.0, 1.4, 2.0, 4.0], "KILOWATT")


async def test_energy_is_its_mean_power_over_each_bucket(asker):
    await half_hours(asker, [0.5, 0.7, 1.0, 2.0])
    found = await series(asker, "energy", *HOURS, unit="KILOWATT", bucket="PT1H")
    assert found["values"] == [1.2, 3.0]
    # The greatest mean power of a half hour is what demand is charged by.
    found = await series(asker, "energy", *HOURS, unit="KILOWATT", bucket="PT1H", aggregate="MAX")
    assert found["values"] == [1.4, 4.0]


async def test_a_day_of_23_hours_has_the_mean_power_of_23_hours(asker):
    # Berlin's clocks went forward on 29 March.
    await store(asker, "register", [at("2026-03-28T23:00:00"), at("2026-03-29T22:00:00")], [100.0, 146.0])
    found = await series(asker, "register", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", unit="WATT", bucket="DAY")
    assert found["values"] == [pytest.approx(2000.0)]


async def test_mean_power_is_energy_over_the_length_of_its_bucket(asker):
    await become(asker, "temperature", "POWER", "KILOWATT")
    instants = [at("2026-03-01T00:00:00") + timedelta(minutes=10 * step) for step in range(12)]
    await store(asker, "temperature", instants, [3.0] * 6 + [0.5] * 6)
    for bucket, expected in (("PT1H", [3.0, 0.5]), ("PT30M", [1.5, 1.5, 0.25, 0.25])):
        found = await series(asker, "temperature", *HOURS, unit="KILOWATT_HOUR", bucket=bucket)
        assert (found["values"], found["unit"]) == (expected, "KILOWATT_HOUR")


async def test_counts_have_no_unit_to_be_told_in(asker):
    await half_hours(asker, [0.5])
    found = await series(asker, "energy", *HOURS, unit="KILOWATT", bucket="PT1H", aggregate="COUNT")
    assert (found["values"], found["unit"]) == ([1.0, 0.0], "ONE")


@pytest.mark.parametrize(
    ("key", "unit", "more", "said"),
    [
        ("register", "KILOWATT", {}, "Values of instants and of registers have no length of time"),
        ("register", "KILOWATT", {"bucket": "DAY", "aggregate": "LAST"}, "ask for a series in buckets"),
        ("energy", "KELVIN", {}, "KELVIN does not fit a channel in KILOWATT_HOUR; ask for KILOWATT_HOUR, WATT_HOUR"),
        ("energy", "CUBIC_METRE", {}, "CUBIC_METRE does not fit a channel in KILOWATT_HOUR"),
    ],
)
async def test_what_no_bridge_leads_to_is_one_sentence(asker, key, unit, more, said):
    document = """
    query ($id: ID!, $during: PeriodInput!, $bucket: Bucket, $aggregate: Aggregate, $unit: Unit) {
      channel(id: $id) { series(during: $during, bucket: $bucket, aggregate: $aggregate, unit: $unit) { values } }
    }
    """
    channel = encode("Channel", asker.world.channels[key])
    code, message = await asker.refusal(document, id=channel, during=during(*HOURS), unit=unit, **more)
    assert code == "BAD_USER_INPUT"
    assert said in message


async def test_statistics_come_in_the_unit_asked_for(asker):
    await store(asker, "temperature", [at("2026-03-01T00:00:00"), at("2026-03-01T01:00:00")], [0.0, 100.0])
    asked = {"id": encode("Channel", asker.world.channels["temperature"]), "during": during(*HOURS)}
    found = (await asker.ask(STATISTICS, unit="DEGREE_FAHRENHEIT", **asked))["channel"]["statistics"]
    assert (found["unit"], found["count"], found["mean"], found["max"]) == ("DEGREE_FAHRENHEIT", 2, 122.0, 212.0)
    # A difference of 1 °C is one of 1.8 °F, whatever their zeros.
    assert found["standardDeviation"] == pytest.approx(70.71067811865476 * 1.8)
    found = (await asker.ask(STATISTICS, **asked))["channel"]["statistics"]
    assert (found["unit"], found["max"]) == ("DEGREE_CELSIUS", 100.0)


async def test_statistics_of_half_hours_may_be_power(asker):
    await half_hours(asker, [0.5, 1.5])
    asked = {"id": encode("Channel", asker.world.channels["energy"]), "during": during(*HOURS)}
    found = (await asker.ask(STATISTICS, unit="KILOWATT", **asked))["channel"]["statistics"]
    assert (found["mean"], found["max"]) == (2.0, 3.0)


async def test_gas_is_told_as_the_energy_that_it_is_billed_by(asker):
    await become_gas(asker)
    await half_hours(asker, [1.0, 0.0, 2.0, 1.0])
    worth = 1.02264 * 39.5 / 3.6
    for found in (
        await series(asker, "energy", *HOURS, unit="KILOWATT_HOUR", bucket="PT1H"),
        await consumption(asker, during=during(*HOURS), bucket="PT1H", unit="KILOWATT_HOUR"),
    ):
        assert found["values"] == [pytest.approx(worth), pytest.approx(3 * worth)]
        assert found["unit"] == "KILOWATT_HOUR"
    found = await consumption(asker, during=during(*HOURS), bucket="PT1H")
    assert found == {"values": [1.0, 3.0], "unit": "CUBIC_METRE"}


async def test_consumption_is_told_as_power(asker):
    await half_hours(asker, [0.5, 0.7, 1.0, 2.0])
    found = await consumption(asker, during=during(*HOURS), bucket="PT1H", unit="KILOWATT")
    assert found == {"values": [1.2, 3.0], "unit": "KILOWATT"}


async def test_gas_that_nobody_valued_says_what_to_set(asker):
    await become_gas(asker, None)
    await half_hours(asker, [1.0])
    meter = encode("Meter", asker.world.meter)
    asked = {"id": meter, "during": during(*HOURS), "bucket": "PT1H", "unit": "KILOWATT_HOUR"}
    code, message = await asker.refusal(CONSUMPTION, **asked)
    assert code == "BAD_USER_INPUT"
    assert message.endswith("set calorificValue on its meter.")


async def test_water_is_worth_no_energy_and_nothing_can_be_set(asker):
    await become_gas(asker, None)
    await asker.context.database.pool.execute("update meters set commodity = 'WATER', volume_correction = 1")
    await half_hours(asker, [1.0])
    meter = encode("Meter", asker.world.meter)
    asked = {"id": meter, "during": during(*HOURS), "bucket": "PT1H", "unit": "KILOWATT_HOUR"}
    _, message = await asker.refusal(CONSUMPTION, **asked)
    assert message.startswith("KILOWATT_HOUR does not fit a channel in CUBIC_METRE; ask for CUBIC_METRE, LITRE")
    found = await consumption(asker, during=during(*HOURS), bucket="PT1H", unit="LITRE_PER_MINUTE")
    assert found["values"] == [pytest.approx(1000 / 60), None]


async def test_registers_with_multipliers_are_told_as_power_of_what_flowed(asker):
    await asker.context.database.pool.execute("update channels set multiplier = 40 where key = 'energy'")
    await half_hours(asker, [0.5, 0.5])
    found = await consumption(asker, during=during(*HOURS), bucket="PT1H", unit="KILOWATT")
    assert found["values"] == [40.0, None]
    # A channel's own series shows what was read.
    assert (await series(asker, "energy", *HOURS, unit="KILOWATT", bucket="PT1H"))["values"] == [1.0, None]


READINGS = """
query ($id: ID!, $unit: Unit!) {
  channel(id: $id) { key latest { value unit valueIn(unit: $unit) } readings { nodes { value valueIn(unit: $unit) } } }
}
"""


@pytest.mark.parametrize(
    ("key", "unit", "value", "told"),
    [
        ("energy", "MEGAJOULE", 0.5, 1.8),
        ("energy", "KILOWATT", 0.5, 1.0),
        ("energy", "KILOWATT_HOUR", 0.5, 0.5),
        ("temperature", "DEGREE_FAHRENHEIT", 100.0, 212.0),
        ("price", "CENT_PER_KILOWATT_HOUR", 0.2862, 28.62),
        ("price", "CURRENCY_PER_MEGAWATT_HOUR", 0.085, 85.0),
    ],
)
async def test_readings_tell_their_value_in_another_unit(asker, key, unit, value, told):
    await store(asker, key, [at("2026-03-01T00:30:00")], [value])
    found = (await asker.ask(READINGS, id=encode("Channel", asker.world.channels[key]), unit=unit))["channel"]
    assert found["latest"]["value"] == value
    assert found["latest"]["valueIn"] == pytest.approx(told, rel=1e-15)
    assert found["readings"]["nodes"] == [{"value": value, "valueIn": found["latest"]["valueIn"]}]


async def test_a_reading_of_gas_tells_its_energy_and_one_without_a_value_nothing(asker):
    await become_gas(asker)
    await store(asker, "energy", [at("2026-03-01T00:30:00"), at("2026-03-01T01:00:00")], [2.0, "nan"], ["GOOD", "BAD"])
    asked = {"id": encode("Channel", asker.world.channels["energy"]), "unit": "KILOWATT_HOUR"}
    nodes = (await asker.ask(READINGS, **asked))["channel"]["readings"]["nodes"]
    assert [each["valueIn"] for each in nodes] == [None, pytest.approx(2 * 1.02264 * 39.5 / 3.6)]


async def test_what_a_register_shows_is_no_power(asker):
    await store(asker, "register", [at("2026-03-01T00:30:00")], [5.0])
    asked = {"id": encode("Channel", asker.world.channels["register"]), "unit": "KILOWATT"}
    code, message = await asker.refusal(READINGS, **asked)
    assert (code, message.startswith("Values of instants and of registers have no length")) == ("BAD_USER_INPUT", True)
