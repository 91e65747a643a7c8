"""What the meters of a site cost together, and what their energy emitted."""

from datetime import date
from decimal import Decimal

import pytest

from tests.charging import Billing, at, ends, flat
from twinql.domain.global_id import encode
from twinql.domain.instants import format_instant

SITE = """
query ($id: ID!, $during: PeriodInput!, $asOf: DateTime) {
  site(id: $id) {
    cost(during: $during, asOf: $asOf) {
      from until currency total exactTotal energy standing vat complete
      totals { currency total exactTotal }
      meters { meter { name } cost { total } refusal }
      carbon { kg energy unrated complete completeness { expected actual } channels { key } }
    }
  }
}
"""
MANY = """
query ($during: PeriodInput!) {
  meters(first: 100) {
    nodes {
      name
      cost(during: $during) { total lines { amount evidence { channels { key } tariff { name } } } carbon { kg } }
    }
  }
}
"""
HOUR = {"from": "2026-01-15T00:00:00Z", "until": "2026-01-15T01:00:00Z"}
START = at("2026-01-15T00:00:00")


@pytest.fixture
async def billing(asker):
    return Billing(asker.context.database.pool, asker.world)


async def cost(asker, **more):
    """Return what the world's site cost."""
    return (await asker.ask(SITE, id=encode("Site", asker.world.site), during=HOUR, **more))["site"]["cost"]


async def metered(billing, name, tariff, use, **more):
    """Make a meter that is charged by a tariff and used something in each half hour."""
    meter = await billing.meter(name, **more)
    if tariff is not None:
        await billing.agree(tariff, meter=meter)
    await billing.write(await billing.channel("energy", meter=meter), ends(START, use))
    return meter


async def test_a_wrong_period_leaves_the_rest_of_the_site(asker):
    backwards = {"from": HOUR["until"], "until": HOUR["from"]}
    document = "query ($id: ID!, $during: PeriodInput!) { site(id: $id) { name cost(during: $during) { total } } }"
    answer = await asker.answer(document, id=encode("Site", asker.world.site), during=backwards)
    assert answer.data == {"site": {"name": "Acme site", "cost": None}}
    assert [each["path"] for each in answer.errors] == [["site", "cost"]]


async def test_the_meters_of_a_site_add_up_without_those_beneath_others(asker, billing):
    tariff = await billing.tariff(flat(Decimal("0.333")))
    await billing.agree(tariff)
    await billing.write("energy", ends(START, [1.0, 1.0]))
    second = await metered(billing, "Second", tariff, [0.5, 0.51])
    await metered(billing, "Beneath", tariff, [0.3, 0.3], parent=second)
    found = await cost(asker)
    # Exact sums are added up, and rounded once: 0.666 + 0.33633.
    assert (found["exactTotal"], found["total"], found["currency"]) == ("1.00233", "1.00", "EUR")
    assert (found["energy"], found["standing"], found["vat"]) == ("1.00", "0.00", "0.00")
    assert (found["from"], found["until"], found["complete"]) == (HOUR["from"], HOUR["until"], True)
    assert found["meters"] == [
        {"meter": {"name": "Main meter"}, "cost": {"total": "0.67"}, "refusal": None},
        {"meter": {"name": "Second"}, "cost": {"total": "0.34"}, "refusal": None},
    ]
    assert found["carbon"] is None


async def test_a_meter_beneath_another_counts_where_it_measures_something_else(asker, billing):
    tariff = await billing.tariff(flat(Decimal("0.5")))
    heat = await metered(billing, "Heat pump's heat", tariff, [1.0, 2.0], parent=asker.world.meter, commodity="HEAT")
    assert [each["cost"] for each in (await cost(asker))["meters"]] == [{"total": "1.50"}, None]
    await billing.pool.execute("update meters set commodity = 'ELECTRICITY' where id = $1", heat)
    assert [each["cost"] for each in (await cost(asker))["meters"]] == [None]


async def test_a_meter_that_was_archived_counts_for_the_time_in_which_it_was_in_use(asker, billing):
    tariff = await billing.tariff(flat(Decimal("0.5")))
    await billing.agree(tariff)
    await billing.write("energy", ends(START, [1.0, 2.0]))
    archived = await asker.change("archiveMeter", "meter { id }", id=encode("Meter", asker.world.meter))
    assert archived["userErrors"] == []
    assert (await cost(asker))["total"] == "1.50"
    await billing.pool.execute("update assets set archived_at = $1", START)
    await billing.pool.execute("update channels set archived_at = $1", START)
    assert (await cost(asker))["meters"] == []


async def test_a_meter_that_cannot_be_rated_is_told_and_leaves_the_rest(asker, billing):
    tariff = await billing.tariff(flat(Decimal("0.5")))
    await billing.agree(tariff)
    await billing.write("energy", ends(START, [1.0, 1.0]))
    nobodys = await metered(billing, "Nobody's", None, [1.0, 1.0])
    found = await cost(asker)
    assert (found["total"], found["complete"]) == ("1.00", False)
    assert "no agreement" in found["meters"][1]["refusal"]
    assert found["meters"][1]["cost"] is None
    await billing.agree(tariff, meter=nobodys, last=date(2026, 1, 14))  # which has ended before
    assert (await cost(asker))["meters"] == found["meters"]


async def test_a_site_is_charged_for_the_meters_that_it_was_known_to_have(asker, billing):
    tariff = await billing.tariff(flat(Decimal("0.5")))
    await billing.agree(tariff)
    await billing.write("energy", ends(START, [1.0, 1.0]))
    left = await metered(billing, "Left", None, [3.0, 3.0])
    agreed = await billing.agree(tariff, meter=left)
    archived = await billing.now()
    await billing.pool.execute("update assets set archived_at = now() where id = $1", left)
    then = await billing.now()
    await billing.pool.execute("delete from agreements where id = $1", agreed)
    await metered(billing, "New", tariff, [5.0, 5.0])
    told = [await cost(asker, asOf=each and format_instant(each)) for each in (archived, then, None)]
    assert [(each["total"], each["complete"]) for each in told] == [("4.00", True), ("4.00", True), ("6.00", True)]
    names = [[each["meter"]["name"] for each in one["meters"]] for one in told]
    assert names == [["Left", "Main meter"], ["Left", "Main meter"], ["Main meter", "New"]]


async def test_money_of_two_currencies_is_not_added_up(asker, billing):
    await billing.agree(await billing.tariff(flat(Decimal("0.5"))))
    await billing.write("energy", ends(START, [1.0, 1.0]))
    yen = await billing.tariff(flat(Decimal("30.3")), name="Tokyo", currency="JPY")
    await metered(billing, "Abroad", yen, [1.0, 1.0])
    found = await cost(asker)
    assert [found[name] for name in ("currency", "total", "exactTotal", "energy")] == [None] * 4
    assert found["totals"] == [
        {"currency": "EUR", "total": "1.00", "exactTotal": "1.0"},
        {"currency": "JPY", "total": "61", "exactTotal": "60.6"},
    ]
    assert found["complete"]


async def test_what_was_emitted_stands_beside_what_it_cost_with_its_own_completeness(asker, billing):
    tariff = await billing.tariff(flat(Decimal("0.5")))
    await billing.agree(tariff)
    await billing.write("energy", ends(START, [1.0, 2.0]))
    await metered(billing, "Second", tariff, [0.5, 0.5])
    carbon = await billing.channel(
        "carbon", meter=None, quantity="CARBON_INTENSITY", unit="GRAM_PER_KILOWATT_HOUR", direction=None
    )
    await billing.write(carbon, ends(START, [200.0, 100.0]))
    found = await cost(asker)
    assert found["carbon"] == {
        "kg": 0.55,
        "energy": 4.0,
        "unrated": 0.0,
        "complete": True,
        "completeness": {"expected": 2, "actual": 2},
        "channels": [{"key": "carbon"}],
    }
    await billing.pool.execute("update readings set value = null, quality = 'BAD' where value = 100")
    told = (await cost(asker))["carbon"]
    assert (told["kg"], told["energy"], told["unrated"], told["complete"]) == (0.3, 1.5, 2.5, False)
    assert told["completeness"] == {"expected": 2, "actual": 1}


async def test_a_site_without_meters_cost_nothing(asker, billing):
    await billing.pool.execute("update assets set archived_at = now()")
    found = await cost(asker)
    assert (found["totals"], found["total"], found["meters"], found["complete"]) == ([], None, [], True)


async def test_many_meters_are_rated_by_a_handful_of_statements(asker, billing):
    tariff = await billing.tariff(flat(Decimal("0.5")))
    await metered(billing, "First", tariff, [1.0, 1.0])
    await asker.ask(MANY, during=HOUR)  # who pays is asked once a minute, and not of each operation
    few = await asker.statements(MANY, during=HOUR)
    for number in range(30):
        await metered(billing, f"Meter {number}", tariff, [1.0, 1.0])
    many = await asker.statements(MANY, during=HOUR)
    assert len(many) == len(few) < 20
    nodes = (await asker.ask(MANY, during=HOUR))["meters"]["nodes"]
    assert [each["cost"]["total"] for each in nodes if each["cost"]] == ["1.00"] * 31
