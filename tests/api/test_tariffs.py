"""Tariffs are made, revised, withdrawn, renamed, archived and brought back; what they said stays visible."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.roles import only_an_owner
from tests.world import make_world
from twinql.domain.global_id import encode

FLAT = {"bands": [{"name": "all day", "price": "0.20"}]}
GOOD = {"name": "Flat", "currency": "EUR", "validFrom": "2026-01-01", "terms": FLAT}
TERMS = """terms {
    bands {
        name register price
        windows { weekdays from until holidays season { first last } }
        blocks { upTo price }
        dynamic { factor surcharge channel { key } }
    }
    standingCharge { amount per } vat { validFrom rate } holidays { country subdivision }
}"""
TARIFF = "tariff { id name direction currency unit archivedAt viewerCanUpdate supplier { name } }"
REVISION = f"revision {{ id validFrom recordedAt recordedBy reason supersededAt tariff {{ name }} {TERMS} }}"
REVISIONS = """query ($id: ID!) {
    tariff(id: $id) { revisions { totalCount nodes {
        id validFrom recordedAt reason supersededAt terms { bands { price } }
    } } }
}"""
HOLDS = """query ($id: ID!, $on: Date!, $asOf: DateTime) {
    tariff(id: $id) { revision(on: $on, asOf: $asOf) { id validFrom terms { bands { price } } } }
}"""
WINTER = {"first": "11-01", "last": "03-31"}
WEEK = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
DAYS = [*WEEK, "SATURDAY", "SUNDAY"]


def price_channel(asker):
    return encode("Channel", asker.world.channels["price"])


def flat(price):
    return {"bands": [{"name": "all day", "price": price}]}


async def make(asker, **given):
    return (await asker.changed("createTariff", TARIFF, **{**GOOD, **given}))["tariff"]


async def revise(asker, key, valid_from, price, **more):
    given = {"id": key, "validFrom": valid_from, "terms": flat(price), **more}
    return (await asker.changed("reviseTariff", REVISION, **given))["revision"]


async def revisions(asker, key):
    return (await asker.ask(REVISIONS, id=key))["tariff"]["revisions"]["nodes"]


async def price_on(asker, key, day, as_of=None):
    found = (await asker.ask(HOLDS, id=key, on=day, asOf=as_of))["tariff"]["revision"]
    return found and found["terms"]["bands"][0]["price"]


async def test_a_tariff_says_all_that_it_was_told_to_say(asker):
    supplier = (await asker.changed("createSupplier", "supplier { id }", name="Light & Sons"))["supplier"]
    bands = [
        {"name": "winter peak", "register": "day", "price": "0.4012", "windows": [
            {"weekdays": WEEK, "from": "17:00", "until": "20:00", "season": WINTER, "holidays": "EXCEPT"}]},
        {"name": "night", "register": "night", "blocks": [{"upTo": "100", "price": "0.10"}, {"price": "-0.05"}],
         "windows": []},
        {"name": "else", "register": "day",
         "dynamic": {"channelId": price_channel(asker), "factor": "1.05", "surcharge": "0.012"}},
    ]  # fmt: skip
    terms = {
        "bands": bands,
        "standingCharge": {"amount": "0.3456", "per": "DAY"},
        "vat": [{"rate": "0.23"}, {"validFrom": "2026-07-01", "rate": "0.06"}],
        "holidays": {"country": "PT", "subdivision": "11"},
    }
    made = await make(asker, name=" Two rates ", supplierId=supplier["id"], terms=terms, reason="Offer 17")
    assert made == {
        "id": made["id"], "name": "Two rates", "direction": "IMPORT", "currency": "EUR", "unit": "KILOWATT_HOUR",
        "archivedAt": None, "viewerCanUpdate": True, "supplier": {"name": "Light & Sons"},
    }  # fmt: skip
    (revision,) = await revisions(asker, made["id"])
    shown = (await asker.ask(
        f"query ($id: ID!) {{ node(id: $id) {{ ... on TariffRevision {{ recordedBy reason {TERMS} }} }} }}",
        id=revision["id"],
    ))["node"]  # fmt: skip
    assert (shown["recordedBy"], shown["reason"]) == ("acme-owner", "Offer 17")
    window = {"weekdays": WEEK, "from": "17:00", "until": "20:00", "holidays": "EXCEPT", "season": WINTER}
    plain = {"register": None, "price": None, "windows": [], "blocks": [], "dynamic": None}
    assert shown["terms"] == {
        "bands": [
            {**plain, "name": "winter peak", "register": "day", "price": "0.4012", "windows": [window]},
            {**plain, "name": "night", "register": "night",
             "blocks": [{"upTo": "100", "price": "0.10"}, {"upTo": None, "price": "-0.05"}]},
            {**plain, "name": "else", "register": "day",
             "dynamic": {"factor": "1.05", "surcharge": "0.012", "channel": {"key": "price"}}},
        ],
        "standingCharge": {"amount": "0.3456", "per": "DAY"},
        "vat": [{"validFrom": None, "rate": "0.23"}, {"validFrom": "2026-07-01", "rate": "0.06"}],
        "holidays": {"country": "PT", "subdivision": "11"},
    }  # fmt: skip


async def test_a_window_is_the_whole_of_every_day_where_nothing_is_said(asker):
    made = await make(asker, terms={"bands": [{"name": "all", "price": "1", "windows": [{}]}]})
    asked = f'query ($id: ID!) {{ tariff(id: $id) {{ revision(on: "2026-06-01") {{ {TERMS} }} }} }}'
    band = (await asker.ask(asked, id=made["id"]))["tariff"]["revision"]["terms"]["bands"][0]
    assert band["windows"] == [{"weekdays": DAYS, "from": "00:00", "until": "24:00", "holidays": "ANY", "season": None}]


async def test_a_price_list_of_the_past_is_corrected_and_what_it_said_stays_visible(asker):
    key = (await make(asker))["id"]
    (first,) = await revisions(asker, key)
    before = datetime.now(UTC).isoformat()
    corrected = await revise(asker, key, "2026-01-01", "0.22", reason="Misprint")
    assert (corrected["reason"], corrected["recordedBy"], corrected["tariff"]["name"]) == (
        "Misprint", "acme-owner", "Flat",
    )  # fmt: skip
    newest, former = await revisions(asker, key)
    assert (newest["id"], newest["supersededAt"]) == (corrected["id"], None)
    assert former == {**first, "supersededAt": newest["recordedAt"]}
    assert await price_on(asker, key, "2026-02-01") == "0.22"
    assert await price_on(asker, key, "2026-02-01", before) == "0.20"
    assert await price_on(asker, key, "2026-02-01", "2020-01-01T00:00:00Z") is None


async def test_a_revision_of_another_day_is_the_price_list_from_then_on(asker):
    key = (await make(asker))["id"]
    await revise(asker, key, "2026-07-01", "0.30")
    days = ("2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01")
    assert [await price_on(asker, key, day) for day in days] == [None, "0.20", "0.20", "0.30"]
    assert [each["supersededAt"] for each in await revisions(asker, key)] == [None, None]


async def test_a_withdrawn_revision_lets_hold_what_was_said_before(asker):
    key = (await make(asker))["id"]
    july = await revise(asker, key, "2026-07-01", "0.30")
    before = datetime.now(UTC).isoformat()
    gone = (await asker.changed("withdrawTariffRevision", REVISION, id=july["id"], reason="Never sent"))["revision"]
    assert (gone["validFrom"], gone["terms"], gone["reason"]) == ("2026-07-01", None, "Never sent")
    assert await price_on(asker, key, "2026-08-01") == "0.20"
    assert await price_on(asker, key, "2026-08-01", before) == "0.30"
    for each in (july["id"], gone["id"]):
        assert await asker.mistake("withdrawTariffRevision", id=each) == ("CONFLICT", "id")
    await revise(asker, key, "2026-07-01", "0.31")
    assert await price_on(asker, key, "2026-08-01") == "0.31"
    assert len(await revisions(asker, key)) == 4


BAND = {"name": "all", "price": "1"}
WRONG = [
    ({"name": " "}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"currency": "eur"}, "currency"),
    ({"currency": "EUX"}, "currency"),
    ({"currency": "\u0000"}, "currency"),
    ({"unit": "KILOWATT"}, "unit"),
    ({"unit": "DEGREE_CELSIUS"}, "unit"),
    ({"reason": " "}, "reason"),
    ({"reason": "x" * 1_001}, "reason"),
    ({"supplierId": "nonsense"}, "supplierId"),
]
WRONG_TERMS = [
    ({"bands": []}, "bands"),
    ({"bands": [{"name": "all"}]}, "bands.0"),
    ({"bands": [{**BAND, "blocks": [{"price": "1"}]}]}, "bands.0"),
    ({"bands": [{**BAND, "name": "\u0000"}]}, "bands.0.name"),
    ({"bands": [{**BAND, "name": "x" * 81}]}, "bands.0.name"),
    ({"bands": [{**BAND, "name": "standing"}]}, "bands.0.name"),
    ({"bands": [{**BAND, "register": "Day"}]}, "bands.0.register"),
    ({"bands": [BAND, {**BAND, "name": "other"}]}, "bands"),
    ({"bands": [{**BAND, "windows": [{"from": "08:00", "until": "20:00"}]}]}, "bands"),
    ({"bands": [BAND, {**BAND, "windows": [{"from": "08:00", "until": "20:00"}]}]}, "bands"),
    ({"bands": [{**BAND, "price": "0.1234567891"}]}, "bands.0.price"),
    ({"bands": [{**BAND, "price": "1000000000"}]}, "bands.0.price"),
    ({"bands": [{**BAND, "windows": [{"from": "8:00"}]}]}, "bands.0.windows.0.from"),
    ({"bands": [{**BAND, "windows": [{"until": "24:01"}]}]}, "bands.0.windows.0.until"),
    ({"bands": [{**BAND, "windows": [{"weekdays": []}]}]}, "bands.0.windows.0.weekdays"),
    ({"bands": [{**BAND, "windows": [{"season": {"first": "2-1", "last": "03-01"}}]}]},
     "bands.0.windows.0.season.first"),
    ({"bands": [{**BAND, "windows": [{"season": {"first": "02-01", "last": "02-30"}}]}]},
     "bands.0.windows.0.season.last"),
    ({"bands": [{**BAND, "windows": [{"holidays": "ONLY"}]}]}, "holidays"),
    ({"bands": [{"name": "b", "blocks": [{"upTo": "2", "price": "1"}, {"upTo": "1", "price": "1"}, {"price": "1"}]}]},
     "bands.0.blocks.1.upTo"),
    ({"bands": [{"name": "b", "blocks": [{"upTo": "2", "price": "1"}]}]}, "bands.0.blocks.0.upTo"),
    ({"bands": [{"name": "d", "dynamic": {"channelId": "nonsense"}}]}, "bands.0.dynamic.channelId"),
    ({"bands": [BAND], "vat": [{"rate": "23"}]}, "vat.0.rate"),
    ({"bands": [BAND], "vat": [{"rate": "0.1"}, {"rate": "0.2"}]}, "vat.1.validFrom"),
    ({"bands": [BAND], "holidays": {"country": "XX"}}, "holidays.country"),
    ({"bands": [BAND], "holidays": {"country": "\u0000"}}, "holidays.country"),
    ({"bands": [BAND], "holidays": {"country": "PT", "subdivision": "Nowhere"}}, "holidays.subdivision"),
    ({"bands": [BAND], "standingCharge": {"amount": "1000000000", "per": "DAY"}}, "standingCharge.amount"),
]  # fmt: skip


async def test_what_cannot_be_right_is_refused_where_it_stands(asker, subtests):
    key = (await make(asker))["id"]
    for wrong, path in WRONG:
        with subtests.test(path=path, wrong=str(wrong)[:40]):
            assert await asker.mistake("createTariff", **{**GOOD, **wrong}) == ("INVALID_INPUT", path)
    for terms, path in WRONG_TERMS:
        with subtests.test(path=path, wrong=str(terms)[-60:]):
            mistake = ("INVALID_INPUT", f"terms.{path}")
            assert await asker.mistake("createTariff", **{**GOOD, "terms": terms}) == mistake
            assert await asker.mistake("reviseTariff", id=key, validFrom="2026-01-01", terms=terms) == mistake
    assert len(await revisions(asker, key)) == 1


async def test_terms_that_would_keep_the_server_busy_are_refused(asker):
    windows = [{"from": "00:00", "until": "12:00"}] * 100
    bands = [{"name": f"{place}", "register": f"r{place}", "price": "1", "windows": windows} for place in range(50)]
    mistake = await asker.mistake("createTariff", **{**GOOD, "terms": {"bands": bands}})
    assert mistake == ("INVALID_INPUT", "terms.bands")


async def test_a_price_channel_tells_prices_that_one_may_see(asker):
    zenith = await make_world(asker.context.database.url, "Zenith")
    for key in (zenith.channels["price"], uuid4(), asker.world.channels["temperature"]):
        terms = {"bands": [{"name": "market", "dynamic": {"channelId": encode("Channel", key)}}]}
        mistake = await asker.mistake("createTariff", **{**GOOD, "terms": terms})
        assert mistake == ("NOT_FOUND", "terms.bands.0.dynamic.channelId")
    # A therm is no round number of kWh.
    dynamic = {"bands": [{"name": "market", "dynamic": {"channelId": price_channel(asker)}}]}
    assert await asker.mistake("createTariff", **{**GOOD, "unit": "CUBIC_METRE", "terms": dynamic}) == (
        "INVALID_INPUT", "unit",
    )  # fmt: skip


async def test_a_tariff_changes_its_name_and_supplier_and_nothing_else(asker):
    made = await make(asker)
    supplier = (await asker.changed("createSupplier", "supplier { id }", name="Light"))["supplier"]["id"]
    changed = (await asker.changed("updateTariff", TARIFF, id=made["id"], supplierId=supplier))["tariff"]
    assert changed == {**made, "supplier": {"name": "Light"}}
    forgotten = (await asker.changed("updateTariff", TARIFF, id=made["id"], supplierId=None, name="One"))["tariff"]
    assert forgotten == {**made, "name": "One"}
    assert await asker.mistake("updateTariff", id=made["id"], name=None) == ("INVALID_INPUT", "name")
    await asker.changed("archiveSupplier", "supplier { id }", id=supplier)
    assert await asker.mistake("updateTariff", id=made["id"], supplierId=supplier) == ("CONFLICT", "supplierId")


async def test_an_archived_tariff_says_nothing_new(asker):
    key = (await make(asker))["id"]
    archived = (await asker.changed("archiveTariff", TARIFF, id=key))["tariff"]
    assert archived["archivedAt"] is not None
    assert (await asker.changed("archiveTariff", TARIFF, id=key))["tariff"] == archived
    assert await asker.mistake("reviseTariff", id=key, validFrom="2026-05-01", terms=FLAT) == ("CONFLICT", "id")
    assert (await asker.ask("{ tariffs { nodes { id } } }"))["tariffs"]["nodes"] == []
    assert (await asker.changed("unarchiveTariff", TARIFF, id=key))["tariff"]["archivedAt"] is None
    await revise(asker, key, "2026-05-01", "0.40")


async def test_tariffs_are_listed_by_what_is_asked_for(asker):
    supplier = (await asker.changed("createSupplier", "supplier { id }", name="Light"))["supplier"]["id"]
    await make(asker, name="Night", supplierId=supplier)
    await make(asker, name="Roof", direction="EXPORT")
    await make(asker, name="Day", currency="GBP")
    asked = "query ($filter: TariffFilter) { tariffs(filter: $filter) { totalCount nodes { name } } }"
    for chosen, names in (
        (None, ["Day", "Night", "Roof"]),
        ({"direction": "EXPORT"}, ["Roof"]),
        ({"currency": "GBP"}, ["Day"]),
        ({"supplierIds": [supplier]}, ["Night"]),
        ({"search": "I"}, ["Night"]),
        ({"archived": True}, []),
    ):
        found = (await asker.ask(asked, filter=chosen))["tariffs"]
        assert ([each["name"] for each in found["nodes"]], found["totalCount"]) == (names, len(names)), chosen
    own = "query ($id: ID!) { supplier(id: $id) { tariffs { nodes { name } } } }"
    assert (await asker.ask(own, id=supplier))["supplier"]["tariffs"]["nodes"] == [{"name": "Night"}]


async def test_an_unknown_and_a_foreign_tariff_are_told_alike(asker):
    zenith = await make_world(asker.context.database.url, "Zenith")
    foreign = await make(asker.as_user(zenith.owner))
    (revision,) = await revisions(asker.as_user(zenith.owner), foreign["id"])
    for field, type_name, own, more in (
        ("updateTariff", "Tariff", foreign["id"], {}),
        ("archiveTariff", "Tariff", foreign["id"], {}),
        ("unarchiveTariff", "Tariff", foreign["id"], {}),
        ("reviseTariff", "Tariff", foreign["id"], {"validFrom": "2026-01-01", "terms": FLAT}),
        ("withdrawTariffRevision", "TariffRevision", revision["id"], {}),
    ):
        for key in (own, encode(type_name, uuid4())):
            assert await asker.mistake(field, id=key, **more) == ("NOT_FOUND", "id"), field
            assert (await asker.ask("query ($id: ID!) { node(id: $id) { id } }", id=key))["node"] is None
        assert await asker.mistake(field, id=encode("Site", uuid4()), **more) == ("INVALID_INPUT", "id")


async def test_only_an_owner_changes_tariffs(asker, subtests):
    made = await make(asker)
    await only_an_owner(asker, subtests, "Tariff", GOOD, made["id"])
    for user, may in ((asker.world.viewer, False), (asker.world.operator, False), (asker.world.owner, True)):
        (seen,) = (await asker.as_user(user).ask("{ tariffs { nodes { viewerCanUpdate } } }"))["tariffs"]["nodes"]
        assert seen["viewerCanUpdate"] is may


@pytest.mark.parametrize("size", [1, 4])
async def test_what_tariffs_say_is_read_in_as_many_statements_however_many_they_are(asker, size):
    for place in range(size):
        await make(asker, name=f"T{place}")
    document = """{ tariffs { nodes {
        supplier { name } revision(on: "2026-02-01") { terms { bands { price } } } revisions { nodes { id } }
        agreements { nodes { meter { name } } } } } }"""
    assert len(await asker.statements(document)) == 4
