"""A register that is reset in the middle of a month and exchanged later: the bill is right, and says why.

Read at midnight, 10 kWh a day, on a site whose clocks never change; the prices make every figure easy to check by hand.
"""

from datetime import UTC, datetime, timedelta

import pytest

MARCH = {"from": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"}
FLAT = {
    "bands": [{"name": "all day", "price": "0.20"}],
    "standingCharge": {"amount": "0.50", "per": "DAY"},
    "vat": [{"rate": "0.10"}],
}
BILL = """
query ($id: ID!, $during: PeriodInput!, $asOf: DateTime) {
  meter(id: $id) {
    cost(during: $during, asOf: $asOf) {
      total energy standing vat complete
      problems { code from until }
      lines { band quantity price amount evidence { intervals estimated events { type finalValue startValue note } } }
    }
  }
}
"""
EVENTS = "query ($id: ID!) { channel(id: $id) { registerEvents { nodes { id type retractedAt } } } }"


def shown(day):
    """Return what the register shows at the midnight that ends a day of March; 0 is the midnight before the first.

    It is reset at noon of the 12th, after 5 kWh of that day, and exchanged at noon of the 20th for one that shows
    50,000 kWh.
    """
    if day < 12:
        return 1000.0 + 10 * day
    if day < 20:
        return 5.0 + 10 * (day - 12)
    return 50_005.0 + 10 * (day - 20)


class Register:
    """A meter with one register, and what is asked of it."""

    def __init__(self, asker, meter, channel):
        self.asker, self.meter, self.channel = asker, meter, channel

    async def bill(self, as_of=None):
        answer = await self.asker.ask(BILL, id=self.meter, during=MARCH, asOf=as_of)
        return answer["meter"]["cost"]

    async def says(self, kind, at, final, start, note=None):
        said = {"type": kind, "at": at, "finalValue": final, "startValue": start, "note": note}
        return await self.asker.change("recordRegisterEvent", "event { id }", channelId=self.channel, **said)


@pytest.fixture
async def register(asker):
    site = await asker.changed("createSite", "site { id }", name="Farm", timeZone="Atlantic/Reykjavik")
    made = await asker.changed(
        "createMeter", "meter { id }",
        siteId=site["site"]["id"], name="Barn", serialNumber="B-1", commodity="ELECTRICITY",
    )  # fmt: skip
    meter = made["meter"]["id"]
    of_meter = {"assetId": meter, "key": "total", "quantity": "ENERGY", "unit": "KILOWATT_HOUR", "kind": "CUMULATIVE"}
    channel = await asker.changed("createChannel", "channel { id }", **of_meter, resolution="P1D")
    register = Register(asker, meter, channel["channel"]["id"])
    start = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [
        {"channelId": register.channel, "observedAt": (start + timedelta(days=day)).isoformat(), "value": shown(day)}
        for day in range(32)
    ]
    recorded = await asker.changed("recordReadings", "summary { recorded }", readings=rows)
    assert recorded["summary"]["recorded"] == 32
    tariff = await asker.changed(
        "createTariff", "tariff { id }", name="Flat", currency="EUR", validFrom="2026-01-01", terms=FLAT
    )
    await asker.changed("createAgreement", "agreement { id }", meterId=meter, tariffId=tariff["tariff"]["id"])
    return register


async def test_without_a_word_about_it_the_energy_across_a_fall_is_unknown_and_nothing_is_invented(register):
    bill = await register.bill()
    assert not bill["complete"]
    assert [problem["code"] for problem in bill["problems"]] == ["UNKNOWN_ENERGY"]
    assert bill["problems"][0]["from"] == "2026-03-12T00:00:00Z"
    energy, standing = bill["lines"]
    # 31 days of 10 kWh; the day of the reset is unknown, and that of the exchange looks like 49,930 kWh.
    assert energy["quantity"] == "50220"
    assert (standing["quantity"], standing["amount"]) == ("31", "15.50")


async def test_with_both_events_the_bill_is_right_and_says_what_it_rests_on(register):
    before = datetime.now(UTC).isoformat()
    assert (await register.says("RESET", "2026-03-12T12:00:00Z", 1115.0, 0.0, "cleared by mistake"))["userErrors"] == []
    exchanged = await register.says("EXCHANGE", "2026-03-20T12:00:00Z", 80.0, 50_000.0, "new meter")
    assert exchanged["userErrors"] == []
    bill = await register.bill()
    assert (bill["complete"], bill["problems"]) == (True, [])
    # 310 kWh at 0.20 are 62.00, 31 days at 0.50 are 15.50, and a tenth of both is VAT.
    assert [bill[name] for name in ("energy", "standing", "vat", "total")] == ["62.00", "15.50", "7.75", "85.25"]
    energy = bill["lines"][0]
    assert (energy["quantity"], energy["price"], energy["amount"]) == ("310", "0.20", "62.00")
    assert energy["evidence"] == {
        "intervals": 33,  # one a day, and two on each of the two days
        "estimated": 0,
        "events": [
            {"type": "RESET", "finalValue": 1115.0, "startValue": 0.0, "note": "cleared by mistake"},
            {"type": "EXCHANGE", "finalValue": 80.0, "startValue": 50_000.0, "note": "new meter"},
        ],
    }
    known_before = await register.bill(as_of=before)
    assert not known_before["complete"], "asOf answers what was known before anybody told of it"


async def test_an_event_that_contradicts_its_readings_is_refused_with_both_values(register):
    payload = await register.says("EXCHANGE", "2026-03-20T12:00:00Z", 70.0, 50_000.0)
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["finalValue"])
    assert "75" in error["message"]
    assert "70" in error["message"]
    late = await register.says("EXCHANGE", "2026-03-20T12:00:00Z", 80.0, 50_006.0)
    assert late["userErrors"][0]["path"] == ["startValue"]
    twice = [await register.says("EXCHANGE", "2026-03-20T12:00:00Z", 80.0, 50_000.0) for _ in range(2)]
    assert twice[1]["userErrors"][0]["code"] == "CONFLICT"


async def test_an_event_that_is_taken_back_counts_no_more_but_was_known(register):
    told = await register.says("RESET", "2026-03-12T12:00:00Z", 1115.0, 0.0)
    known = datetime.now(UTC).isoformat()
    await register.asker.changed("retractRegisterEvent", "event { retractedAt }", id=told["event"]["id"])
    assert not (await register.bill())["complete"]
    assert (await register.bill(as_of=known))["complete"]
    listed = await register.asker.ask(EVENTS, id=register.channel)
    (event,) = listed["channel"]["registerEvents"]["nodes"]
    assert event["id"] == told["event"]["id"]
    assert event["retractedAt"] is not None
    again = await register.asker.changed("retractRegisterEvent", "event { id }", id=event["id"])
    assert again["event"]["id"] == event["id"], "taking it back twice is harmless"
