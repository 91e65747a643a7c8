"""Forecasts and decisions through the graph."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twinql.domain.decisions.vocabulary import DecisionAction
from twinql.domain.global_id import encode
from twinql.live.advisor import Advisor

FORECAST = """
query ($id: ID!, $horizon: Duration!, $level: Float = 0.8, $model: ForecastModel) {
  channel(id: $id) {
    forecast(horizon: $horizon, level: $level, model: $model) {
      id issuedAt model level unit step horizon starts p10 p50 p90 lastValue channel { key }
      accuracy { count mae naiveMae coverage }
      score { count mae naiveMae coverage scoredAt }
    }
    forecastRefusal(horizon: $horizon, level: $level, model: $model) { code message }
    forecasts(first: 5) { nodes { id } }
  }
}
"""
DECISIONS = """
query ($status: [DecisionStatus!]) {
  decisions(filter: { status: $status }) {
    totalCount
    nodes { id action status reasons { code message } settledBy settledReason settledAt asset { name } forecast { id } }
  }
}
"""


async def write(asker, statement, *arguments):
    async with asker.context.database.pool.acquire() as connection:
        return await connection.fetch(statement, *arguments)


async def record(asker, key, values, *, step_s=60):
    """Record values that end with the last whole step before now."""
    last = datetime.fromtimestamp(datetime.now(UTC).timestamp() // step_s * step_s, UTC)
    await write(asker, "select twinql.prepare_readings($1::timestamptz - interval '30 days', $1)", last)
    await write(
        asker,
        "insert into readings (observed_at, value, channel_number, organisation_number)"
        " select $1::timestamptz + (place - cardinality($3::float8[])) * $2::interval, value, number,"
        " organisation_number"
        " from unnest($3::float8[]) with ordinality as given (value, place), channels as c where c.id = $4",
        last,
        timedelta(seconds=step_s),
        [float(value) for value in values],
        asker.world.channels[key],
    )


async def foresee(asker, key, horizon, **more):
    return (await asker.ask(FORECAST, id=encode("Channel", asker.world.channels[key]), horizon=horizon, **more))[
        "channel"
    ]


async def test_a_meters_day_is_foreseen_with_its_accuracy(asker):
    await record(asker, "energy", np.tile(np.arange(48.0), 8), step_s=1800)
    found = await foresee(asker, "energy", "P1D")
    forecast = found["forecast"]
    assert (forecast["model"], forecast["unit"], forecast["level"]) == ("SEASONAL_NAIVE", "KILOWATT_HOUR", 0.8)
    assert (forecast["step"], forecast["horizon"]) == ("PT30M", "P1D")
    assert len(forecast["starts"]) == len(forecast["p50"]) == 48
    assert forecast["starts"] == sorted(forecast["starts"])
    assert sorted(forecast["p50"]) == list(np.arange(48.0))
    assert forecast["accuracy"]["mae"] == 0.0
    assert forecast["accuracy"]["naiveMae"] > 1.0
    assert forecast["score"] == {"count": 0, "mae": None, "naiveMae": None, "coverage": None, "scoredAt": None}
    assert found["forecastRefusal"] is None
    assert [each["id"] for each in found["forecasts"]["nodes"]] in ([], [forecast["id"]])
    assert (await foresee(asker, "energy", "P1D"))["forecast"]["id"] == forecast["id"]


METERS = """
query ($horizon: Duration!) {
  meters {
    nodes {
      forecast(horizon: $horizon) {
        id unit step p50 meter { name } channel { key } accuracy { mase naiveMase wape } recordedBy regular
      }
      forecastRefusal(horizon: $horizon) { code message }
      forecasts { nodes { id } }
      channels { nodes { key forecasts { nodes { id } } } }
    }
  }
}
"""


async def test_what_a_meter_takes_in_is_foreseen_as_it_is_billed(asker):
    await write(asker, "update channels set multiplier = 40 where key = 'energy'")
    day = 1.0 + np.tile(np.arange(48.0), 10)
    await record(asker, "energy", day, step_s=1800)
    (meter,) = (await asker.ask(METERS, horizon="P1D"))["meters"]["nodes"]
    forecast = meter["forecast"]
    assert (forecast["unit"], forecast["step"]) == ("KILOWATT_HOUR", "PT30M")
    assert sorted(forecast["p50"]) == pytest.approx(list(40.0 * day[:48]))
    assert (forecast["meter"]["name"], forecast["channel"]["key"]) == ("Main meter", "energy")
    assert (forecast["recordedBy"], forecast["regular"]) == (None, False)
    assert meter["forecastRefusal"] is None
    (meter,) = (await asker.ask(METERS, horizon="P1D"))["meters"]["nodes"]
    assert [each["id"] for each in meter["forecasts"]["nodes"]] == [forecast["id"]]
    assert all(each["forecasts"]["nodes"] == [] for each in meter["channels"]["nodes"])


async def test_a_meter_that_nothing_counts_and_a_year_ahead_say_what_is_needed(asker):
    await record(asker, "energy", np.tile(np.arange(48.0), 10), step_s=1800)
    (meter,) = (await asker.ask(METERS, horizon="P365D"))["meters"]["nodes"]
    assert meter["forecast"] is None
    assert meter["forecastRefusal"]["code"] == "HORIZON_TOO_LONG"
    await write(asker, "update channels set direction = 'EXPORT' where key in ('energy', 'register')")
    (meter,) = (await asker.ask(METERS, horizon="P1D"))["meters"]["nodes"]
    assert meter["forecastRefusal"]["code"] == "NOTHING_COUNTS"
    assert "of direction IMPORT" in meter["forecastRefusal"]["message"]
    await write(asker, "update channels set archived_at = now() where key in ('energy', 'register')")
    (meter,) = (await asker.ask(METERS, horizon="P1D"))["meters"]["nodes"]
    assert meter["forecastRefusal"]["code"] == "NOTHING_COUNTS"


async def test_a_forecast_that_is_fresh_is_read_in_one_statement_however_many_ask(asker):
    await record(asker, "temperature", np.full(120, 40.0))
    await record(asker, "setpoint", np.full(120, 40.0))
    document = """query ($horizon: Duration!) { machines { nodes { channels(filter: { kind: INSTANTANEOUS }) {
        nodes { key forecast(horizon: $horizon) { id p10 p50 p90 accuracy { mase } score { mase } } } } } } }"""
    first = await asker.ask(document, horizon="PT15M")
    asked = await asker.statements(document, horizon="PT15M")
    assert [each for each in asked if "from forecasts" in each] == asked[-1:]
    assert len(asked) == 3  # machines, their channels, and the forecasts of all
    assert await asker.ask(document, horizon="PT15M") == first


async def test_a_forecast_can_be_asked_for_again_by_its_id(asker):
    await record(asker, "temperature", np.full(120, 40.0))
    forecast = (await foresee(asker, "temperature", "PT15M"))["forecast"]
    node = (await asker.ask("query ($id: ID!) { node(id: $id) { ... on Forecast { p50 } } }", id=forecast["id"]))[
        "node"
    ]
    assert node["p50"] == forecast["p50"]


async def test_a_viewer_may_look_ahead(asker):
    await record(asker, "temperature", np.full(120, 40.0))
    assert (await foresee(asker.as_user(asker.world.viewer), "temperature", "PT15M"))["forecast"] is not None


async def test_where_there_is_no_forecast_it_is_null_and_the_reason_is_said(asker):
    await record(asker, "temperature", [40.0, 41.0])
    found = await foresee(asker, "temperature", "PT15M")
    assert found["forecast"] is None
    assert found["forecastRefusal"]["code"] == "INSUFFICIENT_HISTORY"
    assert found["forecastRefusal"]["message"].endswith(".")
    assert (await foresee(asker, "execution", "PT15M"))["forecastRefusal"]["code"] == "STATES_ARE_NOT_FORECAST"


@pytest.mark.parametrize(("horizon", "level"), [("PT0S", 0.8), ("PT1H", 1.0), ("PT1H", 0.0)])
async def test_a_horizon_or_level_without_sense_is_refused(asker, horizon, level):
    answer = await asker.answer(
        FORECAST, id=encode("Channel", asker.world.channels["temperature"]), horizon=horizon, level=level
    )
    assert {error["extensions"]["code"] for error in answer.errors} == {"BAD_USER_INPUT"}


async def test_a_negative_horizon_is_no_duration(asker):
    given = {"id": encode("Channel", asker.world.channels["temperature"]), "horizon": "-PT1H"}
    code, message = await asker.refusal(FORECAST, **given)
    assert code == "BAD_REQUEST"
    assert "$horizon" in message


@pytest.fixture
async def warned(asker):
    """An asker whose spindle is about to be too hot, which the advisor has seen."""
    await write(asker, "update channels set limit_high = 65 where id = $1", asker.world.channels["temperature"])
    rising = np.concatenate([40.0 + 0.01 * np.sin(np.arange(300.0)), 40.0 + 1.4 * np.arange(1.0, 18.0)])
    await record(asker, "temperature", rising)
    advisor = Advisor(asker.context.database, asker.context.workshop)
    for _ in range(2):
        await advisor.look(datetime.now(UTC))
        advisor._looked_at.clear()
    return asker


async def test_a_limit_ahead_is_a_decision_with_reasons(warned):
    decisions = (await warned.ask(DECISIONS, status=["OPEN"]))["decisions"]
    (decision,) = decisions["nodes"]
    assert decisions["totalCount"] == 1
    assert DecisionAction[decision["action"]] is DecisionAction.REDUCE_LOAD
    assert decision["reasons"][0]["code"] == "FORECAST_CROSSES_LIMIT"
    assert decision["asset"]["name"] == "Mill"
    assert decision["forecast"] is not None


async def test_a_decision_is_answered_once_by_somebody(warned):
    (decision,) = (await warned.ask(DECISIONS))["decisions"]["nodes"]
    operator = warned.as_user(warned.world.operator)
    answer = (
        await operator.ask(
            """mutation ($id: ID!) {
                rejectDecision(input: { id: $id, reason: "known test" }) {
                    decision { status settledBy settledReason } userErrors { code }
                }
            }""",
            id=decision["id"],
        )
    )["rejectDecision"]
    assert answer == {
        "decision": {"status": "REJECTED", "settledBy": "acme-operator", "settledReason": "known test"},
        "userErrors": [],
    }
    code, path = await warned.mistake("acceptDecision", id=decision["id"])
    assert (code, path) == ("CONFLICT", "id")
    assert await warned.mistake("rejectDecision", id=decision["id"], reason=" ") == ("INVALID_INPUT", "reason")
    nobody = encode("Decision", warned.world.machine)
    assert await warned.mistake("acceptDecision", id=nobody) == ("NOT_FOUND", "id")


ACCEPT = """
mutation ($id: ID!) {
  acceptDecision(input: { id: $id, issueCommand: true }) {
    decision { status proposal { channel { key } desired expiresIn expect { channel { key } direction by within } } }
    command { id status desired reason decision { id } } replayed interlocks { kind allowed } userErrors { code path }
  }
}
"""
PROPOSE = """
update decisions as d set proposal = jsonb_build_object(
    'channel_id', (select c.id from channels as c where c.key = 'setpoint' and c.organisation_id = d.organisation_id),
    'desired', $1::float8, 'expires_in_s', 120,
    'expect', jsonb_build_object('channel_id', d.channel_id, 'direction', 'FALLS', 'by', 2, 'within_s', 60)
)
"""


async def proposed(warned, desired):
    """Let the open decision propose a value; return its id."""
    await write(warned, PROPOSE, desired)
    (decision,) = (await warned.ask(DECISIONS))["decisions"]["nodes"]
    return decision["id"]


async def test_the_command_that_a_decision_proposes_is_issued_with_its_acceptance(warned):
    await record(warned, "setpoint", [9000.0])
    key = await proposed(warned, 6000.0)
    done = (await warned.ask(ACCEPT, id=key))["acceptDecision"]
    assert done["userErrors"] == []
    assert done["decision"]["status"] == "ACCEPTED"
    assert done["decision"]["proposal"]["expect"] == {
        "channel": {"key": "temperature"},
        "direction": "FALLS",
        "by": 2.0,
        "within": "PT1M",
    }
    command = done["command"]
    assert (command["status"], command["desired"], command["decision"]) == ("QUEUED", 6000.0, {"id": key})
    assert command["reason"].startswith("LIMIT_WILL_BE_CROSSED: The forecast goes above the limit")
    assert all(each["allowed"] for each in done["interlocks"])
    again = (await warned.ask(ACCEPT, id=key))["acceptDecision"]
    assert (again["userErrors"], again["command"]["id"]) == ([], command["id"])
    assert (done["replayed"], again["replayed"]) == (False, True)
    operator = warned.as_user(warned.world.operator)
    (error,) = (await operator.ask(ACCEPT, id=key))["acceptDecision"]["userErrors"]
    assert error["code"] == "CONFLICT"


async def test_a_decision_whose_command_an_interlock_refuses_stays_open(warned):
    await record(warned, "setpoint", [9000.0])
    await write(warned, "update channels set plausible_maximum = 5000 where key = 'setpoint'")
    done = (await warned.ask(ACCEPT, id=await proposed(warned, 6000.0)))["acceptDecision"]
    assert (done["decision"]["status"], done["command"]) == ("OPEN", None)
    assert [each["code"] for each in done["userErrors"]] == ["INTERLOCK"]
    assert {each["kind"] for each in done["interlocks"] if not each["allowed"]} == {"RANGE"}
    assert (await warned.ask("{ commands { nodes { id } } }"))["commands"]["nodes"] == []


async def test_a_viewer_does_not_answer_decisions(warned):
    (decision,) = (await warned.ask(DECISIONS))["decisions"]["nodes"]
    viewer = warned.as_user(warned.world.viewer)
    code, _ = await viewer.refusal(
        "mutation ($id: ID!) { acceptDecision(input: { id: $id }) { decision { id } } }", id=decision["id"]
    )
    assert code == "FORBIDDEN"
