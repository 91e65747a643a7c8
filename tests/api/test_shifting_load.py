"""What a meter would cost had its energy been used at other times, through the graph; amounts worked out by hand."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import numpy as np
import pytest

from tests.charging import Billing, at, ends, flat
from tests.world import make_world
from twinql.domain.global_id import encode
from twinql.domain.tariffs.terms import Band, VatRate, Window

LOAD = """
scenario {
  id name kind unit startsAt step horizon level createdBy ends channel { key } asset { name } assumptions { value }
  moves { from until toFrom toUntil energy share above }
  baseline { p10 p50 p90 } alternative { p10 p50 p90 } crossings { of } fit { order } overshoot { p50 }
  load {
    energy moved baselinePeak alternativePeak currency complete expectedFrom baselineCarbon alternativeCarbon
    baselineCost { amount exact low high } alternativeCost { amount exact low high } saving { amount exact low high }
  }
}
refusal { code message needed }
"""
# Midnight in Berlin, in winter.
DAY = at("2026-01-14T23:00:00")
THAT_DAY = {"from": "2026-01-14T23:00:00Z", "until": "2026-01-15T23:00:00Z"}
CHEAP = [
    Band("night", price=Decimal("0.10"), windows=[Window(last_minute=6 * 60)]),
    Band("day", price=Decimal("0.30")),
]


@pytest.fixture
async def billing(asker):
    """What the organisation is billed by."""
    return Billing(asker.context.database.pool, asker.world)


@pytest.fixture
async def charged(billing):
    """A meter that is charged by day and by night, and took in 1 kWh in each half hour of that day."""
    tariff = await billing.tariff(*CHEAP, vat=[VatRate(None, Decimal("0.20"))])
    await billing.agree(tariff)
    await billing.write("energy", ends(DAY, [1.0] * 48))


def hours(first):
    """Return an hour of that day by Berlin's clock."""
    return (DAY + timedelta(hours=first)).isoformat()


def moved(first, last, to_first, to_last=None, **how):
    found = {"from": hours(first), "until": hours(last), "toFrom": hours(to_first), **how}
    return found | ({} if to_last is None else {"toUntil": hours(to_last)})


def shift(asker, *moves, during=THAT_DAY, **more):
    return {"loadShift": {"meterId": encode("Meter", asker.world.meter), "during": during, "moves": moves, **more}}


@pytest.mark.usefixtures("charged")
async def test_what_is_moved_into_the_night_costs_less(asker):
    operator = asker.as_user(asker.world.operator)
    found = await operator.changed("simulate", LOAD, **shift(asker, moved(18, 20, 2, share=0.5)))
    assert found["refusal"] is None
    scenario = found["scenario"]
    # Of 4 kWh between six and eight in the evening, 2 are used at night: 20 cents less each, and VAT on it.
    assert scenario["load"] == {
        "energy": 48.0,
        "moved": 2.0,
        "baselinePeak": 2.0,
        "alternativePeak": 3.0,
        "currency": "EUR",
        "complete": True,
        "expectedFrom": None,
        "baselineCarbon": None,
        "alternativeCarbon": None,
        # 12 kWh at 0.10 and 36 at 0.30 are 12.00, and 20 % of it.
        "baselineCost": {"amount": "14.40", "exact": "14.4000", "low": None, "high": None},
        "alternativeCost": {"amount": "13.92", "exact": "13.9200", "low": None, "high": None},
        "saving": {"amount": "0.48", "exact": "0.4800", "low": None, "high": None},
    }
    assert (scenario["kind"], scenario["unit"], scenario["step"]) == ("LOAD_SHIFT", "KILOWATT_HOUR", "PT30M")
    assert (scenario["channel"], scenario["asset"]) == ({"key": "energy"}, {"name": "Main meter"})
    assert (scenario["createdBy"], scenario["name"]) == ("acme-operator", "If 2.000 kWh are used at other times")
    assert (scenario["ends"][0], scenario["ends"][-1]) == ("2026-01-14T23:30:00Z", "2026-01-15T23:00:00Z")
    assert scenario["baseline"] == {"p10": None, "p50": [1.0] * 48, "p90": None}
    alternative = scenario["alternative"]["p50"]
    assert (alternative[36:40], alternative[4:8]) == ([0.5] * 4, [1.5] * 4)
    np.testing.assert_allclose(sum(alternative), 48.0)
    assert scenario["moves"] == [
        {
            "from": "2026-01-15T17:00:00Z",
            "until": "2026-01-15T19:00:00Z",
            "toFrom": "2026-01-15T01:00:00Z",
            "toUntil": "2026-01-15T03:00:00Z",
            "energy": None,
            "share": 0.5,
            "above": None,
        }
    ]
    assert (scenario["assumptions"], scenario["crossings"], scenario["fit"]) == ([], [], None)


@pytest.mark.usefixtures("charged")
async def test_another_tariff_is_tried_on(asker, billing):
    tariff = await billing.tariff(flat(Decimal("0.25")), name="Other", currency="GBP")
    given = shift(asker, moved(18, 20, 2, energy=1), tariffId=encode("Tariff", tariff))
    load = (await asker.changed("simulate", LOAD, **given))["scenario"]["load"]
    assert (load["currency"], load["baselineCost"]["amount"], load["saving"]["amount"]) == ("GBP", "12.00", "0.00")


@pytest.mark.usefixtures("charged")
async def test_what_is_fed_in_at_noon_is_used_first(asker, billing):
    exports = await billing.channel("export", meter=asker.world.meter, direction="EXPORT")
    await billing.agree(await billing.tariff(flat(Decimal("0.05")), name="Roof", direction="EXPORT"))
    await billing.write(exports, ends(DAY, [0.0] * 24 + [0.75] * 4 + [0.0] * 20))
    load = (await asker.changed("simulate", LOAD, **shift(asker, moved(18, 20, 12, share=1.0))))["scenario"]["load"]
    # 4 kWh at 0.30 are no longer taken in then; 3 of them no longer earn 0.05, and 1 is taken in at 0.30.
    assert Decimal(load["saving"]["exact"]) == (Decimal(4) * 30 - 3 * 5 - 30) / 100 * Decimal("1.2") + Decimal("0.03")


@pytest.mark.usefixtures("charged")
async def test_a_coming_day_is_foreseen_with_what_it_would_cost_at_the_bounds(asker, billing):
    now = await billing.now()
    begins = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=20)
    rng = np.random.default_rng(1)
    usual = np.where(np.arange(48) >= 24, 1.0, 0.2)
    values = np.tile(usual, 20) + rng.uniform(-0.1, 0.1, 960)
    await billing.write("energy", ends(begins, values))
    first = begins + timedelta(days=21)
    window = [(first + timedelta(hours=each)).isoformat() for each in (13, 15, 1)]
    during = {"from": first.isoformat(), "until": (first + timedelta(days=1)).isoformat()}
    given = shift(asker, {"from": window[0], "until": window[1], "toFrom": window[2], "energy": 2.0}, during=during)
    scenario = (await asker.changed("simulate", LOAD, **given))["scenario"]
    load = scenario["load"]
    # The last reading ended where the hour began.
    assert load["expectedFrom"] == (begins + timedelta(days=20)).isoformat().replace("+00:00", "Z")
    np.testing.assert_allclose(load["energy"], usual.sum(), rtol=0.05)
    assert load["moved"] == 2.0
    costs = [Decimal(load["baselineCost"][each]) for each in ("low", "amount", "high")]
    assert costs == sorted(costs)
    assert costs[0] < costs[2]
    p10, p50, p90 = (np.array(scenario["baseline"][each]) for each in ("p10", "p50", "p90"))
    assert (p10 <= p50).all()
    assert (p50 <= p90).all()
    np.testing.assert_allclose(sum(scenario["alternative"]["p50"]), p50.sum())


@pytest.mark.usefixtures("charged")
@pytest.mark.parametrize(("energy", "hours"), [(2.0, (13, 15, 1)), (2.0, (1, 3, 13)), (3.0, (13, 15, 1))])
async def test_the_same_energy_is_moved_at_every_bound_of_a_coming_day(asker, billing, energy, hours):
    now = await billing.now()
    begins = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=20)
    rng = np.random.default_rng(1)
    # Between nothing and twice as much: at every p10 at once a window holds less than is moved.
    await billing.write("energy", ends(begins, rng.uniform(0.0, 2.0, 960)))
    exports = await billing.channel("export", meter=asker.world.meter, direction="EXPORT")
    await billing.agree(await billing.tariff(flat(Decimal("0.05")), name="Roof", direction="EXPORT"))
    await billing.write(exports, ends(begins, np.where(rng.random(960) < 0.3, 0.6, 0.0)))
    first = begins + timedelta(days=21)
    window = [(first + timedelta(hours=each)).isoformat() for each in hours]
    during = {"from": first.isoformat(), "until": (first + timedelta(days=1)).isoformat()}
    given = shift(asker, {"from": window[0], "until": window[1], "toFrom": window[2], "energy": energy}, during=during)
    scenario = (await asker.changed("simulate", LOAD, **given))["scenario"]
    sums = {
        side: sum(scenario["alternative"][side]) - sum(scenario["baseline"][side]) for side in ("p10", "p50", "p90")
    }
    # What is taken from what is fed in then, and not from the grid, is the same at every bound; no energy is made.
    np.testing.assert_allclose(sums["p90"], sums["p50"], atol=1e-9)
    assert -energy - 1e-9 <= sums["p50"] <= sums["p10"] + 1e-9 <= 2e-9
    for name in ("baselineCost", "alternativeCost", "saving"):
        told = [Decimal(scenario["load"][name][each]) for each in ("low", "amount", "high")]
        assert told == sorted(told)


@pytest.mark.usefixtures("charged")
async def test_carbon_is_told_where_its_intensity_is_known(asker, billing):
    intensity = await billing.channel(
        "carbon", meter=None, quantity="CARBON_INTENSITY", unit="GRAM_PER_KILOWATT_HOUR", direction=None
    )
    await billing.write(intensity, ends(DAY, [100.0] * 12 + [400.0] * 36))
    load = (await asker.changed("simulate", LOAD, **shift(asker, moved(18, 20, 2, share=0.5))))["scenario"]["load"]
    assert (load["baselineCarbon"], load["alternativeCarbon"]) == (15.6, 15.0)


@pytest.mark.usefixtures("charged")
@pytest.mark.parametrize(
    ("move", "code"),
    [
        (moved(18, 20, 2, energy=4.5), "MORE_THAN_THERE_IS"),
        (moved(18, 20, 2, above=3), "NOTHING_TO_MOVE"),
    ],
)
async def test_what_is_not_there_cannot_be_moved_and_nothing_is_kept(asker, move, code):
    found = await asker.changed("simulate", LOAD, **shift(asker, move))
    assert (found["scenario"], found["refusal"]["code"]) == (None, code)
    assert found["refusal"]["needed"].endswith(".")
    assert (await asker.ask("{ scenarios { totalCount } }"))["scenarios"]["totalCount"] == 0


async def test_a_meter_that_nobody_charges_or_that_was_not_read_is_refused(asker, billing):
    given = shift(asker, moved(18, 20, 2, share=0.5))
    assert (await asker.changed("simulate", LOAD, **given))["refusal"]["code"] == "LOAD_UNKNOWN"
    await billing.write("energy", ends(DAY, [1.0] * 48))
    assert (await asker.changed("simulate", LOAD, **given))["refusal"]["code"] == "NO_TARIFF"


async def test_a_move_from_a_time_without_terms_has_no_honest_saving(asker, billing):
    await billing.agree(await billing.tariff(Band("night", price=Decimal("0.1"), windows=CHEAP[0].windows)))
    await billing.write("energy", ends(DAY, [1.0] * 48))
    found = await asker.changed("simulate", LOAD, **shift(asker, moved(18, 20, 2, share=0.5)))
    assert found["refusal"]["code"] == "NOT_RATED"


@pytest.mark.usefixtures("charged")
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"moves": []}, ("INVALID_INPUT", "loadShift.moves")),
        ({"moves": [moved(18, 20, 19, share=0.5)]}, ("INVALID_INPUT", "loadShift.moves.0")),
        ({"moves": [moved(18, 20, 2)]}, ("INVALID_INPUT", "loadShift.moves.0")),
        ({"moves": [moved(18, 20, 2, share=0.5)] * 21}, ("RANGE_TOO_LARGE", "loadShift.moves")),
        ({"during": {"from": hours(0), "until": hours(170)}}, ("RANGE_TOO_LARGE", "loadShift.during")),
        ({"meterId": encode("Meter", uuid4())}, ("NOT_FOUND", "loadShift.meterId")),
        ({"meterId": encode("Channel", uuid4())}, ("INVALID_INPUT", "loadShift.meterId")),
        ({"tariffId": encode("Tariff", uuid4())}, ("NOT_FOUND", "loadShift.tariffId")),
    ],
)
async def test_what_can_never_be_worked_out_is_a_mistake(asker, wrong, told):
    given = shift(asker, moved(18, 20, 2, share=0.5))
    assert await asker.mistake("simulate", loadShift=given["loadShift"] | wrong) == told


async def test_a_meter_of_another_organisation_is_not_there(asker, database_url):
    other = await make_world(database_url, "Other")
    given = shift(asker, moved(18, 20, 2, share=0.5))["loadShift"]
    assert await asker.mistake("simulate", loadShift=given | {"meterId": encode("Meter", other.meter)}) == (
        "NOT_FOUND",
        "loadShift.meterId",
    )


@pytest.mark.usefixtures("charged")
async def test_nobody_knows_what_is_used_in_a_year(asker):
    windows = {"from": "2199-01-01T18:00:00Z", "until": "2199-01-01T20:00:00Z", "toFrom": "2199-01-01T02:00:00Z"}
    during = {"from": "2199-01-01T00:00:00Z", "until": "2199-01-02T00:00:00Z"}
    found = await asker.changed("simulate", LOAD, **shift(asker, windows | {"share": 0.5}, during=during))
    assert found["refusal"]["code"] == "HORIZON_TOO_LONG"


@pytest.mark.usefixtures("charged")
async def test_exactly_one_question_is_asked(asker):
    assert await asker.mistake("simulate", name="Nothing") == ("INVALID_INPUT", "")
