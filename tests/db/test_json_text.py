"""What the database writes as JSON is what Python writes."""

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import asyncpg
import orjson
import pytest

from schema.scalars import plain
from twinql.domain import global_id
from twinql.domain.durations import format_duration
from twinql.domain.instants import format_instant
from twinql.domain.readings import to_us
from twinql.domain.tariffs.wire import clock_time
from twinql.storage.database import prepare_codecs
from twinql.storage.read import json_text
from twinql.storage.read.pages import write_cursor

DICE = random.Random(8)
YEARS_S = int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - datetime(1, 1, 1, tzinfo=UTC)).total_seconds())
# The very first and the very last one stand for infinity in asyncpg.
INSTANTS = [
    datetime(1, 1, 1, microsecond=1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, 0, 120_000, tzinfo=UTC),
    *(
        datetime(1, 1, 1, tzinfo=UTC) + timedelta(seconds=DICE.randrange(YEARS_S), microseconds=DICE.randrange(10**6))
        for _ in range(300)
    ),
]
NUMBERS = [0.0, -0.0, 0.1, 1e-7, 5e-324, 1.7976931348623157e308, 123456789012345680.0, -1e21] + [
    DICE.uniform(-1, 1) * 10.0 ** DICE.randrange(-300, 300) for _ in range(300)
]
DECIMALS = [Decimal(each) for each in ("0", "0.00", "12.50", "-100", "1E+3", "0.000000000000000001")] + [
    Decimal(f"{DICE.randrange(-(10**18), 10**18)}.{DICE.randrange(10 ** DICE.randrange(1, 19))}") for _ in range(300)
]
TEXTS = [
    "",
    "plain",
    'it\'s "quoted" \\ / \b\f\n\r\t\x01\x1f\x7f',
    "Ünïcödé €",
    "🏭👩‍🔧",
    "\u2028\ufeff\ufffd",
    "null",
] + [
    "".join(chr(DICE.choice((DICE.randrange(1, 0xD800), DICE.randrange(0xE000, 0x110000)))) for _ in range(12))
    for _ in range(300)
]
SECONDS = [0, 1, 59, 60, 61, 3599, 3600, 86399, 86400, 86401, 90061, 2**31 - 1] + [
    DICE.randrange(10**7) for _ in range(300)
]
KEYS = [uuid.UUID(int=DICE.getrandbits(128)) for _ in range(300)]


@pytest.fixture
async def connection(database_url):
    connection = await asyncpg.connect(database_url, server_settings={"timezone": "UTC"})
    await prepare_codecs(connection)
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    ("write", "kind", "values", "told"),
    [
        (json_text.string, "text", TEXTS, str),
        (json_text.boolean, "bool", [True, False], bool),
        (json_text.integer, "int8", [0, 2**31 - 1, -(2**31)], int),
        (json_text.floating, "float8", NUMBERS, float),
        (json_text.decimal, "numeric", DECIMALS, lambda value: format(value, "f")),
        (json_text.plain_decimal, "numeric", DECIMALS, lambda value: format(plain(value), "f")),
        (json_text.instant, "timestamptz", INSTANTS, format_instant),
        (json_text.date, "date", [date(1, 1, 2), date(2026, 2, 28), date(9999, 12, 30)], date.isoformat),
        (json_text.duration, "int4", SECONDS, lambda value: format_duration(timedelta(seconds=value))),
        (json_text.clock_time, "int4", [0, 1, 61, 540, 1439, 1440], clock_time),
        (lambda sql: json_text.global_id("Meter", sql), "uuid", KEYS, lambda value: global_id.encode("Meter", value)),
        (
            lambda sql: json_text.global_id("Reading", f"'{KEYS[0]}'::uuid", sql),
            "timestamptz",
            INSTANTS,
            lambda value: global_id.encode("Reading", KEYS[0], to_us(value)),
        ),
        (
            lambda sql: json_text.enum(sql, {"a b": "A_B", "it's": "IT_S"}),
            "text",
            ["a b", "it's"],
            {"a b": "A_B", "it's": "IT_S"}.get,
        ),
        (lambda sql: json_text.enum(sql, {"GOOD": "GOOD", "BAD": "BAD"}), "text", ["GOOD", "BAD"], str),
    ],
)
async def test_a_value_is_written_as_python_writes_it(connection, write, kind, values, told):
    statement = f"select v, {write('v')} as written from unnest($1::{kind}[]) as v"
    rows = await connection.fetch(statement, [*values, None])
    assert [row["written"] for row in rows if row["v"] is None] == [None]
    found = [(row["v"], orjson.loads(row["written"])) for row in rows if row["v"] is not None]
    assert found == [(value, told(value)) for value in values]


async def test_a_cursor_is_written_as_python_writes_it(connection):
    written = f"select {json_text.cursor('array[v, v]')} from unnest($1::text[]) as v"
    found = [orjson.loads(each[0]) for each in await connection.fetch(written, TEXTS)]
    assert found == [write_cursor([value, value]) for value in TEXTS]


@pytest.mark.parametrize(
    ("write", "value"),
    [
        (json_text.integer, "2147483648::int8"),
        (json_text.floating, "'NaN'::float8"),
        (json_text.floating, "'-Infinity'::float8"),
        (json_text.instant, "'infinity'::timestamptz"),
        (json_text.instant, "'0044-03-15 00:00:00+00 BC'::timestamptz"),
        (json_text.date, "'10000-01-01'::date"),
        (json_text.duration, "(-1)"),
        (json_text.strings, "array['a', null]"),
        (lambda sql: json_text.enum(sql, {"a b": "A_B"}), "'other'::text"),
        (json_text.needed, "null::text"),
    ],
)
async def test_what_cannot_be_written_exactly_ends_the_statement(connection, write, value):
    with pytest.raises(asyncpg.PostgresError) as refused:
        await connection.fetchval(f"select {write('v')} from (values ({value})) as told (v)")
    assert refused.value.sqlstate == json_text.NOT_PASSED_STATE


async def test_constants_beside_each_other_are_one_but_for_those_that_are_cast(connection):
    written = json_text.fields(
        [
            ("one", "'1'"),
            ("none", "'[' || ']'"),
            ("name", "'\"' || 'it''s' || '\"'"),
            ("held", """'{"a": 1}'::jsonb::text"""),
            ("two", json_text.items(["'1'", "'2'::int4::text"])),
        ]
    )
    assert orjson.loads(await connection.fetchval(f"select {written}")) == {
        "one": 1,
        "none": [],
        "name": "it's",
        "held": {"a": 1},
        "two": [1, 2],
    }


async def test_objects_and_lists_are_put_together(connection):
    rows = "(values (1, 'a'), (2, null), (3, 'c')) as r (number, name)"
    row = json_text.fields(
        [("number", json_text.integer("r.number")), ("name", json_text.nullable(json_text.string("r.name")))]
    )
    found = orjson.loads(await connection.fetchval(f"select {json_text.listed(row)} from {rows}"))
    assert found == [{"number": 1, "name": "a"}, {"number": 2, "name": None}, {"number": 3, "name": "c"}]
    written = json_text.fields(
        [
            ("none", f"(select {json_text.listed(row)} from {rows} where false)"),
            ("names", json_text.strings("array['a', '\"']")),
            ("type", json_text.constant("Meter")),
            ("held", json_text.json("""'{"a": [1.50, null]}'::jsonb""")),
            ("items", json_text.items(["'1'", "'2'"])),
            ("empty", json_text.fields([])),
        ]
    )
    assert orjson.loads(await connection.fetchval(f"select {written}")) == {
        "none": [],
        "names": ["a", '"'],
        "type": "Meter",
        "held": {"a": [1.5, None]},
        "items": [1, 2],
        "empty": {},
    }
