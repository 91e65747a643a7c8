"""Which mutation is open to whom, in one table; whoever adds one adds its line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from resolvers.nodes import NODES
from tests.walk import Walk
from twinql.domain import global_id
from twinql.domain.identity import Device, User

TABLE = """
                         viewer  operator  owner  device  stranger
recordReadings             -        x        x      x        -
correctReading             -        x        x      -        -
resubmitRejectedReading    -        x        x      -        -
dismissRejectedReading     -        x        x      -        -
createSite                 -        -        x      -        -
updateSite                 -        -        x      -        -
archiveSite                -        -        x      -        -
unarchiveSite              -        -        x      -        -
createMeter                -        -        x      -        -
updateMeter                -        -        x      -        -
archiveMeter               -        -        x      -        -
unarchiveMeter             -        -        x      -        -
createMachine              -        -        x      -        -
updateMachine              -        -        x      -        -
archiveMachine             -        -        x      -        -
unarchiveMachine           -        -        x      -        -
createChannel              -        -        x      -        -
updateChannel              -        -        x      -        -
archiveChannel             -        -        x      -        -
unarchiveChannel           -        -        x      -        -
createSupplier             -        -        x      -        -
updateSupplier             -        -        x      -        -
archiveSupplier            -        -        x      -        -
unarchiveSupplier          -        -        x      -        -
createTariff               -        -        x      -        -
updateTariff               -        -        x      -        -
reviseTariff               -        -        x      -        -
withdrawTariffRevision     -        -        x      -        -
archiveTariff              -        -        x      -        -
unarchiveTariff            -        -        x      -        -
createAgreement            -        -        x      -        -
updateAgreement            -        -        x      -        -
removeAgreement            -        -        x      -        -
recordRegisterEvent        -        x        x      -        -
retractRegisterEvent       -        x        x      -        -
acceptDecision             -        x        x      -        -
rejectDecision             -        x        x      -        -
recordForecast             -        x        x      -        -
issueCommand               -        x        x      -        -
reportCommand              -        -        -      x        -
createInterlock            -        -        x      -        -
updateInterlock            -        -        x      -        -
archiveInterlock           -        -        x      -        -
triggerEmergencyStop       -        x        x      -        -
releaseEmergencyStop       -        -        x      -        -
approveCommand             -        x        x      -        -
rejectCommand              -        x        x      -        -
cancelCommand              -        x        x      -        -
scheduleCommands           -        x        x      -        -
cancelCommandSchedule      -        x        x      -        -
acknowledgeAlarm           -        x        x      -        -
acknowledgeAlarms          -        x        x      -        -
commentOnAlarm             -        x        x      -        -
shelveAlarm                -        x        x      -        -
unshelveAlarm              -        x        x      -        -
takeAlarmOutOfService      -        x        x      -        -
returnAlarmToService       -        x        x      -        -
createAlarmRule            -        -        x      -        -
updateAlarmRule            -        -        x      -        -
archiveAlarmRule           -        -        x      -        -
unarchiveAlarmRule         -        -        x      -        -
createAlarmTarget          -        -        x      -        -
updateAlarmTarget          -        -        x      -        -
archiveAlarmTarget         -        -        x      -        -
unarchiveAlarmTarget       -        -        x      -        -
testAlarmTarget            -        -        x      -        -
recordCalibration          -        x        x      -        -
createMaintenanceTask      -        x        x      -        -
updateMaintenanceTask      -        x        x      -        -
completeMaintenanceTask    -        x        x      -        -
cancelMaintenanceTask      -        x        x      -        -
simulate                   -        x        x      -        -
deleteScenario             -        x        x      -        -
createDeferrableLoad       -        -        x      -        -
updateDeferrableLoad       -        -        x      -        -
archiveDeferrableLoad      -        -        x      -        -
unarchiveDeferrableLoad    -        -        x      -        -
planLoads                  -        x        x      -        -
carryOutLoadPlan           -        x        x      -        -
deleteLoadPlan             -        x        x      -        -
createAutomationRule       -        -        x      -        -
updateAutomationRule       -        -        x      -        -
archiveAutomationRule      -        -        x      -        -
unarchiveAutomationRule    -        -        x      -        -
setAutonomy                -        -        x      -        -
pauseAutonomy              -        x        x      -        -
resumeAutonomy             -        -        x      -        -
createOrganisation         x        x        x      -        x
updateOrganisation         -        -        x      -        -
addMember                  -        -        x      -        -
updateMember               -        -        x      -        -
removeMember               x        x        x      -        -
inviteMember               -        -        x      -        -
revokeInvitation           -        -        x      -        -
acceptInvitation           x        x        x      -        x
createApiKey               -        -        x      -        -
revokeApiKey               -        -        x      -        -
createCommandWebhook       -        -        x      -        -
updateCommandWebhook       -        -        x      -        -
"""
"""A stranger has a valid token and no membership. Whom `removeMember` may remove is told by its own tests."""


@pytest.fixture
async def device(asker, database_url):
    """A device with a key for one channel of the organisation."""
    connection = await asyncpg.connect(database_url)
    try:
        key = await connection.fetchval(
            "with k as (insert into api_keys (organisation_id, name, hash, prefix, created_by)"
            " values ($1, 'Gateway', sha256('x'), 'twinql_x', 'me') returning id),"
            " c as (insert into api_key_channels (api_key_id, channel_id, organisation_id) select id, $2, $1 from k)"
            " select id from k",
            asker.world.organisation,
            asker.world.channels["temperature"],
        )
    finally:
        await connection.close()
    return Device(key)


async def test_each_mutation_is_open_to_those_of_the_table_and_to_nobody_else(asker, device):
    world = asker.world
    actors = {
        # Named, since whoever makes another organisation belongs to two.
        "viewer": replace(world.viewer, organisation=world.organisation),
        "operator": replace(world.operator, organisation=world.organisation),
        "owner": replace(world.owner, organisation=world.organisation),
        "device": device,
    }
    walk = Walk(asker.schema._schema, {name: global_id.encode(name, uuid4()) for name in NODES})
    title, *_ = TABLE.strip("\n").splitlines()
    rows = [title]
    for kind, name, _ in walk.roots():
        if kind == "mutation":
            document = walk.operation(kind, name, depth=1)
            marks = [await _mark(asker, actor, document) for actor in (*actors.values(), _stranger())]
            rows.append(name.ljust(27) + "{}        {}        {}      {}        {}".format(*marks))
    assert "\n".join(rows) == TABLE.strip("\n")


def _stranger():
    return User("https://issuer.test", f"stranger-{uuid4()}")


async def _mark(asker, actor, document):
    somebody = asker.as_user(actor)
    somebody.context = replace(somebody.context, organisations_open=True)
    errors = (await somebody.answer(document)).errors or []
    assert {error["extensions"]["code"] for error in errors} <= {"FORBIDDEN"}, (document, errors)
    assert all(error["message"].endswith(".") for error in errors)
    return "-" if errors else "x"


async def test_a_revoked_key_opens_nothing(asker, device, database_url):
    somebody = asker.as_user(device)
    record = "mutation { recordReadings(input: {readings: []}) { userErrors { code } } }"
    assert (await somebody.ask(record))["recordReadings"]["userErrors"] == [{"code": "INVALID_INPUT"}]
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("update api_keys set revoked_at = now()")
    finally:
        await connection.close()
    assert await somebody.refusal(record) == (
        "FORBIDDEN",
        "This API key is good no longer: ask an owner for a new one.",
    )


async def test_a_device_records_its_own_channel_and_learns_of_no_other(asker, device):
    somebody = asker.as_user(device)
    channels = {key: global_id.encode("Channel", each) for key, each in asker.world.channels.items()}
    instant = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    rows = [
        {"channelId": each, "observedAt": instant.isoformat(), "value": 20.5}
        for each in (channels["temperature"], channels["energy"], global_id.encode("Channel", uuid4()))
    ]
    told = (await somebody.changed("recordReadings", "outcomes { outcome code message }", readings=rows))["outcomes"]
    assert [each["outcome"] for each in told] == ["RECORDED", "REJECTED", "REJECTED"]
    assert told[1] == told[2], "a channel of others is told as one that nothing has"
    seen = await somebody.ask(
        "{ machines { nodes { channels { nodes { key latest { value } } } } } meters { nodes { id } } }"
    )
    (machine,) = seen["machines"]["nodes"]
    assert machine["channels"]["nodes"] == [{"key": "temperature", "latest": {"value": 20.5}}]
    assert seen["meters"]["nodes"] == []
    assert (await somebody.refusal("{ decisions { nodes { id } } }"))[0] == "FORBIDDEN"
    assert (await somebody.refusal("{ viewer { organisation { members { nodes { id } } } } }"))[0] == "FORBIDDEN"


VIEWER = "viewer { issuer subject role device canRead canRecord canCommand canManage memberships { role } advice }"
CAN = """{ sites { nodes { viewerCanUpdate
    meters { nodes { viewerCanUpdate viewerCanRecordReading } }
    channels { nodes { viewerCanUpdate viewerCanRecordReading viewerCanIssueCommand writable } } } } }"""


async def test_a_device_learns_nothing_of_prices(asker, device):
    somebody = asker.as_user(device)
    for document in ("{ suppliers { nodes { id } } }", "{ tariffs { nodes { id } } }"):
        assert (await somebody.refusal(document))[0] == "FORBIDDEN"


async def test_a_viewer_learns_what_they_may_do(asker, device):
    told = {}
    for name, actor in {
        "viewer": asker.world.viewer,
        "operator": asker.world.operator,
        "owner": asker.world.owner,
    }.items():
        told[name] = (await asker.as_user(actor).ask(f"{{ {VIEWER} }}"))["viewer"]
    can = {name: [each[f"can{it}"] for it in ("Read", "Record", "Command", "Manage")] for name, each in told.items()}
    assert can == {
        "viewer": [True, False, False, False],
        "operator": [True, True, True, False],
        "owner": [True, True, True, True],
    }
    assert told["viewer"]["memberships"] == [{"role": "VIEWER"}]
    seen = (await asker.as_user(device).ask(f"{{ {VIEWER} }}"))["viewer"]
    assert seen["issuer"] == "twinql:api-key"
    assert seen["subject"] == str(device.key_id)
    assert (seen["device"], seen["role"], seen["memberships"], seen["advice"]) == (True, None, [], None)
    assert [seen[f"can{it}"] for it in ("Read", "Record", "Command", "Manage")] == [True, True, False, False]


async def test_a_form_knows_before_it_is_sent(asker):
    for actor, update, record in (
        (asker.world.viewer, False, False),
        (asker.world.operator, False, True),
        (asker.world.owner, True, True),
    ):
        (site,) = (await asker.as_user(actor).ask(CAN))["sites"]["nodes"]
        assert site["viewerCanUpdate"] is update
        (meter,) = site["meters"]["nodes"]
        assert meter == {"viewerCanUpdate": update, "viewerCanRecordReading": record}
        for channel in site["channels"]["nodes"]:
            assert channel["viewerCanUpdate"] is update
            assert channel["viewerCanRecordReading"] is record
            assert channel["viewerCanIssueCommand"] is (record and channel["writable"])


async def test_what_a_form_asks_costs_the_membership_once_however_many_objects_it_shows(asker):
    plain = await asker.statements("{ sites { nodes { name channels { nodes { key } } } } }")
    asked = await asker.statements(CAN.replace("meters { nodes { viewerCanUpdate viewerCanRecordReading } }", ""))
    about_rows = [[each for each in them if "twinql.membership()" not in each] for them in (plain, asked)]
    assert len(about_rows[1]) == len(about_rows[0])
    assert len(asked) <= len(about_rows[1]) + 1


async def test_nobody_without_an_organisation_is_left_without_advice(asker, database_url):
    stranger = asker.as_user(User("https://issuer.test", "stranger"))
    told = await stranger.ask(f"{{ {VIEWER} sites {{ nodes {{ id }} }} }}")
    assert told["sites"]["nodes"] == []
    assert told["viewer"]["memberships"] == []
    assert told["viewer"]["canRead"] is False
    assert "acceptInvitation" in told["viewer"]["advice"]
    assert "createOrganisation" not in told["viewer"]["advice"]
    connection = await asyncpg.connect(database_url)
    try:
        for name in ("First", "Second"):
            await connection.execute(
                "with o as (insert into organisations (name) values ($1) returning id) insert into memberships"
                " (organisation_id, issuer, subject, role) select id, 'https://issuer.test', 'stranger', 'OWNER'"
                " from o",
                name,
            )
    finally:
        await connection.close()
    told = (await stranger.ask("{ viewer { role advice memberships { organisationId organisationName } } }"))["viewer"]
    assert told["role"] is None
    assert "X-Organisation" in told["advice"]
    assert [each["organisationName"] for each in told["memberships"]] == ["First", "Second"]
    chosen = User("https://issuer.test", "stranger", global_id.decode(told["memberships"][1]["organisationId"]).key)
    asked = "{ viewer { role advice organisation { name } } }"
    assert (await asker.as_user(chosen).ask(asked))["viewer"] == {
        "role": "OWNER",
        "advice": None,
        "organisation": {"name": "Second"},
    }
    elsewhere = replace(chosen, organisation=uuid4())
    assert "X-Organisation" in (await asker.as_user(elsewhere).ask("{ viewer { advice } }"))["viewer"]["advice"]
