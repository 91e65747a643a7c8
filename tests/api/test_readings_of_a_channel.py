"""A channel's readings one by one: paged, ordered and held to a period."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.world import make_world
from twinql.domain.global_id import encode

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_INSERT = """
insert into readings (observed_at, value, channel_number, organisation_number, quality)
select $2::timestamptz + n * $3::interval, n, c.number, c.organisation_number, 'GOOD'
from channels as c, generate_series(0, $4::int4 - 1) as n
where c.id = $1
"""
PAGE = """query ($id: ID!, $during: PeriodInput, $order: ReadingOrder! = NEWEST_FIRST,
        $first: Int, $after: String, $last: Int, $before: String) {
    channel(id: $id) { readings(
        during: $during, orderBy: $order, first: $first, after: $after, last: $last, before: $before
    ) {
        totalCount nodes { id value observedAt intervalStart unit label quality status }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }
}"""


@pytest.fixture
async def read(asker):
    """Ten minutes of a temperature and ten half hours of an energy."""
    pool = asker.context.database.pool
    await pool.fetchval("select twinql.prepare_readings($1, $1)", BEGIN)
    for key, step in (("temperature", timedelta(minutes=1)), ("energy", timedelta(minutes=30))):
        await pool.execute(_INSERT, asker.world.channels[key], BEGIN, step, 10)
    return asker


async def readings(asker, key="temperature", **arguments):
    found = await asker.ask(PAGE, id=encode("Channel", asker.world.channels[key]), **arguments)
    return found["channel"]["readings"]


def values(page):
    return [each["value"] for each in page["nodes"]]


async def test_the_newest_come_first_unless_the_oldest_are_asked_for(read):
    newest = await readings(read)
    assert values(newest) == list(range(9, -1, -1))
    assert newest["totalCount"] == 10
    assert values(await readings(read, order="OLDEST_FIRST")) == list(range(10))


async def test_readings_are_paged_both_ways(read):
    for order in ("NEWEST_FIRST", "OLDEST_FIRST"):
        whole = values(await readings(read, order=order))
        first = await readings(read, order=order, first=4)
        second = await readings(read, order=order, first=4, after=first["pageInfo"]["endCursor"])
        third = await readings(read, order=order, first=4, after=second["pageInfo"]["endCursor"])
        assert [*values(first), *values(second), *values(third)] == whole
        assert [each["pageInfo"]["hasNextPage"] for each in (first, second, third)] == [True, True, False]
        back = await readings(read, order=order, last=4, before=third["pageInfo"]["startCursor"])
        assert values(back) == values(second)
        assert values(await readings(read, order=order, last=2)) == whole[-2:]


async def test_instants_belong_to_the_period_in_which_they_begin_and_intervals_by_their_end(read):
    during = {"from": "2026-03-01T00:02:00Z", "until": "2026-03-01T00:05:00Z"}
    instants = await readings(read, during=during, order="OLDEST_FIRST")
    assert (values(instants), instants["totalCount"]) == ([2, 3, 4], 3)
    during = {"from": "2026-03-01T01:00:00Z", "until": "2026-03-01T02:30:00+00:00"}
    intervals = await readings(read, "energy", during=during, order="OLDEST_FIRST")
    assert (values(intervals), intervals["totalCount"]) == ([3, 4, 5], 3)
    assert [each["intervalStart"] for each in intervals["nodes"]] == [
        "2026-03-01T01:00:00Z", "2026-03-01T01:30:00Z", "2026-03-01T02:00:00Z",
    ]  # fmt: skip


async def test_a_reading_shows_its_unit_and_can_be_asked_for_again(read):
    (newest,) = (await readings(read, first=1))["nodes"]
    assert {**newest, "id": None} == {
        "id": None, "value": 9, "observedAt": "2026-03-01T00:09:00Z", "intervalStart": None,
        "unit": "DEGREE_CELSIUS", "label": None, "quality": "GOOD", "status": "ACTUAL",
    }  # fmt: skip
    document = "query ($id: ID!) { node(id: $id) { ... on Reading { value channel { key latest { id } } } } }"
    again = (await read.ask(document, id=newest["id"]))["node"]
    assert again == {"value": 9, "channel": {"key": "temperature", "latest": {"id": newest["id"]}}}
    zenith = await make_world(read.context.database.url, "Zenith")
    assert (await read.as_user(zenith.owner).ask(document, id=newest["id"]))["node"] is None


async def test_a_channel_without_readings_has_no_latest_and_an_empty_page(asker):
    empty = await readings(asker, "register")
    assert (empty["nodes"], empty["totalCount"]) == ([], 0)
    latest = await asker.ask(
        "query ($id: ID!) { channel(id: $id) { latest { id } } }",
        id=encode("Channel", asker.world.channels["register"]),
    )
    assert latest["channel"]["latest"] is None


async def test_a_page_or_period_that_cannot_be_is_one_clear_error(read, subtests):
    key = encode("Channel", read.world.channels["temperature"])
    same = "2026-03-01T00:00:00Z"
    wrong = [
        ({"first": 2001}, "BAD_USER_INPUT"),
        ({"first": -1}, "BAD_USER_INPUT"),
        ({"after": "nonsense"}, "BAD_USER_INPUT"),
        ({"after": "WyJ4Il0"}, "BAD_USER_INPUT"),
        ({"during": {"from": same, "until": same}}, "BAD_USER_INPUT"),
        ({"during": {"from": "2026-03-02T00:00:00Z", "until": same}}, "BAD_USER_INPUT"),
        ({"during": {"from": "2026-03-01T00:00:00", "until": same}}, "BAD_USER_INPUT"),
        ({"during": {"from": "yesterday", "until": same}}, "BAD_USER_INPUT"),
        ({"during": {"from": same, "until": 5}}, "BAD_USER_INPUT"),
    ]
    for arguments, code in wrong:
        with subtests.test(str(arguments)):
            found, message = await read.refusal(PAGE, id=key, **arguments)
            assert found in (code, "BAD_REQUEST")
            assert message.endswith(".")


async def test_a_period_may_reach_beyond_all_that_is_kept(read):
    during = {"from": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z"}
    assert (await readings(read, during=during))["totalCount"] == 10


async def test_the_readings_of_many_channels_take_one_statement(read):
    document = "{ machines { nodes { channels { nodes { key readings(first: 3) { nodes { value } } } } } } }"
    asked = await read.statements(document)
    assert len([each for each in asked if "twinql.membership" not in each]) == 1
