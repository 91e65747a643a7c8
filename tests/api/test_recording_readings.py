"""Readings recorded, corrected and mended through the graph."""

import asyncio

import pytest

from tests.world import make_world
from twinql.domain.global_id import decode, encode
from twinql.domain.identity import Device

RECORD = """
mutation ($input: RecordReadingsInput!) {
  recordReadings(input: $input) {
    summary { recorded duplicate conflict corrected rejected }
    outcomes { index outcome value storedValue code message readingId }
    userErrors { code message path }
  }
}
"""
LATEST = "query ($id: ID!) { channel(id: $id) { latest { id value quality status source } } }"


def channel_id(asker, key):
    return encode("Channel", asker.world.channels[key])


def row(asker, key="temperature", at="2026-03-01T12:00:00Z", value=20.5, **more):
    return {"channelId": channel_id(asker, key), "observedAt": at, "value": value, **more}


async def record(asker, *rows, **how):
    return (await asker.ask(RECORD, input={"readings": list(rows), **how}))["recordReadings"]


async def test_every_row_is_told_what_became_of_it(asker):
    await record(asker, row(asker), row(asker, at="2026-03-01T12:01:00Z", value=21.0))
    answer = await record(
        asker,
        row(asker),
        row(asker, at="2026-03-01T12:01:00Z", value=22.0),
        row(asker, at="2026-03-01T12:02:00Z", value=23.0),
        {**row(asker), "channelId": encode("Channel", asker.world.site)},
    )
    assert [each["outcome"] for each in answer["outcomes"]] == ["DUPLICATE", "CONFLICT", "RECORDED", "REJECTED"]
    assert answer["outcomes"][1]["value"] == 22.0
    assert answer["outcomes"][1]["storedValue"] == 21.0
    assert answer["outcomes"][3]["code"] == "UNKNOWN_CHANNEL"
    assert answer["summary"] == {"recorded": 1, "duplicate": 1, "conflict": 1, "corrected": 0, "rejected": 1}


async def test_what_devices_read_is_told_from_what_people_write(asker):
    (error,) = (await record(asker, row(asker), source="DEVICE"))["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["source"])
    key = await asker.changed(
        "createApiKey", "apiKey { id }", name="Probe", channelIds=[channel_id(asker, "temperature")]
    )
    device = asker.as_user(Device(decode(key["apiKey"]["id"]).key))
    for at, how, source in (("12:00", {}, "DEVICE"), ("12:01", {"source": "MANUAL"}, "MANUAL")):
        await record(device, row(asker, at=f"2026-03-01T{at}:00Z"), **how)
        told = await asker.ask(LATEST, id=channel_id(asker, "temperature"))
        assert told["channel"]["latest"]["source"] == source


async def test_a_value_in_another_unit_is_stored_in_the_channels_own(asker):
    answer = await record(
        asker, row(asker, value=212.0, unit="DEGREE_FAHRENHEIT"), row(asker, at="2026-03-01T12:05:00Z", unit="VOLT")
    )
    assert answer["outcomes"][0]["value"] == pytest.approx(100.0)
    assert (answer["outcomes"][1]["outcome"], answer["outcomes"][1]["code"]) == ("REJECTED", "UNIT_MISMATCH")
    assert answer["outcomes"][1]["message"] == (
        "VOLT does not fit a channel in DEGREE_CELSIUS; "
        "send the value in one of DEGREE_CELSIUS, DEGREE_FAHRENHEIT, KELVIN."
    )


@pytest.mark.parametrize(
    ("at", "code"),
    [("0001-01-01T00:00:00Z", "TOO_OLD"), ("9999-12-31T23:59:59Z", "IN_FUTURE"), ("2099-01-01T00:00:00Z", "IN_FUTURE")],
)
async def test_a_time_out_of_all_bounds_rejects_its_row_alone(asker, at, code):
    answer = await record(asker, row(asker, at=at), row(asker))
    assert [each["outcome"] for each in answer["outcomes"]] == ["REJECTED", "RECORDED"]
    assert answer["outcomes"][0]["code"] == code


async def test_a_schedule_may_speak_of_tomorrow(asker):
    await asker.context.database.pool.execute("update channels set schedule = true where key = 'price'")
    answer = await record(asker, row(asker, "price", at="2027-06-01T00:30:00Z", value=0.21))
    assert answer["summary"]["recorded"] == 1


@pytest.mark.parametrize(
    ("readings", "said"), [(0, "There is nothing to record"), (10_001, "At most 10,000 readings are taken at once")]
)
async def test_too_few_or_too_many_rows_are_one_clear_error(asker, readings, said):
    answer = await record(asker, *[row(asker)] * readings)
    (error,) = answer["userErrors"]
    assert error["code"] == "INVALID_INPUT"
    assert error["path"] == ["readings"]
    assert error["message"].startswith(said)


async def test_a_time_without_an_offset_is_refused_before_anything_is_stored(asker):
    answer = await asker.answer(RECORD, input={"readings": [row(asker, at="2026-03-01T12:00:00")]})
    assert "with Z or an offset such as +01:00" in answer.errors[0]["message"]
    assert answer.data is None


async def test_a_correction_needs_a_reason_and_keeps_the_former_value(asker):
    recorded = await record(asker, row(asker))
    reading = recorded["outcomes"][0]["readingId"]
    document = """
    mutation ($input: CorrectReadingInput!) {
      correctReading(input: $input) {
        reading { value status quality corrections { formerValue reason correctedBy } } userErrors { code path }
      }
    }
    """
    refused = await asker.ask(document, input={"readingId": reading, "value": 25.0, "reason": " "})
    assert refused["correctReading"]["userErrors"] == [{"code": "INVALID_INPUT", "path": ["reason"]}]
    answer = await asker.ask(document, input={"readingId": reading, "value": 25.0, "reason": "Misread"})
    assert answer["correctReading"]["reading"] == {
        "value": 25.0,
        "status": "EDITED",
        "quality": "GOOD",
        "corrections": [{"formerValue": 20.5, "reason": "Misread", "correctedBy": "acme-owner"}],
    }


async def test_a_rejected_reading_is_listed_mended_and_recorded(asker):
    await record(asker, row(asker, at="2099-01-01T00:00:00Z"))
    listed = "{ rejectedReadings { nodes { id code message observedAt value channel { key } } totalCount } }"
    (rejected,) = (await asker.ask(listed))["rejectedReadings"]["nodes"]
    assert (rejected["code"], rejected["observedAt"], rejected["value"]) == (
        "IN_FUTURE",
        "2099-01-01T00:00:00Z",
        "20.5",
    )
    assert rejected["channel"] == {"key": "temperature"}
    document = """
    mutation ($input: ResubmitRejectedReadingInput!) {
      resubmitRejectedReading(input: $input) { outcome { outcome } rejectedReading { resolvedAt } userErrors { code } }
    }
    """
    mended = {"id": rejected["id"], "reading": row(asker, at="2026-03-01T00:00:00Z")}
    answer = (await asker.ask(document, input=mended))["resubmitRejectedReading"]
    assert answer["outcome"] == {"outcome": "RECORDED"}
    assert answer["rejectedReading"]["resolvedAt"]
    assert (await asker.ask(listed))["rejectedReadings"]["totalCount"] == 0
    again = (await asker.ask(document, input=mended))["resubmitRejectedReading"]
    assert again["userErrors"] == [{"code": "NOT_FOUND"}]


async def test_of_several_who_mend_the_same_reading_one_does(asker):
    await record(asker, row(asker, at="2099-01-01T00:00:00Z"))
    (rejected,) = (await asker.ask("{ rejectedReadings { nodes { id } } }"))["rejectedReadings"]["nodes"]
    document = """
    mutation ($input: ResubmitRejectedReadingInput!) {
      resubmitRejectedReading(input: $input) { outcome { outcome } rejectedReading { resolvedAt } userErrors { code } }
    }
    """
    again = {"id": rejected["id"], "reading": row(asker, at="2098-01-01T00:00:00Z")}
    refused = (await asker.ask(document, input=again))["resubmitRejectedReading"]
    assert (refused["outcome"]["outcome"], refused["rejectedReading"]["resolvedAt"]) == ("REJECTED", None)
    mended = [{"id": rejected["id"], "reading": row(asker, at=f"2026-03-01T00:0{step}:00Z")} for step in range(6)]
    answers = await asyncio.gather(*(asker.ask(document, input=each) for each in mended))
    outcomes = [answer["resubmitRejectedReading"]["outcome"] for answer in answers]
    assert sorted(str(each) for each in outcomes) == ["None"] * 5 + ["{'outcome': 'RECORDED'}"]


async def test_a_viewer_may_not_record_and_a_strangers_channel_is_as_unknown_as_any(asker, database_url):
    code, message = await asker.as_user(asker.world.viewer).refusal(RECORD, input={"readings": [row(asker)]})
    assert code == "FORBIDDEN"
    assert "OPERATOR" in message
    stranger = await make_world(database_url, "Rival")
    foreign = await record(asker.as_user(stranger.owner), row(asker))
    unknown = await record(asker.as_user(stranger.owner), {**row(asker), "channelId": "nonsense"})
    assert foreign["outcomes"][0]["message"] == unknown["outcomes"][0]["message"]


async def test_a_dry_run_stores_nothing(asker):
    answer = await record(asker, row(asker), dryRun=True)
    assert answer["summary"]["recorded"] == 1
    assert (await asker.ask(LATEST, id=channel_id(asker, "temperature")))["channel"]["latest"] is None


async def test_the_greatest_values_that_are_taken_can_be_added_up(asker):
    rows = [
        row(asker, at=f"2026-03-01T12:0{minute}:00Z", value=value)
        for minute, value in enumerate([1e100, -1e100, 1e100])
    ]
    beyond = [row(asker, at="2026-03-01T12:08:00Z", value=1.7e308), row(asker, at="2026-03-01T12:09:00Z", value=-1e101)]
    answer = await record(asker, *rows, *beyond)
    assert [each["code"] for each in answer["outcomes"]] == [None] * 3 + ["INFINITE_VALUE"] * 2
    document = """
    query ($id: ID!, $during: PeriodInput!) {
      channel(id: $id) {
        statistics(during: $during) { count mean standardDeviation }
        series(during: $during, bucket: DAY, unit: KELVIN) { values }
      }
    }
    """
    during = {"from": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00Z"}
    found = (await asker.ask(document, id=channel_id(asker, "temperature"), during=during))["channel"]
    assert found["statistics"]["count"] == 3
    assert found["statistics"]["mean"] == pytest.approx(1e100 / 3)
    assert len(found["series"]["values"]) == 2
