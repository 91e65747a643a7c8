"""Who was told of an alarm, through the graph."""

from contextlib import asynccontextmanager
from dataclasses import replace

from tests.api.alarms import raised
from tests.receivers import mailbox, receiving
from twinql.delivery.webhook import Webhooks
from twinql.live.couriers import Couriers
from twinql.live.mail import MailServer
from twinql.live.notifier import Notifier

TOLD = """
query ($id: ID!) {
  alarm(id: $id) {
    notifications(first: 1) {
      totalCount
      nodes { id action sequence status attempts nextAttemptAt lastError createdAt deliveredAt alarm { id } }
    }
  }
}
"""


SECRET = "a secret of the desk"
TEST = ("testAlarmTarget", "delivered error")


async def aim(asker, address="https://desk.example/", **other):
    """Add a target, and return its id."""
    kind = {"kind": "EMAIL"} if "@" in address else {"kind": "WEBHOOK", "secret": SECRET}
    given = {"name": "Desk", "address": address, **kind, **other}
    return (await asker.changed("createAlarmTarget", "alarmTarget { id }", **given))["alarmTarget"]["id"]


def telling(asker, *, mail=None):
    """Let an asker's graph tell webhooks on loopback."""
    asker.context = replace(asker.context, couriers=Couriers(Webhooks(private=True), mail))
    return asker


@asynccontextmanager
async def with_mail(asker):
    async with mailbox() as box:
        yield box, telling(asker, mail=MailServer.of(f"smtp://127.0.0.1:{box.port}", "alarms@plant.example"))


async def test_every_member_sees_what_became_of_telling_people(asker):
    for address in ("https://desk.example/", "https://other.example/"):
        await aim(asker, address)
    alarm = await raised(asker)
    viewer = asker.as_user(asker.world.viewer)
    told = (await viewer.ask(TOLD, id=alarm))["alarm"]["notifications"]
    assert told["totalCount"] == 2
    (note,) = told["nodes"]
    assert (note["action"], note["sequence"], note["status"], note["attempts"]) == ("RAISED", 1, "PENDING", 0)
    assert (note["nextAttemptAt"], note["lastError"], note["deliveredAt"]) == (note["createdAt"], None, None)
    assert note["alarm"]["id"] == alarm
    again = "query ($id: ID!) { node(id: $id) { ... on AlarmNotification { status } } }"
    assert (await viewer.ask(again, id=note["id"]))["node"] == {"status": "PENDING"}


async def test_who_is_told_is_for_owners_alone(asker):
    target = await aim(asker)
    alarm = await raised(asker)
    asked = "query ($id: ID!) { alarm(id: $id) { notifications { nodes { target { id name } } } } }"
    for somebody, seen in ((asker.world.owner, {"id": target, "name": "Desk"}), (asker.world.operator, None)):
        found = await asker.as_user(somebody).ask(asked, id=alarm)
        assert found["alarm"]["notifications"]["nodes"] == [{"target": seen}]


async def test_from_a_target_one_sees_what_it_was_told_and_why_not(asker):
    with receiving() as receiver:
        receiver.answers.append((410, {}))
        target = await aim(telling(asker), receiver.address)
        alarms = [await raised(asker, cause=cause) for cause in ("SPIKE", "DIP")]
        await Notifier(asker.context.database, asker.context.couriers).tell()
    asked = (
        "query ($id: ID!) { node(id: $id) { ... on AlarmTarget"
        " { notifications { nodes { status lastError attempts alarm { id } } } } } }"
    )
    nodes = (await asker.ask(asked, id=target))["node"]["notifications"]["nodes"]
    assert {each["alarm"]["id"] for each in nodes} == set(alarms)
    assert sorted((each["status"], each["attempts"], each["lastError"]) for each in nodes) == [
        ("DELIVERED", 1, None),
        ("FAILED", 1, "The webhook answered 410: it does not take this."),
    ]


async def test_a_webhook_is_tried_out(asker):
    with receiving() as receiver:
        target = await aim(telling(asker), receiver.address, enabled=False)
        assert await asker.changed(*TEST, id=target) == {"delivered": True, "error": None}
        (told,) = receiver.told
        assert told.is_signed_with(SECRET)
        assert (told.event["action"], told.event["alarm"], told.event["target"]["id"]) == ("TEST", None, target)
        assert told.event["id"] == told.headers["twinql-event-id"]
        receiver.answers.append((500, {}))
        assert await asker.changed(*TEST, id=target) == {"delivered": False, "error": "The webhook answered 500."}
        await asker.changed("archiveAlarmTarget", "", id=target)
        assert await asker.mistake("testAlarmTarget", id=target) == ("NOT_FOUND", "id")
        assert len(receiver.told) == 2


async def test_an_address_in_the_servers_own_network_is_not_tried_out(asker):
    with receiving() as receiver:
        target = await aim(telling(asker), receiver.address.replace("http", "https"))
        asker.context = replace(asker.context, couriers=Couriers())
        told = await asker.changed(*TEST, id=target)
        assert told == {"delivered": False, "error": "The webhook's address leads into a network that is not public."}
        assert receiver.told == []


async def test_email_is_tried_out_and_fills_nobodys_letter_box(asker):
    async with with_mail(asker) as (box, owner):
        target = await aim(owner, "desk@desk.example")
        assert await owner.changed(*TEST, id=target) == {"delivered": True, "error": None}
        (letter,) = box.letters
        assert (letter["to"], letter["subject"]) == ("desk@desk.example", "A test of alarms by TwinQL")
        assert await owner.mistake("testAlarmTarget", id=target) == ("CONFLICT", "id")
        assert len(box.letters) == 1


async def test_without_a_mail_server_a_test_says_so_each_time(asker):
    target = await aim(asker, "desk@desk.example")
    for _ in range(2):
        told = await asker.changed(*TEST, id=target)
        assert told == {"delivered": False, "error": "This server sends no e-mail: set SMTP_URL and SMTP_FROM."}
