"""Lists: filtered, ordered, searched, and paged by keyset in both directions."""

from itertools import product

import pytest

from tests.world import make_world
from twinql.domain.global_id import encode

ORDERS = ("NAME_ASC", "NAME_DESC", "CREATED_AT_ASC", "CREATED_AT_DESC")
ROOTS = ("sites", "meters", "machines")
_MORE = """
with s as (
    insert into sites (organisation_id, name, time_zone, created_at)
    select $1, 'Site ' || n, 'UTC', timestamptz '2020-01-01 00:00:00+00' + n * interval '1 day'
    from generate_series(1, 6) as n returning id, organisation_id, name
),
a as (
    insert into assets (organisation_id, site_id, kind, name, external_id, created_at)
    select $1, (select id from s where s.name = 'Site 1'), k::asset_kind, name, external_id || k, created_at
    from unnest(array['METER', 'MACHINE']) as k,
        (
            values ('100%', 'per', '2020-01-06'::timestamptz), ('alpha_1', 'under', '2020-01-05'),
                ('alpha21', 'x', '2020-01-04'), ('Beta', 'x2', '2020-01-03'), ('Beta', 'x3', '2020-01-02'),
                ('Café', 'x4', '2020-01-01')
        )
        as v (name, external_id, created_at)
    returning id, organisation_id, kind, external_id
),
m as (
    insert into meters (id, organisation_id, serial_number, commodity)
    select id, organisation_id, 'SN-' || external_id, 'GAS' from a where kind = 'METER'
)
insert into machines (id, organisation_id, manufacturer, model)
select id, organisation_id, 'Maker ' || external_id, 'Model' from a where kind = 'MACHINE'
"""


@pytest.fixture
async def many(asker):
    """Six more of everything."""
    await asker.context.database.pool.execute(_MORE, asker.world.organisation)
    return asker


async def listed(asker, root, arguments="", selection="nodes { id name } totalCount", **variables):
    return (await asker.ask(f"{{ {root}{f'({arguments})' * bool(arguments)} {{ {selection} }} }}", **variables))[root]


async def names(asker, root, arguments):
    return [each["name"] for each in (await listed(asker, root, arguments))["nodes"]]


async def test_pages_forwards_and_backwards_hold_each_item_once_and_in_order(many, subtests):
    for root, order, size in product(ROOTS, ORDERS, (1, 3, 7, 50)):
        with subtests.test(root=root, order=order, size=size):
            await _page_through(many, root, order, size)


async def _page_through(many, root, order, size):
    whole = await listed(many, root, f"orderBy: {order}")
    expected = [each["id"] for each in whole["nodes"]]
    assert whole["totalCount"] == len(expected) == 7
    assert len(set(expected)) == 7
    page = "nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount"
    for first, after, more, end in (
        ("first", "after", "hasNextPage", "endCursor"),
        ("last", "before", "hasPreviousPage", "startCursor"),
    ):
        seen: list[str] = []
        cursor, again = "", True
        while again:
            found = await listed(many, root, f"orderBy: {order}, {first}: {size}{cursor}", page)
            assert found["totalCount"] == 7
            got = [each["id"] for each in found["nodes"]]
            seen = [*seen, *got] if first == "first" else [*got, *seen]
            again = found["pageInfo"][more]
            cursor = f', {after}: "{found["pageInfo"][end]}"'
        assert seen == expected


async def test_orders_go_by_name_and_by_age(many):
    ends = {"sites": ["Site 1", "Acme site"], "meters": ["Café", "Main meter"], "machines": ["Café", "Mill"]}
    for root, expected in ends.items():
        ascending = await names(many, root, "orderBy: NAME_ASC")
        assert await names(many, root, "orderBy: NAME_DESC") == ascending[::-1]
        oldest = await names(many, root, "orderBy: CREATED_AT_ASC")
        assert await names(many, root, "orderBy: CREATED_AT_DESC") == oldest[::-1]
        assert [oldest[0], oldest[-1]] == expected


SEARCHED = [
    ("beta", ["Beta", "Beta"]),
    ("%", ["100%"]),
    ("alpha_1", ["alpha_1"]),
    (" CAFÉ ", ["Café"]),
    ("perM", ["100%"]),
    ("\\\\", []),
    ("'; drop table sites; --", []),
]


async def test_a_search_takes_text_as_it_is_whatever_its_case(many, subtests):
    for root, (text, expected) in product(("meters", "machines"), SEARCHED):
        with subtests.test(root=root, text=text):
            assert await names(many, root, f'filter: {{search: "{text}"}}') == expected


async def test_a_search_looks_at_what_is_printed_on_things(many):
    assert await names(many, "meters", 'filter: {search: "sn-per"}') == ["100%"]
    assert await names(many, "machines", 'filter: {search: "maker per"}') == ["100%"]
    assert await names(many, "machines", 'filter: {search: "XR-"}') == ["Mill"]
    assert await names(many, "sites", 'filter: {search: "site 3"}') == ["Site 3"]


async def test_filters_hold_together(many):
    site = encode("Site", many.world.site)
    assert await names(many, "meters", f'filter: {{siteIds: ["{site}"]}}') == ["Main meter"]
    assert await names(many, "machines", f'filter: {{siteIds: ["{site}"]}}') == ["Mill"]
    assert await names(many, "meters", "filter: {siteIds: []}") == []
    assert await names(many, "meters", "filter: {commodity: ELECTRICITY}") == ["Main meter"]
    assert await names(many, "meters", f'filter: {{commodity: GAS, siteIds: ["{site}"]}}') == []
    assert len(await names(many, "meters", "filter: {commodity: GAS}")) == 6


async def test_what_is_archived_is_listed_only_where_it_is_asked_for(many):
    for table in ("sites", "assets"):
        await many.context.database.pool.execute(
            f"update {table} set archived_at = now() where name in ('Beta', 'Site 2')"
        )
    for root, gone in (("sites", 1), ("meters", 2), ("machines", 2)):
        assert (await listed(many, root))["totalCount"] == 7 - gone
        assert (await listed(many, root, "filter: {archived: true}"))["totalCount"] == gone
        assert (await listed(many, root, "filter: {archived: null}"))["totalCount"] == 7


async def test_nothing_of_another_organisation_is_listed_or_counted(many):
    zenith = await make_world(many.context.database.url, "Zenith")
    theirs = many.as_user(zenith.viewer)
    for root in ROOTS:
        assert (await listed(many, root))["totalCount"] == 7
        assert (await listed(theirs, root))["totalCount"] == 1
    site = encode("Site", many.world.site)
    assert await names(theirs, "meters", f'filter: {{siteIds: ["{site}"]}}') == []
    cursor = (await listed(many, "meters", "first: 1", "pageInfo { endCursor }"))["pageInfo"]["endCursor"]
    assert (await listed(theirs, "meters", f'after: "{cursor}"'))["totalCount"] == 1


IMPOSSIBLE = [
    "first: -1",
    "first: 501",
    "last: 501",
    "first: 1, last: 1",
    'first: 1, before: "x"',
    'after: "nonsense"',
    'after: ""',
    'after: "W10"',
    'after: "WyJhIiwiYiJd"',
    'after: "WzEsMl0"',
    'filter: {siteIds: ["nonsense"]}',
]


async def test_a_page_that_cannot_be_is_one_clear_error(many, subtests):
    for arguments in IMPOSSIBLE:
        with subtests.test(arguments):
            code, message = await many.refusal(f"{{ meters({arguments}) {{ nodes {{ id }} }} }}")
            assert code == "BAD_USER_INPUT"
            assert message.endswith(".")


async def test_an_empty_page_has_no_cursors(many):
    found = await listed(
        many, "meters", 'filter: {search: "nothing at all"}',
        "nodes { id } edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }",
    )  # fmt: skip
    assert found == {
        "nodes": [], "edges": [], "totalCount": 0,
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }  # fmt: skip
    none = await listed(many, "meters", "first: 0", "nodes { id } totalCount pageInfo { hasNextPage }")
    assert none == {"nodes": [], "totalCount": 7, "pageInfo": {"hasNextPage": True}}


async def test_an_item_that_is_made_meanwhile_moves_no_other(many):
    first = await listed(many, "meters", "first: 3", "nodes { name } pageInfo { endCursor }")
    await many.changed(
        "createMeter", "", siteId=encode("Site", many.world.site), name="000", serialNumber="new", commodity="GAS"
    )
    rest = await names(many, "meters", f'after: "{first["pageInfo"]["endCursor"]}"')
    assert len({*rest, *(each["name"] for each in first["nodes"])}) == 6  # two are called Beta
    assert "000" not in rest


CHANNELS = """query ($id: ID!, $filter: ChannelFilter) {
    site(id: $id) { channels(filter: $filter) { totalCount nodes { key } } }
}"""


CHOSEN = [
    ({}, ["energy", "execution", "price", "register", "setpoint", "temperature"]),
    ({"quantity": "ENERGY"}, ["energy", "register"]),
    ({"kind": "INTERVAL"}, ["energy", "price"]),
    ({"writable": True}, ["setpoint"]),
    ({"search": "TEMP"}, ["temperature"]),
    ({"kind": "INTERVAL", "quantity": "PRICE"}, ["price"]),
    ({"archived": True}, []),
]


async def test_channels_are_chosen_by_what_they_are(asker, subtests):
    for chosen, expected in CHOSEN:
        with subtests.test(str(chosen)):
            found = await asker.ask(CHANNELS, id=encode("Site", asker.world.site), filter=chosen)
            assert [each["key"] for each in found["site"]["channels"]["nodes"]] == expected
            assert found["site"]["channels"]["totalCount"] == len(expected)


NESTED = """{ sites { totalCount nodes {
    name
    meters { totalCount nodes { name site { name } parent { name } channels { nodes { key latest { value } } } } }
    machines { nodes { name execution { state } channels { nodes { key site { name } asset { name } } } } }
} } }"""


async def test_a_nested_query_asks_as_often_for_many_as_for_few(asker):
    few = await asker.statements(NESTED)
    await asker.context.database.pool.execute(_MORE, asker.world.organisation)
    many = await asker.statements(NESTED)
    # Sites and how many; meters, how many, and machines; their sites and channels, executions; latest, sites, assets.
    assert len(few) <= 12
    assert len(many) <= len(few) + 1  # the parents of meters, of which there are none at first


async def test_pages_that_are_long_together_come_in_several_statements(asker, monkeypatch):
    as_of = 'asOf: "2026-03-01T00:00:00Z"'  # of which Python answers
    nested = f"{{ site {{ channels {{ nodes {{ key readings(first: 3, {as_of}) {{ nodes {{ value }} }} }} }} }} }}"
    nested = nested.replace("site {", f'site(id: "{encode("Site", asker.world.site)}") {{')
    told = await asker.ask(nested)
    once = await asker.statements(nested)
    monkeypatch.setattr("twinql.context.MOST_ROWS", 8)  # two channels of three readings, and whether there are more
    assert await asker.ask(nested) == told
    assert len(await asker.statements(nested)) == len(once) + 2


async def test_a_list_that_is_asked_for_twice_is_answered_twice(asker):
    for root in ROOTS:
        list_ = f"{root} {{ totalCount nodes {{ name }} }}"
        twice = await asker.ask(f"{{ a: {list_} b: {list_} }}")
        assert twice["a"] == twice["b"]
        assert twice["a"]["totalCount"] == len(twice["a"]["nodes"]) == 1
