"""What an export writes, an import takes back unchanged."""

import asyncio
import csv
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from tests.gates import NamedGate
from tests.import_reports import counts_in
from tests.served import ROOT
from tests.world import make_world
from twinql.app.export import ReadingsExport
from twinql.cli import main
from twinql.domain.global_id import encode
from twinql.storage.database import Database

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
AWKWARD = [0.1, 1 / 3, -0.0, 5e-324, 9.999999999999999e99, 123456789.123456789, -40.0]
INSERT = """
insert into readings (channel_number, organisation_number, observed_at, value, quality)
select number, organisation_number, $2, $3, ($4::text)::reading_quality from channels where id = $1
"""
MANY = """
insert into readings (channel_number, organisation_number, observed_at, value)
select number, organisation_number, timestamptz '2025-01-01 00:00+00' + n * interval '1 minute', n
from channels, generate_series(0, 19999) as n where id = $1
"""


async def execute(url, statement, *arguments):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement, *arguments)
    finally:
        await connection.close()


@pytest.fixture
async def world(database_url):
    """A world with awkward names, values, times and qualities."""
    world = await make_world(database_url)
    await execute(database_url, """update assets set name = 'Mill, the "big" one; ü' where name = 'Mill'""")
    connection = await asyncpg.connect(database_url)
    try:
        for key in ("energy", "temperature", "price", "execution"):
            for place in range(4):
                rest = (NOON + place * HALF_HOUR, float(place % 2 if key == "execution" else place + 0.5), "GOOD")
                await connection.execute(INSERT, world.channels[key], *rest)
        for place, value in enumerate(AWKWARD):
            at = NOON + timedelta(days=1, microseconds=place * 250_001)
            await connection.execute(INSERT, world.channels["setpoint"], at, value, "GOOD")
        for place, quality in enumerate(("UNCERTAIN", "BAD", "ESTIMATED", "SUBSTITUTED", "EDITED")):
            at = NOON + timedelta(days=2, minutes=place)
            await connection.execute(INSERT, world.channels["register"], at, float(place), quality)
        await connection.execute(INSERT, world.channels["register"], NOON + timedelta(days=3), None, "BAD")
    finally:
        await connection.close()
    return world


@pytest.fixture
def twinql(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    async def run(url, *arguments):
        monkeypatch.setenv("DATABASE_URL", url)
        code = await asyncio.to_thread(main, list(arguments))
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return printed

    return run


def rows_of(text):
    return list(csv.DictReader(text.splitlines()))


def without_ids(rows):
    # A new database knows the labels of no state, and gives ids of its own.
    kept = [{name: cell for name, cell in row.items() if name != "channel_id"} for row in rows]
    return sorted(kept, key=lambda row: (row["channel"], row["observed_at"]))


async def test_an_export_is_taken_back_unchanged(database_url, empty_database_url, twinql, tmp_path, world):
    printed = await twinql(database_url, "export", "--out", "all.csv")
    text = (tmp_path / "all.csv").read_text(encoding="utf-8")
    rows = rows_of(text)
    assert len(rows) == 4 * 4 + len(AWKWARD) + 6
    assert "29 readings of 6 channels" in printed.err
    assert [float(row["value"]) for row in rows if row["channel"] == "setpoint"] == AWKWARD
    assert {row["machine"] for row in rows} == {"", 'Mill, the "big" one; ü'}
    assert encode("Channel", world.channels["energy"]) in {row["channel_id"] for row in rows}
    again = await twinql(database_url, "import", "all.csv")
    assert "--stamp" not in again.out
    assert counts_in(again.out) == {"DUPLICATE": len(rows)}
    await twinql(empty_database_url, "migrate")
    elsewhere = await twinql(empty_database_url, "import", "all.csv", "--create")
    assert counts_in(elsewhere.out) == {"RECORDED": len(rows)}
    back = await twinql(empty_database_url, "export")
    assert without_ids(rows_of(back.out)) == without_ids(rows)


async def test_a_period_takes_intervals_by_their_end_and_instants_by_their_time(database_url, twinql, world):
    assert world.number
    period = ("--from", "2026-03-01T12:00:00Z", "--until", "2026-03-01T13:00:00Z")
    for key, times in (("energy", ["12:30", "13:00"]), ("temperature", ["12:00", "12:30"])):
        printed = await twinql(database_url, "export", "--channel", key, *period)
        assert [row["observed_at"][11:16] for row in rows_of(printed.out)] == times


@pytest.mark.usefixtures("world")
async def test_an_export_that_finds_nothing_says_so(database_url, twinql):
    printed = await twinql(database_url, "export", "--meter", "M-1", "--from", "2027-01-01T00:00:00Z")
    assert rows_of(printed.out) == []
    assert printed.err == (
        "No reading was written, only the header: 2 channels fit, without a reading from 2027-01-01T00:00:00Z. "
        "Change --from and --until.\n"
    )
    one = await twinql(database_url, "export", "--channel", "energy")
    assert "4 readings of 1 channel were written.\n" in one.err


def test_a_time_without_an_offset_is_one_sentence_with_one_full_stop(capsys):
    assert main(["export", "--from", "2013-06-01"]) == 1
    printed = capsys.readouterr().err
    assert "such as +01:00. `twinql export --help`" in printed


@pytest.fixture
async def client(database_url, world):
    """A client of the route, asking as whoever the token names."""
    async with Database.open(database_url, pool_size=3) as database:
        other = await make_world(database_url, "Other")
        export = ReadingsExport(database, NamedGate({"viewer": world.viewer, "stranger": other.owner}))
        app = Starlette(routes=[Route("/export/readings.csv", export.answer)])
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client


async def get(client, *channels, who="viewer", **period):
    parameters = [("channel", channel) for channel in channels] + list(period.items())
    return await client.get("/export/readings.csv", params=parameters, headers={"authorization": f"Bearer {who}"})


async def test_the_route_streams_what_the_asker_may_see(client, world):
    ids = [encode("Channel", world.channels[key]) for key in ("energy", "temperature")]
    answer = await get(client, *ids, until="2026-03-01T13:00:00Z")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert [row["observed_at"][11:16] for row in rows_of(answer.text)] == ["12:00", "12:30", "13:00", "12:00", "12:30"]
    foreign = await get(client, *ids, who="stranger")
    assert (foreign.status_code, foreign.json()["errors"][0]["extensions"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("channels", "period", "expected"),
    [
        ([], {}, (400, "?channel=ID")),
        (["nonsense"], {}, (400, "no id")),
        ([encode("Channel", "00000000-0000-0000-0000-000000000000")], {}, (404, "no such channel")),
        (["own"], {"from": "yesterday"}, (400, "`from` does not fit")),
        (["own"], {"from": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, (400, "from must lie before")),
    ],
)
async def test_what_does_not_fit_is_said_before_the_first_byte(client, world, channels, period, expected):
    ids = [encode("Channel", world.channels["energy"]) if each == "own" else each for each in channels]
    answer = await get(client, *ids, **period)
    status, hint = expected
    assert answer.status_code == status
    assert hint in answer.json()["errors"][0]["message"]


async def test_strangers_and_links_of_other_sites_export_nothing(client, world):
    energy = encode("Channel", world.channels["energy"])
    stranger = await get(client, energy, who="nobody")
    assert (stranger.status_code, stranger.headers["www-authenticate"]) == (401, "Bearer")
    headers = {"authorization": "Bearer viewer", "sec-fetch-site": "cross-site"}
    link = await client.get("/export/readings.csv", params={"channel": energy}, headers=headers)
    assert (link.status_code, link.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")


async def test_a_plus_in_an_address_is_understood(client, world):
    address = (
        f"/export/readings.csv?channel={encode('Channel', world.channels['energy'])}&from=2026-03-01T13:30:00+01:00"
    )
    answer = await client.get(address, headers={"authorization": "Bearer viewer"})
    assert [row["observed_at"][11:16] for row in rows_of(answer.text)] == ["13:00", "13:30"]


async def test_a_long_export_comes_in_pieces(client, database_url, world):
    await execute(database_url, MANY, world.channels["temperature"])
    answer = await get(client, encode("Channel", world.channels["temperature"]), until="2026-01-01T00:00:00Z")
    rows = rows_of(answer.text)
    assert [float(row["value"]) for row in rows] == list(range(20_000))


def read_one_line(url, folder):
    """Read the first line of an export and go away; return its exit code and what it complained of."""
    command = [sys.executable, "-m", "twinql", "export"]
    env = {"DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as exporting:
        assert exporting.stdout.readline().startswith(b"site,")
        exporting.stdout.close()
        return exporting.wait(20), exporting.stderr.read()


async def test_an_export_ends_quietly_as_soon_as_its_reader_goes_away(database_url, world, tmp_path):
    await execute(database_url, MANY, world.channels["temperature"])
    assert await asyncio.to_thread(read_one_line, database_url, tmp_path) == (1, b"")
