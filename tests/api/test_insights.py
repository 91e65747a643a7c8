"""What a person should look at on a site now, asked through the graph and followed down to readings."""

from datetime import timedelta

from tests.api.alarms import evidence_of, moved, raised, write
from tests.api.noon import NOW, change, store
from twinql.domain.global_id import encode

INSIGHTS = """
query ($id: ID!, $first: Int = 20) {
  site(id: $id) {
    insights(first: $first) {
      kind urgency message reason since
      channel { key } asset { name }
      node { __typename id }
      evidence { code value threshold unit from until channel { key } readings { nodes { id value observedAt } } }
    }
  }
}
"""
REFUSE = """
insert into rejected_readings (organisation_id, channel_id, reference, observed_at, value, code, message, source)
select organisation_id, id, key, n::text, 'x', 'INVALID_VALUE', 'This is no number; send one.', 'API'
from channels, generate_series(1, 3) as n where id = $1
"""
CALIBRATE = """
insert into calibrations (organisation_id, channel_id, performed_at, valid_until, performed_by, recorded_by)
select organisation_id, id, $2, $3, 'Laboratory', 'me' from channels where id = $1
"""


async def look(asker, **variables):
    answer = await asker.ask(INSIGHTS, id=encode("Site", asker.world.site), **variables)
    return answer["site"]["insights"]


async def fresh(asker, *keys):
    """Let channels be read each minute of the last two hours, so that nothing is wrong with them."""
    for key in keys:
        await change(asker, key, "resolution_seconds = 60")
        await store(asker, key, range(1, 122), [20 + minute % 3 for minute in range(121)])


async def test_a_site_where_nothing_was_ever_read_has_nothing_to_look_at(asked):
    assert await look(asked) == []


async def test_what_is_most_urgent_comes_first_and_every_number_leads_to_readings(asked):
    await fresh(asked, "temperature")
    await write(
        asked, CALIBRATE, asked.world.channels["temperature"], NOW - timedelta(days=400), NOW - timedelta(days=1)
    )
    await write(asked, REFUSE, asked.world.channels["price"])
    seen = NOW - timedelta(minutes=3)
    shown = [evidence_of(asked.world.channels["temperature"], first=seen, last=seen, value=22.0)]
    alarm = await raised(asked, at=seen, evidence=shown)
    found = await look(asked)
    assert [(each["kind"], each["urgency"], each["node"]["__typename"]) for each in found] == [
        ("ALARM", "HIGH", "Alarm"),
        ("CALIBRATION", "MEDIUM", "Calibration"),
        ("REJECTED_READINGS", "MEDIUM", "RejectedReading"),
    ]
    first, calibration, refused = found
    assert first["node"]["id"] == alarm
    assert (first["channel"]["key"], first["since"]) == ("temperature", "2026-03-01T11:57:00Z")
    (number,) = first["evidence"]
    assert [each["value"] for each in number["readings"]["nodes"]] == [number["value"]] == [22.0]
    assert (calibration["since"], calibration["evidence"]) == ("2026-02-28T12:00:00Z", [])
    assert "3 readings were refused" in refused["message"]
    assert await look(asked, first=1) == [first]


async def test_what_is_acknowledged_is_less_urgent_and_what_is_shelved_or_closed_is_not_told(asked):
    await fresh(asked, "temperature")
    alarm = await raised(asked, at=NOW)
    assert [each["urgency"] for each in await look(asked)] == ["HIGH"]
    await moved(asked, alarm, "ACKNOWLEDGED")
    assert [each["urgency"] for each in await look(asked)] == ["MEDIUM"]
    await moved(asked, alarm, "RETURNED", at=NOW)
    assert await look(asked) == []


async def test_a_channel_that_fell_silent_is_told_once_by_its_health_or_by_its_alarm(asked):
    await change(asked, "temperature", "resolution_seconds = 60")
    await store(asked, "temperature", range(100, 121), [20.0] * 21)
    (silent,) = await look(asked)
    assert [each["value"] for each in silent["evidence"][0]["readings"]["nodes"]] == [20.0]
    assert silent["since"] == silent["evidence"][0]["readings"]["nodes"][0]["observedAt"]
    assert (silent["kind"], silent["urgency"], silent["node"]["__typename"]) == ("HEALTH", "HIGH", "Channel")
    await raised(asked, cause="STALE", at=NOW)
    found = await look(asked)
    assert [each["kind"] for each in found if "DEAD" in str(each["evidence"]) or each["kind"] == "ALARM"] == ["ALARM"]


async def test_how_many_are_wanted_is_bounded(asked):
    for first in (0, 101):
        answer = await asked.answer(INSIGHTS, id=encode("Site", asked.world.site), first=first)
        assert "1 to 100" in answer.errors[0]["message"]


async def test_a_task_that_is_overdue_is_told_until_it_is_done(asked):
    given = {"assetId": encode("Machine", asked.world.machine), "kind": "SERVICE"}
    due = {name: (NOW - timedelta(days=days)).isoformat() for name, days in (("Oil it", 3), ("Clean it", 9))}
    plan = (NOW + timedelta(days=1)).isoformat()
    for title, more in (("Oil it", {}), ("Clean it", {"scheduledFor": plan}), ("Paint it", {})):
        await asked.changed(
            "createMaintenanceTask", "task { id }", title=title, **given, **more,
            **({"dueAt": due[title]} if title in due else {"dueAt": plan}),
        )  # fmt: skip
    found = await look(asked)
    assert [(each["kind"], each["urgency"], each["message"]) for each in found] == [
        ("MAINTENANCE", "MEDIUM", "Mill: “Oil it” is overdue by 3 d."),
        ("MAINTENANCE", "LOW", "Mill: “Clean it” is overdue by 9 d."),
    ]
    assert (found[0]["since"], found[0]["node"]["__typename"]) == ("2026-02-26T12:00:00Z", "MaintenanceTask")
    done = {"doneAt": NOW.isoformat(), "doneBy": "Rosa"}
    await asked.changed("completeMaintenanceTask", "task { id }", id=found[0]["node"]["id"], **done)
    assert [each["urgency"] for each in await look(asked)] == ["LOW"]
    passed = {"title": "Grease it", "scheduledFor": (NOW - timedelta(days=20)).isoformat()}
    await asked.changed("createMaintenanceTask", "task { id }", **given, **passed)
    missed = (await look(asked))[0]
    assert (missed["urgency"], missed["message"]) == ("MEDIUM", "Mill: “Grease it” is overdue by 20 d.")
    assert missed["reason"] == "It was planned, and nobody has said that it was done."
