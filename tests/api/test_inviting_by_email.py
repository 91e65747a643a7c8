"""Invitations by e-mail, over a Supabase Auth that answers as its interface says."""

import asyncio
from contextlib import asynccontextmanager

import orjson
import pytest

from twinql.auth.directory import open_directory

INVITED = "3b1f9a52-0d3c-4a0e-9d53-1c7a2f5d8e11"
USER = {
    "id": INVITED,
    "aud": "authenticated",
    "email": "new@acme.example",
    "app_metadata": {},
    "user_metadata": {},
    "created_at": "2026-11-21T10:00:00Z",
}
INVITE = "inviteMember", "secret member { issuer subject role } invitation { status email acceptedBy }"


@asynccontextmanager
async def supabase(status, body):
    """Answer every request so, and keep what was asked."""
    asked = []

    async def answer(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        (length,) = [int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")]
        asked.append((head, orjson.loads(await reader.readexactly(length))))
        content = orjson.dumps(body)
        writer.write(
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nX-Supabase-Api-Version: 2024-01-01\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(content), content)
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with open_directory(url, "the-service-key") as directory:
            yield url, directory, asked


async def stored(asker):
    async with asker.context.database.pool.acquire() as connection:
        return await connection.fetchval("select count(*) from invitations")


async def test_whoever_is_sent_an_email_is_a_member_at_once(asker):
    async with supabase(200, USER) as (url, asker.context.directory, asked):
        made = await asker.changed(*INVITE, email="new@acme.example", role="OPERATOR")
    assert made == {
        "secret": None,
        "member": {"issuer": f"{url}/auth/v1", "subject": INVITED, "role": "OPERATOR"},
        "invitation": {"status": "ACCEPTED", "email": "new@acme.example", "acceptedBy": INVITED},
    }
    ((head, body),) = asked
    assert head.startswith("POST /auth/v1/invite ")
    assert "bearer the-service-key" in head.lower()
    assert body["email"] == "new@acme.example"


async def test_whom_supabase_knows_is_invited_by_the_secret_and_the_owner_is_told(asker):
    known = {"code": "email_exists", "message": "A user with this email address has already been registered"}
    async with supabase(422, known) as (_, asker.context.directory, _):
        made = await asker.change(*INVITE, email="old@acme.example", role="VIEWER")
    (error,) = made["userErrors"]
    assert (error["code"], error["path"]) == ("CONFLICT", ["email"])
    assert "no e-mail was sent" in error["message"]
    assert made["secret"].startswith("twinql_invite_")
    assert made["invitation"]["status"] == "OPEN"
    assert made["member"] is None


async def test_without_an_address_supabase_is_not_asked(asker):
    async with supabase(500, {}) as (_, asker.context.directory, asked):
        made = await asker.changed(*INVITE, role="VIEWER")
    assert made["secret"] is not None
    assert asked == []


async def test_an_address_that_supabase_does_not_take_makes_no_invitation(asker):
    bad = {"code": "email_address_invalid", "message": "Email address is invalid"}
    async with supabase(400, bad) as (_, asker.context.directory, _):
        assert await asker.mistake("inviteMember", email="new@nowhere.example", role="VIEWER") == (
            "INVALID_INPUT",
            "email",
        )
    assert await stored(asker) == 0


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, {"code": "over_email_send_rate_limit", "message": "email rate limit exceeded"}),
        (401, {"code": "no_authorization", "message": "This endpoint requires a valid Bearer token"}),
        (500, {"code": "unexpected_failure", "message": "Error sending invite email"}),
        (503, {"message": "upstream"}),
        (200, {"surprise": True}),
    ],
)
async def test_what_an_owner_cannot_mend_is_unavailable_and_makes_no_invitation(asker, status, body):
    async with supabase(status, body) as (_, asker.context.directory, _):
        invite = 'mutation { inviteMember(input: {email: "a@b.example", role: VIEWER}) { userErrors { code } } }'
        code, message = await asker.refusal(invite)
    assert code == "UNAVAILABLE"
    assert "invite without one" in message
    assert "Bearer" not in message
    assert await stored(asker) == 0


async def test_a_supabase_that_is_away_is_unavailable_too(asker):
    async with supabase(200, USER) as (url, _, _):
        pass
    async with open_directory(url, "the-service-key") as asker.context.directory:
        invite = 'mutation { inviteMember(input: {email: "a@b.example", role: VIEWER}) { userErrors { code } } }'
        assert (await asker.refusal(invite))[0] == "UNAVAILABLE"


@pytest.mark.parametrize(("url", "key"), [(None, "k"), ("https://x.supabase.co", None)])
async def test_without_a_service_key_there_is_no_directory(url, key):
    async with open_directory(url, key) as directory:
        assert directory is None
