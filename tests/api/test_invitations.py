"""Invitations: a secret that is shown once and makes one person a member."""

from uuid import uuid4

import pytest

from tests.world import make_world
from twinql.domain.global_id import encode
from twinql.domain.identity import User
from twinql.domain.secrets import INVITATION, hash_of

ISSUER = "https://issuer.test"
INVITATIONS = "{ viewer { organisation { invitations { nodes { id status email role invitedBy acceptedBy } } } } }"
ACCEPT = (
    "mutation($secret: String!) { acceptInvitation(input: {secret: $secret}) "
    "{ membership { organisationName role } userErrors { code message path } } }"
)


async def invited(asker, **given):
    return await asker.changed("inviteMember", "secret member { id } invitation { id status expiresAt }", **given)


async def accepted(asker, secret, who="newcomer"):
    return (await asker.as_user(User(ISSUER, who)).ask(ACCEPT, secret=secret))["acceptInvitation"]


async def listed(asker):
    return (await asker.ask(INVITATIONS))["viewer"]["organisation"]["invitations"]["nodes"]


async def write(asker, statement):
    async with asker.context.database.pool.acquire() as connection:
        return await connection.fetch(statement)


async def test_whoever_brings_the_secret_becomes_a_member(asker):
    made = await invited(asker, role="OPERATOR", email="new@acme.example")
    assert made["secret"].startswith(INVITATION)
    assert made["member"] is None, "nobody is sent an e-mail without a directory"
    answer = await accepted(asker, made["secret"])
    assert answer == {"membership": {"organisationName": "Acme", "role": "OPERATOR"}, "userErrors": []}
    told = await asker.as_user(User(ISSUER, "newcomer")).ask("{ viewer { role } }")
    assert told["viewer"]["role"] == "OPERATOR"
    (listed_one,) = await listed(asker)
    assert listed_one == {
        "id": made["invitation"]["id"],
        "status": "ACCEPTED",
        "email": "new@acme.example",
        "role": "OPERATOR",
        "invitedBy": "acme-owner",
        "acceptedBy": "newcomer",
    }


async def test_the_secret_is_kept_nowhere(asker):
    made = await invited(asker, role="VIEWER")
    (row,) = await write(asker, "select to_jsonb(i)::text as text, secret_hash from invitations as i")
    assert made["secret"] not in row["text"]
    assert row["secret_hash"] == hash_of(made["secret"])


async def test_used_up_expired_revoked_and_unknown_are_told_alike(asker):
    used, expired, revoked = [await invited(asker, role="VIEWER") for _ in range(3)]
    await accepted(asker, used["secret"])
    await write(
        asker,
        f"update invitations set created_at = now() - interval '2 days', expires_at = now() - interval '1 day'"
        f" where secret_hash = sha256('{expired['secret']}')",
    )
    await asker.changed("revokeInvitation", "invitation { status }", id=revoked["invitation"]["id"])
    told = [await accepted(asker, each["secret"], "other") for each in (used, expired, revoked)]
    told += [await accepted(asker, each, "other") for each in ("", "twinql_invite_nothing", "x" * 10_000)]
    assert told == [told[0]] * 6
    (error,) = told[0]["userErrors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["secret"])
    assert {each["status"] for each in await listed(asker)} == {"ACCEPTED", "EXPIRED", "REVOKED"}


async def test_whoever_belongs_already_keeps_the_higher_role(asker):
    lower, higher = await invited(asker, role="VIEWER"), await invited(asker, role="OWNER")
    assert (await accepted(asker, lower["secret"], "acme-operator"))["membership"]["role"] == "OPERATOR"
    assert (await accepted(asker, higher["secret"], "acme-operator"))["membership"]["role"] == "OWNER"


async def test_what_was_accepted_cannot_be_taken_back(asker):
    made = await invited(asker, role="VIEWER")
    await accepted(asker, made["secret"])
    assert await asker.mistake("revokeInvitation", id=made["invitation"]["id"]) == ("NOT_FOUND", "id")


async def test_an_invitation_of_others_is_told_as_one_that_is_not_there(asker, database_url):
    other = await make_world(database_url, "Zenith")
    made = await invited(asker.as_user(other.owner), role="VIEWER")
    for foreign in (made["invitation"]["id"], encode("Invitation", uuid4())):
        assert await asker.mistake("revokeInvitation", id=foreign) == ("NOT_FOUND", "id")
        assert (await asker.ask("query($id: ID!) { node(id: $id) { id } }", id=foreign))["node"] is None


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_invitations_keys_and_the_audit_log_are_an_owners_alone(asker, role):
    made = await invited(asker, role="VIEWER")
    somebody = asker.as_user(getattr(asker.world, role))
    for document in (
        INVITATIONS,
        "{ viewer { organisation { apiKeys { nodes { id } } } } }",
        "{ auditLog { nodes { id } } }",
    ):
        answer = await somebody.answer(document)
        (error,) = answer.errors
        assert error["extensions"]["code"] == "FORBIDDEN"
        # What is refused is null by itself, and takes nothing beside it along.
        assert answer.data is not None
    found = await somebody.ask("query($id: ID!) { node(id: $id) { id } }", id=made["invitation"]["id"])
    assert found["node"] is None


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a b@c.example"}, "email"),
        ({"email": "@c.example"}, "email"),
        ({"email": " "}, "email"),
        ({"expiresIn": "PT1S"}, "expiresIn"),
        ({"expiresIn": "P91D"}, "expiresIn"),
    ],
)
async def test_what_cannot_be_an_invitation_is_refused_in_a_sentence(asker, given, path):
    assert await asker.mistake("inviteMember", role="VIEWER", **given) == ("INVALID_INPUT", path)
    assert await listed(asker) == []
