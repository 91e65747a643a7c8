"""Members: added, given other roles, removed, and leaving by themselves."""

from uuid import uuid4

import pytest

from tests.world import make_world
from twinql.domain.global_id import encode
from twinql.domain.identity import User
from twinql.domain.membership import member_key

ISSUER = "https://issuer.test"
MEMBERS = "{ viewer { organisation { members { nodes { id issuer subject role } totalCount } } } }"


def id_of(world, user):
    return encode("Member", member_key(world.organisation, user.issuer, user.subject))


async def roles(asker):
    nodes = (await asker.ask(MEMBERS))["viewer"]["organisation"]["members"]["nodes"]
    return {each["subject"]: each["role"] for each in nodes}


@pytest.mark.parametrize("role", ["viewer", "operator", "owner"])
async def test_every_member_sees_every_member(asker, role):
    told = await asker.as_user(getattr(asker.world, role)).ask(MEMBERS)
    members = told["viewer"]["organisation"]["members"]
    assert members["totalCount"] == 3
    assert {each["subject"]: each["role"] for each in members["nodes"]} == {
        "acme-owner": "OWNER",
        "acme-operator": "OPERATOR",
        "acme-viewer": "VIEWER",
    }


async def test_a_member_is_found_again_by_their_id(asker):
    for each in (await asker.ask(MEMBERS))["viewer"]["organisation"]["members"]["nodes"]:
        found = await asker.ask("query($id: ID!) { node(id: $id) { id ... on Member { subject } } }", id=each["id"])
        assert found["node"] == {"id": each["id"], "subject": each["subject"]}


async def test_a_member_is_added_by_what_their_token_says(asker):
    added = await asker.changed("addMember", "member { subject issuer role }", subject="user_2abc", role="OPERATOR")
    assert added["member"] == {"subject": "user_2abc", "issuer": ISSUER, "role": "OPERATOR"}
    newcomer = asker.as_user(User(ISSUER, "user_2abc"))
    assert (await newcomer.ask("{ viewer { role } }"))["viewer"]["role"] == "OPERATOR"
    elsewhere = await asker.changed(
        "addMember", "member { issuer }", subject="user_2abc", issuer="https://other.test/", role="VIEWER"
    )
    assert elsewhere["member"]["issuer"] == "https://other.test/"
    assert await asker.mistake("addMember", subject="user_2abc", role="VIEWER") == ("CONFLICT", "subject")


@pytest.mark.parametrize("subject", ["", "   ", "x" * 256, "a\u0000b"])
async def test_a_subject_that_no_token_has_is_refused(asker, subject):
    assert await asker.mistake("addMember", subject=subject, role="VIEWER") == ("INVALID_INPUT", "subject")


async def test_no_api_key_becomes_a_member(asker):
    mistake = await asker.mistake("addMember", issuer="twinql:api-key", subject=str(uuid4()), role="OWNER")
    assert mistake == ("INVALID_INPUT", "issuer")


async def test_a_role_holds_from_the_next_operation_on(asker):
    world = asker.world
    changed = await asker.changed("updateMember", "member { role }", id=id_of(world, world.viewer), role="OPERATOR")
    assert changed["member"]["role"] == "OPERATOR"
    assert (await asker.as_user(world.viewer).ask("{ viewer { canRecord } }"))["viewer"]["canRecord"]


async def test_the_last_owner_stays(asker):
    world = asker.world
    owner = id_of(world, world.owner)
    assert await asker.mistake("removeMember", id=owner) == ("CONFLICT", "")
    assert await asker.mistake("updateMember", id=owner, role="VIEWER") == ("CONFLICT", "")
    assert (await roles(asker))["acme-owner"] == "OWNER"
    await asker.changed("updateMember", "", id=id_of(world, world.viewer), role="OWNER")
    await asker.changed("removeMember", "removedMemberId", id=owner)
    assert await roles(asker.as_user(world.viewer)) == {"acme-operator": "OPERATOR", "acme-viewer": "OWNER"}


async def test_whoever_belongs_may_leave_and_nobody_else_may_send_them(asker):
    world = asker.world
    viewer = asker.as_user(world.viewer)
    remove = "mutation($id: ID!) { removeMember(input: {id: $id}) { removedMemberId userErrors { code } } }"
    code, message = await viewer.refusal(remove, id=id_of(world, world.operator))
    assert (code, message) == ("FORBIDDEN", "This needs the role OWNER, and yours is VIEWER; ask an owner.")
    own = id_of(world, world.viewer)
    assert (await viewer.changed("removeMember", "removedMemberId", id=own))["removedMemberId"] == own
    told = await asker.as_user(world.viewer).ask("{ viewer { memberships { role } } sites { nodes { id } } }")
    assert told == {"viewer": {"memberships": []}, "sites": {"nodes": []}}
    await asker.changed("removeMember", "", id=id_of(world, world.operator))
    assert await roles(asker) == {"acme-owner": "OWNER"}


async def test_a_member_of_others_is_told_as_one_that_nobody_is(asker, database_url):
    other = await make_world(database_url, "Zenith")
    for foreign in (id_of(other, other.viewer), encode("Member", uuid4())):
        for field, given in (("updateMember", {"role": "OWNER"}), ("removeMember", {})):
            assert await asker.mistake(field, id=foreign, **given) == ("NOT_FOUND", "id")
        assert (await asker.ask("query($id: ID!) { node(id: $id) { id } }", id=foreign))["node"] is None


async def test_an_organisation_is_called_something_else_by_an_owner(asker):
    renamed = await asker.changed("updateOrganisation", "organisation { name viewerCanManage }", name="  Acme Mills ")
    assert renamed["organisation"] == {"name": "Acme Mills", "viewerCanManage": True}
    assert await asker.mistake("updateOrganisation", name=" ") == ("INVALID_INPUT", "name")
    seen = await asker.as_user(asker.world.viewer).ask("{ viewer { organisation { name viewerCanManage } } }")
    assert seen["viewer"]["organisation"] == {"name": "Acme Mills", "viewerCanManage": False}


async def test_an_organisation_is_made_only_where_everybody_may(asker):
    newcomer = asker.as_user(User(ISSUER, "newcomer"))
    document = 'mutation { createOrganisation(input: {name: "New"}) { membership { role } userErrors { code } } }'
    code, message = await newcomer.refusal(document)
    assert code == "FORBIDDEN"
    assert "TWINQL_CREATE_ORGANISATION" in message
    newcomer.context.organisations_open = True
    assert await newcomer.mistake("createOrganisation", name="") == ("INVALID_INPUT", "name")
    made = await newcomer.changed(
        "createOrganisation", "membership { organisationId organisationName role }", name="New"
    )
    seen = await newcomer.ask("{ viewer { role organisation { id name } memberships { organisationId } } }")
    membership = made["membership"]
    assert (membership["organisationName"], membership["role"]) == ("New", "OWNER")
    assert seen["viewer"]["organisation"] == {"id": membership["organisationId"], "name": "New"}
