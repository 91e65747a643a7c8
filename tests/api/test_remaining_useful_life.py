"""How long a machine has left, asked through the graph."""

from datetime import timedelta

import numpy as np
import pytest

from tests.api.alarms import write
from tests.api.noon import MINUTE, NOW
from twinql.context import Context
from twinql.domain.global_id import encode

LEFT = """
query ($id: ID!) {
  machine(id: $id) {
    remainingUsefulLife {
      p10 p50 p90 cap step accuracy { failures censored count rmse ageRmse coverage } channels { key }
      reason { code message required available }
    }
  }
}
"""
RENEWED = """
insert into maintenance_tasks (
    organisation_id, asset_id, kind, status, title, created_by, done_at, done_by, failed, failed_at
)
select a.organisation_id, a.id, 'REPLACEMENT', 'DONE', 'New bearing', 'test', r.at, 'crew', r.failed,
    case when r.failed then r.at - $4::interval end
from assets as a, unnest($2::timestamptz[], $3::bool[]) as r (at, failed)
where a.id = $1
"""
READ = """
insert into readings (channel_number, organisation_number, observed_at, value)
select c.number, c.organisation_number, r.at, r.value
from channels as c, unnest($2::timestamptz[], $3::float8[]) as r (at, value)
where c.id = $1
"""
TWIN = """
with a as (
    insert into assets (organisation_id, site_id, kind, name)
    select organisation_id, site_id, 'MACHINE', 'Second mill' from assets where id = $1
    returning id, organisation_id
),
m as (insert into machines (id, organisation_id, model) select id, organisation_id, $2 from a)
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, resolution_seconds
)
select c.organisation_id, c.organisation_number, c.site_id, a.id, c.key, c.name, c.quantity, 'KELVIN', c.kind, 60
from channels as c, a
where c.asset_id = $1 and c.key = 'temperature'
returning asset_id, id
"""
LIVES = list(range(45, 75, 3))
"""Ten runs to failure, in minutes."""


@pytest.fixture
async def asked(asker, monkeypatch):
    fresh = Context.fresh

    def then(context):
        made = fresh(context)
        made.now = NOW
        return made

    monkeypatch.setattr(Context, "fresh", then)
    await write(asker, "select twinql.prepare_readings($1, $2)", NOW - timedelta(days=30), NOW)
    return asker


async def live_through(asker, machine, channel, lives, *, present, until=NOW, zero=20.0, stood=0 * MINUTE):
    """Let a machine live and fail so many times, each in so many minutes, and then run on, warmer by what it wears."""
    rng = np.random.default_rng(7)
    began = until - present - sum(lives, 0) * MINUTE
    renewals, times, values = [began], [], []
    for life in [*lives, 60]:
        age = np.arange(1, life + 1)
        times += [renewals[-1] + int(each) * MINUTE for each in age if renewals[-1] + int(each) * MINUTE < until]
        values += (zero + 30 * age / life + rng.normal(size=life) / 4).tolist()
        renewals.append(renewals[-1] + life * MINUTE)
    failed = [False, *[True] * len(lives)]
    await write(asker, RENEWED, machine, renewals[: len(failed)], failed, stood)
    await write(asker, READ, channel, times, values[: len(times)])


async def left(asker, machine=None):
    answer = await asker.ask(LEFT, id=encode("Machine", machine or asker.world.machine))
    found = answer["machine"]["remainingUsefulLife"]
    return found | {"message": (found["reason"] or {}).pop("message", None)}


async def test_a_machine_is_told_what_is_left_by_its_own_past_until_it_falls_silent_or_fails(asked):
    machine, channel = asked.world.machine, asked.world.channels["temperature"]
    await live_through(asked, machine, channel, LIVES, present=40 * MINUTE)
    found = await left(asked)
    assert found["reason"] is None
    # It wears as one that lives for 60 minutes, and is 40 minutes old.
    assert found["p10"] <= found["p50"] <= found["p90"]
    assert found["p50"] * 60 == pytest.approx(20, abs=5)
    assert found["cap"] * 60 == pytest.approx(0.6 * np.median(LIVES), abs=1)
    assert found["step"] == "PT1M"
    assert {each["key"] for each in found["channels"]} == {"temperature", "setpoint"}
    accuracy = found["accuracy"]
    assert (accuracy["failures"], accuracy["censored"]) == (10, 0)
    assert accuracy["rmse"] < accuracy["ageRmse"] / 2
    assert accuracy["coverage"] >= 0.7
    await write(asked, "delete from readings where observed_at > $1", NOW - 20 * MINUTE)
    silent = await left(asked)
    assert (silent["reason"]["code"], silent["p50"], silent["accuracy"]) == ("STALE", None, accuracy)
    await write(asked, RENEWED, machine, [NOW - 2 * MINUTE], [True], 0 * MINUTE)
    begun = await left(asked)
    assert begun["reason"] == {"code": "INSUFFICIENT_HISTORY", "required": 5, "available": 2}
    assert begun["accuracy"]["failures"] == 11


async def test_machines_of_its_model_teach_it_in_units_of_their_own_and_those_of_others_do_not(asked):
    machine, channel = asked.world.machine, asked.world.channels["temperature"]
    [(twin, kelvin)] = await write(asked, TWIN, machine, "XR-5")
    [(other, far)] = await write(asked, TWIN.replace("Second", "Third"), machine, "XR-6")
    long_ago = NOW - timedelta(days=5)
    await live_through(asked, twin, kelvin, LIVES, present=0 * MINUTE, until=long_ago, zero=293.15)
    await live_through(asked, other, far, LIVES, present=0 * MINUTE, until=long_ago)
    await live_through(asked, machine, channel, [], present=40 * MINUTE)
    found = await left(asked)
    assert found["reason"] is None
    # The second machine's last run goes on unread: it counts, and tells nothing of failures.
    assert (found["accuracy"]["failures"], found["accuracy"]["censored"]) == (10, 1)
    assert found["p50"] * 60 == pytest.approx(20, abs=5)


async def test_a_machine_of_which_nobody_knows_since_when_it_runs_is_refused_and_a_young_one_is_not(asked):
    [(twin, kelvin)] = await write(asked, TWIN, asked.world.machine, "XR-5")
    await live_through(asked, twin, kelvin, LIVES, present=12 * MINUTE, zero=293.15)
    found = await left(asked)
    assert found["reason"] == {"code": "INSUFFICIENT_HISTORY", "required": 1, "available": 0}
    assert found["accuracy"]["failures"] == 10
    young = await left(asked, twin)
    assert (young["reason"], young["p90"]) == (None, None)
    assert young["cap"] * 60 == pytest.approx(0.6 * np.median(LIVES), abs=1)


async def test_a_run_ends_when_the_machine_failed_and_not_when_it_was_mended(asked):
    machine, channel = asked.world.machine, asked.world.channels["temperature"]
    await live_through(asked, machine, channel, LIVES, present=40 * MINUTE, stood=9 * MINUTE)
    found = await left(asked)
    assert found["p50"] * 60 == pytest.approx(11, abs=4)
    assert found["cap"] * 60 == pytest.approx(0.6 * (np.median(LIVES) - 9), abs=1)


async def test_what_is_missing_is_told_with_its_number(asked):
    machine, channel = asked.world.machine, asked.world.channels["temperature"]
    found = await left(asked)
    assert found["reason"] == {"code": "INSUFFICIENT_HISTORY", "required": 10, "available": 0}
    assert [found[each] for each in ("p10", "p50", "p90", "cap", "step", "accuracy")] == [None] * 6
    await live_through(asked, machine, channel, LIVES[:9], present=40 * MINUTE)
    nine = await left(asked)
    assert nine["reason"] == {"code": "INSUFFICIENT_HISTORY", "required": 10, "available": 9}
    assert "there are 9; record 1 more" in nine["message"]
    assert "do not count" not in nine["message"]


async def test_failures_that_do_not_count_are_told_with_why(asked):
    [(twin, _)] = await write(asked, TWIN, asked.world.machine, "XR-5")
    # The first of each has no beginning; of the twin's two others one failed with the renewal before, and one sooner.
    await write(asked, RENEWED, asked.world.machine, [NOW - 9 * MINUTE], [True], 0 * MINUTE)
    await write(asked, RENEWED, twin, [NOW - each * MINUTE for each in (8, 6, 5)], [True] * 3, 2 * MINUTE)
    found = await left(asked)
    assert found["reason"] == {"code": "INSUFFICIENT_HISTORY", "required": 10, "available": 0}
    assert "there are 0; record 10 more" in found["message"]
    assert "Without a beginning, 2 more do not count" in found["message"]
    assert "Of no length, 2 more do not count" in found["message"]
