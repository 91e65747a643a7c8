"""What is to be done to things, and what was done, through the graph."""

from uuid import uuid4

import asyncpg
import pytest

from tests.api.alarms import write
from twinql.domain.global_id import encode
from twinql.storage.maintenance import runs_of

TASK = """
task {
  id kind status title note dueAt scheduledFor doneAt doneBy findings failed failedAt cancelledAt cancelledBy createdBy
  viewerCanComplete asset { name } channel { key } site { id } calibration { certificate performedBy validUntil }
}
"""
FEBRUARY, LATER = "2026-02-01T00:00:00Z", "2026-02-01T00:00:01Z"
WRONG = {"doneAt": FEBRUARY, "doneBy": "Rosa", "failed": True, "failedAt": FEBRUARY}


@pytest.fixture
def operator(asker):
    return asker.as_user(asker.world.operator)


def machine_of(asker):
    return encode("Machine", asker.world.machine)


def temperature_of(asker):
    return encode("Channel", asker.world.channels["temperature"])


async def made(asker, kind="SERVICE", **more):
    given = {"assetId": machine_of(asker)} | more
    return (await asker.changed("createMaintenanceTask", TASK, kind=kind, title=" Oil it ", **given))["task"]


async def test_a_task_is_made_planned_and_done(operator):
    task = await made(operator, note="Cold only.", dueAt="2026-03-05T00:00:00Z")
    assert (task["status"], task["title"], task["note"], task["createdBy"]) == (
        "OPEN", "Oil it", "Cold only.", "acme-operator",
    )  # fmt: skip
    assert (task["channel"], task["calibration"], task["viewerCanComplete"]) == (None, None, True)
    assert task["site"] == {"id": encode("Site", operator.world.site)}
    given = {"id": task["id"], "scheduledFor": "2026-03-04T08:00:00Z", "note": None}
    task = (await operator.changed("updateMaintenanceTask", TASK, **given))["task"]
    assert (task["status"], task["note"], task["dueAt"]) == ("SCHEDULED", None, "2026-03-05T00:00:00Z")
    done = {"id": task["id"], "doneAt": FEBRUARY, "doneBy": " Rosa ", "findings": "Little was left."}
    task = (await operator.changed("completeMaintenanceTask", TASK, **done))["task"]
    assert (task["status"], task["doneAt"], task["doneBy"]) == ("DONE", FEBRUARY, "Rosa")
    assert (task["findings"], task["failed"], task["viewerCanComplete"]) == ("Little was left.", None, False)
    assert await operator.mistake("completeMaintenanceTask", **done) == ("CONFLICT", "id")
    assert await operator.mistake("updateMaintenanceTask", id=task["id"], note="x") == ("CONFLICT", "id")
    node = "query ($id: ID!) { node(id: $id) { ... on MaintenanceTask { title } } }"
    assert (await operator.ask(node, id=task["id"]))["node"] == {"title": "Oil it"}


async def test_a_calibration_that_was_done_is_recorded_as_one(operator):
    task = await made(operator, kind="CALIBRATION", assetId=None, channelId=temperature_of(operator))
    assert (task["asset"]["name"], task["channel"]) == ("Mill", {"key": "temperature"})
    done = {"id": task["id"], "doneAt": FEBRUARY, "doneBy": "Laboratory"}
    made_of_it = {"certificate": "C-7", "deviation": 0.5, "validUntil": "2027-02-01T00:00:00Z"}
    wrong = await operator.change(
        "completeMaintenanceTask", **done, calibration=made_of_it | {"validUntil": "2025-02-01T00:00:00Z"}
    )
    assert [each["path"] for each in wrong["userErrors"]] == [["calibration", "validUntil"]]
    task = (await operator.changed("completeMaintenanceTask", TASK, **done, calibration=made_of_it))["task"]
    assert task["calibration"] == {
        "certificate": "C-7", "performedBy": "Laboratory", "validUntil": "2027-02-01T00:00:00Z",
    }  # fmt: skip
    asked = "query ($id: ID!) { channel(id: $id) { calibration { deviation performedAt } } }"
    channel = (await operator.ask(asked, id=temperature_of(operator)))["channel"]
    assert channel["calibration"] == {"deviation": 0.5, "performedAt": FEBRUARY}


async def test_a_history_is_brought_along_and_what_was_wrong_of_it_is_taken_back(operator):
    done = {"doneAt": "2019-05-01T00:00:00Z", "doneBy": "Builder", "failed": True}
    task = await made(operator, kind="REPLACEMENT", done=done)
    assert (task["status"], task["failed"], task["doneAt"]) == ("DONE", True, "2019-05-01T00:00:00Z")
    for _ in range(2):  # a second time changes nothing
        task = (await operator.changed("cancelMaintenanceTask", TASK, id=task["id"]))["task"]
        assert (task["status"], task["cancelledBy"], task["failed"]) == ("CANCELLED", "acme-operator", True)
    assert await operator.mistake("completeMaintenanceTask", id=task["id"], **done) == ("CONFLICT", "id")


async def test_what_is_archived_has_a_past_and_nothing_that_waits(operator):
    channel = temperature_of(operator)
    await write(
        operator, "update channels set archived_at = now() where id = $1", operator.world.channels["temperature"]
    )
    said = {"kind": "REPAIR", "title": "Mend it"}
    assert await operator.mistake("createMaintenanceTask", channelId=channel, **said) == ("CONFLICT", "channelId")
    await write(operator, "update assets set archived_at = now() where id = $1", operator.world.machine)
    assert await operator.mistake("createMaintenanceTask", assetId=machine_of(operator), **said) == (
        "CONFLICT", "assetId",
    )  # fmt: skip
    done = {"doneAt": FEBRUARY, "doneBy": "Rosa", "failed": True}
    assert (await made(operator, kind="REPAIR", done=done))["status"] == "DONE"


async def test_nothing_is_mended_between_a_failure_and_what_was_done_about_it(operator):
    def done(at, failed_at=None):
        said = {"doneAt": f"2026-02-{at:02}T00:00:00Z", "doneBy": "Rosa", "failed": failed_at is not None}
        return said | ({} if failed_at is None else {"failedAt": f"2026-02-{failed_at:02}T00:00:00Z"})

    async def mistake(**said):
        given = {"assetId": machine_of(operator), "kind": "REPAIR", "title": "Mend it"} | said
        return await operator.mistake("createMaintenanceTask", **given)

    await made(operator, kind="REPLACEMENT", done=done(10, 8))
    assert await mistake(done=done(12, 9)) == ("INVALID_INPUT", "done.failedAt")
    assert await mistake(done=done(9)) == ("INVALID_INPUT", "done.doneAt")
    # What touches is allowed, and what was done to a sensor, or to nobody's run, is none of it.
    for kind, said in (("REPAIR", done(12, 10)), ("REPAIR", done(8, 7)), ("REPAIR", done(10, 10))):
        assert (await made(operator, kind=kind, done=said))["status"] == "DONE"
    sensor = {"assetId": None, "channelId": temperature_of(operator), "kind": "REPLACEMENT"}
    assert (await made(operator, **sensor, done=done(9)))["status"] == "DONE"
    assert (await made(operator, done={"doneAt": "2026-02-09T00:00:00Z", "doneBy": "Rosa"}))["status"] == "DONE"


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"title": " "}, "INVALID_INPUT", "title"),
        ({"note": "x" * 2001}, "INVALID_INPUT", "note"),
        ({"dueAt": "2200-01-01T00:00:00Z"}, "INVALID_INPUT", "dueAt"),
        ({"scheduledFor": "1899-12-31T00:00:00Z"}, "INVALID_INPUT", "scheduledFor"),
        ({"assetId": None}, "INVALID_INPUT", "assetId"),
        ({"assetId": encode("Machine", uuid4())}, "NOT_FOUND", "assetId"),
        ({"channelId": encode("Channel", uuid4())}, "NOT_FOUND", "channelId"),
        ({"channelId": "energy"}, "INVALID_INPUT", "channelId"),
        ({"done": {"doneAt": "2199-01-01T00:00:00Z", "doneBy": "Rosa"}}, "INVALID_INPUT", "done.doneAt"),
        ({"done": {"doneAt": FEBRUARY, "doneBy": " "}}, "INVALID_INPUT", "done.doneBy"),
        ({"done": {"doneAt": FEBRUARY, "doneBy": "Rosa", "failed": True}}, "INVALID_INPUT", "done.failed"),
        ({"kind": "REPAIR", "done": WRONG | {"failed": False}}, "INVALID_INPUT", "done.failedAt"),
        ({"kind": "REPAIR", "done": WRONG | {"failedAt": LATER}}, "INVALID_INPUT", "done.failedAt"),
        ({"done": {"doneAt": FEBRUARY, "doneBy": "Rosa", "calibration": {}}}, "INVALID_INPUT", "done.calibration"),
        ({"kind": "REPAIR", "done": {"doneAt": FEBRUARY, "doneBy": "Rosa"}}, "INVALID_INPUT", "done.failed"),
    ],
)
async def test_what_cannot_be_is_not_taken(operator, wrong, code, path):
    given = {"assetId": machine_of(operator), "kind": "SERVICE", "title": "Oil it"} | wrong
    if given.get("channelId") == "energy":  # one of another asset
        given["channelId"] = encode("Channel", operator.world.channels["energy"])
    assert await operator.mistake("createMaintenanceTask", **given) == (code, path)
    assert await write(operator, "select from maintenance_tasks") == []


async def test_tasks_are_listed_by_what_is_due_next_and_chosen_by_how_they_stand(operator):
    await made(operator, dueAt="2026-03-05T00:00:00Z", note="a")
    await made(operator, dueAt="2027-06-05T00:00:00Z", scheduledFor="2026-03-04T00:00:00Z", note="b")
    await made(operator, kind="INSPECTION", note="c")
    await made(operator, scheduledFor="2026-03-06T00:00:00Z", note="f")
    await made(operator, note="d", done={"doneAt": FEBRUARY, "doneBy": "Rosa"})
    await made(operator, kind="CALIBRATION", assetId=None, channelId=temperature_of(operator), note="e",
               dueAt="2199-03-05T00:00:00Z")  # fmt: skip
    document = """
    query ($site: ID!, $machine: ID!, $channel: ID!) {
      site(id: $site) { maintenanceTasks { totalCount nodes { note } } }
      machine(id: $machine) {
        done: maintenanceTasks(filter: {done: {from: "2026-01-31T00:00:00Z", until: "2026-03-01T00:00:00Z"}}) {
          nodes { note }
        }
        waiting: maintenanceTasks(filter: {status: [OPEN, SCHEDULED], kind: [SERVICE]}) { nodes { note } }
        overdue: maintenanceTasks(filter: {overdue: true}) { nodes { note } }
        rest: maintenanceTasks(filter: {overdue: false}, orderBy: LATEST_DONE_FIRST) { nodes { note } }
      }
      channel(id: $channel) { maintenanceTasks { nodes { note } } }
      maintenanceTasks(filter: {channelIds: [$channel]}, orderBy: NEWEST_FIRST) { nodes { note } }
    }
    """
    site = encode("Site", operator.world.site)
    found = await operator.ask(document, site=site, machine=machine_of(operator), channel=temperature_of(operator))

    def notes(connection):
        return "".join(each["note"] for each in connection["nodes"])

    assert notes(found["site"]["maintenanceTasks"])[:2] == "ba"
    assert found["site"]["maintenanceTasks"]["totalCount"] == 6
    machine = {name: notes(each) for name, each in found["machine"].items()}
    assert (machine["done"], machine["waiting"], machine["overdue"]) == ("d", "baf", "af")
    assert (machine["rest"][0], sorted(machine["rest"])) == ("d", ["b", "c", "d", "e"])
    assert notes(found["channel"]["maintenanceTasks"]) == notes(found["maintenanceTasks"]) == "e"


async def test_a_viewer_reads_tasks_and_changes_none(asker, operator):
    task = await made(operator)
    viewer = asker.as_user(asker.world.viewer)
    asked = "{ maintenanceTasks { nodes { title viewerCanComplete } } }"
    nodes = (await viewer.ask(asked))["maintenanceTasks"]["nodes"]
    assert nodes == [{"title": "Oil it", "viewerCanComplete": False}]
    document = f'mutation {{ cancelMaintenanceTask(input: {{id: "{task["id"]}"}}) {{ task {{ id }} }} }}'
    assert (await viewer.refusal(document))[0] == "FORBIDDEN"


async def test_renewals_of_an_asset_cut_its_life_into_runs_and_nothing_else_does(operator):
    async def renewed(day, *, failed, kind="REPLACEMENT", failed_at=None, **more):
        done = {"doneAt": f"2026-01-{day:02}T00:00:00Z", "doneBy": "Rosa", "failed": failed, "failedAt": failed_at}
        return await made(operator, kind=kind, done=done, **more)

    task = await renewed(20, failed=True, kind="REPAIR", failed_at="2026-01-18T00:00:00Z")
    assert task["failedAt"] == "2026-01-18T00:00:00Z"
    await renewed(1, failed=False)
    mistake = await renewed(10, failed=True)
    await operator.changed("cancelMaintenanceTask", TASK, id=mistake["id"])
    await renewed(12, failed=True, channelId=temperature_of(operator))
    await made(operator, kind="REPAIR")
    assets = [operator.world.meter, operator.world.machine]
    async with operator.context.database.transaction(operator.world.viewer, readonly=True) as connection:
        meter, machine = await runs_of(connection, assets)
    assert [(each.length_s, each.complete) for each in machine] == [(None, False), (17 * 86_400, True), (None, False)]
    assert len(meter) == 1


@pytest.mark.parametrize(
    "change", ["failed = false", "done_at = now()", "status = 'OPEN', done_at = null", "title = 'x'"]
)
async def test_what_was_done_stays_as_it_was_said_in_sql_too(operator, change):
    done = {"doneAt": FEBRUARY, "doneBy": "Rosa", "failed": True}
    await made(operator, kind="REPAIR", done=done)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="DONE stays as it is"):
        await write(operator, f"update maintenance_tasks set {change}")
    await write(operator, "update maintenance_tasks set title = title")
    cancelled = "update maintenance_tasks set status = 'CANCELLED', cancelled_at = now(), cancelled_by = 'me'"
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await write(operator, f"{cancelled}, {change.split(', ')[-1]}")
    await write(operator, cancelled)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="CANCELLED stays as it is"):
        await write(operator, f"update maintenance_tasks set {change}")
