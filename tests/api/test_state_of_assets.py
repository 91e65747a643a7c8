"""`state(asOf)` of meters and machines: what each channel read last at a time, as it was known then."""

from datetime import datetime, timedelta

import pytest

from tests.api.test_recording_readings import record, row
from tests.world import make_world
from twinql.domain.global_id import encode
from twinql.domain.instants import format_instant

STATE = """query ($id: ID!, $asOf: DateTime) { node(id: $id) { ... on Asset {
    state(asOf: $asOf) { channel { key unit } reading { id value observedAt } }
} } }"""
EVERYWHERE = """query ($asOf: DateTime) {
    meters { nodes { state(asOf: $asOf) { channel { key } reading { value } } } }
    machines { nodes { state(asOf: $asOf) { channel { key } reading { value } } } }
}"""


async def state(asker, as_of=None, asset="machine"):
    id_ = encode(asset.capitalize(), getattr(asker.world, asset))
    found = await asker.ask(STATE, id=id_, asOf=as_of and format_instant(as_of))
    return {each["channel"]["key"]: each["reading"] for each in found["node"]["state"]}


def values(state):
    return {key: reading and reading["value"] for key, reading in state.items()}


async def clock(asker):
    return await asker.context.database.pool.fetchval("select clock_timestamp()")


async def test_every_channel_in_use_tells_its_newest_reading(asker):
    await record(asker, *(row(asker, at=f"2026-03-01T12:0{minute}:00Z", value=20.0 + minute) for minute in range(3)))
    await record(asker, row(asker, "execution", at="2026-03-01T11:00:00Z", value=1))
    assert list(await state(asker)) == ["execution", "setpoint", "temperature"]
    assert values(await state(asker)) == {"execution": 1.0, "setpoint": None, "temperature": 22.0}
    assert values(await state(asker, asset="meter")) == {"energy": None, "register": None}


async def test_a_state_of_the_past_is_the_one_that_was_known(asker):
    before = await clock(asker)
    await record(asker, row(asker, value=20.0), row(asker, "setpoint", value=900.0))
    then = await clock(asker)
    await record(asker, row(asker, value=25.0), onConflict="CORRECT")
    await record(asker, row(asker, "setpoint", at="2026-03-01T13:00:00Z", value=950.0))
    assert set(values(await state(asker, before)).values()) == {None}
    assert values(await state(asker, then)) == {"execution": None, "setpoint": 900.0, "temperature": 20.0}
    assert values(await state(asker)) == {"execution": None, "setpoint": 950.0, "temperature": 25.0}
    past, present = [(await state(asker, at))["temperature"]["id"] for at in (then, None)]
    assert past != present


async def test_what_a_schedule_says_of_the_future_is_its_state_only_then(asker):
    await asker.context.database.pool.execute("update channels set schedule = true where key = 'setpoint'")
    now = asker.context.now.replace(microsecond=0)
    said = {1.0: now - timedelta(hours=1), 2.0: now + timedelta(hours=6)}
    await record(asker, *(row(asker, "setpoint", at=format_instant(at), value=value) for value, at in said.items()))
    assert values(await state(asker))["setpoint"] == 1.0
    assert values(await state(asker, now + timedelta(hours=7)))["setpoint"] == 2.0


async def test_a_channel_counts_until_it_is_taken_out_of_use(asker):
    await record(asker, row(asker))
    then = await clock(asker)
    await asker.changed("archiveChannel", "channel { key }", id=encode("Channel", asker.world.channels["temperature"]))
    assert "temperature" not in await state(asker)
    assert values(await state(asker, then))["temperature"] == 20.5


async def test_assets_are_asked_together_and_only_ones_own(asker, database_url, monkeypatch):
    # Where an answer takes long, others are let through in between, and what waits is split.
    monkeypatch.setattr("twinql.api.pace.SLICE_S", float("inf"))
    await record(asker, row(asker))
    await asker.context.database.pool.execute("""
        with made as (
            insert into assets (organisation_id, site_id, kind, name)
            select organisation_id, id, 'MACHINE', 'Mill ' || n from sites, generate_series(1, 7) as n
            returning id, organisation_id, site_id
        ),
        machines_made as (insert into machines (id, organisation_id) select id, organisation_id from made)
        insert into channels (
            organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind
        )
        select
            o.id, o.number, made.site_id, made.id, 'heat_' || n, 'Heat',
            'TEMPERATURE', 'DEGREE_CELSIUS', 'INSTANTANEOUS'
        from made join organisations as o on o.id = made.organisation_id cross join generate_series(1, 12) as n
    """)
    for as_of in (None, format_instant(await clock(asker))):
        found = await asker.ask(EVERYWHERE, asOf=as_of)
        told = [each for kind in found.values() for asset in kind["nodes"] for each in asset["state"]]
        assert (len(told), [each["reading"] for each in told if each["reading"]]) == (5 + 7 * 12, [{"value": 20.5}])
        # Both lists, the channels of all assets, and the newest readings of all channels.
        statements = await asker.statements(EVERYWHERE, asOf=as_of)
        assert len([each for each in statements if "twinql.membership()" not in each]) <= 6
    zenith = await make_world(database_url, "Zenith")
    theirs = await asker.as_user(zenith.owner).ask(STATE, id=encode("Machine", asker.world.machine))
    assert theirs["node"] is None


async def test_more_channels_than_can_be_told_as_a_whole_are_one_clear_error(asker, monkeypatch):
    monkeypatch.setattr("schema.state.MOST_CHANNELS", 2)
    code, message = await asker.refusal(STATE, id=encode("Machine", asker.world.machine))
    assert (code, message) == (
        "RANGE_TOO_LARGE",
        "It has more than 2 channels; page through `channels`, and ask for `latest`.",
    )


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_the_first_and_the_last_time_that_can_be_written_are_answered(asker, at):
    await record(asker, row(asker))
    assert values(await state(asker, datetime.fromisoformat(at)))["temperature"] == (20.5 if at > "2026" else None)
