"""Sites are made, changed, archived and brought back."""

from tests.roles import only_an_owner
from tests.world import make_world
from twinql.domain.global_id import encode

ALL = "site { id name timeZone latitude longitude attributes archivedAt }"
ALONG = "along { assets channels } site { archivedAt }"
BERLIN = {"name": "Works", "timeZone": "Europe/Berlin"}


def site_id(asker):
    return encode("Site", asker.world.site)


async def test_a_site_is_made_and_can_be_asked_for(asker):
    given = {"name": "  Works ", "timeZone": "Europe/Berlin", "latitude": 52.5, "attributes": {"a": [1]}}
    site = (await asker.changed("createSite", ALL, **given))["site"]
    assert (site["name"], site["latitude"], site["longitude"], site["attributes"]) == ("Works", 52.5, None, {"a": [1]})
    found = await asker.ask("query ($id: ID!) { site(id: $id) { name } }", id=site["id"])
    assert found["site"] == {"name": "Works"}


async def test_what_is_left_out_stays_and_null_forgets(asker):
    made = (await asker.changed("createSite", ALL, **BERLIN, latitude=1.0, longitude=2.0))["site"]
    changed = (await asker.changed("updateSite", ALL, id=made["id"], latitude=None, name="Plant"))["site"]
    assert changed == {**made, "latitude": None, "name": "Plant"}


WRONG = [
    ("name", ""),
    ("name", "   "),
    ("name", "x" * 201),
    ("name", "a\u0000b"),
    ("name", "a\nb"),
    ("timeZone", "Mars/Olympus"),
    ("timeZone", "europe/berlin"),
    ("timeZone", "localtime"),
    ("timeZone", ""),
    ("latitude", 90.1),
    ("longitude", -180.1),
    ("attributes", [1]),
    ("attributes", []),
    ("attributes", "text"),
    ("attributes", {"a": "\u0000"}),
    ("attributes", {"\ud800": 1}),
    ("attributes", {"a": 2**70}),
    ("attributes", dict.fromkeys("abcde", "x" * 400_000)),
]


async def test_what_cannot_be_right_is_refused_where_it_stands(asker, subtests):
    for field, wrong in WRONG:
        with subtests.test(field=field, wrong=str(wrong)[:30]):
            assert await asker.mistake("createSite", **{**BERLIN, field: wrong}) == ("INVALID_INPUT", field)
            assert await asker.mistake("updateSite", id=site_id(asker), **{field: wrong}) == ("INVALID_INPUT", field)


async def test_what_a_site_cannot_be_without_cannot_be_null(asker):
    for field in ("name", "timeZone", "attributes"):
        assert await asker.mistake("updateSite", id=site_id(asker), **{field: None}) == ("INVALID_INPUT", field)


async def test_an_unknown_and_a_foreign_site_are_told_alike_and_a_malformed_id_is_not(asker):
    zenith = await make_world(asker.context.database.url, "Zenith")
    for mutation in ("updateSite", "archiveSite", "unarchiveSite"):
        for key in (encode("Site", asker.world.meter), encode("Site", zenith.site)):
            assert await asker.mistake(mutation, id=key) == ("NOT_FOUND", "id")
        for key in ("", "nonsense", encode("Meter", asker.world.meter)):
            assert await asker.mistake(mutation, id=key) == ("INVALID_INPUT", "id")


async def test_archiving_takes_what_is_beneath_and_its_undoing_brings_just_that_back(asker):
    first = await asker.changed("archiveSite", ALONG, id=site_id(asker))
    assert first["along"] == {"assets": 2, "channels": 6}
    assert first["site"]["archivedAt"] is not None
    again = await asker.changed("archiveSite", ALONG, id=site_id(asker))
    assert again == {"site": first["site"], "along": {"assets": 0, "channels": 0}}
    back = await asker.changed("unarchiveSite", ALONG, id=site_id(asker))
    assert back == {"site": {"archivedAt": None}, "along": {"assets": 2, "channels": 6}}
    assert (await asker.changed("unarchiveSite", ALONG, id=site_id(asker)))["along"] == {"assets": 0, "channels": 0}


async def test_only_an_owner_changes_sites(asker, subtests):
    await only_an_owner(asker, subtests, "Site", BERLIN, site_id(asker))


async def test_each_change_of_one_operation_shows_what_is_stored_by_then(asker):
    document = """
    mutation ($id: ID!) {
        a: updateSite(input: {id: $id, name: "One"}) { site { name } }
        b: updateSite(input: {id: $id, name: "Two"}) { site { name } }
    }"""
    shown = await asker.ask(document, id=site_id(asker))
    assert shown == {"a": {"site": {"name": "One"}}, "b": {"site": {"name": "Two"}}}
