"""What people do with alarms: acknowledge, comment, shelve, take out of service, and back."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.api.alarms import NOON, minutes, moved, raised, write
from twinql.domain.global_id import decode, encode

STANDS = (
    "alarm { state conditionHolds acknowledgedBy shelvedUntil closedAt transitions(first: 1) { action actor comment } }"
)


def operator(asker):
    return asker.as_user(asker.world.operator)


async def done(asker, mutation, alarm, **given):
    """Take a step as the operator, and return the alarm as it then stands."""
    return (await operator(asker).changed(mutation, STANDS, id=alarm, **given))["alarm"]


async def test_an_alarm_is_closed_once_it_is_acknowledged_and_its_condition_has_ended(asker):
    alarm = await raised(asker)
    stands = await done(asker, "acknowledgeAlarm", alarm, comment=" On my way. ")
    assert (stands["state"], stands["acknowledgedBy"]) == ("ACTIVE_ACKNOWLEDGED", "acme-operator")
    assert stands["transitions"] == [{"action": "ACKNOWLEDGED", "actor": "acme-operator", "comment": "On my way."}]
    await moved(asker, alarm, "RETURNED", at=NOON + minutes(1))
    again = (await asker.ask("query ($id: ID!) { alarm(id: $id) { state closedAt } }", id=alarm))["alarm"]
    assert again["state"] == "NORMAL"
    assert again["closedAt"] is not None


async def test_one_that_returned_unseen_waits_for_somebody(asker):
    alarm = await raised(asker)
    await moved(asker, alarm, "RETURNED", at=NOON + minutes(1))
    stands = await done(asker, "acknowledgeAlarm", alarm)
    assert (stands["state"], stands["conditionHolds"]) == ("NORMAL", False)
    assert await operator(asker).mistake("acknowledgeAlarm", id=alarm) == ("CONFLICT", "id")


async def test_a_step_that_is_not_known_where_it_stands_is_a_conflict_and_changes_nothing(asker):
    alarm = await raised(asker)
    await done(asker, "acknowledgeAlarm", alarm)
    before = await write(asker, "select * from alarms")
    for mutation in ("acknowledgeAlarm", "unshelveAlarm", "returnAlarmToService"):
        assert await operator(asker).mistake(mutation, id=alarm) == ("CONFLICT", "id")
    assert await write(asker, "select * from alarms") == before
    assert len(await write(asker, "select from alarm_transitions")) == 2


async def test_a_comment_is_kept_and_moves_nothing_also_on_a_closed_alarm(asker):
    alarm = await raised(asker)
    await done(asker, "acknowledgeAlarm", alarm)
    await moved(asker, alarm, "RETURNED", at=NOON + minutes(1))
    stands = await done(asker, "commentOnAlarm", alarm, comment="It was the coolant pump.")
    assert (stands["state"], stands["transitions"][0]["comment"]) == ("NORMAL", "It was the coolant pump.")
    assert await operator(asker).mistake("commentOnAlarm", id=alarm, comment=" ") == ("INVALID_INPUT", "comment")
    assert await operator(asker).mistake("commentOnAlarm", id=alarm, comment="x" * 2001) == ("INVALID_INPUT", "comment")


async def test_a_shelved_alarm_is_silent_for_a_time_and_then_stands_as_its_condition_does(asker):
    alarm = await raised(asker)
    stands = await done(asker, "shelveAlarm", alarm, **{"for": "PT2H"}, comment="Being cleaned.")
    assert stands["state"] == "SHELVED"
    left = datetime.fromisoformat(stands["shelvedUntil"]) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=55) < left <= timedelta(hours=2)
    await moved(asker, alarm, "RETURNED", at=NOON + minutes(1))
    stands = await done(asker, "unshelveAlarm", alarm)
    assert (stands["state"], stands["shelvedUntil"]) == ("RETURNED_UNACKNOWLEDGED", None)


async def test_one_is_shelved_until_a_time_and_longer_when_need_be(asker):
    alarm = await raised(asker)
    for hours in (1, 2):
        until = (datetime.now(UTC) + timedelta(hours=hours)).replace(microsecond=0)
        stands = await done(asker, "shelveAlarm", alarm, until=until.isoformat())
        assert datetime.fromisoformat(stands["shelvedUntil"]) == until


@pytest.mark.parametrize(
    "length",
    [{"for": "P8D"}, {"for": "PT0S"}, {"until": "2020-01-01T00:00:00Z"}, {"until": "2199-01-01T00:00:00Z"}],
)
async def test_nothing_is_shelved_for_longer_than_a_week_or_until_a_time_that_is_over(asker, length):
    alarm = await raised(asker)
    assert await operator(asker).mistake("shelveAlarm", id=alarm, **length) == ("INVALID_INPUT", *length)


@pytest.mark.parametrize("length", [{}, {"for": "PT1H", "until": "2199-01-01T00:00:00Z"}])
async def test_how_long_one_is_shelved_is_said_in_one_way(asker, length):
    alarm = await raised(asker)
    assert await operator(asker).mistake("shelveAlarm", id=alarm, **length) == ("INVALID_INPUT", "")


async def test_one_out_of_service_is_silent_until_it_is_returned(asker):
    alarm = await raised(asker)
    take = "takeAlarmOutOfService"
    assert await operator(asker).mistake(take, id=alarm, comment="") == ("INVALID_INPUT", "comment")
    stands = await done(asker, take, alarm, comment="The sensor is being replaced.")
    assert stands["state"] == "OUT_OF_SERVICE"
    assert await operator(asker).mistake("shelveAlarm", id=alarm, **{"for": "PT1H"}) == ("CONFLICT", "id")
    assert await operator(asker).mistake("acknowledgeAlarm", id=alarm) == ("CONFLICT", "id")
    stands = await done(asker, "returnAlarmToService", alarm)
    assert (stands["state"], stands["conditionHolds"]) == ("ACTIVE_UNACKNOWLEDGED", True)


async def test_several_are_acknowledged_each_with_its_own_outcome(asker):
    seen, unseen = await raised(asker), await raised(asker, cause="STALE")
    await done(asker, "acknowledgeAlarm", seen)
    ids = [seen, unseen, encode("Alarm", uuid4()), encode("Site", asker.world.site)]
    outcomes = (
        await operator(asker).changed(
            "acknowledgeAlarms", "outcomes { alarmId alarm { state } error { code path message } }", ids=ids
        )
    )["outcomes"]
    assert [each["alarmId"] for each in outcomes] == ids
    assert [each["error"] and each["error"]["code"] for each in outcomes] == [
        "CONFLICT",
        None,
        "NOT_FOUND",
        "INVALID_INPUT",
    ]
    assert [each["alarm"] for each in outcomes] == [None, {"state": "ACTIVE_ACKNOWLEDGED"}, None, None]
    for wrong in ([], [unseen] * 201):
        assert await operator(asker).mistake("acknowledgeAlarms", ids=wrong) == ("INVALID_INPUT", "ids")


STEPS = [
    ("acknowledgeAlarm", {}),
    ("commentOnAlarm", {"comment": "x"}),
    ("shelveAlarm", {"for": "PT1H"}),
    ("unshelveAlarm", {}),
    ("takeAlarmOutOfService", {"comment": "x"}),
    ("returnAlarmToService", {}),
]


async def test_what_is_no_alarm_is_told_as_one_that_nothing_has(asker):
    for mutation, more in STEPS:
        assert await asker.mistake(mutation, id=encode("Alarm", uuid4()), **more) == ("NOT_FOUND", "id")
        assert await asker.mistake(mutation, id=encode("Site", asker.world.site), **more) == ("INVALID_INPUT", "id")


async def test_the_life_of_an_alarm_is_never_changed(asker):
    alarm = await raised(asker)
    async with asker.context.database.transaction(asker.world.owner) as connection:
        for statement in ("update alarms set state = 'NORMAL'", "delete from alarm_transitions"):
            with pytest.raises(Exception, match="permission denied"):
                async with connection.transaction():
                    await connection.execute(statement)
    assert [each["id"] for each in await write(asker, "select id from alarms")] == [decode(alarm).key]
