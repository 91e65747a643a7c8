"""A text that Postgres cannot hold is told in one sentence, wherever it is sent, and changes nothing."""

import pytest

from twinql.domain.global_id import encode

SENTENCE = "A text holds a character that cannot be stored (U+0000); remove it."


@pytest.mark.parametrize(
    "document",
    [
        '{ sites(filter: { search: "a\\u0000" }) { totalCount nodes { id } } }',
        '{ meters(filter: { search: "a\\u0000" }) { nodes { id } } }',
        '{ meter(serialNumber: "a\\u0000") { id } }',
    ],
)
async def test_in_a_question(asker, document):
    assert await asker.refusal(document) == ("BAD_USER_INPUT", SENTENCE)


async def test_in_a_correction(asker):
    channel = encode("Channel", asker.world.channels["temperature"])
    row = {"channelId": channel, "observedAt": "2026-03-01T12:00:00Z", "value": 20.0}
    await asker.changed("recordReadings", "summary { recorded }", readings=[row])
    changed = {"readings": [{**row, "value": 21.0}], "onConflict": "CORRECT", "reason": "be\0cause"}
    payload = await asker.change("recordReadings", "summary { corrected }", **changed)
    assert payload["summary"] is None
    assert [each["message"] for each in payload["userErrors"]] == [SENTENCE]
    latest = await asker.ask("query ($id: ID!) { channel(id: $id) { latest { value } } }", id=channel)
    assert latest["channel"]["latest"]["value"] == 20.0


async def test_in_a_row_that_is_kept_because_it_was_refused(asker):
    row = {"channelId": "no\0channel", "observedAt": "2026-03-01T12:00:00Z", "value": 20.0}
    payload = await asker.changed("recordReadings", "outcomes { code }", readings=[row])
    assert payload["outcomes"] == [{"code": "UNKNOWN_CHANNEL"}]
    listed = await asker.ask("{ rejectedReadings { nodes { reference } } }")
    assert listed["rejectedReadings"]["nodes"] == [{"reference": "no\ufffdchannel"}]
