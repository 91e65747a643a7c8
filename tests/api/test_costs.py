"""What meters cost, through the graph, over a real database; each amount worked out by hand beside it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.charging import Billing, at, ends, flat
from tests.world import make_world
from twinql.domain.global_id import encode
from twinql.domain.tariffs.terms import Band, ChargePeriod, Dynamic, StandingCharge, VatRate, Window

COST = """
query ($id: ID!, $during: PeriodInput!, $tariffId: ID, $asOf: DateTime, $fill: Fill! = NONE) {
  meter(id: $id) {
    cost(during: $during, tariffId: $tariffId, asOf: $asOf, fill: $fill) {
      currency from until total exactTotal energy standing vat complete completeness { expected actual }
      lines {
        band block direction quantity unit price amount exactAmount vatRate vat
        evidence {
          intervals estimated first last channels { key }
          agreement { id } tariff { id name } revision { id }
        }
      }
      problems { code message from until quantity }
    }
  }
}
"""
EXACT = frozenset({"quantity", "price", "exactAmount"})
# Midnight in Berlin, in winter.
DAY = at("2026-01-14T23:00:00")
A_DAY = timedelta(days=1)
THAT_DAY = {"from": "2026-01-14T23:00:00Z", "until": "2026-01-15T23:00:00Z"}


@pytest.fixture
async def billing(asker):
    return Billing(asker.context.database.pool, asker.world)


async def cost(asker, *, meter=None, during=THAT_DAY, **more):
    """Return the cost of a meter."""
    found = await asker.ask(COST, id=encode("Meter", meter or asker.world.meter), during=during, **more)
    return found["meter"]["cost"]


def lines(found, *names):
    """Return these fields of each line, numbers as numbers."""
    return [tuple(Decimal(line[name]) if name in EXACT else line[name] for name in names) for line in found["lines"]]


async def test_a_flat_tariff_with_a_standing_charge_and_vat(asker, billing):
    tariff = await billing.tariff(
        flat(Decimal("0.25")),
        standing_charge=StandingCharge(Decimal("0.31"), ChargePeriod.DAY),
        vat=[VatRate(None, Decimal("0.19"))],
    )
    agreement = await billing.agree(tariff)
    await billing.write("energy", ends(DAY, [0.5] * 47 + [0.123]))
    found = await cost(asker)
    # 23.623 kWh at 0.25, a day of 0.31, and 19 % of both.
    assert (found["energy"], found["standing"], found["vat"]) == ("5.91", "0.31", "1.18")
    assert Decimal(found["exactTotal"]) == Decimal("7.3967425")
    assert (found["total"], found["currency"], found["complete"]) == ("7.40", "EUR", True)
    assert (found["from"], found["until"]) == (THAT_DAY["from"], THAT_DAY["until"])
    assert found["completeness"] == {"expected": 48, "actual": 48}
    assert lines(found, "band", "direction", "quantity", "unit", "price", "exactAmount", "amount", "vat") == [
        ("all", "IMPORT", Decimal("23.623"), "KILOWATT_HOUR", Decimal("0.25"), Decimal("5.90575"), "5.91", "1.12"),
        ("standing", "IMPORT", Decimal(1), None, Decimal("0.31"), Decimal("0.31"), "0.31", "0.06"),
    ]
    evidence = found["lines"][0]["evidence"]
    assert evidence == {
        "intervals": 48,
        "estimated": 0,
        "first": THAT_DAY["from"],
        "last": THAT_DAY["until"],
        "channels": [{"key": "energy"}],
        "agreement": {"id": encode("Agreement", agreement)},
        "tariff": {"id": encode("Tariff", tariff), "name": "Flat"},
        "revision": evidence["revision"],
    }
    assert evidence["revision"]["id"]


async def test_bands_hold_by_the_clock_of_the_site(asker, billing):
    night = Band("night", [Window(first_minute=22 * 60, last_minute=6 * 60)], price=Decimal("0.10"))
    await billing.agree(await billing.tariff(night, flat(Decimal("0.30"), "day")))
    await billing.write("energy", ends(DAY, [1.0] * 48))
    found = await cost(asker)
    assert sorted(lines(found, "band", "quantity", "exactAmount")) == [
        ("day", 32, Decimal("9.6")),
        ("night", 16, Decimal("1.6")),
    ]
    assert found["total"] == "11.20"


async def test_export_earns_by_its_own_agreement(asker, billing):
    await billing.agree(await billing.tariff(flat(Decimal("0.30"))))
    await billing.write("energy", ends(DAY, [1.0] * 48))
    fed_in = await billing.channel("fed_in", meter=asker.world.meter, direction="EXPORT")
    await billing.write(fed_in, ends(DAY, [0.5] * 48))
    unpaid = await cost(asker)
    assert (unpaid["total"], unpaid["complete"]) == ("14.40", True)
    await billing.agree(await billing.tariff(flat(Decimal("0.08")), name="Feed-in", direction="EXPORT"))
    found = await cost(asker)
    assert sorted(lines(found, "direction", "quantity", "exactAmount")) == [
        ("EXPORT", 24, Decimal("-1.92")),
        ("IMPORT", 48, Decimal("14.4")),
    ]
    assert found["total"] == "12.48"


async def test_a_hole_in_a_dynamic_price_leaves_its_energy_unrated(asker, billing):
    dynamic = Dynamic(asker.world.channels["price"], factor=Decimal("1.1"), surcharge=Decimal("0.02"))
    await billing.agree(await billing.tariff(Band("hourly", dynamic=dynamic)))
    await billing.write("energy", ends(DAY, [1.0] * 4))
    await billing.write("price", [row for place, row in enumerate(ends(DAY, [0.1, -0.2, 0.5, 0.3])) if place != 2])
    during = {"from": "2026-01-14T23:00:00Z", "until": "2026-01-15T01:00:00Z"}
    found = await cost(asker, during=during)
    # 0.11 + 0.02, -0.22 + 0.02 and 0.33 + 0.02; nothing for the third half hour.
    assert (Decimal(found["exactTotal"]), found["complete"]) == (Decimal("0.28"), False)
    (problem,) = found["problems"]
    assert (problem["code"], problem["quantity"]) == ("MISSING_PRICE", "1")
    assert (problem["from"], problem["until"]) == ("2026-01-15T00:00:00Z", "2026-01-15T00:30:00Z")


async def test_a_corrected_reading_re_rates_the_past_and_as_of_answers_what_was_known(asker, billing):
    await billing.agree(await billing.tariff(flat(Decimal("0.5"))))
    await billing.write("energy", ends(DAY, [1.0] * 48))
    before = await billing.now()
    await billing.pool.execute(
        "update readings set value = 3, recorded_at = clock_timestamp() where observed_at = $1", DAY + A_DAY / 2
    )
    assert (await cost(asker))["total"] == "25.00"
    assert (await cost(asker, asOf=before.isoformat()))["total"] == "24.00"


async def test_a_corrected_price_re_rates_the_past_and_as_of_answers_what_was_known(asker, billing):
    tariff = await billing.tariff(flat(Decimal("0.5")))
    nothing = await billing.now()
    await billing.agree(tariff)
    await billing.write("energy", ends(DAY, [1.0] * 48))
    before = await billing.now()
    revision = await billing.revise(tariff, flat(Decimal("0.25")))
    found = await cost(asker)
    assert found["total"] == "12.00"
    assert found["lines"][0]["evidence"]["revision"]["id"] == encode("TariffRevision", revision)
    assert (await cost(asker, asOf=before.isoformat()))["total"] == "24.00"
    assert await cost(asker, asOf=nothing.isoformat()) is None


async def test_a_corrected_price_of_a_channel_re_rates_the_past(asker, billing):
    await billing.agree(await billing.tariff(Band("hourly", dynamic=Dynamic(asker.world.channels["price"]))))
    await billing.write("energy", ends(DAY, [2.0] * 48))
    await billing.write("price", ends(DAY, [0.1] * 48))
    before = await billing.now()
    await billing.pool.execute(
        "update readings set value = 0.6, recorded_at = clock_timestamp() where observed_at = $1 and value = 0.1",
        DAY + A_DAY / 2,
    )
    assert (await cost(asker))["total"] == "10.60"
    assert (await cost(asker, asOf=before.isoformat()))["total"] == "9.60"


async def test_an_agreement_that_changes_within_the_period_ends_with_the_local_day(asker, billing):
    old = await billing.tariff(flat(Decimal("0.5")), name="Old")
    new = await billing.tariff(flat(Decimal("0.2")), name="New")
    await billing.agree(old, last=date(2026, 1, 16))
    await billing.agree(new, first=date(2026, 1, 16))
    await billing.write("energy", ends(DAY, [1.0] * 96))
    found = await cost(asker, during={"from": "2026-01-14T23:00:00Z", "until": "2026-01-16T23:00:00Z"})
    assert sorted(lines(found, "quantity", "price", "exactAmount")) == [
        (48, Decimal("0.2"), Decimal("9.6")),
        (48, Decimal("0.5"), 24),
    ]
    assert {line["evidence"]["tariff"]["name"] for line in found["lines"]} == {"Old", "New"}
    assert found["total"] == "33.60"


async def test_two_tariffs_are_compared_on_the_same_past(asker, billing):
    await billing.agree(await billing.tariff(flat(Decimal("0.5")), name="Agreed"))
    other = await billing.tariff(flat(Decimal("0.4")), name="Other")
    third = await billing.tariff(
        flat(Decimal("0.3")), name="Third", standing_charge=StandingCharge(Decimal(6), ChargePeriod.DAY)
    )
    await billing.write("energy", ends(DAY, [1.0] * 48))
    document = """
    query ($id: ID!, $during: PeriodInput!, $other: ID!, $third: ID!) {
      meter(id: $id) {
        paid: cost(during: $during) { total }
        other: cost(during: $during, tariffId: $other) { total lines { evidence { agreement { id } } } }
        third: cost(during: $during, tariffId: $third) { total }
      }
    }
    """
    ids = {"other": encode("Tariff", other), "third": encode("Tariff", third)}
    found = await asker.ask(document, id=encode("Meter", asker.world.meter), during=THAT_DAY, **ids)
    told = found["meter"]
    assert [told[name]["total"] for name in ("paid", "other", "third")] == ["24.00", "19.20", "20.40"]
    assert told["other"]["lines"] == [{"evidence": {"agreement": None}}]


async def test_a_tariff_that_is_tried_on_leaves_what_is_agreed_for_the_other_direction(asker, billing):
    fed_in = await billing.channel("fed_in", meter=asker.world.meter, direction="EXPORT")
    await billing.write("energy", ends(DAY, [1.0] * 48))
    await billing.write(fed_in, ends(DAY, [0.5] * 48))
    bought = await billing.tariff(flat(Decimal("0.30")), name="Bought")
    sold = await billing.tariff(flat(Decimal("0.08")), name="Sold", direction="EXPORT")
    for tariff in (bought, sold):
        await billing.agree(tariff)
    agreed = await cost(asker)
    for same in (bought, sold):
        tried = await cost(asker, tariffId=encode("Tariff", same))
        assert (tried["total"], tried["complete"]) == (agreed["total"], True) == ("12.48", True)
    better = await billing.tariff(flat(Decimal("0.10")), name="Better", direction="EXPORT")
    tried = await cost(asker, tariffId=encode("Tariff", better))
    assert lines(tried, "direction", "exactAmount") == [("IMPORT", Decimal("14.4")), ("EXPORT", Decimal("-2.4"))]
    yen = await billing.tariff(flat(Decimal(50)), name="Tokyo", currency="JPY")
    ids = {"id": encode("Meter", asker.world.meter), "tariffId": encode("Tariff", yen)}
    code, message = await asker.refusal(COST, during=THAT_DAY, **ids)
    assert code == "BAD_USER_INPUT"
    assert "JPY and in EUR" in message


async def test_gas_is_billed_in_kilowatt_hours_by_its_calorific_value(asker, billing):
    meter = await billing.meter("Gas", commodity="GAS", calorific_value=Decimal("39.6"))
    volume = await billing.channel(
        "volume", meter=meter, quantity="VOLUME", unit="CUBIC_METRE", kind="CUMULATIVE", resolution_s=86_400
    )
    await billing.agree(await billing.tariff(flat(Decimal("0.07"))), meter=meter)
    await billing.write(volume, [(DAY, 100.0), (DAY + A_DAY, 110.0)])
    found = await cost(asker, meter=meter)
    # 10 m³ of 39.6 MJ are 110 kWh.
    assert lines(found, "quantity", "unit", "exactAmount") == [(110, "KILOWATT_HOUR", Decimal("7.7"))]
    cubic = await billing.tariff(flat(Decimal("0.8")), name="By volume", unit="CUBIC_METRE")
    tried = await cost(asker, meter=meter, tariffId=encode("Tariff", cubic))
    assert lines(tried, "quantity", "unit", "exactAmount") == [(10, "CUBIC_METRE", 8)]
    await billing.pool.execute("update meters set calorific_value = null")
    code, message = await asker.refusal(COST, id=encode("Meter", meter), during=THAT_DAY)
    assert code == "BAD_USER_INPUT"
    assert "calorificValue" in message


@pytest.mark.parametrize(
    ("during", "code", "word"),
    [
        ({"from": THAT_DAY["until"], "until": THAT_DAY["from"]}, "BAD_USER_INPUT", "ends before it begins"),
        ({"from": THAT_DAY["from"], "until": THAT_DAY["from"]}, "BAD_USER_INPUT", "has no length"),
        ({"from": "1920-01-01T00:00:00Z", "until": "2020-01-01T00:00:00Z"}, "RANGE_TOO_LARGE", "ten years"),
        ({"from": "1020-01-01T00:00:00Z", "until": "2020-01-01T00:00:00Z"}, "BAD_USER_INPUT", "years 1900 to 2199"),
    ],
)
async def test_a_period_that_cannot_be_rated_is_one_clear_error(asker, during, code, word):
    told = await asker.refusal(COST, id=encode("Meter", asker.world.meter), during=during)
    assert told[0] == code
    assert word in told[1]


async def test_a_tariff_that_does_not_fit_is_one_clear_error(asker, billing, database_url):
    async def refusal(**given):
        return await asker.refusal(COST, id=encode("Meter", asker.world.meter), during=THAT_DAY, **given)

    fed_in = await billing.tariff(flat(Decimal("0.08")), name="Feed-in", direction="EXPORT")
    code, message = await refusal(tariffId=encode("Tariff", fed_in))
    assert (code, "export" in message.lower()) == ("BAD_USER_INPUT", True)
    archived = await billing.tariff(flat(Decimal("0.08")), name="Gone")
    await billing.pool.execute("update tariffs set archived_at = now() where id = $1", archived)
    code, message = await refusal(tariffId=encode("Tariff", archived))
    assert (code, "archived" in message) == ("BAD_USER_INPUT", True)
    cubic = await billing.tariff(flat(Decimal("0.8")), name="By volume", unit="CUBIC_METRE")
    code, message = await refusal(tariffId=encode("Tariff", cubic))
    assert (code, "CUBIC_METRE" in message) == ("BAD_USER_INPUT", True)
    assert (await refusal(tariffId=encode("Meter", asker.world.meter)))[0] == "BAD_USER_INPUT"
    unknown = await refusal(tariffId=encode("Tariff", asker.world.meter))
    theirs = await Billing(billing.pool, await make_world(database_url, "Other")).tariff(flat(Decimal("0.1")))
    assert await refusal(tariffId=encode("Tariff", theirs)) == unknown
    assert unknown[0] == "NOT_FOUND"


async def test_a_meter_without_an_agreement_has_no_cost(asker, billing):
    assert await cost(asker) is None
    tariff = await billing.tariff(flat(Decimal("0.5")))
    await billing.agree(tariff, first=date(2026, 1, 16))
    found = await cost(asker)  # nobody charges it yet
    assert (found["currency"], found["total"], found["lines"]) == ("EUR", "0.00", [])
