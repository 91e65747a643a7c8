"""Meters are charged by tariffs for some time: one at a time for each direction."""

from uuid import uuid4

import asyncpg

from tests.world import make_world
from twinql.domain.global_id import encode
from twinql.domain.identity import User

TERMS = {"bands": [{"name": "all day", "price": "0.20"}]}
AGREEMENT = "agreement { id validFrom validUntil viewerCanUpdate meter { name } tariff { name } }"
DAY = {"from": "2026-03-01T23:00:00Z", "until": "2026-03-02T23:00:00Z"}
HALF_HOURS = """
    insert into readings (observed_at, value, channel_number, organisation_number)
    select timestamptz '2026-03-01 23:00:00+00' + n * interval '30 minutes', 0.5, c.number, c.organisation_number
    from channels as c, generate_series(1, 48) as n where c.id = $1
"""
OF_METER = (
    """query ($id: ID!) { meter(id: $id) { agreements { nodes { id validFrom validUntil tariff { name } } } } }"""
)


def meter_id(asker):
    return encode("Meter", asker.world.meter)


async def make_tariff(asker, name="Flat", **more):
    given = {"name": name, "currency": "EUR", "validFrom": "2026-01-01", "terms": TERMS, **more}
    return (await asker.changed("createTariff", "tariff { id }", **given))["tariff"]["id"]


async def agree(asker, tariff, **days):
    return (await asker.changed("createAgreement", AGREEMENT, meterId=meter_id(asker), tariffId=tariff, **days))[
        "agreement"
    ]


async def days_of(asker):
    found = (await asker.ask(OF_METER, id=meter_id(asker)))["meter"]["agreements"]["nodes"]
    return [(each["validFrom"], each["validUntil"], each["tariff"]["name"]) for each in found]


async def test_a_meter_is_charged_by_one_tariff_after_the_other(asker):
    old, new = await make_tariff(asker, "Old"), await make_tariff(asker, "New")
    roof = await make_tariff(asker, "Roof in", direction="EXPORT")
    made = await agree(asker, new, validFrom="2026-07-01")
    assert made == {
        "id": made["id"], "validFrom": "2026-07-01", "validUntil": None, "viewerCanUpdate": True,
        "meter": {"name": "Main meter"}, "tariff": {"name": "New"},
    }  # fmt: skip
    await agree(asker, old, validUntil="2026-07-01")
    await agree(asker, roof, validFrom="2026-03-01")
    assert await days_of(asker) == [
        (None, "2026-07-01", "Old"), ("2026-03-01", None, "Roof in"), ("2026-07-01", None, "New"),
    ]  # fmt: skip
    of_tariff = "query ($id: ID!) { tariff(id: $id) { agreements { nodes { meter { name } validFrom } } } }"
    assert (await asker.ask(of_tariff, id=new))["tariff"]["agreements"]["nodes"] == [
        {"meter": {"name": "Main meter"}, "validFrom": "2026-07-01"}
    ]


async def test_agreements_are_paged_in_the_order_of_their_days_though_one_began_always(asker):
    tariff = await make_tariff(asker)
    await agree(asker, tariff, validUntil="2026-02-01")
    for month in (2, 3, 4):
        await agree(asker, tariff, validFrom=f"2026-0{month}-01", validUntil=f"2026-0{month + 1}-01")
    page = """query ($id: ID!, $after: String, $before: String, $first: Int, $last: Int) {
        meter(id: $id) { agreements(first: $first, after: $after, last: $last, before: $before) {
            nodes { validFrom } pageInfo { endCursor startCursor } } } }"""
    seen, cursor = [], None
    for _ in range(4):
        found = (await asker.ask(page, id=meter_id(asker), first=1, after=cursor))["meter"]["agreements"]
        seen += [each["validFrom"] for each in found["nodes"]]
        cursor = found["pageInfo"]["endCursor"]
    assert seen == [None, "2026-02-01", "2026-03-01", "2026-04-01"]
    back = (await asker.ask(page, id=meter_id(asker), last=3, before=cursor))["meter"]["agreements"]
    assert [each["validFrom"] for each in back["nodes"]] == seen[:3]


async def test_agreements_of_one_direction_do_not_overlap(asker):
    first, second = await make_tariff(asker, "First"), await make_tariff(asker, "Second")
    spring = await agree(asker, first, validFrom="2026-03-01", validUntil="2026-06-01")
    for days in (
        {},
        {"validFrom": "2026-05-31"},
        {"validUntil": "2026-03-02"},
        {"validFrom": "2026-04-01", "validUntil": "2026-05-01"},
    ):
        for tariff in (first, second):
            mistake = await asker.mistake("createAgreement", meterId=meter_id(asker), tariffId=tariff, **days)
            assert mistake == ("CONFLICT", "validFrom"), days
    summer = await agree(asker, second, validFrom="2026-06-01")
    assert await asker.mistake("updateAgreement", id=summer["id"], validFrom=None) == ("CONFLICT", "validFrom")
    assert await asker.mistake("updateAgreement", id=spring["id"], validUntil="2026-06-02") == ("CONFLICT", "validFrom")
    moved = (await asker.changed("updateAgreement", AGREEMENT, id=spring["id"], validUntil="2026-05-01"))["agreement"]
    assert moved == {**spring, "validUntil": "2026-05-01"}


async def test_an_agreement_ends_after_it_begins(asker):
    tariff = await make_tariff(asker)
    for day in ("2026-02-28", "2026-03-01"):
        given = {"meterId": meter_id(asker), "tariffId": tariff, "validFrom": "2026-03-01", "validUntil": day}
        assert await asker.mistake("createAgreement", **given) == ("INVALID_INPUT", "validUntil")
    made = await agree(asker, tariff, validUntil="2026-03-01")
    assert await asker.mistake("updateAgreement", id=made["id"], validFrom="2026-03-01") == (
        "INVALID_INPUT", "validUntil",
    )  # fmt: skip


async def test_what_is_agreed_for_all_days_that_there_are_can_be_charged(asker):
    ends = {"validFrom": "1900-01-01", "validUntil": "2199-12-31"}
    due = {"standingCharge": {"amount": "31", "per": "MONTH"}, "vat": [{"validFrom": "2199-12-31", "rate": "1"}]}
    tariff = await make_tariff(asker, validFrom="1900-01-01", terms={**TERMS, **due})
    await asker.changed("reviseTariff", "revision { id }", id=tariff, validFrom="2199-12-31", terms=TERMS)
    await agree(asker, tariff, **ends)
    asked = """query ($id: ID!) { meter(id: $id) {
        cost(during: {from: "2026-02-28T23:00:00Z", until: "2026-03-31T22:00:00Z"}) { total }
        first: cost(during: {from: "1900-01-01T00:00:00Z", until: "1900-01-02T00:00:00Z"}) { total }
        last: cost(during: {from: "2199-12-29T23:00:00Z", until: "2199-12-30T23:00:00Z"}) { total } } }"""
    told = (await asker.ask(asked, id=meter_id(asker)))["meter"]
    assert told["cost"]["total"] == "31.00"


async def test_a_removed_agreement_is_gone_and_makes_room(asker):
    tariff = await make_tariff(asker)
    made = await agree(asker, tariff)
    gone = await asker.changed("removeAgreement", "removedAgreementId", id=made["id"])
    assert gone == {"removedAgreementId": made["id"]}
    assert await days_of(asker) == []
    assert await asker.mistake("removeAgreement", id=made["id"]) == ("NOT_FOUND", "id")
    await agree(asker, tariff)


async def test_what_is_archived_gets_no_agreement_and_what_does_not_fit_none_either(asker):
    tariff, volume = await make_tariff(asker), await make_tariff(asker, "Water", unit="CUBIC_METRE")
    assert await asker.mistake("createAgreement", meterId=meter_id(asker), tariffId=volume) == (
        "INVALID_INPUT", "tariffId",
    )  # fmt: skip
    await asker.changed("archiveTariff", "tariff { id }", id=tariff)
    assert await asker.mistake("createAgreement", meterId=meter_id(asker), tariffId=tariff) == ("CONFLICT", "tariffId")
    await asker.changed("unarchiveTariff", "tariff { id }", id=tariff)
    await asker.changed("archiveMeter", "meter { id }", id=meter_id(asker))
    assert await asker.mistake("createAgreement", meterId=meter_id(asker), tariffId=tariff) == ("CONFLICT", "meterId")


async def test_what_others_have_is_told_as_what_is_not_there(asker):
    zenith = asker.as_user((await make_world(asker.context.database.url, "Zenith")).owner)
    tariff = await make_tariff(asker)
    theirs = await make_tariff(zenith)
    meter = (await zenith.ask("{ meters { nodes { id } } }"))["meters"]["nodes"][0]["id"]
    made = (await zenith.changed("createAgreement", AGREEMENT, meterId=meter, tariffId=theirs))["agreement"]["id"]
    for foreign in (meter, encode("Meter", uuid4())):
        assert await asker.mistake("createAgreement", meterId=foreign, tariffId=tariff) == ("NOT_FOUND", "meterId")
    for foreign in (theirs, encode("Tariff", uuid4())):
        given = {"meterId": meter_id(asker), "tariffId": foreign}
        assert await asker.mistake("createAgreement", **given) == ("NOT_FOUND", "tariffId")
    for foreign in (made, encode("Agreement", uuid4())):
        for field in ("updateAgreement", "removeAgreement"):
            assert await asker.mistake(field, id=foreign) == ("NOT_FOUND", "id")
        assert (await asker.ask("query ($id: ID!) { node(id: $id) { id } }", id=foreign))["node"] is None
    # They keep it.
    assert (await zenith.ask("query ($id: ID!) { node(id: $id) { id } }", id=made))["node"] == {"id": made}


async def test_only_an_owner_changes_agreements(asker, subtests):
    tariff = await make_tariff(asker)
    made = await agree(asker, tariff)
    for verb, given in (
        ("create", {"meterId": meter_id(asker), "tariffId": tariff}),
        ("update", {"id": made["id"]}),
        ("remove", {"id": made["id"]}),
    ):
        document = (
            f"mutation ($input: {verb.capitalize()}AgreementInput!) "
            f"{{ {verb}Agreement(input: $input) {{ userErrors {{ code }} }} }}"
        )
        for actor in (asker.world.operator, asker.world.viewer, User("https://issuer.test", "stranger")):
            with subtests.test(verb=verb, actor=actor.subject):
                assert (await asker.as_user(actor).refusal(document, input=given))[0] == "FORBIDDEN"
    seen = await asker.as_user(asker.world.viewer).ask(OF_METER, id=meter_id(asker))
    assert [each["id"] for each in seen["meter"]["agreements"]["nodes"]] == [made["id"]]


async def test_costs_follow_an_agreement_that_moves_and_as_of_knows_where_it_was(asker, database_url):
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(HALF_HOURS, asker.world.channels["energy"])
        known = [await _cost_now(asker, connection)]
        made = await agree(asker, await make_tariff(asker))
        known.append(await _cost_now(asker, connection))
        days = {"validFrom": "2026-03-02", "validUntil": "2026-03-03"}
        await asker.changed("updateAgreement", AGREEMENT, id=made["id"], **days)
        known.append(await _cost_now(asker, connection))
        await asker.changed("updateAgreement", AGREEMENT, id=made["id"], validFrom="2026-03-03", validUntil=None)
        known.append(await _cost_now(asker, connection))
        await asker.changed("removeAgreement", "removedAgreementId", id=made["id"])
        known.append(await _cost_now(asker, connection))
    finally:
        await connection.close()
    assert [cost for _, cost in known] == [None, "4.80", "4.80", "0.00", None]
    assert [await _cost(asker, at) for at, _ in known] == [cost for _, cost in known]


async def _cost_now(asker, connection):
    """Return the time by the clock of the database, and the cost as it is known then."""
    cost = await _cost(asker, None)
    return (await connection.fetchval("select clock_timestamp()")).isoformat(), cost


async def _cost(asker, as_of):
    asked = """query ($id: ID!, $day: PeriodInput!, $asOf: DateTime) {
        meter(id: $id) { cost(during: $day, asOf: $asOf) { total } } }"""
    found = (await asker.ask(asked, id=meter_id(asker), day=DAY, asOf=as_of))["meter"]["cost"]
    return found and found["total"]
