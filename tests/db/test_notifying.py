"""Whoever is to be told of an alarm is told at least once, in time, and it is written down what became of it."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from email.headerregistry import Address

import asyncpg
import pytest

from tests.plant import Plant
from tests.receivers import mailbox, receiving
from tests.world import make_world
from twinql.delivery.webhook import Webhooks
from twinql.domain import global_id
from twinql.domain.alarms.targets import MOST_ATTEMPTS, TargetKind
from twinql.domain.detection.finding import Cause
from twinql.live.couriers import Couriers
from twinql.live.mail import MailServer
from twinql.live.notifier import AT_ONCE_OF_ONE, NOTIFIER, Notifier, notifying
from twinql.storage.raising import close

SECRET = "a secret of the desk"
_RAISE = """
insert into alarms (
    organisation_id, site_id, asset_id, channel_id, cause, severity, message, raised_at, updated_at, evidence
)
select organisation_id, site_id, asset_id, id, $2::text::alarm_cause, $3::text::severity, 'It is too hot.', $4, $4,
    jsonb_build_array(jsonb_build_object(
        'code', 'LIMIT', 'message', 'Above.', 'value', 71.5, 'threshold', 65, 'unit', 'DEGREE_CELSIUS',
        'channelId', id, 'from', '2026-03-02T11:59:00Z', 'until', '2026-03-02T12:00:00Z'
    ))
from channels where id = $1
returning id
"""
_STEP = """
insert into alarm_transitions (alarm_id, organisation_id, at, action, actor, severity, comment, shelved_until)
select id, organisation_id, $2, $3::text::alarm_action, 'me', $4::text::severity, 'Because.',
    case when $3 = 'SHELVED' then $2::timestamptz + interval '1 hour' end
from alarms where id = $1
"""
_TARGET = """
insert into alarm_targets (organisation_id, name, kind, address, secret, minimum_severity, site_id, created_at)
values ($1, $2, $3::text::alarm_target_kind, $4, $5, $6::text::severity, $7, $8)
returning id
"""


class Desk(Plant):
    """A plant with people who are told of its alarms."""

    async def aim(self, address, *, name="Desk", minimum="LOW", site=None):
        """Add a target: a webhook, or an e-mail address."""
        kind, secret = ("EMAIL", None) if "@" in address else ("WEBHOOK", SECRET)
        values = (self.world.organisation, name, kind, address, secret, minimum, site, self.now)
        return (await self.sql(_TARGET, *values))[0]["id"]

    async def alarm(self, cause="LIMIT_HIGH", *, severity="HIGH", key="temperature"):
        """Raise one now."""
        return (await self.sql(_RAISE, self.world.channels[key], cause, severity, self.now))[0]["id"]

    async def step(self, alarm, action, severity="LOW"):
        await self.sql(_STEP, alarm, self.now, action, severity)

    async def noted(self):
        """What was written down, in order."""
        return await self.sql(
            "select n.*, s.action::text from alarm_notifications as n"
            " join alarm_transitions as s using (alarm_id, sequence) order by n.created_at, n.sequence, n.id"
        )

    def notifier(self, **how):
        usual = {"couriers": Couriers(Webhooks(private=True)), "clock": self.clock, "jitter": lambda: 1.0}
        return Notifier(self.database, **{**usual, **how})

    def by_mail(self, box):
        server = MailServer(
            host="127.0.0.1",
            port=box.port,
            user=None,
            password=None,
            sender=Address("Alarms", addr_spec="alarms@plant.example"),
            wraps=False,
            secured=False,
        )
        return self.notifier(couriers=Couriers(Webhooks(private=True), server))


@pytest.fixture
async def desk(database_url):
    async with Desk.open(database_url) as desk:
        yield desk


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


# What is written down.


async def test_fitting_targets_are_to_be_told_in_the_transaction_of_the_step(desk):
    fitting = await desk.aim("https://desk.test", minimum="HIGH", site=desk.world.site)
    await desk.aim("https://desk.test", minimum="CRITICAL")
    (row,) = await desk.sql(
        "insert into sites (organisation_id, name, time_zone) values ($1, 'Other', 'UTC') returning id",
        desk.world.organisation,
    )
    await desk.aim("https://desk.test", site=row["id"])
    for change in ("enabled = false", "archived_at = now()"):
        off = await desk.aim("https://desk.test")
        await desk.sql(f"update alarm_targets set {change} where id = $1", off)
    alarm = await desk.alarm()
    (note,) = await desk.noted()
    assert (note["target_id"], note["alarm_id"], note["sequence"]) == (fitting, alarm, 1)
    assert (note["status"], note["attempts"], note["next_attempt_at"]) == ("PENDING", 0, desk.now)


async def test_only_steps_that_are_news_are_told(desk):
    await desk.aim("https://desk.test")
    alarm = await desk.alarm()
    for action in ("ESCALATED", "ACKNOWLEDGED", "COMMENTED", "RETURNED"):
        await desk.step(alarm, action, "CRITICAL")
    assert [each["action"] for each in await desk.noted()] == ["RAISED", "ESCALATED", "RETURNED"]
    alarm = await desk.alarm("SPIKE")
    for action in ("RETURNED", "RAISED_AGAIN"):
        await desk.step(alarm, action)
    told = [each["action"] for each in await desk.noted() if each["alarm_id"] == alarm]
    assert told == ["RAISED", "RETURNED", "RAISED_AGAIN"]


SILENCES = (("SHELVED", "UNSHELVED"), ("TAKEN_OUT_OF_SERVICE", "RETURNED_TO_SERVICE"))


@pytest.mark.parametrize(("silenced", "ended"), SILENCES)
async def test_what_holds_when_a_silence_ends_is_told_then_and_nothing_before(desk, silenced, ended):
    await desk.aim("https://desk.test")
    await desk.aim("https://other.test", minimum="CRITICAL")
    alarm = await desk.alarm()
    for action in (silenced, "RETURNED", "RAISED_AGAIN"):
        await desk.step(alarm, action)
    assert [each["action"] for each in await desk.noted()] == ["RAISED"]
    for action in (ended, "RETURNED"):
        await desk.step(alarm, action)
    noted = [(each["action"], each["sequence"]) for each in await desk.noted()]
    assert noted == [("RAISED", 1), (ended, 5), ("RETURNED", 6)]


@pytest.mark.parametrize(("silenced", "ended"), SILENCES)
async def test_what_was_acknowledged_and_holds_is_told_when_its_silence_ends(desk, silenced, ended):
    alarm = await desk.alarm()
    for action in ("ACKNOWLEDGED", silenced):
        await desk.step(alarm, action)
    await desk.aim("https://desk.test")
    await desk.step(alarm, ended)
    assert [each["action"] for each in await desk.noted()] == [ended], "also those who never heard of it"


@pytest.mark.parametrize(("silenced", "ended"), SILENCES)
async def test_an_end_in_silence_is_told_afterwards_to_those_who_do_not_know(desk, receiver, silenced, ended):
    told = await desk.aim(receiver.address)
    alarm = await desk.alarm()
    later = await desk.aim(f"{receiver.address}/later")
    for action in (silenced, "RETURNED", ended):
        desk.wait(seconds=10)
        await desk.step(alarm, action)
    assert [(each["target_id"], each["action"]) for each in await desk.noted()] == [(told, "RAISED"), (told, ended)]
    await desk.notifier().tell()
    event = receiver.told[-1].event
    assert (event["action"], event["alarm"]["state"]) == (ended, "RETURNED_UNACKNOWLEDGED")
    for action in (silenced, ended, "RAISED_AGAIN"):
        await desk.step(alarm, action)
    noted = [(each["target_id"], each["action"]) for each in await desk.noted()][2:]
    assert sorted(noted) == sorted([(told, "RAISED_AGAIN"), (later, "RAISED_AGAIN")]), "an end is told once"


async def test_nobody_hears_that_a_shelved_alarm_holds_when_it_is_closed_for_all(desk):
    await desk.aim("https://desk.test")
    alarm = await desk.alarm()
    await desk.step(alarm, "SHELVED")
    async with desk.database.transaction(NOTIFIER) as connection:
        channel = desk.world.channels["temperature"]
        await close(connection, channel, Cause.LIMIT_HIGH, now=desk.now, comment="The channel was archived.")
    (row,) = await desk.sql(
        "select s.state::text from alarm_notifications join alarm_transitions as s using (alarm_id, sequence)"
        " where s.action <> 'RAISED'"
    )
    assert row["state"] == "RETURNED_UNACKNOWLEDGED"


async def test_that_all_is_well_is_told_to_those_who_heard_that_it_was_not(desk):
    alarm = await desk.alarm()
    await desk.aim("https://desk.test")
    await desk.step(alarm, "RETURNED")
    assert await desk.noted() == []
    await desk.step(alarm, "RAISED_AGAIN")
    await desk.sql("update alarm_notifications set status = 'FAILED', next_attempt_at = null")
    await desk.step(alarm, "RETURNED")
    assert [each["action"] for each in await desk.noted()] == ["RAISED_AGAIN"]


async def test_an_escalation_reaches_those_who_were_not_told_before(desk):
    chief = await desk.aim("chief@plant.example", minimum="CRITICAL")
    alarm = await desk.alarm(severity="MEDIUM")
    assert await desk.noted() == []
    await desk.step(alarm, "ESCALATED", "CRITICAL")
    assert [(each["target_id"], each["action"]) for each in await desk.noted()] == [(chief, "ESCALATED")]


async def test_a_webhook_has_a_secret_and_email_has_none(desk):
    for kind, secret in (("WEBHOOK", None), ("WEBHOOK", "short"), ("EMAIL", SECRET)):
        values = (desk.world.organisation, "Desk", kind, "address", secret, "LOW", None, desk.now)
        with pytest.raises(asyncpg.CheckViolationError, match="alarm_targets_secret_check"):
            await desk.sql(_TARGET, *values)


# Webhooks.


async def test_a_webhook_is_told_what_happened_once(desk, receiver):
    target = await desk.aim(receiver.address)
    alarm = await desk.alarm()
    notifier = desk.notifier()
    await notifier.tell()
    await notifier.tell()
    (told,) = receiver.told
    (note,) = await desk.noted()
    assert told.is_signed_with(SECRET)
    assert told.event["id"] == told.headers["twinql-event-id"] == global_id.encode("AlarmNotification", note["id"])
    assert told.event["alarm"]["id"] == global_id.encode("Alarm", alarm)
    assert told.event["target"] == {"id": global_id.encode("AlarmTarget", target), "name": "Desk"}
    assert told.event["channel"]["id"] == global_id.encode("Channel", desk.world.channels["temperature"])
    assert told.event["alarm"]["evidence"][0]["value"] == 71.5
    assert (told.event["action"], told.event["alarm"]["state"]) == ("RAISED", "ACTIVE_UNACKNOWLEDGED")
    assert (note["status"], note["attempts"], note["delivered_at"]) == ("DELIVERED", 1, desk.now)
    assert (note["last_error"], note["next_attempt_at"]) == (None, None)
    assert notifier.outcomes["DELIVERED"] == 1


async def test_an_event_tells_how_it_was_at_its_time(desk, receiver):
    await desk.aim(receiver.address)
    alarm = await desk.alarm()
    for action in ("ESCALATED", "RETURNED"):
        desk.wait(seconds=10)
        await desk.step(alarm, action, "CRITICAL")
    await desk.notifier().tell()
    told = [each.event for each in receiver.told]
    assert [(each["action"], each["alarm"]["severity"], each["alarm"]["state"]) for each in told] == [
        ("RAISED", "HIGH", "ACTIVE_UNACKNOWLEDGED"),
        ("ESCALATED", "CRITICAL", "ACTIVE_UNACKNOWLEDGED"),
        ("RETURNED", "CRITICAL", "RETURNED_UNACKNOWLEDGED"),
    ]


async def test_after_an_error_it_is_told_again_with_the_same_words(desk, receiver):
    receiver.answers.append((500, {}))
    await desk.aim(receiver.address)
    await desk.alarm()
    notifier = desk.notifier()
    await notifier.tell()
    (note,) = await desk.noted()
    assert (note["status"], note["attempts"], note["last_error"]) == ("PENDING", 1, "The webhook answered 500.")
    assert note["next_attempt_at"] == desk.now + timedelta(minutes=1)
    await notifier.tell()
    assert len(receiver.told) == 1
    desk.wait(minutes=1)
    await notifier.tell()
    first, second = receiver.told
    assert first.body == second.body
    assert first.headers["twinql-event-id"] == second.headers["twinql-event-id"]
    (note,) = await desk.noted()
    assert (note["status"], note["attempts"], note["last_error"]) == ("DELIVERED", 2, None)


async def test_after_eight_attempts_it_is_given_up(desk, receiver):
    receiver.answers += [(502, {})] * 20
    await desk.aim(receiver.address)
    await desk.alarm()
    notifier, began = desk.notifier(), desk.now
    while (note := (await desk.noted())[0])["status"] == "PENDING":
        desk.now = note["next_attempt_at"]
        await notifier.tell()
    assert (note["status"], note["attempts"]) == ("FAILED", MOST_ATTEMPTS)
    assert (note["last_error"], note["delivered_at"]) == ("The webhook answered 502.", None)
    assert len(receiver.told) == MOST_ATTEMPTS
    assert timedelta(hours=24) < desk.now - began < timedelta(hours=36)
    assert notifier.outcomes == {"DELIVERED": 0, "PENDING": MOST_ATTEMPTS - 1, "FAILED": 1}


async def test_what_it_does_not_take_fails_for_good_and_the_others_are_told(desk, receiver):
    receiver.answers.append((410, {}))
    await desk.aim(receiver.address)
    for cause in ("LIMIT_HIGH", "SPIKE"):
        await desk.alarm(cause)
    await desk.notifier().tell()
    assert sorted(each["status"] for each in await desk.noted()) == ["DELIVERED", "FAILED"]
    assert len(await desk.sql("select from alarm_targets where enabled")) == 1


async def test_whoever_asks_for_a_pause_gets_it(desk, receiver):
    receiver.answers.append((429, {"retry-after": "600"}))
    await desk.aim(receiver.address)
    for cause in ("LIMIT_HIGH", "SPIKE"):
        await desk.alarm(cause)
    notifier = desk.notifier()
    await notifier.tell()
    desk.wait(minutes=9)
    await desk.alarm("DIP")
    await notifier.tell()
    assert len(receiver.told) == 1
    desk.wait(minutes=1)
    await notifier.tell()
    assert [each["status"] for each in await desk.noted()] == ["DELIVERED"] * 3


async def test_where_nobody_answers_the_others_are_not_tried_one_by_one(desk):
    await desk.aim("http://127.0.0.1:9/")
    for cause in ("LIMIT_HIGH", "SPIKE", "DIP"):
        await desk.alarm(cause)
    await desk.notifier().tell()
    notes = await desk.noted()
    assert [each["attempts"] for each in notes] == [1, 1, 1]
    assert {each["last_error"] for each in notes} == {"The webhook took no connection."}


async def test_a_private_address_is_refused_by_default(desk, receiver):
    await desk.aim(receiver.address.replace("http", "https"))
    await desk.alarm()
    await desk.notifier(couriers=Couriers()).tell()
    (note,) = await desk.noted()
    assert (note["status"], note["attempts"]) == ("FAILED", 1)
    assert note["last_error"] == "The webhook's address leads into a network that is not public."
    assert receiver.told == []


async def test_two_servers_tell_each_thing_once(desk, receiver):
    channels = ("temperature", "execution", "setpoint", "energy")
    for place in range(3):
        await desk.aim(f"{receiver.address}/{place}")
    for key in channels:
        for cause in ("SPIKE", "DIP", "STUCK", "DRIFT"):
            await desk.alarm(cause, key=key)
    await asyncio.gather(*(desk.notifier().tell() for _ in range(3)))
    told = [each.headers["twinql-event-id"] for each in receiver.told]
    assert len(told) == len(set(told)) == 3 * 16
    assert {each["status"] for each in await desk.noted()} == {"DELIVERED"}


class Crash(BaseException):
    """The end of a process."""


async def crash(monkeypatch, notifier):
    """Let a notifier tell what is due, and end before it writes down that it did."""

    async def die(*_):
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Notifier, "_record", die)
        with pytest.raises(Crash):
            await notifier.tell()


async def test_after_a_crash_between_telling_and_writing_it_is_told_again(desk, receiver, monkeypatch):
    await desk.aim(receiver.address)
    await desk.alarm()

    await crash(monkeypatch, desk.notifier())
    assert len(receiver.told) == 1
    other = desk.notifier()
    await other.tell()
    assert len(receiver.told) == 1, "another server took what somebody may still be telling"
    desk.wait(minutes=3)
    await other.tell()
    first, second = receiver.told
    assert first.headers["twinql-event-id"] == second.headers["twinql-event-id"]
    (note,) = await desk.noted()
    assert (note["status"], note["attempts"]) == ("DELIVERED", 2)


async def test_a_crash_in_the_last_attempt_ends_it_too(desk, receiver):
    await desk.aim(receiver.address)
    await desk.alarm()
    await desk.sql("update alarm_notifications set attempts = $1", MOST_ATTEMPTS)
    await desk.notifier().tell()
    (note,) = await desk.noted()
    assert (note["status"], note["last_error"]) == ("FAILED", "The server stopped during the last attempt.")
    assert receiver.told == []


async def test_a_target_that_was_switched_off_meanwhile_is_not_told(desk, receiver):
    for change in ("enabled = false", "archived_at = now()"):
        target = await desk.aim(receiver.address)
        await desk.alarm("SPIKE" if "enabled" in change else "DIP")
        await desk.sql(f"update alarm_targets set {change} where id = $1", target)
    await desk.notifier().tell()
    for note in await desk.noted():
        assert (note["status"], note["attempts"]) == ("FAILED", 0)
        assert note["last_error"] == "The target was switched off or archived before it could be told."
    assert receiver.told == []


@asynccontextmanager
async def silence():
    """Serve an address that takes connections and never answers, until the block ends; and tell when it took one."""
    taken, release = asyncio.Event(), asyncio.Event()

    async def stay_silent(_reader, writer):
        taken.set()
        await release.wait()
        writer.close()

    async with await asyncio.start_server(stay_silent, "127.0.0.1", 0) as server:
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", taken
        finally:
            release.set()


def hearing(receiver):
    """Return an event that is set when a receiver is told something."""
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()
    receiver.on_request = lambda: loop.call_soon_threadsafe(heard.set)
    return heard


async def test_a_slow_target_keeps_no_other_waiting(desk, receiver):
    heard = hearing(receiver)
    async with silence() as (silent, _):
        await desk.aim(silent)
        await desk.aim(receiver.address)
        await desk.alarm()
        telling = asyncio.create_task(desk.notifier().tell())
        await asyncio.wait_for(heard.wait(), 20)
    await telling
    assert sorted(each["status"] for each in await desk.noted()) == ["DELIVERED", "PENDING"]


async def test_many_slow_targets_of_one_organisation_keep_those_of_others_not_waiting(desk, receiver):
    heard = hearing(receiver)
    other = Desk(desk.url, await make_world(desk.url, "Other"), desk.database)
    async with silence() as (silent, _):
        for place in range(AT_ONCE_OF_ONE + 2):
            await desk.aim(f"{silent}/{place}")
        await desk.alarm()
        desk.wait(seconds=1)
        other.now = desk.now
        await other.aim(receiver.address)
        await other.alarm()
        telling = asyncio.create_task(desk.notifier().tell())
        await asyncio.wait_for(heard.wait(), 20)
        notes = [each for each in await desk.noted() if each["organisation_id"] == desk.world.organisation]
    await telling
    assert [each["last_error"] for each in notes] == [None] * len(notes), "the slow ones were waited for"
    assert sum(each["attempts"] for each in notes) == AT_ONCE_OF_ONE


async def test_what_comes_while_a_slow_target_is_told_is_told_at_once(desk, receiver):
    heard = hearing(receiver)
    async with silence() as (silent, taken), notifying(desk.database, Couriers(Webhooks(private=True))):
        slow = await desk.aim(silent)
        await desk.alarm()
        await asyncio.wait_for(taken.wait(), 20)
        await desk.aim(receiver.address)
        await desk.alarm("SPIKE")
        await asyncio.wait_for(heard.wait(), 20)
        notes = [each for each in await desk.noted() if each["target_id"] == slow]
        assert [each["last_error"] for each in notes] == [None, None], "the slow one was waited for"


async def test_an_address_with_much_to_hear_takes_turns_with_the_others(desk, receiver, monkeypatch):
    monkeypatch.setattr("twinql.live.notifier.AT_ONCE", 1)
    monkeypatch.setattr("twinql.live.notifier.MOST_AT_ONCE", dict.fromkeys(TargetKind, 1))
    await desk.aim(f"{receiver.address}/much")
    for cause in ("SPIKE", "DIP", "STUCK"):
        await desk.alarm(cause)
    desk.wait(seconds=1)
    await desk.aim(f"{receiver.address}/little")
    await desk.alarm()
    await desk.notifier().tell()
    assert [each.path.rpartition("/")[2] for each in receiver.told] == ["much", "little", "much", "much", "much"]


async def test_a_running_notifier_tells_by_itself(desk, receiver):
    heard = hearing(receiver)
    await desk.aim(receiver.address)
    await desk.alarm()
    async with notifying(desk.database, Couriers(Webhooks(private=True))):
        await asyncio.wait_for(heard.wait(), 20)


# E-mail.


async def test_a_flood_of_alarms_is_no_flood_of_letters(desk):
    async with mailbox() as box:
        await desk.aim("desk@desk.test")
        notifier = desk.by_mail(box)
        await desk.alarm("LIMIT_HIGH")
        await notifier.tell()
        assert len(box.letters) == 1, "the first is told at once"
        for cause in ("SPIKE", "DIP", "STUCK"):
            desk.wait(seconds=10)
            await desk.alarm(cause)
            await notifier.tell()
        assert len(box.letters) == 1
        desk.wait(seconds=30)
        await notifier.tell()
        await notifier.tell()
        _, second = box.letters
        assert second["subject"].lstrip().startswith("3 alarms at Acme, the gravest: HIGH alarm raised: Mill: ")
        assert {each["status"] for each in await desk.noted()} == {"DELIVERED"}


async def test_targets_of_one_address_get_one_letter_even_from_two_servers(desk):
    async with mailbox() as box:
        for name in ("Day shift", "Night shift"):
            await desk.aim("desk@desk.test", name=name)
        await desk.alarm()
        await asyncio.gather(desk.by_mail(box).tell(), desk.by_mail(box).tell())
        (letter,) = box.letters
        assert "to: Day shift, Night shift." in " ".join(letter.get_content().split())
        assert [each["status"] for each in await desk.noted()] == ["DELIVERED"] * 2


async def test_a_letter_that_is_sent_again_is_the_same_letter(desk, monkeypatch):
    async with mailbox() as box:
        await desk.aim("desk@desk.test")
        await desk.alarm()
        await crash(monkeypatch, desk.by_mail(box))
        desk.wait(minutes=3)
        await desk.by_mail(box).tell()
        first, second = box.letters
        assert first["message-id"] == second["message-id"]


async def test_names_with_line_ends_add_no_header_and_nobody_to_a_letter(desk):
    await desk.sql("update channels set name = E'Hot\\r\\nBcc: others@plant.example\\r\\n\\r\\nHello'")
    async with mailbox() as box:
        await desk.aim("desk@desk.test", name="Desk\r\nBcc: others@plant.example")
        await desk.alarm()
        await desk.by_mail(box).tell()
        (letter,) = box.letters
        assert (letter["bcc"], box.recipients) == (None, ["TO:<desk@desk.test>"])


async def test_a_refused_address_fails_for_good(desk):
    async with mailbox(replies={"RCPT": "550 no such user"}) as box:
        await desk.aim("desk@desk.test")
        await desk.alarm()
        await desk.by_mail(box).tell()
        (note,) = await desk.noted()
        assert (note["status"], note["attempts"]) == ("FAILED", 1)
        assert note["last_error"] == "The mail server did not take the e-mail: 550 no such user"


async def test_without_a_mail_server_that_is_said_once(desk):
    await desk.aim("desk@desk.test")
    await desk.alarm()
    await desk.notifier().tell()
    (note,) = await desk.noted()
    assert (note["status"], note["last_error"]) == (
        "FAILED",
        "This server sends no e-mail: set SMTP_URL and SMTP_FROM.",
    )
