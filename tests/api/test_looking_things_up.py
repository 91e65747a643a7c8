"""Single things by id and by serial number, and what is not there."""

from itertools import product

import asyncpg

from tests.world import make_world
from twinql.domain.global_id import encode
from twinql.domain.identity import User

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
STRANGER = User("https://issuer.test", "stranger")


def ids(world):
    return {
        "Organisation": encode("Organisation", world.organisation),
        "Site": encode("Site", world.site),
        "Meter": encode("Meter", world.meter),
        "Machine": encode("Machine", world.machine),
        "Channel": encode("Channel", world.channels["temperature"]),
    }


async def test_the_viewer_is_told_who_they_are_and_what_they_may_do(asker):
    document = "{ viewer { subject organisation { name } role canRecord canManage advice } }"
    assert (await asker.ask(document))["viewer"] == {
        "subject": "acme-owner", "organisation": {"name": "Acme"}, "role": "OWNER", "canRecord": True,
        "canManage": True, "advice": None,
    }  # fmt: skip
    operator = (await asker.as_user(asker.world.operator).ask(document))["viewer"]
    assert (operator["role"], operator["canRecord"], operator["canManage"]) == ("OPERATOR", True, False)
    stranger = (await asker.as_user(STRANGER).ask(document))["viewer"]
    assert (stranger["organisation"], stranger["role"], stranger["canRecord"]) == (None, None, False)
    assert stranger["advice"].endswith(".")


async def test_whatever_has_an_id_can_be_asked_for_again_by_it(asker):
    for name, key in ids(asker.world).items():
        assert (await asker.ask(NODE, id=key))["node"] == {"__typename": name, "id": key}


async def test_several_come_back_in_the_order_in_which_they_were_named(asker):
    wanted = list(ids(asker.world).values())
    unknown = encode("Site", asker.world.meter)
    found = await asker.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[*reversed(wanted), unknown, wanted[0]]
    )
    assert [each and each["id"] for each in found["nodes"]] == [*reversed(wanted), None, wanted[0]]


async def test_more_ids_than_are_taken_at_once_are_refused(asker):
    key = encode("Site", asker.world.site)
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    code, message = await asker.refusal(document, ids=[key] * 101)
    assert code == "BAD_USER_INPUT"
    assert "100" in message


async def test_an_unknown_thing_and_one_of_another_organisation_are_both_null(asker):
    zenith = await make_world(asker.context.database.url, "Zenith")
    for name, key in ids(zenith).items():
        assert (await asker.ask(NODE, id=key))["node"] is None
        unknown = encode(name, "00000000-0000-4000-8000-000000000000")
        assert (await asker.ask(NODE, id=unknown))["node"] is None
        assert (await asker.as_user(STRANGER).ask(NODE, id=key))["node"] is None
    for field, kind in (("site", "Site"), ("meter", "Meter"), ("machine", "Machine"), ("channel", "Channel")):
        document = f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}"
        assert (await asker.ask(document, id=ids(zenith)[kind]))[field] is None
        assert (await asker.ask(document, id=ids(asker.world)[kind]))[field] == {"id": ids(asker.world)[kind]}


async def test_a_malformed_id_is_one_clear_error(asker, subtests):
    malformed = ("", "nonsense", "☃", "U2l0ZTo=", "U2l0ZToxMjM", "AAAA" * 1000)
    for field, wrong in product(("node", "site", "meter", "machine", "channel"), malformed):
        with subtests.test(field=field, wrong=wrong):
            code, message = await asker.refusal(f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}", id=wrong)
            assert code == "BAD_USER_INPUT"
            assert message.endswith(".")


async def test_a_malformed_id_among_others_leaves_nothing_half_done(asker):
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    code, _ = await asker.refusal(document, ids=[ids(asker.world)["Site"], "nonsense"])
    assert code == "BAD_USER_INPUT"


async def test_an_id_of_another_kind_says_which_is_needed(asker):
    code, message = await asker.refusal("query ($id: ID!) { meter(id: $id) { id } }", id=ids(asker.world)["Site"])
    assert code == "BAD_USER_INPUT"
    assert "Site" in message
    assert "Meter" in message


async def test_a_meter_is_found_by_what_is_printed_on_it(asker):
    zenith = await make_world(asker.context.database.url, "Zenith")
    document = "query ($serial: String) { meter(serialNumber: $serial) { id site { name } } }"
    found = (await asker.ask(document, serial="M-1"))["meter"]
    assert found == {"id": ids(asker.world)["Meter"], "site": {"name": "Acme site"}}
    theirs = (await asker.as_user(zenith.owner).ask(document, serial="M-1"))["meter"]
    assert theirs["id"] == ids(zenith)["Meter"]
    assert (await asker.ask(document, serial="m-1' or true --"))["meter"] is None


async def test_a_meter_is_named_in_one_way(asker):
    for document in ("{ meter { id } }", '{ meter(id: "x", serialNumber: "y") { id } }'):
        code, _ = await asker.refusal(document)
        assert code == "BAD_USER_INPUT"


async def test_an_asset_points_to_its_site_parts_channels_and_parent(asker):
    document = """query ($id: ID!) { machine(id: $id) {
        site { name timeZone } parent { name } parts { totalCount nodes { __typename name } }
        channels { totalCount nodes { key asset { __typename ... on Machine { model } } } }
    } }"""
    connection = await asyncpg.connect(asker.context.database.url)
    await connection.execute("update assets set parent_id = $1 where id = $2", asker.world.machine, asker.world.meter)
    await connection.close()
    machine = (await asker.ask(document, id=ids(asker.world)["Machine"]))["machine"]
    assert machine["site"] == {"name": "Acme site", "timeZone": "Europe/Berlin"}
    assert machine["parent"] is None
    assert machine["parts"] == {"totalCount": 1, "nodes": [{"__typename": "Meter", "name": "Main meter"}]}
    assert machine["channels"]["totalCount"] == 3
    assert {each["asset"]["model"] for each in machine["channels"]["nodes"]} == {"XR-5"}
    document = "query ($id: ID!) { meter(id: $id) { parent { __typename name } } }"
    assert (await asker.ask(document, id=ids(asker.world)["Meter"]))["meter"]["parent"] == {
        "__typename": "Machine", "name": "Mill",
    }  # fmt: skip
