"""`asOf`: what was known at a time, through the graph."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.test_recording_readings import channel_id, record, row
from tests.world import make_world
from twinql.domain.global_id import decode, encode
from twinql.domain.identity import Device
from twinql.domain.instants import format_instant

DURING = {"from": "2026-03-01T12:00:00Z", "until": "2026-03-01T12:04:00Z"}
OF_CHANNEL = """
    latest(asOf: $asOf) { ...known }
    readings(during: $during, orderBy: OLDEST_FIRST, asOf: $asOf) { totalCount nodes { ...known } }
    series(during: $during, asOf: $asOf) { values quality completeness { expected actual } }
    minutes: series(during: $during, bucket: PT15M, aggregate: MAX, asOf: $asOf) { values }
    statistics(during: $during, asOf: $asOf) { count max }
    gaps(during: $during, asOf: $asOf) { from until missing }
"""
KNOWN = f"""
fragment known on Reading {{ id value status recordedAt corrections {{ formerValue formerStatus }} }}
query ($id: ID!, $during: PeriodInput!, $asOf: DateTime) {{ channel(id: $id) {{ {OF_CHANNEL} }} }}
"""
AGAIN = "query ($id: ID!) { node(id: $id) { ... on Reading { id value channel { latest { value } } } } }"
CORRECT = """
mutation ($input: CorrectReadingInput!) { correctReading(input: $input) { reading { id value } userErrors { code } } }
"""


class Past:
    """One channel's readings, written in several steps, and the times between them."""

    def __init__(self, asker):
        self.asker, self.times = asker, []

    async def pause(self):
        self.times.append(await self.asker.context.database.pool.fetchval("select clock_timestamp()"))

    async def known(self, at, **during):
        found = await self.asker.ask(
            KNOWN, id=channel_id(self.asker, "temperature"), during={**DURING, **during}, asOf=at and format_instant(at)
        )
        return found["channel"]


@pytest.fixture
async def past(asker):
    """An estimate and a value; then its actual value and one more; a correction; and one that is deleted."""
    past = Past(asker)
    await past.pause()
    first = row(asker, at="2026-03-01T12:00:00Z", value=20.0)
    await record(asker, {**first, "status": "ESTIMATED"}, row(asker, at="2026-03-01T12:01:00Z", value=21.0))
    await past.pause()
    await record(asker, {**first, "value": 20.5}, row(asker, at="2026-03-01T12:03:00Z", value=23.0))
    await past.pause()
    await record(asker, row(asker, at="2026-03-01T12:01:00Z", value=99.0))  # a conflict, in which the first one is kept
    await record(asker, row(asker, at="2026-03-01T12:03:00Z", value=33.0), onConflict="CORRECT")
    await past.pause()
    await asker.context.database.pool.execute("delete from readings where value = 33")
    await past.pause()
    return past


async def test_everything_is_told_as_it_was_known(past):
    nothing, estimated, actual, corrected, deleted = [await past.known(at) for at in past.times]
    assert nothing["latest"] is None
    assert nothing["readings"] == {"totalCount": 0, "nodes": []}
    assert nothing["series"] == {"values": [], "quality": [], "completeness": {"expected": 4, "actual": 0}}
    assert nothing["statistics"] == {"count": 0, "max": None}
    assert [each["missing"] for each in nothing["gaps"]] == [4]
    assert estimated["series"]["values"] == [20.0, 21.0]
    assert estimated["series"]["quality"] == ["UNCERTAIN", "GOOD"]
    assert estimated["readings"]["nodes"][0]["status"] == "ESTIMATED"
    assert actual["series"]["values"] == [20.5, 21.0, 23.0]
    assert actual["latest"]["value"] == actual["statistics"]["max"] == 23.0
    assert [each["missing"] for each in actual["gaps"]] == [1]
    assert corrected["latest"]["value"] == 33.0
    assert corrected["minutes"]["values"] == [33.0]
    assert [deleted[each] for each in ("statistics", "gaps", "minutes")] == [
        (await past.known(None))[each] for each in ("statistics", "gaps", "minutes")
    ]
    assert [each["readings"]["totalCount"] for each in (estimated, actual, corrected, deleted)] == [2, 3, 3, 2]


async def test_what_is_said_of_a_reading_ends_at_that_time_too(past):
    _, estimated, actual, corrected, _ = [await past.known(at) for at in past.times]
    assert estimated["readings"]["nodes"][0]["corrections"] == []
    assert actual["readings"]["nodes"][0]["corrections"] == [{"formerValue": 20.0, "formerStatus": "ESTIMATED"}]
    assert (actual["latest"]["corrections"], len(corrected["latest"]["corrections"])) == ([], 1)
    assert estimated["readings"]["nodes"][0]["recordedAt"] < actual["readings"]["nodes"][0]["recordedAt"]


async def test_a_time_to_come_is_answered_with_what_is_known_now(past):
    later, now = await past.known(datetime.now(UTC) + timedelta(days=400)), await past.known(None)
    for each in (later, now):
        for reading in (each["latest"], *each["readings"]["nodes"]):
            del reading["id"]
    assert later == now


async def test_what_was_not_due_yet_is_not_missing(past):
    at = datetime(2026, 3, 1, 12, 2, tzinfo=UTC)
    found = await past.known(at)
    assert found["series"]["completeness"] == {"expected": 2, "actual": 0}
    assert found["gaps"] == [{"from": DURING["from"], "until": "2026-03-01T12:02:00Z", "missing": 2}]


async def test_a_reading_of_the_past_is_another_object_that_can_be_asked_for_again(past, asker):
    then, now = (await past.known(past.times[1]))["readings"]["nodes"][0], (await past.known(None))["readings"]["nodes"]
    assert then["id"] != now[0]["id"]
    again = (await asker.ask(AGAIN, id=then["id"]))["node"]
    assert again == {"id": then["id"], "value": 20.0, "channel": {"latest": {"value": 21.0}}}
    zenith = await make_world(asker.context.database.url, "Zenith")
    assert (await asker.as_user(zenith.owner).ask(AGAIN, id=then["id"]))["node"] is None
    changed = await asker.ask(CORRECT, input={"readingId": then["id"], "value": 5.0, "reason": "Misread"})
    assert changed["correctReading"] == {"reading": {"id": now[0]["id"], "value": 5.0}, "userErrors": []}
    assert (await asker.ask(AGAIN, id=then["id"]))["node"]["value"] == 20.0


async def test_a_device_sees_the_past_of_its_own_channels(past, asker):
    made = await asker.changed(
        "createApiKey", "apiKey { id }", name="Logger", channelIds=[channel_id(asker, "temperature")]
    )
    device = asker.as_user(Device(decode(made["apiKey"]["id"]).key))
    document = "query ($id: ID!, $asOf: DateTime) { channel(id: $id) { latest(asOf: $asOf) { value } } }"
    wanted = {"id": channel_id(asker, "temperature"), "asOf": format_instant(past.times[2])}
    assert (await device.ask(document, **wanted))["channel"]["latest"] == {"value": 23.0}
    assert (await device.ask(document, **{**wanted, "id": channel_id(asker, "energy")}))["channel"] is None


async def test_several_times_are_asked_for_beside_each_other_and_channels_together(past, asker):
    document = """query ($early: DateTime!, $late: DateTime!) { machines { nodes { channels { nodes {
        early: latest(asOf: $early) { value } late: latest(asOf: $late) { value } latest { value }
    } } } } }"""
    early, late = format_instant(past.times[1]), format_instant(past.times[3])
    found = await asker.ask(document, early=early, late=late)
    (channel,) = [each for each in found["machines"]["nodes"][0]["channels"]["nodes"] if each["late"]]
    assert [channel[each]["value"] for each in ("early", "late", "latest")] == [21.0, 33.0, 21.0]
    # The machines, their channels, and one statement for each time, however many channels there are.
    statements = await asker.statements(document, early=early, late=late)
    assert len([each for each in statements if "twinql.membership()" not in each]) == 5


async def test_what_a_schedule_had_told_of_the_future_was_known(asker):
    document = "query ($id: ID!, $asOf: DateTime) { channel(id: $id) { latest(asOf: $asOf) { value } } }"
    await record(asker, row(asker, "price", at="2027-06-01T00:30:00Z", value=0.21))
    then = await asker.context.database.pool.fetchval("select clock_timestamp()")
    await record(asker, row(asker, "price", at="2027-06-01T01:00:00Z", value=0.22))
    wanted = {"id": channel_id(asker, "price"), "asOf": format_instant(then)}
    assert (await asker.ask(document, **wanted))["channel"]["latest"] == {"value": 0.21}
    assert (await asker.ask(document, **{**wanted, "asOf": None}))["channel"]["latest"] == {"value": 0.22}


@pytest.mark.parametrize("at", ["2026-03-01T12:00:00", "yesterday", 5])
async def test_a_time_that_is_none_is_one_clear_error(asker, at):
    document = "query ($id: ID!, $asOf: DateTime) { channel(id: $id) { latest(asOf: $asOf) { value } } }"
    _, message = await asker.refusal(document, id=encode("Channel", asker.world.channels["energy"]), asOf=at)
    assert message.endswith(".")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_the_first_and_the_last_time_that_can_be_written_are_answered(past, at):
    found = await past.known(datetime.fromisoformat(at))
    assert found["statistics"]["count"] == (2 if at > "2026" else 0)
