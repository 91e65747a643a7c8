"""Suppliers are made, changed, archived and brought back."""

from uuid import uuid4

from tests.roles import only_an_owner
from tests.world import make_world
from twinql.domain.global_id import encode

SUPPLIER = "supplier { id name contact archivedAt viewerCanUpdate }"
GOOD = {"name": "Light & Sons", "contact": "0800 1"}


async def make(asker, **given):
    return (await asker.changed("createSupplier", SUPPLIER, **{**GOOD, **given}))["supplier"]


async def test_a_supplier_is_made_changed_and_forgets_how_to_be_reached(asker):
    made = await make(asker, name=" Light ")
    assert made == {"id": made["id"], "name": "Light", "contact": "0800 1", "archivedAt": None, "viewerCanUpdate": True}
    changed = (await asker.changed("updateSupplier", SUPPLIER, id=made["id"], contact=None))["supplier"]
    assert changed == {**made, "contact": None}
    assert await asker.mistake("updateSupplier", id=made["id"], name=None) == ("INVALID_INPUT", "name")


async def test_what_cannot_be_right_is_refused_where_it_stands(asker, subtests):
    key = (await make(asker))["id"]
    for field, wrong in (
        ("name", ""),
        ("name", "x" * 201),
        ("name", "\u0000"),
        ("contact", " "),
        ("contact", "x" * 2_001),
    ):
        with subtests.test(field=field, wrong=wrong[:10]):
            assert await asker.mistake("createSupplier", **{**GOOD, field: wrong}) == ("INVALID_INPUT", field)
            assert await asker.mistake("updateSupplier", id=key, **{field: wrong}) == ("INVALID_INPUT", field)


async def test_an_archived_supplier_keeps_its_tariffs_and_gets_none(asker):
    key = (await make(asker))["id"]
    terms = {"bands": [{"name": "all day", "price": "0.20"}]}
    tariff = {"name": "Flat", "currency": "EUR", "validFrom": "2026-01-01", "terms": terms, "supplierId": key}
    await asker.changed("createTariff", "tariff { id }", **tariff)
    archived = (await asker.changed("archiveSupplier", SUPPLIER, id=key))["supplier"]
    assert archived["archivedAt"] is not None
    assert (await asker.changed("archiveSupplier", SUPPLIER, id=key))["supplier"] == archived
    assert await asker.mistake("createTariff", **tariff) == ("CONFLICT", "supplierId")
    asked = "query ($id: ID!) { supplier(id: $id) { tariffs { nodes { name supplier { name } } } } }"
    assert (await asker.ask(asked, id=key))["supplier"]["tariffs"]["nodes"] == [
        {"name": "Flat", "supplier": {"name": "Light & Sons"}}
    ]
    listed = "query ($archived: Boolean) { suppliers(filter: {archived: $archived}) { nodes { id } } }"
    assert (await asker.ask(listed, archived=False))["suppliers"]["nodes"] == []
    assert (await asker.ask(listed, archived=True))["suppliers"]["nodes"] == [{"id": key}]
    assert (await asker.changed("unarchiveSupplier", SUPPLIER, id=key))["supplier"]["archivedAt"] is None
    await asker.changed("createTariff", "tariff { id }", **tariff)


async def test_suppliers_are_found_by_a_part_of_their_name(asker):
    await make(asker, name="Sun")
    await make(asker, name="Light")
    found = await asker.ask('{ suppliers(filter: {search: "IGH"}) { nodes { name } } all: suppliers { totalCount } }')
    assert found == {"suppliers": {"nodes": [{"name": "Light"}]}, "all": {"totalCount": 2}}


async def test_an_unknown_and_a_foreign_supplier_are_told_alike(asker):
    zenith = asker.as_user((await make_world(asker.context.database.url, "Zenith")).owner)
    theirs = (await make(zenith))["id"]
    for key in (theirs, encode("Supplier", uuid4())):
        for field in ("updateSupplier", "archiveSupplier", "unarchiveSupplier"):
            assert await asker.mistake(field, id=key) == ("NOT_FOUND", "id")
        assert (await asker.ask("query ($id: ID!) { supplier(id: $id) { id } }", id=key))["supplier"] is None


async def test_only_an_owner_changes_suppliers(asker, subtests):
    made = await make(asker)
    await only_an_owner(asker, subtests, "Supplier", GOOD, made["id"])
