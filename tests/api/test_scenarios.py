"""Scenarios that were kept: listed, asked for again, compared and deleted."""

from uuid import uuid4

import orjson
import pytest

from tests.world import make_world
from twinql.domain.global_id import encode

KEEP = """
insert into scenarios (
    organisation_id, site_id, asset_id, channel_id, kind, name, starts_at, step_seconds, level, asked, baseline_p10,
    baseline_p50, baseline_p90, alternative_p10, alternative_p50, alternative_p90, findings, created_at, created_by
)
select
    organisation_id, site_id, asset_id, id, 'TEMPERATURE', $2, '2026-03-01 12:00:00+00', 600, 0.8, $4::text::jsonb,
    '{19,19,19}', '{20,20,20}', '{21,21,21}', '{19,20,21}', $3, '{30,40,50}', $5::text::jsonb,
    timestamptz '2026-03-01 12:00:00+00' + (select count(*) from scenarios) * interval '1 minute', 'acme-operator'
from channels where id = $1
returning id
"""
LISTS = """
query ($channel: ID!, $site: ID!, $asset: ID!, $filter: ScenarioFilter) {
  scenarios(filter: $filter) { totalCount nodes { name } }
  channel(id: $channel) { scenarios(first: 1) { totalCount nodes { name } } }
  site(id: $site) { scenarios { nodes { name } } }
  machine(id: $asset) { scenarios { nodes { name } } }
}
"""
WHOLE = """
query ($id: ID!) {
  node(id: $id) {
    ... on Scenario {
      name step horizon unit ends viewerCanDelete site { name } asset { name }
      assumptions { channel { key } value state after for }
      baseline { p10 p50 p90 } alternative { p50 }
      crossings { of threshold rising earliest median latest probability }
      overshoot { p10 p50 p90 probability tolerance reached }
      fit {
        order rmse persistenceRmse r2 count from until beyond drivers { role channel { key } }
        parameters { name value unit }
      }
      load { energy }
    }
  }
}
"""
COMPARE = """
query ($ids: [ID!]!) {
  compareScenarios(ids: $ids) {
    kind unit channel { key }
    items {
      scenario { name } highest highestDifference lowest lowestDifference end endDifference saving savingDifference
      crossings { threshold rising median laterBy }
    }
  }
}
"""


def findings(setpoint, median_s):
    """Return what TwinQL writes down."""
    crossing = {"threshold": 30.0, "rising": True, "earliest_s": 60.0, "latest_s": None, "probability": 0.7}
    return {
        "crossings": [
            {"of": "BASELINE", **crossing, "median_s": None},
            {"of": "ALTERNATIVE", **crossing, "median_s": median_s},
        ],
        "overshoot": {
            "lower": 0.0, "median": 0.5, "upper": 1.0, "probability": 0.6, "tolerance": 0.1, "reached_s": 90.2,
        },
        "beyond": True,
        "fit": {
            "order": 2, "rmse": 0.4, "r2": 0.9, "persistence_rmse": 2.0, "count": 1000, "from_s": 0.0, "until_s": 60.0,
            "drivers": [{"channel_id": str(setpoint), "role": "HEAT"}],
            "parameters": [{"name": "time constant", "value": 600.0, "lower": 500.0, "upper": 700.0, "unit": "s"}],
        },
    }  # fmt: skip


@pytest.fixture
async def keep(asker):
    """Keeps scenarios of a channel of the machine."""

    async def kept(name, values=(20.0, 25.0, 30.0), *, key="temperature", median_s=900.0):
        setpoint = asker.world.channels["setpoint"]
        asked = {"assumptions": [
            {"channel_id": str(setpoint), "value": 900.0, "state": None, "after_s": 60.0, "for_s": None}
        ]}  # fmt: skip
        return encode("Scenario", await asker.context.database.pool.fetchval(
            KEEP, asker.world.channels[key], name, list(values), orjson.dumps(asked).decode(),
            orjson.dumps(findings(setpoint, median_s)).decode(),
        ))  # fmt: skip

    return kept


async def test_scenarios_are_listed_newest_first_on_all_that_they_speak_of(asker, keep):
    for name in ("First", "Second"):
        await keep(name)
    await keep("Elsewhere", key="energy")
    world = asker.world
    found = await asker.ask(
        LISTS,
        channel=encode("Channel", world.channels["temperature"]),
        site=encode("Site", world.site),
        asset=encode("Machine", world.machine),
        filter={"search": "sec", "kind": "TEMPERATURE", "siteIds": [encode("Site", world.site)]},
    )
    assert found["scenarios"] == {"totalCount": 1, "nodes": [{"name": "Second"}]}
    assert found["channel"]["scenarios"] == {"totalCount": 2, "nodes": [{"name": "Second"}]}
    assert [each["name"] for each in found["site"]["scenarios"]["nodes"]] == ["Elsewhere", "Second", "First"]
    assert [each["name"] for each in found["machine"]["scenarios"]["nodes"]] == ["Second", "First"]


async def test_a_scenario_tells_all_that_was_worked_out(asker, keep):
    found = (await asker.ask(WHOLE, id=await keep("Hotter")))["node"]
    assert (found["step"], found["horizon"], found["unit"]) == ("PT10M", "PT30M", "DEGREE_CELSIUS")
    assert found["ends"] == ["2026-03-01T12:10:00Z", "2026-03-01T12:20:00Z", "2026-03-01T12:30:00Z"]
    assert found["assumptions"] == [
        {"channel": {"key": "setpoint"}, "value": 900.0, "state": None, "after": "PT1M", "for": None}
    ]
    assert found["baseline"] == {"p10": [19.0] * 3, "p50": [20.0] * 3, "p90": [21.0] * 3}
    assert found["crossings"][1] == {
        "of": "ALTERNATIVE", "threshold": 30.0, "rising": True, "earliest": "PT1M", "median": "PT15M", "latest": None,
        "probability": 0.7,
    }  # fmt: skip
    assert found["overshoot"]["reached"] == "PT1M30S"
    assert found["fit"]["drivers"] == [{"role": "HEAT", "channel": {"key": "setpoint"}}]
    assert (found["fit"]["beyond"], found["fit"]["from"]) == (True, "1970-01-01T00:00:00Z")
    assert (found["viewerCanDelete"], found["load"]) == (True, None)


async def test_scenarios_of_one_channel_are_compared_with_the_first_one(asker, keep):
    ids = [await keep("First"), await keep("Hotter", (22.0, 30.0, 28.0), median_s=300.0)]
    found = (await asker.ask(COMPARE, ids=ids))["compareScenarios"]
    assert (found["kind"], found["unit"], found["channel"]) == ("TEMPERATURE", "DEGREE_CELSIUS", {"key": "temperature"})
    first, hotter = found["items"]
    assert (first["highestDifference"], first["crossings"][0]["laterBy"]) == (0.0, 0.0)
    assert hotter == {
        "scenario": {"name": "Hotter"},
        "highest": 30.0, "highestDifference": 0.0, "lowest": 22.0, "lowestDifference": 2.0, "end": 28.0,
        "endDifference": -2.0, "saving": None, "savingDifference": None,
        "crossings": [{"threshold": 30.0, "rising": True, "median": "PT5M", "laterBy": -600.0}],
    }  # fmt: skip


async def test_what_does_not_compare_is_refused(asker, keep):
    ids = [await keep("First"), await keep("Elsewhere", key="energy")]
    assert (await asker.refusal(COMPARE, ids=ids))[0] == "BAD_USER_INPUT"
    for given in (ids[:1], [ids[0], ids[0]], ids * 6):
        assert (await asker.refusal(COMPARE, ids=given))[0] == "BAD_USER_INPUT"
    assert (await asker.refusal(COMPARE, ids=[ids[0], encode("Scenario", uuid4())]))[0] == "NOT_FOUND"


async def test_an_operator_deletes_a_scenario_and_nobody_that_of_others(asker, keep, database_url):
    kept = await keep("First")
    other = await make_world(database_url, "Other")
    stranger = asker.as_user(other.owner)
    assert await stranger.mistake("deleteScenario", id=kept) == ("NOT_FOUND", "id")
    operator = asker.as_user(asker.world.operator)
    assert await operator.changed("deleteScenario", "deletedId", id=kept) == {"deletedId": kept}
    assert await operator.mistake("deleteScenario", id=kept) == ("NOT_FOUND", "id")
    assert (await asker.ask("{ scenarios { totalCount } }"))["scenarios"]["totalCount"] == 0
