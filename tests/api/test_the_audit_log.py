"""Every mutation leaves who tried it, from where, which one and how it ended."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from structlog.testing import capture_logs

from resolvers import sites
from tests.walk import Walk
from twinql.domain.global_id import encode
from twinql.domain.identity import User
from twinql.storage import audit

ENTRY = "issuer subject client requestId operation operationName outcome codes"
LOG = f"query($filter: AuditLogFilter) {{ auditLog(filter: $filter) {{ nodes {{ {ENTRY} }} totalCount }} }}"
CREATE = 'mutation Make { createSite(input: {name: "Secret Site", timeZone: "Europe/Berlin"}) { userErrors { code } } }'


@pytest.fixture
def caller(asker):
    """The owner, with an address and a request id."""
    asker.context = replace(asker.context, client="203.0.113.7", request_id="r-1")
    return asker


async def log_of(asker, **chosen):
    return (await asker.as_user(asker.world.owner).ask(LOG, filter=chosen))["auditLog"]["nodes"]


async def rows(asker):
    async with asker.context.database.pool.acquire() as connection:
        return await connection.fetch("select *, to_jsonb(a)::text as text from audit_log as a order by at, id")


async def test_what_was_done_is_told_without_what_was_said(caller):
    await caller.ask(CREATE)
    (entry,) = await log_of(caller)
    assert entry == {
        "issuer": "https://issuer.test",
        "subject": "acme-owner",
        "client": "203.0.113.7",
        "requestId": "r-1",
        "operation": "createSite",
        "operationName": "Make",
        "outcome": "SUCCEEDED",
        "codes": [],
    }
    (row,) = await rows(caller)
    assert "Secret Site" not in row["text"]


async def test_no_secret_stands_in_it(caller):
    made = await caller.changed("inviteMember", "secret", role="VIEWER")
    key = await caller.changed(
        "createApiKey", "secret", name="K", channelIds=[encode("Channel", caller.world.channels["energy"])]
    )
    await caller.as_user(User("https://issuer.test", "n")).change("acceptInvitation", secret=made["secret"])
    told = [row["text"] for row in await rows(caller)]
    assert len(told) == 3
    for secret in (made["secret"], key["secret"]):
        assert not [text for text in told if secret in text]


async def test_what_was_refused_is_told_too(caller):
    await caller.as_user(caller.world.viewer).answer(CREATE)
    await caller.change("createSite", name="", timeZone="Europe/Berlin")
    told = {entry["subject"]: (entry["outcome"], entry["codes"]) for entry in await log_of(caller)}
    assert told == {"acme-viewer": ("FORBIDDEN", ["FORBIDDEN"]), "acme-owner": ("INVALID", ["INVALID_INPUT"])}


async def test_whoever_belongs_nowhere_is_noted_where_no_tenant_looks(caller):
    await caller.as_user(User("https://issuer.test", "stranger")).answer(CREATE)
    assert await log_of(caller) == []
    (row,) = await rows(caller)
    assert (row["organisation_id"], row["subject"], row["outcome"]) == (None, "stranger", "FORBIDDEN")


async def test_whoever_joins_is_noted_for_the_organisation_that_they_join(caller):
    made = await caller.changed("inviteMember", "secret", role="VIEWER")
    newcomer = caller.as_user(User("https://issuer.test", "newcomer"))
    await newcomer.change("acceptInvitation", secret=made["secret"])
    newcomer.context.organisations_open = True
    await newcomer.change("createOrganisation", name="Elsewhere")
    assert [entry["operation"] for entry in await log_of(caller)] == ["acceptInvitation", "inviteMember"]
    last = (await rows(caller))[-1]
    assert last["operation"] == "createOrganisation"
    assert last["organisation_id"] not in {None, caller.world.organisation}


async def test_a_failure_of_ours_is_noted_and_tells_nothing(caller, monkeypatch):
    async def fails(*_):
        raise RuntimeError("the plumbing shows")

    monkeypatch.setattr(sites.sites, "create_site", fails)
    answer = await caller.answer(CREATE)
    assert answer.errors[0]["extensions"]["code"] == "INTERNAL"
    (entry,) = await log_of(caller)
    assert (entry["outcome"], entry["codes"]) == ("FAILED", ["INTERNAL"])
    assert "plumbing" not in (await rows(caller))[0]["text"]


async def test_whoever_hangs_up_is_noted_nevertheless(caller, monkeypatch):
    began = asyncio.Event()

    async def waits(*_):
        began.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(sites.sites, "create_site", waits)
    asking = asyncio.ensure_future(caller.answer(CREATE))
    await began.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    async with asyncio.timeout(20):
        while not (found := await rows(caller)):  # noqa: ASYNC110 - nobody waits for what was hung up on
            await asyncio.sleep(0)
    assert (found[0]["operation"], found[0]["outcome"]) == ("createSite", "FAILED")


async def test_what_cannot_be_kept_is_told_in_the_log(caller, monkeypatch):
    monkeypatch.setattr(audit, "load", lambda _: {"note": "select $1::int / 0"})
    with capture_logs() as logged:
        await caller.ask(CREATE)
    (told,) = [each for each in logged if each["log_level"] == "error"]
    assert told["operation"] == "createSite"
    assert (told["subject"], told["client"], told["request_id"]) == ("acme-owner", "203.0.113.7", "r-1")
    assert told["outcome"] == "SUCCEEDED"


async def test_the_log_is_searched_and_paged(caller):
    for name in ("One", "Two", "Three"):
        await caller.changed("createSite", "", name=name, timeZone="Europe/Berlin")
    await caller.as_user(caller.world.viewer).answer(CREATE)
    assert len(await log_of(caller, operation="createSite")) == 4
    assert await log_of(caller, operation="updateSite") == []
    assert len(await log_of(caller, outcome="FORBIDDEN")) == 1
    assert len(await log_of(caller, subject="acme-owner")) == 3
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert await log_of(caller, since=soon) == []
    assert len(await log_of(caller, until=soon)) == 4
    page = "query($after: String) { auditLog(first: 3, after: $after) "
    page += "{ nodes { id } pageInfo { hasNextPage endCursor } } }"
    first = (await caller.ask(page))["auditLog"]
    assert first["pageInfo"]["hasNextPage"]
    second = (await caller.ask(page, after=first["pageInfo"]["endCursor"]))["auditLog"]
    assert len({each["id"] for each in first["nodes"] + second["nodes"]}) == 4
    one = await caller.ask(
        "query($id: ID!) { node(id: $id) { ... on AuditEntry { operation } } }", id=first["nodes"][0]["id"]
    )
    assert one["node"] == {"operation": "createSite"}


async def test_no_mutation_is_forgotten(caller):
    walk = Walk(caller.schema._schema, {"Site": encode("Site", caller.world.site)})
    named = [name for kind, name, _ in walk.roots() if kind == "mutation"]
    stranger = caller.as_user(User("https://issuer.test", "stranger"))
    for name in named:
        await stranger.answer(walk.operation("mutation", name, depth=1))
    assert [row["operation"] for row in await rows(caller)] == named


async def test_nobody_writes_it_anew(caller, database_url):
    await caller.ask(CREATE)
    connection = await asyncpg.connect(database_url)
    try:
        for statement in ("update audit_log set subject = 'x'", "delete from audit_log", "truncate audit_log"):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await connection.execute(statement)
    finally:
        await connection.close()
