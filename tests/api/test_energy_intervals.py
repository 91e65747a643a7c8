"""What a channel counted, interval by interval, with the readings and events it rests on."""

from datetime import UTC, datetime, timedelta

import pytest

from twinql.domain.global_id import encode

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
INSERT = """
insert into readings (channel_number, organisation_number, observed_at, value, quality)
select c.number, c.organisation_number, r.observed_at, nullif(r.value, 'NaN'), r.quality::reading_quality
from channels as c, unnest($2::timestamptz[], $3::float8[], $4::text[]) as r (observed_at, value, quality)
where c.id = $1
"""
EVENT = """
insert into register_events (organisation_id, channel_id, at, type, final_value, start_value, recorded_by)
select organisation_id, id, $2, 'EXCHANGE', $3, $4, 'somebody' from channels where id = $1
"""
DOCUMENT = """
query ($id: ID!, $during: PeriodInput!, $first: Int, $after: String, $asOf: DateTime) {
  channel(id: $id) {
    intervals(during: $during, first: $first, after: $after, asOf: $asOf) {
      nodes {
        from until amount unit quality marks reason
        startReading { value } endReading { value observedAt } events { finalValue startValue }
      }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


class Register:
    """A register that is read every quarter of an hour."""

    def __init__(self, asker, key="register"):
        self.asker, self.channel, self.pool = asker, asker.world.channels[key], asker.context.database.pool

    async def write(self, *readings):
        """Insert (quarters after noon, value) or (quarters, value, quality)."""
        rows = [(NOON + QUARTER * each[0], float(each[1]), (*each, "GOOD")[2]) for each in readings]
        await self.pool.execute(INSERT, self.channel, *map(list, zip(*rows, strict=True)))

    def variables(self, until=8, **more):
        during = {"from": NOON.isoformat(), "until": (NOON + QUARTER * until).isoformat()}
        return {"id": encode("Channel", self.channel), "during": during, **more}

    async def page(self, **more):
        answer = await self.asker.ask(DOCUMENT, **self.variables(**more))
        return answer["channel"]["intervals"]

    async def intervals(self, **more):
        return (await self.page(**more))["nodes"]


@pytest.fixture
def register(asker):
    return Register(asker)


async def test_an_interval_has_its_exact_amount_and_both_readings(register):
    await register.pool.execute("update channels set multiplier = 40 where key = 'register'")
    await register.write((-1, 1), (0, 2), (1, 2.1))
    [interval] = await register.intervals()
    assert interval == {
        "from": "2026-03-01T12:00:00Z",
        "until": "2026-03-01T12:15:00Z",
        "amount": "4",
        "unit": "KILOWATT_HOUR",
        "quality": "GOOD",
        "marks": [],
        "reason": None,
        "startReading": {"value": 2.0},
        "endReading": {"value": 2.1, "observedAt": "2026-03-01T12:15:00Z"},
        "events": [],
    }


async def test_a_fall_is_unknown_until_an_event_tells_of_it(register):
    await register.write((0, 500), (1, 3))
    before = await register.pool.fetchval("select clock_timestamp()")
    [fall] = await register.intervals()
    assert (fall["amount"], fall["quality"], fall["marks"]) == (None, "UNCERTAIN", ["UNKNOWN"])
    assert fall["reason"] == "It fell, and nothing says what it counted; recordRegisterEvent makes it known."
    await register.pool.execute(EVENT, register.channel, NOON + timedelta(minutes=5), 501.25, 2.0)
    old, new = await register.intervals()
    event = {"finalValue": 501.25, "startValue": 2.0}
    assert (old["amount"], old["startReading"], old["endReading"], old["events"]) == (
        "1.25",
        {"value": 500},
        None,
        [event],
    )
    assert (new["amount"], new["startReading"], new["events"]) == ("1", None, [event])
    assert new["marks"] == ["EVENT"]
    [known_before] = await register.intervals(asOf=before.isoformat())
    assert known_before["marks"] == ["UNKNOWN"]


async def test_an_event_that_later_readings_contradict_is_said_to(register):
    await register.write((0, 500), (1, 3))
    await register.pool.execute(EVENT, register.channel, NOON + timedelta(minutes=5), 499.0, 2.0)
    old, new = await register.intervals()
    assert (old["amount"], set(old["marks"]), new["amount"]) == (None, {"UNKNOWN", "EVENT"}, "1")
    assert old["reason"].startswith("The register event contradicts what was read beside it; retract the event")


async def test_evidence_is_that_of_the_time_too(register):
    await register.write((0, 1), (1, 2))
    before = await register.pool.fetchval("select clock_timestamp()")
    await register.pool.execute("update readings set value = 2.5, recorded_at = now() where value = 2")
    [now] = await register.intervals()
    [then] = await register.intervals(asOf=before.isoformat())
    assert (now["amount"], now["endReading"]["value"]) == ("1.5", 2.5)
    assert (then["amount"], then["endReading"]["value"]) == ("1", 2.0)


async def test_estimates_and_long_stretches_say_so(register):
    await register.write((0, 1), (1, 2, "ESTIMATED"), (4, 5), (5, 9, "BAD"))
    estimated, long = await register.intervals()
    assert estimated["marks"] == ["ESTIMATED"]
    assert long["marks"] == ["LONG", "ESTIMATED"]
    assert (long["quality"], long["amount"]) == ("UNCERTAIN", "3")


async def test_pages_follow_each_other_without_a_hole(register):
    await register.write(*((place, place * place) for place in range(41)))
    found, cursor = [], None
    for _ in range(6):
        page = await register.page(until=40, first=7, after=cursor)
        assert page["pageInfo"]["hasPreviousPage"] is (cursor is not None)
        found += page["nodes"]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert [each["amount"] for each in found] == [str(2 * place + 1) for place in range(40)]


async def test_a_page_of_a_register_that_is_seldom_read_is_found(register):
    await register.pool.execute("update channels set resolution_seconds = null where key = 'register'")
    await register.write(*((place * 3_000, place) for place in range(6)))
    page = await register.page(until=20_000, first=3)
    assert [each["amount"] for each in page["nodes"]] == ["1"] * 3
    assert page["pageInfo"]["hasNextPage"]
    assert {"LONG"} == {mark for each in page["nodes"] for mark in each["marks"]}


async def test_an_interval_channel_tells_by_its_readings(asker):
    energy = Register(asker, "energy")
    await energy.write((2, 0.5), (4, 0.25))
    first, second = await energy.intervals()
    assert (first["from"], first["until"], first["amount"]) == ("2026-03-01T12:00:00Z", "2026-03-01T12:30:00Z", "0.5")
    assert (second["startReading"], second["endReading"]["value"]) == (None, 0.25)


@pytest.mark.parametrize("key", ["temperature", "execution", "price"])
async def test_what_counts_nothing_has_no_intervals(asker, key):
    assert await Register(asker, key).page() is None


async def test_a_page_of_evidence_is_loaded_in_a_few_statements(register):
    await register.write(*((place, place) for place in range(41)))
    asked = await register.asker.statements(DOCUMENT, **register.variables(until=40))
    assert len(asked) <= 6


async def test_a_cursor_of_another_list_is_refused(register):
    code, message = await register.asker.refusal(DOCUMENT, **register.variables(after="WyJhIl0"))
    assert code == "BAD_USER_INPUT"
    assert message.startswith("This cursor does not belong to this list")
