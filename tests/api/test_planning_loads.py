"""When loads run best, through the graph: amounts worked out by hand, and why there is no plan."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.charging import Billing, ends, flat
from tests.world import make_world
from twinql.domain.calendar import midnight
from twinql.domain.global_id import decode, encode
from twinql.domain.tariffs.terms import Band, VatRate, Window
from twinql.errors import ConflictError
from twinql.live.load_advice import LoadAdvisor
from twinql.live.load_orders import carry_out

PLAN = """
loadPlan {
  id name objective startsAt step ends limit optimal gap solvingSeconds currency saving createdBy viewerCanDelete
  meter { name } site { name }
  loads { name power moved runs { from until } usualRuns { from until } load { name } }
  baseline { imports exports imported exported peak cost exactCost carbon }
  planned { imports exports imported exported peak cost exactCost carbon }
}
refusal { code message needed gap reasons { code message by unit load { name } } }
"""
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
async def billing(asker):
    """What the organisation is billed by."""
    return Billing(asker.context.database.pool, asker.world)


@pytest.fixture
async def today(asker, billing):
    """The day that it is at the site, after twenty days on each of which 0.5 kWh were taken in every half hour."""
    now = await billing.now()
    last = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    await billing.write("energy", ends(last - timedelta(days=20), [0.5] * 960))
    asker.context.now = now
    return now.astimezone(BERLIN).date()


@pytest.fixture
async def charged(billing):
    """What is taken in costs 0.10 before six in the morning, and 0.30 after it; with VAT a fifth more."""
    night = Band("night", price=Decimal("0.10"), windows=[Window(last_minute=6 * 60)])
    await billing.agree(
        await billing.tariff(night, Band("day", price=Decimal("0.30")), vat=[VatRate(None, Decimal("0.20"))])
    )


async def described(asker, **more):
    given = {"name": "Boiler", "meterId": encode("Meter", asker.world.meter), "power": 2.0, "runTime": "PT2H", **more}
    made = await asker.changed("createDeferrableLoad", "deferrableLoad { id }", **given)
    return made["deferrableLoad"]["id"]


async def planned(asker, **more):
    return await asker.changed("planLoads", PLAN, meterId=encode("Meter", asker.world.meter), **more)


def clock(day, hour):
    """Return when the site's clock shows an hour of a day."""
    at = datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN).astimezone(ZoneInfo("UTC"))
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.usefixtures("charged")
async def test_a_boiler_heats_at_night(asker, today):
    await described(asker, usual="18:00")
    found = await planned(asker)
    plan, tomorrow = found["loadPlan"], today + timedelta(days=1)
    assert found["refusal"] is None
    (boiler,) = plan["loads"]
    (run,) = boiler["runs"]
    assert (boiler["name"], boiler["power"], boiler["moved"], boiler["load"]) == (
        "Boiler",
        2.0,
        True,
        {"name": "Boiler"},
    )
    assert boiler["usualRuns"] == [{"from": clock(tomorrow, 18), "until": clock(tomorrow, 20)}]
    # Of the night's hours all are as cheap; the nearest to the usual ones are taken.
    assert run == {"from": clock(tomorrow, 4), "until": clock(tomorrow, 6)}
    # 4 kWh at 0.20 less, and VAT on it.
    assert (plan["currency"], Decimal(plan["saving"])) == ("EUR", Decimal("0.96"))
    hours = (midnight(tomorrow + timedelta(days=1), BERLIN) - midnight(tomorrow, BERLIN)) / timedelta(hours=1)
    assert Decimal(plan["baseline"]["exactCost"]) == pytest.approx(
        Decimal("1.2") * (6 * Decimal("0.10") + (int(hours) - 6 + 4) * Decimal("0.30")), abs=Decimal("0.001")
    )
    assert plan["baseline"]["imported"] == pytest.approx(hours + 4.0, abs=0.01)
    assert plan["planned"]["imported"] == pytest.approx(plan["baseline"]["imported"])
    assert (len(plan["ends"]), len(plan["planned"]["imports"])) == (hours * 4, hours * 4)
    assert plan["planned"]["peak"] == pytest.approx(3.0, abs=0.01)
    assert (plan["objective"], plan["step"], plan["optimal"], plan["gap"]) == ("COST", "PT15M", True, 0.0)
    assert plan["solvingSeconds"] > 0.0
    assert (plan["baseline"]["carbon"], plan["limit"], plan["viewerCanDelete"]) == (None, None, True)
    listed = await asker.ask("{ loadPlans { nodes { id } } sites { nodes { loadPlans { totalCount } } } }")
    assert listed["loadPlans"]["nodes"] == [{"id": plan["id"]}]
    assert listed["sites"]["nodes"] == [{"loadPlans": {"totalCount": 1}}]
    assert (await asker.changed("deleteLoadPlan", "deletedId", id=plan["id"]))["deletedId"] == plan["id"]


@pytest.mark.usefixtures("charged", "today")
async def test_the_limit_of_the_site_is_kept_and_one_that_cannot_be_is_told_with_by_how_much(asker):
    await described(asker, latest="06:00", runTime="PT4H")
    await described(asker, latest="06:00", runTime="PT4H", name="Car", power=3.0)
    site = {"id": encode("Site", asker.world.site)}
    await asker.changed("updateSite", "site { id }", **site, powerLimit=4.5)
    found = await planned(asker)
    # Two of the six hours hold both: 1 kW that the site takes anyway, 2 and 3.
    assert found["loadPlan"] is None
    refusal = found["refusal"]
    assert (refusal["code"], refusal["needed"]) == ("INFEASIBLE", "What one of the reasons says.")
    too_low, left_out = refusal["reasons"]
    assert (too_low["code"], too_low["unit"], too_low["load"]) == ("LIMIT_TOO_LOW", "KILOWATT", None)
    assert too_low["by"] == pytest.approx(1.5, abs=0.01)
    assert (left_out["code"], left_out["load"]) == ("LOAD_LEFT_OUT", {"name": "Boiler"})
    await asker.changed("updateSite", "site { id }", **site, powerLimit=6.1)
    plan = (await planned(asker))["loadPlan"]
    assert plan["limit"] == 6.1
    assert plan["planned"]["peak"] <= 6.1
    flat_plan = (await planned(asker, objective="PEAK", limit=10.0))["loadPlan"]
    assert flat_plan["limit"] == 10.0
    assert flat_plan["planned"]["peak"] == pytest.approx(6.0, abs=0.01)


@pytest.mark.usefixtures("today")
async def test_the_sun_of_the_own_roof_is_used_before_the_grid(asker, billing):
    now = asker.context.now
    last = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    ending = [last - timedelta(days=20) + timedelta(minutes=30 * (place + 1)) for place in range(960)]
    sun = [1.5 if 11 <= (each - timedelta(minutes=1)).astimezone(BERLIN).hour < 15 else 0.0 for each in ending]
    exports = await billing.channel("export", meter=asker.world.meter, direction="EXPORT")
    await billing.write(exports, list(zip(ending, sun, strict=True)))
    await billing.agree(await billing.tariff(flat(Decimal("0.30"))))
    await billing.agree(await billing.tariff(flat(Decimal("0.05")), name="Roof", direction="EXPORT"))
    await described(asker, usual="18:00")
    plan = (await planned(asker))["loadPlan"]
    # 4 kWh are no longer taken in at 0.30, and no longer earn 0.05 at noon.
    assert Decimal(plan["saving"]) == pytest.approx(Decimal("1.00"), abs=Decimal("0.02"))
    assert plan["baseline"]["exported"] - plan["planned"]["exported"] == pytest.approx(4.0, abs=0.05)


@pytest.mark.usefixtures("today")
async def test_what_is_not_known_is_refused_and_not_made_up(asker, billing):
    meter = encode("Meter", asker.world.meter)
    assert (await planned(asker))["refusal"]["code"] == "NO_LOADS"
    await described(asker)
    no_price = (await planned(asker))["refusal"]
    assert (no_price["code"], no_price["reasons"]) == ("NO_PRICE", [])
    assert (await planned(asker, objective="CARBON"))["refusal"]["code"] == "NO_CARBON"
    plan = (await planned(asker, objective="PEAK"))["loadPlan"]
    assert (plan["currency"], plan["saving"], plan["planned"]["cost"]) == (None, None, None)
    tariff = encode("Tariff", await billing.tariff(flat(Decimal("0.25")), name="Other", currency="GBP"))
    tried = (await planned(asker, tariffId=tariff, demandPrice="2.00"))["loadPlan"]
    # 1 kW all day and 2 more for two hours: 3 kW at 2 pounds, beside the energy.
    hours = len(tried["ends"]) / 4
    assert tried["currency"] == "GBP"
    assert float(tried["planned"]["exactCost"]) == pytest.approx((hours + 4) * 0.25 + 6.0, abs=0.02)
    elsewhere = await make_world(asker.context.database.url, "Zenith")
    wrong = [
        ("meterId", {"meterId": encode("Meter", elsewhere.meter)}, "NOT_FOUND"),
        ("limit", {"meterId": meter, "limit": -1.0}, "INVALID_INPUT"),
        ("loadIds", {"meterId": meter, "loadIds": []}, "INVALID_INPUT"),
        ("loadIds", {"meterId": meter, "loadIds": [meter]}, "INVALID_INPUT"),
        ("day", {"meterId": meter, "day": date(2020, 1, 1).isoformat()}, "INVALID_INPUT"),
        ("day", {"meterId": meter, "day": date(2190, 1, 1).isoformat()}, "RANGE_TOO_LARGE"),
    ]
    for path, given, code in wrong:
        assert await asker.mistake("planLoads", **given) == (code, path)


async def test_a_meter_that_was_hardly_read_is_refused(asker):
    await described(asker)
    assert (await planned(asker, objective="PEAK"))["refusal"]["code"] == "INSUFFICIENT_HISTORY"


@pytest.mark.usefixtures("charged")
async def test_a_plan_is_carried_out_once_as_a_series_of_commands(asker, billing, today):
    await described(asker, channelId=encode("Channel", asker.world.channels["setpoint"]), onValue=600.0, usual="18:00")
    await described(asker, name="By hand", power=1.0)
    plan = (await planned(asker))["loadPlan"]
    asked = (
        "schedule { id name commands { nodes { desired notBefore } } } replayed "
        "outcomes { index notBefore channel { key } command { desired notBefore } } leftToPeople { name runs { from } }"
    )
    never_read = await asker.change("carryOutLoadPlan", asked, id=plan["id"])
    assert {each["code"] for each in never_read["userErrors"]} == {"INTERLOCK"}
    await billing.write("setpoint", [(asker.context.now, 0.0)])
    tried = await asker.changed("carryOutLoadPlan", asked, id=plan["id"], dryRun=True)
    assert (tried["schedule"], len(tried["outcomes"])) == (None, 2)
    found = await asker.changed("carryOutLoadPlan", asked, id=plan["id"])
    tomorrow = today + timedelta(days=1)
    assert [(each["desired"], each["notBefore"]) for each in found["schedule"]["commands"]["nodes"]] == [
        (600.0, clock(tomorrow, 4)),
        (0.0, clock(tomorrow, 6)),
    ]
    assert [each["command"] for each in found["outcomes"]] == found["schedule"]["commands"]["nodes"]
    assert [(each["channel"]["key"], each["notBefore"]) for each in tried["outcomes"]] == [
        ("setpoint", clock(tomorrow, hour)) for hour in (4, 6)
    ]
    assert found["schedule"]["name"] == plan["name"]
    assert [each["name"] for each in found["leftToPeople"]] == ["By hand"]
    assert len(found["leftToPeople"][0]["runs"]) == 1
    # Another plan of the day would have the boiler run twice; one of the day after, or once the first is let go, not.
    second, later = [
        (await planned(asker, objective="PEAK", day=str(tomorrow + timedelta(days=more))))["loadPlan"]["id"]
        for more in (0, 1)
    ]
    assert await asker.mistake("carryOutLoadPlan", id=second) == ("CONFLICT", "id")
    assert (await asker.changed("carryOutLoadPlan", "outcomes { index }", id=later, dryRun=True))["outcomes"]
    await asker.changed("cancelCommandSchedule", "schedule { id }", id=found["schedule"]["id"])
    assert (await asker.changed("carryOutLoadPlan", "outcomes { index }", id=second, dryRun=True))["outcomes"]
    again = await asker.changed("carryOutLoadPlan", asked, id=plan["id"])
    assert (again["replayed"], again["schedule"]["id"]) == (True, found["schedule"]["id"])
    told = await asker.ask("query ($id: ID!) { node(id: $id) { ... on LoadPlan { schedule { id } } } }", id=plan["id"])
    assert told["node"]["schedule"]["id"] == found["schedule"]["id"]
    other = (await planned(asker))["loadPlan"]
    database, actor, late = asker.context.database, asker.context.actor, asker.context.now + timedelta(days=2)
    with pytest.raises(ConflictError, match="The first run of this plan began at"):
        await carry_out(database, actor, decode(other["id"]).key, now=late)


@pytest.mark.usefixtures("today")
async def test_a_plan_that_nothing_switches_is_not_carried_out(asker):
    await described(asker)
    plan = (await planned(asker, objective="PEAK"))["loadPlan"]
    assert await asker.mistake("carryOutLoadPlan", id=plan["id"]) == ("CONFLICT", "id")


async def test_a_load_that_is_to_be_shed_is_switched_off_by_accepting_that(asker, billing, workshop):
    setpoint, now = asker.world.channels["setpoint"], await billing.now()
    await described(asker, channelId=encode("Channel", setpoint), onValue=600.0, interruptible=True)
    await asker.changed("updateSite", "site { id }", id=encode("Site", asker.world.site), powerLimit=6.0)
    meter = {"meter": asker.world.meter, "resolution_s": 60}
    power = await billing.channel("power", quantity="POWER", unit="KILOWATT", kind="INSTANTANEOUS", **meter)
    await billing.write(power, [(now - timedelta(minutes=1), 7.5), (now, 7.5)])
    await billing.write(setpoint, [(now, 600.0)])
    await LoadAdvisor(asker.context.database, workshop).look()
    asked = "{ decisions { nodes { id action expectedImpact { peakKw } } } }"
    told = (await asker.ask(asked))["decisions"]["nodes"]
    (said,) = [each for each in told if each["action"] == "SHED_LOAD"]
    assert said["expectedImpact"] == {"peakKw": 2.0}
    taken = "decision { status } command { desired expectation { direction by channel { key } } }"
    found = await asker.changed("acceptDecision", taken, id=said["id"], issueCommand=True)
    assert found["decision"] == {"status": "ACCEPTED"}
    assert found["command"] == {
        "desired": 0.0,
        "expectation": {"direction": "FALLS", "by": 1.0, "channel": {"key": "power"}},
    }
