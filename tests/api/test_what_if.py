"""What a temperature would do if, through the graph: beside the exact physics that made its past."""

from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest

from tests.api.noon import NOW
from tests.charging import Billing
from tests.world import make_world
from twinql.context import Context
from twinql.domain.global_id import encode

STEP_S = 60.0
COOLED, UNCOOLED, PER_KW = 1 / 144.0, 1 / 1250.0, 0.012
PUMP = """
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, resolution_seconds, states
)
select
    organisation_id, organisation_number, site_id, asset_id, 'coolant_pump', 'Coolant pump', 'SWITCH', 'ONE', 'STATE',
    60,
    '[{"code": 0, "label": "OFF"}, {"code": 1, "label": "ON"}]'
from channels where id = $1
returning id
"""
OUTCOME = """
query ($id: ID!) {
  node(id: $id) {
    ... on Scenario { outcome { until baseline { count rmse coverage } alternative { count rmse coverage } } }
  }
}
"""
SELECTION = """
scenario {
  id name kind unit step horizon startsAt ends channel { key } asset { name }
  assumptions { state value channel { key } }
  baseline { p10 p50 p90 } alternative { p10 p50 p90 }
  crossings { of threshold rising earliest median latest probability }
  overshoot { p50 }
  fit {
    order rmse persistenceRmse r2 count from until beyond drivers { role channel { key } } parameters { name unit }
  }
  load { energy }
}
refusal { code message needed }
"""


def went(power_kw, pump, air_c, start_c=22.0):
    """Solve C dT/dt = P - h (T - Ts) exactly, step by step; coolant of 23 °C flows while the pump runs."""
    temperature, course = start_c, []
    for power, runs, air in zip(power_kw, pump, air_c, strict=True):
        cooling = (COOLED - UNCOOLED) * runs
        rate = UNCOOLED + cooling
        steady = (UNCOOLED * air + cooling * 23.0 + PER_KW * power) / rate
        temperature = steady + (temperature - steady) * np.exp(-rate * STEP_S)
        course.append(temperature)
    return np.array(course)


def followed(wanted):
    """Follow a setpoint by integral control, dT/dt = b (E - T) and dE/dt = b (S - T): it goes a sixth too far."""
    temperature = control = wanted[0]
    course = []
    for setpoint in wanted:
        for _ in range(60):
            temperature, control = temperature + (control - temperature) / 300, control + (setpoint - temperature) / 300
        course.append(temperature)
    return np.array(course)


class Machine:
    """A machine whose coolant pump stood still now and then: its past, and its future at 7 kW."""

    def __init__(self, *, pump_moves=True, seed=3, minutes=1_200, ahead=60):
        rng = np.random.default_rng(seed)
        count = minutes + ahead
        minute = np.arange(count)
        self.power = np.where(minute % 12 == 0, 0.9, np.repeat(rng.uniform(6.5, 7.5, count // 12 + 1), 12)[:count])
        self.power[minutes:] = 7.0
        self.pump = np.ones(count)
        for start in range(150, minutes - 100, 160) if pump_moves else ():
            self.pump[start : start + 8] = 0.0
        self.air = 20.0 + 3.0 * np.sin(minute / 230.0)
        self.minutes, self.true = minutes, went(self.power, self.pump, self.air)
        self.read = self.true + 0.08 * rng.standard_normal(count)

    def without_coolant(self):
        """Return what truly happens from now on if the coolant stops now."""
        now = self.minutes
        return went(self.power[now:], 0.0 * self.pump[now:], self.air[now:], self.true[now - 1])

    async def record(self, asker):
        """Write its past, which ends now."""
        world, billing = asker.world, Billing(asker.context.database.pool, asker.world)
        channels = {"temperature": world.channels["temperature"]}
        for key, meter, quantity, unit, kind in (
            ("power", world.machine, "POWER", "KILOWATT", "INSTANTANEOUS"),
            ("outside", None, "TEMPERATURE", "DEGREE_CELSIUS", "INSTANTANEOUS"),
        ):
            channels[key] = await billing.channel(
                key, meter=meter, quantity=quantity, unit=unit, kind=kind, resolution_s=60
            )
        channels["coolant_pump"] = await billing.pool.fetchval(PUMP, channels["temperature"])
        await billing.pool.execute(
            "update channels set limit_high = 65, limit_high_high = 75 where id = $1", channels["temperature"]
        )
        ends = [NOW - timedelta(minutes=self.minutes - 1 - place) for place in range(self.minutes)]
        for key, values in (
            ("temperature", self.read),
            ("power", self.power),
            ("coolant_pump", self.pump),
            ("outside", self.air),
        ):
            await billing.write(channels[key], list(zip(ends, values[: self.minutes], strict=True)))
        return {key: encode("Channel", each) for key, each in channels.items()}


def stopped(channels, **more):
    """Ask what happens if the coolant stops now."""
    return {
        "channelId": channels["temperature"],
        "horizon": "PT20M",
        "assumptions": [
            {"channelId": channels["coolant_pump"], "state": "OFF"},
            {"channelId": channels["power"], "value": 7.0},
        ],
        **more,
    }


def minutes_of(text):
    """Return a duration of at most hours in minutes."""
    rest = text.removeprefix("PT")
    found = 0.0
    for letter, worth in (("H", 60.0), ("M", 1.0), ("S", 1 / 60)):
        if letter in rest:
            number, rest = rest.split(letter)
            found += worth * float(number)
    return found


async def test_a_stopped_coolant_heats_as_physics_has_it_within_the_stated_bounds(asked):
    machine = Machine()
    channels = await machine.record(asked)
    found = await asked.changed("simulate", SELECTION, temperature=stopped(channels, thresholds=[45]))
    assert found["refusal"] is None, found["refusal"]
    scenario = found["scenario"]
    assert (scenario["kind"], scenario["unit"], scenario["step"]) == ("TEMPERATURE", "DEGREE_CELSIUS", "PT1M")
    assert (scenario["startsAt"], scenario["horizon"], scenario["ends"][-1]) == (
        "2026-03-01T12:00:00Z", "PT20M", "2026-03-01T12:20:00Z",
    )  # fmt: skip
    assert scenario["name"] == "If Coolant pump is OFF, power is 7"
    assert scenario["assumptions"] == [
        {"state": "OFF", "value": None, "channel": {"key": "coolant_pump"}},
        {"state": None, "value": 7.0, "channel": {"key": "power"}},
    ]
    true = machine.without_coolant()[:20]
    p10, p50, p90 = (np.array(scenario["alternative"][each]) for each in ("p10", "p50", "p90"))
    assert ((true >= p10 - 0.3) & (true <= p90 + 0.3)).mean() >= 0.8
    assert np.abs(p50 - true).mean() < 2.0
    # If nobody does anything the pump goes on, and the spindle stays where it was.
    usual = np.array(scenario["baseline"]["p50"])
    assert np.abs(usual - machine.true[machine.minutes : machine.minutes + 20]).mean() < 3.0
    assert p50[-1] > usual[-1] + 10.0
    crossings = {each["of"]: each for each in scenario["crossings"]}
    truly = float(np.flatnonzero(true > 45.0)[0]) + 1.0
    assert (
        minutes_of(crossings["ALTERNATIVE"]["earliest"]) - 1
        <= truly
        <= minutes_of(crossings["ALTERNATIVE"]["latest"]) + 1
    )
    assert crossings["BASELINE"]["probability"] < 0.2
    fit = scenario["fit"]
    assert {(each["channel"]["key"], each["role"]) for each in fit["drivers"]} == {
        ("power", "HEAT"), ("coolant_pump", "FLOW"), ("outside", "SINK"),
    }  # fmt: skip
    assert fit["rmse"] < fit["persistenceRmse"]
    assert (scenario["overshoot"], scenario["load"]) == (None, None)


async def test_what_was_really_read_is_told_beside_both_courses(asked, monkeypatch):
    machine = Machine()
    channels = await machine.record(asked)
    kept = (await asked.changed("simulate", "scenario { id outcome { until } }", temperature=stopped(channels)))[
        "scenario"
    ]
    assert kept["outcome"] is None
    # Then somebody really stops the coolant.
    read = machine.without_coolant()[:10]
    rows = [(NOW + timedelta(minutes=place + 1), value) for place, value in enumerate(read)]
    await Billing(asked.context.database.pool, asked.world).write("temperature", rows)
    fresh = Context.fresh

    def later(context):
        made = fresh(context)
        made.now = NOW + timedelta(minutes=10, seconds=30)
        return made

    monkeypatch.setattr(Context, "fresh", later)
    outcome = (await asked.ask(OUTCOME, id=kept["id"]))["node"]["outcome"]
    assert outcome["until"] == "2026-03-01T12:10:00Z"
    baseline, alternative = outcome["baseline"], outcome["alternative"]
    assert (baseline["count"], alternative["count"]) == (10, 10)
    assert baseline["coverage"] < 0.3
    assert baseline["rmse"] > 10 * alternative["rmse"]


async def test_a_thermostat_of_the_pump_keeps_the_temperature_about_its_setpoint(asked):
    channels = await Machine().record(asked)
    thermostat = {"channelId": channels["coolant_pump"], "setpoint": 36.0, "hysteresis": 2.0, "cools": True}
    given = {"channelId": channels["temperature"], "horizon": "PT1H", "thermostat": thermostat}
    found = await asked.changed("simulate", SELECTION, temperature=given)
    assert found["refusal"] is None, found["refusal"]
    median = np.array(found["scenario"]["alternative"]["p50"])[-20:]
    assert 33.0 < median.mean() < 40.0
    assert found["scenario"]["overshoot"]["p50"] >= 0.0
    assert found["scenario"]["name"] == "If Coolant pump keeps 36"


async def test_a_lower_setpoint_is_overshot_as_earlier_changes_of_it_were(asked):
    billing, world = Billing(asked.context.database.pool, asked.world), asked.world
    setpoint = await billing.channel(
        "wanted",
        meter=world.machine,
        quantity="TEMPERATURE",
        unit="DEGREE_CELSIUS",
        kind="INSTANTANEOUS",
        resolution_s=60,
    )
    minutes = 1_200
    wanted = np.where(np.arange(minutes) // 90 % 2 == 0, 50.0, 40.0)
    read = followed(wanted) + 0.05 * np.random.default_rng(2).standard_normal(minutes)
    ends = [NOW - timedelta(minutes=minutes - 1 - place) for place in range(minutes)]
    for channel, values in (("temperature", read), (setpoint, wanted)):
        await billing.write(channel, list(zip(ends, values, strict=True)))
    now = wanted[-1]
    given = {
        "channelId": encode("Channel", world.channels["temperature"]),
        "horizon": "PT1H",
        "setpoint": {"channelId": encode("Channel", setpoint), "value": now - 5.0},
    }
    found = await asked.changed("simulate", SELECTION, temperature=given)
    assert found["refusal"] is None, found["refusal"]
    truly = np.max((now - 5.0) - followed(np.append(wanted, np.full(60, now - 5.0)))[minutes:])
    assert abs(found["scenario"]["overshoot"]["p50"] - truly) < 0.4
    assert abs(found["scenario"]["baseline"]["p50"][-1] - now) < 1.0
    assert abs(found["scenario"]["alternative"]["p50"][-1] - (now - 5.0)) < 1.0


async def test_without_thresholds_the_limits_of_the_channel_are_looked_for(asked):
    channels = await Machine().record(asked)
    found = await asked.changed("simulate", SELECTION, temperature=stopped(channels))
    crossings = found["scenario"]["crossings"]
    assert [(each["of"], each["threshold"], each["rising"]) for each in crossings] == [
        ("BASELINE", 65.0, True), ("BASELINE", 75.0, True), ("ALTERNATIVE", 65.0, True), ("ALTERNATIVE", 75.0, True),
    ]  # fmt: skip


async def test_a_pump_that_never_stopped_tells_nothing_of_what_follows(asked):
    channels = await Machine(pump_moves=False).record(asked)
    found = await asked.changed("simulate", SELECTION, temperature=stopped(channels))
    assert (found["scenario"], found["refusal"]["code"]) == (None, "ACTUATOR_NEVER_MOVED")
    assert found["refusal"]["needed"].endswith(".")
    assert (await asked.ask("{ scenarios { totalCount } }"))["scenarios"]["totalCount"] == 0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"assumptions": [("temperature", {"value": 20.0})]}, "assumptions.0.channelId"),
        ({"assumptions": [("coolant_pump", {"value": 50.0})]}, "assumptions.0.value"),
        ({"assumptions": [("coolant_pump", {"value": 0.5})]}, "assumptions.0.value"),
        ({"thermostat": ("coolant_pump", {})}, "thermostat.channelId"),
        ({"assumptions": [], "thermostat": ("coolant_pump", {"on": 50.0})}, "thermostat.on"),
        ({"assumptions": [], "thermostat": ("coolant_pump", {"on": 0.0})}, "thermostat.on"),
        ({"assumptions": [], "thermostat": ("coolant_pump", {"hysteresis": -3.0})}, "thermostat.hysteresis"),
        ({"drivers": [("coolant_pump", {"role": "FLOW", "sinkId": "power"})]}, "drivers.0.sinkId"),
    ],
)
async def test_what_makes_no_sense_is_a_mistake(asked, wrong, told):
    channels = await Machine(minutes=60).record(asked)

    def written(key, rest):
        return {"channelId": channels[key]} | {place: channels.get(value, value) for place, value in rest.items()}

    more = {name: [written(*each) for each in given] for name, given in wrong.items() if isinstance(given, list)}
    if "thermostat" in wrong:
        more["thermostat"] = {"setpoint": 40.0, "cools": True} | written(*wrong["thermostat"])
    assert await asked.mistake("simulate", temperature=stopped(channels, **more)) == (
        "INVALID_INPUT",
        f"temperature.{told}",
    )


async def test_a_value_far_from_all_that_was_read_is_refused(asked):
    channels = await Machine().record(asked)
    more = {"assumptions": [{"channelId": channels["power"], "value": 1e6}]}
    found = await asked.changed("simulate", SELECTION, temperature=stopped(channels, **more))
    assert found["refusal"]["code"] == "UNSEEN_VALUE"
    assert "1e+06" in found["refusal"]["message"]


async def test_a_setpoint_without_effect_names_what_is_measured_instead(asked):
    channels = await Machine().record(asked)
    billing, rng = Billing(asked.context.database.pool, asked.world), np.random.default_rng(4)
    given = {"meter": asked.world.machine, "quantity": "POWER", "unit": "KILOWATT", "kind": "INSTANTANEOUS"}
    wanted = await billing.channel("wanted_power", resolution_s=60, **given)
    await billing.pool.execute("update channels set writable = true where id = $1", wanted)
    ends = [NOW - timedelta(minutes=1_199 - place) for place in range(1_200)]
    await billing.write(wanted, list(zip(ends, rng.uniform(5.0, 9.0, 1_200), strict=True)))
    more = {"assumptions": [{"channelId": encode("Channel", wanted), "value": 7.0}]}
    found = await asked.changed("simulate", SELECTION, temperature=stopped(channels, **more))
    assert found["refusal"]["code"] == "NO_EFFECT"
    assert found["refusal"]["needed"].startswith("Assume power instead")


async def test_a_temperature_of_which_little_is_known_is_refused(asked):
    channels = await Machine(minutes=30, pump_moves=False).record(asked)
    more = {"assumptions": [{"channelId": channels["power"], "value": 0.0}]}
    found = await asked.changed("simulate", SELECTION, temperature=stopped(channels, **more))
    assert found["refusal"]["code"] == "INSUFFICIENT_HISTORY"


async def test_a_temperature_with_nothing_around_it_has_no_drivers(asker):
    temperature = encode("Channel", asker.world.channels["temperature"])
    setpoint = encode("Channel", asker.world.channels["setpoint"])
    given = {"channelId": temperature, "horizon": "PT1H", "assumptions": [{"channelId": setpoint, "value": 1.0}]}
    found = await asker.changed("simulate", SELECTION, temperature=given)
    assert found["refusal"]["code"] in {"ACTUATOR_NEVER_MOVED", "INSUFFICIENT_HISTORY"}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"assumptions": []}, ("INVALID_INPUT", "temperature.assumptions")),
        ({"horizon": "PT0S"}, ("INVALID_INPUT", "temperature.horizon")),
        ({"level": 1.0}, ("INVALID_INPUT", "temperature.level")),
        ({"thresholds": [1e300]}, ("INVALID_INPUT", "temperature.thresholds.0")),
        ({"thresholds": [1.0] * 11}, ("RANGE_TOO_LARGE", "temperature.thresholds")),
        ({"channelId": encode("Channel", uuid4())}, ("NOT_FOUND", "temperature.channelId")),
        ({"channelId": encode("Site", uuid4())}, ("INVALID_INPUT", "temperature.channelId")),
    ],
)
async def test_what_can_never_be_asked_is_a_mistake(asker, wrong, told):
    given = {
        "channelId": encode("Channel", asker.world.channels["temperature"]),
        "horizon": "PT1H",
        "assumptions": [{"channelId": encode("Channel", asker.world.channels["setpoint"]), "value": 1.0}],
    }
    assert await asker.mistake("simulate", temperature=given | wrong) == told


async def test_nobody_knows_what_will_be_in_a_year(asker):
    setpoint = encode("Channel", asker.world.channels["setpoint"])
    given = {
        "channelId": encode("Channel", asker.world.channels["temperature"]),
        "horizon": "P365D",
        "assumptions": [{"channelId": setpoint, "value": 1.0}],
    }
    assert (await asker.changed("simulate", SELECTION, temperature=given))["refusal"]["code"] == "HORIZON_TOO_LONG"


async def test_what_is_assumed_must_be_possible(asker):
    channels = {key: encode("Channel", each) for key, each in asker.world.channels.items()}
    given = {"channelId": channels["temperature"], "horizon": "PT1H"}
    for assumption, place in (
        ({"channelId": channels["execution"], "state": "RUNNING"}, "channelId"),
        ({"channelId": channels["setpoint"], "state": "OFF"}, "state"),
        ({"channelId": channels["setpoint"], "value": 1.0, "after": "PT2H"}, "after"),
        ({"channelId": channels["setpoint"], "value": 1.0, "for": "PT0S"}, "for"),
    ):
        told = await asker.mistake("simulate", temperature=given | {"assumptions": [assumption]})
        assert told == ("INVALID_INPUT", f"temperature.assumptions.0.{place}")
    both = {"channelId": channels["setpoint"], "state": "OFF", "value": 1.0}
    told = await asker.mistake("simulate", temperature=given | {"assumptions": [both]})
    assert told == ("INVALID_INPUT", "temperature.assumptions.0")


async def test_a_channel_of_another_organisation_is_not_there(asker, database_url):
    other = await make_world(database_url, "Other")
    mine, theirs = (encode("Channel", each.channels["setpoint"]) for each in (asker.world, other))
    given = {"channelId": encode("Channel", asker.world.channels["temperature"]), "horizon": "PT1H"}
    assume = [{"channelId": mine, "value": 1.0}]
    for more, place in (
        ({"channelId": encode("Channel", other.channels["temperature"])}, "channelId"),
        ({"assumptions": [*assume, {"channelId": theirs, "value": 1.0}]}, "assumptions.1.channelId"),
        ({"drivers": [{"channelId": theirs, "role": "HEAT"}]}, "drivers.0.channelId"),
        ({"drivers": [{"channelId": mine, "role": "FLOW", "sinkId": theirs}]}, "drivers.0.sinkId"),
        ({"assumptions": [], "setpoint": {"channelId": theirs, "value": 20.0}}, "setpoint.channelId"),
        ({"thermostat": {"channelId": theirs, "setpoint": 20.0, "cools": True}}, "thermostat.channelId"),
    ):
        told = await asker.mistake("simulate", temperature=given | {"assumptions": assume} | more)
        assert told == ("NOT_FOUND", f"temperature.{place}")
