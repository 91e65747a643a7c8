"""Who was told of an alarm, through the graph."""

import asyncpg

from tests.api.alarms import raised
from twinql.domain.global_id import encode

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


async def aim(url, world, *, address="https://desk.test", secret="a secret of the desk", kind="WEBHOOK"):
    """Add a target, and return its id."""
    connection = await asyncpg.connect(url)
    try:
        key = await connection.fetchval(
            "insert into alarm_targets (organisation_id, name, kind, address, secret)"
            " values ($1, 'Desk', $2::text::alarm_target_kind, $3, $4) returning id",
            world.organisation,
            kind,
            address,
            secret,
        )
    finally:
        await connection.close()
    return encode("AlarmTarget", key)


async def test_every_member_sees_what_became_of_telling_people(asker, database_url):
    for address in ("https://desk.test", "https://other.test"):
        await aim(database_url, asker.world, address=address)
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
