"""Risk, condition, energy, correlation and failures of machines through the graph, over a real database."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.world import make_world
from twinql.context import Context
from twinql.domain.global_id import encode

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DURING = {"from": "2026-03-01T08:00:00Z", "until": "2026-03-01T12:00:00Z"}
INSERT = """
insert into readings (channel_number, organisation_number, observed_at, value)
select c.number, c.organisation_number, r.observed_at, r.value
from channels as c, unnest($2::timestamptz[], $3::float8[]) as r (observed_at, value)
where c.id = $1
"""
MAKE = """
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, resolution_seconds
)
select organisation_id, organisation_number, site_id, asset_id, $2, $2, $3::text::quantity, $4::text::unit,
    'INSTANTANEOUS', 60
from channels where id = $1 returning id
"""
STATES = '[{"code": 0, "label": "IDLE"}, {"code": 1, "label": "RUNNING"}, {"code": 2, "label": "FAULT"}]'
STRETCH = "{ channel { key } from until readings { totalCount } }"
REASON = "reason { code required available }"


@pytest.fixture
async def asked(asker, monkeypatch):
    """Somebody who asks at a present of the test's own, of a machine with power, latency and errors."""
    fresh = Context.fresh

    def then(context):
        made = fresh(context)
        made.now = NOW
        return made

    monkeypatch.setattr(Context, "fresh", then)
    pool, channels = asker.context.database.pool, asker.world.channels
    for key, quantity, unit in [
        ("power", "POWER", "WATT"),
        ("latency", "LATENCY", "MILLISECOND"),
        ("errors", "ERROR_RATE", "PERCENT"),
    ]:
        channels[key] = await pool.fetchval(MAKE, channels["temperature"], key, quantity, unit)
    await pool.execute(
        "update channels set states = $2::text::jsonb, resolution_seconds = 60 where id = $1",
        channels["execution"],
        STATES,
    )
    return asker


async def store(asker, key, minutes, values):
    """Record values so many minutes before the present."""
    instants = [NOW - float(each) * MINUTE for each in minutes]
    await asker.context.database.pool.execute(
        INSERT, asker.world.channels[key], instants, [float(each) for each in values]
    )


async def machine(asker, selection, **variables):
    takes = "$id: ID!"
    if "$during" in selection:
        takes, variables["during"] = "$id: ID!, $during: PeriodInput!", DURING
    document = f"query ({takes}) {{ machine(id: $id) {{ {selection} }} }}"
    return (await asker.ask(document, id=encode("Machine", asker.world.machine), **variables))["machine"]


async def test_the_contributions_of_channels_add_up_to_the_risk(asked):
    await asked.context.database.pool.execute(
        "update channels set limit_high = 65, limit_high_high = 75 where id = $1", asked.world.channels["temperature"]
    )
    await store(asked, "temperature", range(120, 0, -1), [60] * 60 + [70] * 60)
    await store(asked, "power", range(400, 300, -1), [5] * 100)
    found = (
        await machine(
            asked,
            "risk { score level contributions { points hazards { code size value } channel { key } } }",
        )
    )["risk"]
    assert [each["channel"]["key"] for each in found["contributions"]] == ["power", "temperature"]
    assert sum(each["points"] for each in found["contributions"]) == pytest.approx(found["score"])
    silent, hot = (each["hazards"] for each in found["contributions"])
    assert {"code": "BEYOND_LIMIT", "size": pytest.approx(0.25, abs=0.01), "value": pytest.approx(0.5, abs=0.01)} in hot
    assert [each["code"] for each in silent] == ["DEAD"]
    assert found["level"] == "ELEVATED"


async def test_the_limits_of_alarm_rules_count(asked):
    channel = asked.world.channels["temperature"]
    pool = asked.context.database.pool
    await pool.execute("update channels set limit_high = 30 where id = $1", channel)
    await pool.execute(
        "insert into alarm_rules (organisation_id, name, cause, severity, channel_id, limit_value)"
        " select organisation_id, 'Cooler', 'LIMIT_HIGH', 'HIGH', id, 16 from channels where id = $1",
        channel,
    )
    await store(asked, "temperature", range(60, 0, -1), [20] * 60)
    found = await machine(
        asked, "overheating { tooHot channels { limit margin } } risk { contributions { hazards { code value } } }"
    )
    assert found["overheating"] == {"tooHot": True, "channels": [{"limit": 16, "margin": -4}]}
    assert found["risk"]["contributions"][0]["hazards"] == [{"code": "BEYOND_LIMIT", "value": 1}]


async def test_warmth_network_and_errors_are_told_by_channel(asked):
    await asked.context.database.pool.execute(
        "update channels set limit_high = 65 where id = $1", asked.world.channels["temperature"]
    )
    await store(asked, "temperature", range(60, 0, -1), [64] * 40 + [66] * 20)
    await store(asked, "latency", range(600, 0, -1), [10] * 540 + [50] * 60)
    await store(asked, "errors", range(480, 0, -1), [1] * 240 + list(np.linspace(1, 5, 240)))
    found = await machine(
        asked,
        'overheating(window: "PT1H") { tooHot channels { margin beyond limit unit channel { key } } }'
        f' networkCongestion(window: "PT1H") {{ channels {{ level ratio usual {REASON} }} }}'
        f" errorRate(during: $during) {{ channels {{ value before direction {REASON} }} }}",
    )
    assert found["overheating"]["tooHot"]
    (warm,) = found["overheating"]["channels"]
    assert (warm["margin"], warm["beyond"], warm["channel"]["key"]) == (-1, "PT20M", "temperature")
    assert found["networkCongestion"]["channels"] == [
        {"level": "CONGESTED", "ratio": pytest.approx(5), "usual": 10, "reason": None}
    ]
    (errors,) = found["errorRate"]["channels"]
    assert (errors["before"], errors["direction"]) == (pytest.approx(1, abs=0.05), "RISING")
    assert errors["value"] == pytest.approx(3, abs=0.05)


async def test_the_energies_of_states_add_up_to_the_total(asked):
    # An hour idle at 1 kW, then three running at 4 kW.
    minutes = range(240, -1, -1)
    await store(asked, "power", minutes, [1_000 if each > 180 else 4_000 for each in minutes])
    await store(asked, "execution", minutes, [0 if each > 180 else 1 for each in minutes])
    found = (
        await machine(
            asked,
            f"energyByState(during: $during) {{ total step states {{ code label energy elapsed share }} {REASON}"
            f" energyFrom {STRETCH} stateFrom {STRETCH} }}",
        )
    )["energyByState"]
    assert found["total"] == pytest.approx(13)
    assert [(each["label"], each["energy"], each["elapsed"]) for each in found["states"]] == [
        ("RUNNING", pytest.approx(12), "PT3H"),
        ("IDLE", pytest.approx(1), "PT1H"),
    ]
    assert (found["energyFrom"]["channel"]["key"], found["energyFrom"]["readings"]["totalCount"]) == ("power", 240)


async def test_no_energy_is_counted_ahead(asked):
    minutes = range(240, -1, -1)
    await store(asked, "power", minutes, [1_000 for _ in minutes])
    await store(asked, "execution", minutes, [1 for _ in minutes])
    ahead = '{from: "2026-03-01T11:00:00Z", until: "2026-03-01T13:00:00Z"}'
    found = await machine(
        asked, f"energyByState(during: {ahead}) {{ total states {{ elapsed }} energyFrom {{ until }} }}"
    )
    assert found["energyByState"] == {
        "total": pytest.approx(1),
        "states": [{"elapsed": "PT1H"}],
        "energyFrom": {"until": "2026-03-01T12:00:00Z"},
    }


async def test_all_that_is_said_of_energy_agrees_also_where_a_cycle_is_shorter_than_a_step(asked):
    # Half a minute of each minute running at 4 kW, else at 1 kW, 10 s apart.
    pool, channels = asked.context.database.pool, asked.world.channels
    await pool.execute(
        "update channels set resolution_seconds = 10 where id = any ($1)", [channels["power"], channels["execution"]]
    )
    minutes = np.arange(13 * 1_440, -1, -1) / 6
    running = np.arange(len(minutes)) % 6 < 3
    await store(asked, "power", minutes, np.where(running, 4_000, 1_000))
    await store(asked, "execution", minutes, running.astype(float))
    fields = "energyByState(during: $during) { total step } efficiency(during: $during) { energy useful percentile }"
    fine = await machine(asked, fields)
    assert fine["energyByState"] == {"total": pytest.approx(10), "step": "PT10S"}
    assert (fine["efficiency"]["energy"], fine["efficiency"]["useful"]) == pytest.approx((10, 2))
    # The same in steps of a minute: a grid of even instants would meet it always running, or never.
    grid = "twinql.storage.grids.MOST_POINTS"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(grid, 240)
        coarse = await machine(asked, fields)
        ranking = await asked.ask(
            "query ($id: ID!, $during: PeriodInput!) { site(id: $id) {"
            " ranking(metric: CONSUMPTION, of: MACHINES, during: $during) { places { value } } } }",
            id=encode("Site", asked.world.site),
            during=DURING,
        )
    total = coarse["energyByState"]["total"]
    assert coarse["energyByState"]["step"] == "PT1M"
    assert total == pytest.approx(10, rel=0.01)
    assert coarse["efficiency"]["energy"] == pytest.approx(total, rel=1e-9)
    assert ranking["site"]["ranking"]["places"][0]["value"] == pytest.approx(total, rel=1e-9)


async def test_an_efficiency_stands_against_as_long_periods_before(asked):
    quarters = range(4 * 60 * 13, -1, -15)
    await asked.context.database.pool.execute(
        "update channels set resolution_seconds = 900 where id = any ($1)",
        [asked.world.channels[key] for key in ("power", "execution")],
    )
    await store(asked, "power", quarters, [2_000 if each <= 240 else 4_000 for each in quarters])
    await store(asked, "execution", quarters, [1 for _ in quarters])
    found = (
        await machine(
            asked, f"efficiency(during: $during) {{ level value percentile periods usual energy counted {REASON} }}"
        )
    )["efficiency"]
    assert (found["level"], found["percentile"], found["periods"]) == ("HIGH", 100, 12)
    assert (found["value"], found["usual"], found["energy"]) == pytest.approx((0.5, 0.25, 8))
    assert not found["counted"]


async def test_what_goes_together_is_told_with_its_lag(asked):
    news = np.random.default_rng(3).normal(size=260)
    minutes = list(range(245, 0, -1))
    await store(asked, "temperature", minutes, news[5:250])
    await store(asked, "errors", minutes, news[:245])
    ids = [encode("Channel", asked.world.channels[key]) for key in ("temperature", "errors")]
    fields = f"r lagSeconds n pValue method step {REASON} x {{ channel {{ key }} }} y {{ channel {{ key }} }}"
    found = await machine(
        asked,
        f'correlation(x: "{ids[0]}", y: "{ids[1]}", during: $during, maxLag: "PT10M") {{ {fields} }}'
        f' correlations(during: $during, maxLag: "PT10M") {{ pair correlation {{ {fields} }} }}',
    )
    together = found["correlation"]
    assert (together["r"], together["lagSeconds"], together["method"]) == (pytest.approx(1, abs=1e-3), 300, "PEARSON")
    assert together["n"] >= 230
    assert together["pValue"] < 1e-6
    usual = {each["pair"]: each["correlation"] for each in found["correlations"]}
    assert usual["TEMPERATURE_ERRORS"] == together
    assert usual["POWER_EFFICIENCY"]["reason"]["code"] == "NO_CHANNEL"
    assert usual["LATENCY_ERRORS"]["reason"] == {"code": "INSUFFICIENT_HISTORY", "required": 30, "available": 0}


async def test_a_correlation_with_what_is_not_its_own_is_refused_with_a_reason(asked):
    own, other = (encode("Channel", asked.world.channels[key]) for key in ("temperature", "register"))
    found = await machine(
        asked,
        f'correlation(x: "{own}", y: "{other}", during: $during)'
        " { r reason { code message } x { channel { key } } y { channel { key } } }",
    )
    together = found["correlation"]
    assert (together["r"], together["x"]["channel"]["key"], together["y"]) == (None, "temperature", None)
    assert together["reason"]["code"] == "NO_CHANNEL"
    assert "as `y`" in together["reason"]["message"]


async def test_a_failure_is_foretold_only_by_a_model_that_was_fitted(asked):
    told = "gaps runningFor latest { from until ranBefore channel { key } readings { nodes { value } } } "
    told += f"probability model failures fit meanTimeBetweenFailures {REASON} takenFrom {STRETCH}"
    selection = f'failureProbability(within: "P1D") {{ {told} }}'
    none = (await machine(asked, selection))["failureProbability"]
    assert (none["probability"], none["reason"]["code"], none["latest"]) == (None, "NEVER_READ", [])
    # Each of ten failures lasts half an hour; between them it runs as long as chance has it, once in a day.
    hours = np.cumsum(np.column_stack([np.random.default_rng(2).exponential(24, 10), np.full(10, 0.5)]).ravel())
    await store(asked, "execution", 60 * (hours[-1] + 10 - np.append(-5, hours)), [1, *[2, 1] * 10])
    found = (await machine(asked, selection))["failureProbability"]
    assert (found["failures"], found["reason"]) == (10, None)
    assert found["model"] == "EXPONENTIAL"
    assert 0 < found["probability"] < 1
    assert found["fit"] >= 0.05
    assert found["takenFrom"]["readings"]["totalCount"] == 21
    # It ran between the ten failures nine times; how long before the first nobody knows.
    assert (found["gaps"], len(found["latest"]), found["runningFor"]) == (9, 10, "PT10H")
    newest, first = found["latest"][0], found["latest"][-1]
    assert (newest["from"], newest["until"]) == ("2026-03-01T01:30:00Z", "2026-03-01T02:00:00Z")
    assert (newest["channel"], newest["readings"]["nodes"]) == ({"key": "execution"}, [{"value": 2}])
    assert first["ranBefore"] is None
    assert newest["ranBefore"] is not None


async def test_what_a_machine_lacks_is_told(asked, database_url):
    world = await make_world(database_url, "Bare")
    bare = asked.as_user(world.owner)
    bare.world = world
    found = await machine(
        bare,
        f"networkCongestion {{ channels {{ ratio }} {REASON} }} errorRate(during: $during) {{ {REASON} }}"
        f" efficiency(during: $during) {{ level {REASON} }} energyByState(during: $during) {{ total {REASON} }}"
        f' overheating {{ tooHot channels {{ {REASON} }} }} failureProbability(within: "P7D") {{ {REASON} }}',
    )
    for field in ("networkCongestion", "errorRate", "efficiency", "energyByState", "failureProbability"):
        assert found[field]["reason"]["code"] == "NO_CHANNEL", field
    assert found["overheating"]["tooHot"] is None
    assert found["overheating"]["channels"][0]["reason"]["code"] == "NO_LIMIT"


async def test_many_machines_take_as_many_statements_as_one(asked):
    fields = (
        "risk { score } overheating { tooHot } networkCongestion { channels { ratio } }"
        ' failureProbability(within: "P1D") { probability } errorRate(during: $during) { channels { value } }'
        " efficiency(during: $during) { level } energyByState(during: $during) { total }"
        " correlations(during: $during) { correlation { r } }"
    )
    one = await asked.statements(
        "query ($id: ID!, $during: PeriodInput!) { machine(id: $id) { " + fields + " } }",
        id=encode("Machine", asked.world.machine),
        during=DURING,
    )
    await asked.changed("createMachine", "machine { id }", siteId=encode("Site", asked.world.site), name="Another")
    many = await asked.statements(
        "query ($during: PeriodInput!) { machines { nodes { " + fields + " } } }", during=DURING
    )
    assert len(many) <= len(one)


async def test_periods_and_horizons_have_bounds(asked):
    id_ = encode("Machine", asked.world.machine)
    long = '{from: "2026-01-01T00:00:00Z", until: "2026-06-01T00:00:00Z"}'
    for field in (
        f"efficiency(during: {long}) {{ level }}",
        'failureProbability(within: "PT1S") { probability }',
    ):
        code, _ = await asked.refusal("query ($id: ID!) { machine(id: $id) { " + field + " } }", id=id_)
        assert code == "BAD_USER_INPUT", field
