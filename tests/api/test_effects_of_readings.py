"""What readings would add to consumption and cost: told by a dry run, and so once they are recorded."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.charged import HALF_HOUR, Charged, dynamic
from tests.charging import flat
from tests.feeds import Site
from twinql.domain import global_id
from twinql.domain.tariffs.terms import Band, Window

RECORD = """
mutation ($input: RecordReadingsInput!) {
  recordReadings(input: $input) {
    outcomes { outcome }
    effects {
      meter { name } from until consumptionAdded unit costAdded
      cost { total exactTotal currency problems { code } }
    }
    userErrors { code message path }
  }
}
"""
COST = """
query ($id: ID!, $from: DateTime!, $until: DateTime!) {
  meter(id: $id) { cost(during: { from: $from, until: $until }) { exactTotal } }
}
"""


@pytest.fixture
async def charged(asker, database_url):
    """The meter of the one who asks, charged 0.25 EUR for each kWh."""
    async with Site.open(database_url, world=asker.world) as site:
        charged = Charged(site)
        await charged.begin()
        await charged.agree(await charged.tariff(flat(Decimal("0.25"))))
        yield charged


def rows(charged, *values, key="energy", back=0, **more):
    """Return readings that end one after another, the last of them so many half hours before the latest."""
    return [
        {
            "channelId": global_id.encode("Channel", charged.world.channels[key]),
            "observedAt": (charged.latest - HALF_HOUR * (len(values) - 1 - place + back)).isoformat(),
            "value": value,
            **more,
        }
        for place, value in enumerate(values)
    ]


async def effects(asker, readings, **how):
    answer = (await asker.ask(RECORD, input={"readings": readings, "dryRun": True, **how}))["recordReadings"]
    assert answer["userErrors"] == []
    return answer["effects"]


async def test_a_dry_run_tells_what_recording_would_add(asker, charged):
    await charged.count(1, 2, back=1)
    (effect,) = await effects(asker, rows(charged, 4))
    assert effect["meter"] == {"name": "Main meter"}
    assert (effect["consumptionAdded"], effect["unit"]) == ("4", "KILOWATT_HOUR")
    assert (effect["costAdded"], effect["cost"]["total"], effect["cost"]["currency"]) == ("1.00", "1.75", "EUR")
    assert await charged.pool.fetchval("select count(*) from readings") == 2


async def test_once_recorded_the_cost_is_what_the_dry_run_said(asker, charged):
    await charged.count(100.5, 104.25, channel="register", back=1)
    await charged.by_its_register()
    typed = rows(charged, 111.125, key="register")
    (effect,) = await effects(asker, typed)
    assert (effect["consumptionAdded"], effect["costAdded"]) == ("6.875", "1.72")
    recorded = (await asker.ask(RECORD, input={"readings": typed}))["recordReadings"]
    assert (recorded["outcomes"], recorded["effects"]) == ([{"outcome": "RECORDED"}], [])
    meter = global_id.encode("Meter", charged.world.meter)
    asked = await asker.ask(COST, id=meter, **{"from": effect["from"], "until": effect["until"]})
    assert asked["meter"]["cost"]["exactTotal"] == effect["cost"]["exactTotal"]


async def test_rows_count_as_they_would_be_taken(asker, charged):
    await charged.count(1, 2)
    other = rows(charged, 5)
    assert await effects(asker, other) == []  # the stored value would stay
    (effect,) = await effects(asker, other, onConflict="CORRECT")
    assert (effect["consumptionAdded"], effect["costAdded"]) == ("3", "0.75")
    (effect,) = await effects(asker, rows(charged, 0.5), onConflict="CORRECT")
    assert (effect["consumptionAdded"], effect["costAdded"]) == ("-1.5", "-0.38")
    (effect,) = await effects(asker, rows(charged, 7, back=2) + rows(charged, 9, back=2) + rows(charged, 2))
    assert effect["consumptionAdded"] == "7"  # of two for one instant the first, and the same again adds nothing
    assert await effects(asker, rows(charged, 7, observedAt="2099-01-01T00:00:00Z")) == []
    (effect,) = await effects(asker, rows(charged, 3_000, unit="WATT_HOUR", back=5))
    assert effect["consumptionAdded"] == "3"


async def test_a_value_that_takes_the_place_of_a_bad_one_and_one_that_makes_a_good_one_bad(asker, charged):
    await charged.count(1, 2)
    (effect,) = await effects(asker, rows(charged, None, quality="BAD"), onConflict="CORRECT")
    assert (effect["consumptionAdded"], effect["costAdded"]) == ("-2", "-0.50")


async def test_a_register_that_falls_is_told_as_a_problem_before_it_is_recorded(asker, charged):
    await charged.count(100, 104, channel="register", back=1)
    await charged.by_its_register()
    (effect,) = await effects(asker, rows(charged, 3, key="register"))
    assert (effect["consumptionAdded"], effect["costAdded"], effect["cost"]["total"]) == (None, None, "1.00")
    assert "UNKNOWN_ENERGY" in {each["code"] for each in effect["cost"]["problems"]}


async def test_what_a_register_lost_long_ago_hides_nothing_that_comes_now(asker, charged):
    await charged.count(100, 3, 5, channel="register", back=1)
    await charged.by_its_register()
    (effect,) = await effects(asker, rows(charged, 9, key="register"))
    assert (effect["consumptionAdded"], effect["costAdded"]) == ("4", "1.00")
    assert "UNKNOWN_ENERGY" in {each["code"] for each in effect["cost"]["problems"]}


async def test_energy_that_cannot_be_dated_is_known_and_what_it_costs_is_not(asker, charged):
    afternoon = Band("afternoon", [Window(first_minute=12 * 60, last_minute=24 * 60)], price=Decimal("0.30"))
    await charged.pool.execute("delete from agreements")
    await charged.agree(await charged.tariff(afternoon, flat(Decimal("0.10")), name="By time"))
    await charged.by_its_register()
    await charged.count(100, channel="register", back=96)
    (effect,) = await effects(asker, rows(charged, 148, key="register"))
    assert (effect["consumptionAdded"], effect["costAdded"]) == ("48", None)
    assert "UNDATED_ENERGY" in {each["code"] for each in effect["cost"]["problems"]}


async def test_each_billing_month_in_which_rows_fall_has_an_effect(asker, charged):
    (here,) = await effects(asker, rows(charged, 1))
    begins = datetime.fromisoformat(here["from"])
    # What ends where a month begins is the last of the one before.
    (before,) = await effects(asker, rows(charged, 2, observedAt=begins.isoformat()))
    assert (before["until"], before["consumptionAdded"]) == (here["from"], "2")
    after = begins + HALF_HOUR
    both = await effects(
        asker, rows(charged, 2, observedAt=begins.isoformat()) + rows(charged, 3, observedAt=after.isoformat())
    )
    assert [(each["from"], each["consumptionAdded"]) for each in both] == [(before["from"], "2"), (here["from"], "3")]


async def test_what_bills_no_meter_has_no_effect(asker, charged):
    assert await effects(asker, rows(charged, 20, key="temperature") + rows(charged, 0.5, key="price")) == []
    assert await effects(asker, rows(charged, 50, key="register")) == []  # the meter is billed by its intervals


async def test_a_meter_that_nobody_charges_has_consumption_and_no_cost(asker, charged):
    await charged.pool.execute("delete from agreements")
    (effect,) = await effects(asker, rows(charged, 4))
    assert (effect["consumptionAdded"], effect["cost"], effect["costAdded"]) == ("4", None, None)


async def test_what_is_given_is_earned_and_not_taken_in(asker, charged):
    await charged.agree(await charged.tariff(flat(Decimal("0.10")), name="Feed-in", direction="EXPORT"))
    charged.world.channels["export"] = await charged.channel("export", meter=charged.world.meter, direction="EXPORT")
    (effect,) = await effects(asker, rows(charged, 5, key="export"))
    assert (effect["consumptionAdded"], effect["costAdded"]) == ("0", "-0.50")


async def test_more_meters_or_months_than_are_worked_out_are_refused_with_one_sentence(asker, charged, monkeypatch):
    several = rows(charged, 1) + rows(charged, 1, observedAt=(charged.latest - timedelta(days=70)).isoformat())
    monkeypatch.setattr("twinql.storage.effects.MOST_MONTHS", 1)
    code, message = await asker.refusal(RECORD, input={"readings": several, "dryRun": True})
    assert code == "RANGE_TOO_LARGE"
    assert message.endswith("for 1 billing months of meters at most, and these are 2; send fewer at once.")
    monkeypatch.setattr("twinql.storage.effects.MOST_METERS", 0)
    assert (
        "0 meters at most, and these are 1"
        in (await asker.refusal(RECORD, input={"readings": several, "dryRun": True}))[1]
    )


async def test_it_is_worked_out_only_where_it_is_asked_for(asker, charged):
    plain = "mutation ($input: RecordReadingsInput!) { recordReadings(input: $input) { outcomes { outcome } } }"
    async with asker.overhearing() as statements:
        await asker.ask(plain, input={"readings": rows(charged, 1), "dryRun": True})
    assert not [each for each in statements if "agreements" in each]
    async with asker.overhearing() as statements:
        await effects(asker, rows(charged, 1))
    assert [each for each in statements if "agreements" in each]


async def test_a_price_that_nobody_told_is_a_problem_of_the_effect(asker, charged):
    await charged.pool.execute("delete from agreements")
    await charged.agree(await charged.tariff(dynamic(charged.world.channels["price"]), name="Dynamic"))
    await charged.count(0.5, channel="price")
    (effect,) = await effects(asker, rows(charged, 1, 2))
    assert (effect["consumptionAdded"], effect["costAdded"], effect["cost"]["total"]) == ("3", None, "1.00")
    assert "MISSING_PRICE" in {each["code"] for each in effect["cost"]["problems"]}
    (effect,) = await effects(asker, rows(charged, 2))
    assert (effect["consumptionAdded"], effect["costAdded"]) == ("2", "1.00")
