"""`twinql import` from the file to the table: every row told what became of it, and nothing done twice."""

import asyncio
import csv
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import asyncpg
import pandas as pd
import pytest

from tests.import_reports import counts_in
from tests.world import make_world
from twinql.cli import main
from twinql.domain.global_id import encode
from twinql.storage.embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
DATA = ROOT / ".." / "shared" / "data" / "demo"
METERS, MACHINE = DATA / "meters_half_hourly.csv", DATA / "machine_temperature.csv"

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the demo data of the project are not beside this repository")


class Importer:
    """Runs the verb on one test's database, in a folder of its own."""

    def __init__(self, url, folder, capsys):
        self.url, self.folder, self._capsys = url, folder, capsys

    async def __call__(self, file, *options):
        code = await asyncio.to_thread(main, ["import", str(file), *options])
        printed = self._capsys.readouterr()
        return Result(code, counts_in(printed.out), printed.out, printed.err)

    def write(self, text, name="readings.csv"):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    async def sql(self, statement, *arguments):
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()


class Result:
    def __init__(self, code, counts, out, err):
        self.code, self.counts, self.out, self.err = code, counts, out, err


@pytest.fixture
def importer(database_url, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    return Importer(database_url, tmp_path, capsys)


@pytest.fixture
async def world(importer):
    return await make_world(importer.url)


@needs_data
async def test_the_real_meters_come_in_whole_and_their_sums_are_those_of_the_file(importer):
    options = ("--time-zone", "+10:00", "--stamp", "start", "--create")
    first = await importer(METERS, *options)
    assert first.counts == {"RECORDED": 34_656}
    again = await importer(METERS, *options)
    assert again.counts == {"DUPLICATE": 34_656}
    rows = await importer.sql(
        """
        select m.serial_number, sum(r.value) as kwh, count(*) as readings,
            to_char((r.observed_at - interval '30 minutes') at time zone interval '10 hours', 'YYYY-MM') as month
        from readings as r join channels as c on c.number = r.channel_number join meters as m on m.id = c.asset_id
        where c.kind = 'INTERVAL' and c.unit = 'KILOWATT_HOUR' and c.resolution_seconds = 1800
        group by m.serial_number, month
        """
    )
    frame = pd.read_csv(METERS)
    sums = frame.groupby([frame["meter"].astype(str), frame["timestamp"].str[:7]])["kwh"].agg(["sum", "count"])
    assert {(row["serial_number"], row["month"]): row["readings"] for row in rows} == sums["count"].to_dict()
    assert {(row["serial_number"], row["month"]): row["kwh"] for row in rows} == pytest.approx(sums["sum"].to_dict())


@needs_data
async def test_the_real_meters_on_sydneys_clocks_lose_exactly_the_hour_that_never_was(importer):
    result = await importer(METERS, "--time-zone", "Australia/Sydney", "--stamp", "start", "--create")
    assert result.counts == {"RECORDED": 34_648, "REJECTED": 8}
    assert "--time-zone +10:00" in result.out
    with (importer.folder / "meters_half_hourly.csv.rejected.csv").open(encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert {(row["time"], row["code"]) for row in written} == {
        ("2013-10-06 02:00:00", "NONEXISTENT_TIME"),
        ("2013-10-06 02:30:00", "NONEXISTENT_TIME"),
    }
    lines = METERS.read_text(encoding="utf-8").splitlines()
    assert all("2013-10-06 02:" in lines[int(row["line"]) - 1] for row in written)
    kept = await importer.sql("select origin, reference from rejected_readings where code = 'NONEXISTENT_TIME'")
    assert len(kept) == 8
    assert {row["origin"].rsplit(":")[0] for row in kept} == {"meters_half_hourly.csv"}


@needs_data
async def test_the_real_machine_file_keeps_the_first_of_its_twelve_double_times(importer):
    first = await importer(MACHINE, "--time-zone", "UTC", "--create")
    assert first.counts == {"RECORDED": 22_683, "CONFLICT": 12}
    again = await importer(MACHINE, "--time-zone", "UTC")
    assert again.counts == {"DUPLICATE": 22_683, "CONFLICT": 12}
    corrected = await importer(MACHINE, "--time-zone", "UTC", "--on-conflict", "correct")
    assert corrected.counts == {"DUPLICATE": 22_683, "CONFLICT": 12}
    stored = await importer.sql("select observed_at, value from readings")
    frame = pd.read_csv(MACHINE, parse_dates=["timestamp"]).drop_duplicates("timestamp")
    expected = dict(zip(frame["timestamp"].dt.tz_localize("UTC"), frame["value"], strict=True))
    assert {row["observed_at"]: row["value"] for row in stored} == expected


async def test_rows_find_existing_channels_and_units_are_converted(importer, world):
    file = importer.write("meter,time,Wh\nM-1,2026-01-01T00:30:00Z,1500\nM-1,2026-01-01T01:00:00Z,250\n")
    assert (await importer(file)).err == (
        "twinql: M-1 Wh could be any of the channels energy, register: say which with --channel.\n"
    )
    result = await importer(file, "--channel", "energy")
    assert result.counts == {"RECORDED": 2}
    assert "converted to kWh" in result.out
    stored = await importer.sql(
        "select value, c.id, source::text from readings join channels as c on number = channel_number order by value"
    )
    assert [tuple(row) for row in stored] == [
        (0.25, world.channels["energy"], "IMPORT"),
        (1.5, world.channels["energy"], "IMPORT"),
    ]


@pytest.mark.usefixtures("world")
async def test_units_are_understood_as_people_write_them_and_never_guessed(importer):
    told = ("kilowatt hours", "MJ", "therms", "mwh", "MBTU", "N*m")
    rows = "".join(f"M-1,energy,2026-01-01T0{hour}:00:00Z,36,{unit}\n" for hour, unit in enumerate(told))
    result = await importer(importer.write(f"meter,channel,time,value,unit\n{rows}"))
    assert result.counts == {"RECORDED": 3, "REJECTED": 3}
    stored = await importer.sql("select value from readings order by observed_at")
    assert [row["value"] for row in stored] == pytest.approx([36.0, 10.0, 1055.056], rel=1e-15)
    with (importer.folder / "readings.csv.rejected.csv").open(encoding="utf-8") as file:
        reasons = [row["reason"] for row in csv.DictReader(file)]
    assert "did you mean MWh?" in reasons[0]
    assert "write MMBTU" in reasons[1]
    assert "no unit that TwinQL knows" in reasons[2]


async def test_new_channels_measure_what_their_units_say(importer, world):
    header = "time,q (kvarh),flow (liters/hour),grid (gCO2/kWh),spot (EUR/MWh),wind [m/s]"
    rows = "".join(f"2026-01-01T0{hour}:00:00Z,{hour},1,2,3,4\n" for hour in range(5))
    result = await importer(importer.write(f"{header}\n{rows}"), "--meter", "M-7", "--site", "Acme site", "--create")
    assert result.counts == {"RECORDED": 25}
    made = await importer.sql(
        "select quantity::text, unit::text from channels where asset_id <> all($1::uuid[])",
        [world.meter, world.machine],
    )
    assert {tuple(row) for row in made} == {
        ("REACTIVE_ENERGY", "KILOVAR_HOUR"),
        ("FLOW", "LITRE_PER_HOUR"),
        ("CARBON_INTENSITY", "GRAM_PER_KILOWATT_HOUR"),
        ("PRICE", "CURRENCY_PER_MEGAWATT_HOUR"),
        ("SPEED", "METRE_PER_SECOND"),
    }


async def test_the_registers_of_a_new_meter_are_told_apart_by_their_names(importer):
    rows = "".join(
        f"2026-03-0{day}T00:00:00Z,D-1,{5000 + 10 * day},{300 + 4 * day},{80 + day}\n" for day in range(1, 7)
    )
    file = importer.write("observed_at,meter,import_day_kwh,import_off-peak_kwh,export_kwh\n" + rows)
    done = await importer(file, "--create")
    assert done.counts == {"RECORDED": 18}, done.out + done.err
    assert "CUMULATIVE every P1D, IMPORT, register day" in done.out
    found = await importer.sql("select register, direction::text, kind::text from channels order by key")
    assert sorted((each["register"], each["direction"], each["kind"]) for each in found if each["register"]) == [
        ("day", "IMPORT", "CUMULATIVE"), ("offpeak", "IMPORT", "CUMULATIVE"),
    ]  # fmt: skip
    assert [each["direction"] for each in found if each["register"] is None] == ["EXPORT"]


async def test_a_start_is_kept_under_its_end_only_where_there_are_intervals(importer, world):
    file = importer.write("interval_start,value\n2026-01-01T00:00:00Z,1\n")
    await importer(file, "--meter", "M-1", "--channel", "energy")
    await importer(file, "--machine", "Mill", "--channel", "temperature")
    rows = await importer.sql(
        "select key, to_char(observed_at, 'HH24:MI') as at from readings join channels on number = channel_number"
    )
    assert {row["key"]: row["at"] for row in rows} == {"energy": "00:30", "temperature": "00:00"}
    assert isinstance(world.meter, UUID)


@pytest.mark.usefixtures("world")
async def test_what_has_no_place_is_refused_and_the_rest_is_taken(importer):
    text = (
        "meter,channel,time,value,unit\nM-1,energy,2026-01-01T00:30:00Z,1,kWh\nM-1,energy,2026-01-01T01:00:00Z,2,V\n"
        "M-1,energy,2026-01-01T01:30:00Z,3,furlong\nM-9,energy,2026-01-01T00:30:00Z,4,kWh\n"
        "M-1,energy,0001-01-01T00:00:00Z,5,kWh\nM-1,energy,9999-12-31T23:59:59Z,6,kWh\n"
    )
    result = await importer(importer.write(text))
    assert result.counts == {"RECORDED": 1, "REJECTED": 5}
    assert result.code == 0
    with (importer.folder / "readings.csv.rejected.csv").open(encoding="utf-8") as file:
        rows = {int(row["line"]): row for row in csv.DictReader(file)}
    assert {line: row["code"] for line, row in rows.items()} == {
        3: "UNIT_MISMATCH",
        4: "UNIT_MISMATCH",
        5: "UNKNOWN_CHANNEL",
        6: "TOO_OLD",
        7: "IN_FUTURE",
    }
    assert "--create" in rows[5]["reason"]
    kept = await importer.sql("select code, value, origin from rejected_readings")
    assert {row["origin"] for row in kept} == {f"readings.csv:{line}" for line in rows}
    again = await importer(importer.folder / "readings.csv")
    assert again.counts == {"DUPLICATE": 1, "REJECTED": 5}
    assert len(await importer.sql("select from rejected_readings")) == 5


@pytest.mark.usefixtures("world")
async def test_a_file_that_fits_nothing_is_one_sentence_and_changes_nothing(importer):
    unknown = importer.write("meter,time,kwh\n7,2026-01-01T00:30:00Z,1\n8,2026-01-01T00:30:00Z,1\n")
    result = await importer(unknown)
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "twinql: No meter is called '7': say --create to make it, or --meter to name another. "
        "1 more series has no place either.\n"
    )
    misfit = importer.write("time,temperature_c\n2026-01-01T00:30:00Z,1\n")
    result = await importer(misfit, "--meter", "M-1", "--channel", "energy", "--unit", "degC")
    assert "does not fit the channel energy" in result.err
    assert not await importer.sql("select from readings")
    assert not await importer.sql("select from rejected_readings")


@pytest.mark.usefixtures("world")
async def test_what_was_refused_can_be_mended_and_goes_in(importer):
    options = ("--stamp", "start", "--time-zone", "Australia/Sydney")
    text = "meter,channel,time,kwh\nM-1,energy,2025-10-05 02:00:00,1\nM-1,energy,2025-10-05 03:30:00,x\n"
    text += "M-1,energy,2025-10-05 04:00:00,3\nM-2,energy,2025-10-05 04:30:00,4\n"
    assert (await importer(importer.write(text), *options)).counts == {"RECORDED": 1, "REJECTED": 3}
    rejected = importer.folder / "readings.csv.rejected.csv"
    mended = rejected.read_text(encoding="utf-8").replace("2025-10-05 02:00:00", "2025-10-05 03:00:00", 2)
    mended = mended.replace(",x,", ",2,").replace(",M-2,", ",M-1,")
    rejected.write_text(mended, encoding="utf-8")
    assert (await importer(rejected, *options)).counts == {"RECORDED": 3}
    rows = await importer.sql("select to_char(observed_at, 'HH24:MI') as at, value from readings order by 1")
    assert [tuple(row) for row in rows] == [("16:30", 1.0), ("17:00", 2.0), ("17:30", 3.0), ("18:00", 4.0)]


async def _site_channel(importer, world, key="outside_temperature"):
    """Give the world's site a temperature of its own."""
    await importer.sql(
        """
        insert into channels (organisation_id, organisation_number, site_id, key, name, quantity, unit, kind)
        select organisation_id, organisation_number, site_id, $2, $2, 'TEMPERATURE', 'DEGREE_CELSIUS', 'INSTANTANEOUS'
        from channels where id = $1
        """,
        *(world.channels["price"], key),
    )


TEMPERATURES = "timestamp,value\n2026-01-01T00:00:00Z,20\n2026-01-01T00:01:00Z,21\n"


async def test_a_site_alone_never_chooses_one_of_its_channels(importer, world):
    await _site_channel(importer, world)
    file = importer.write(TEMPERATURES, "machine_temperature.csv")
    refused = await importer(file, "--site", "Acme site")
    assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "does not say where its readings go" in refused.err
    assert all(option in refused.err for option in ("--channel", "--machine", "--meter", "--create"))
    tried = await importer(file, "--site", "Acme site", "--create", "--dry-run")
    target = (
        "goes to the new channel `temperature` (°C, INSTANTANEOUS every PT1M) "
        "of the new machine machine_temperature at Acme site."
    )
    assert target in tried.out
    assert not await importer.sql("select from readings")
    made = await importer(file, "--site", "Acme site", "--create")
    assert target in made.out
    assert made.out.index(target) < made.out.index("RECORDED")
    stored = await importer.sql(
        "select distinct key, a.name from readings join channels as c on number = channel_number "
        "join assets as a on a.id = asset_id"
    )
    assert [tuple(row) for row in stored] == [("temperature", "machine_temperature")]
    named = await importer(file, "--site", "Acme site", "--channel", "outside_temperature")
    assert named.counts == {"RECORDED": 2}
    assert (
        "the existing channel `outside_temperature` (°C, INSTANTANEOUS) of the site itself at Acme site." in named.out
    )


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("column", "options"),
    [
        ("mwh", ()),
        ("MWH", ()),
        ("Energy [mwh]", ()),
        ("mwh", ("--value", "mwh")),
        ("mwh", ("--unit", "mwh")),
        ("kwh", ("--unit", "MWH")),
    ],
)
async def test_a_unit_that_only_letters_tell_apart_is_asked_for(importer, column, options):
    file = importer.write(f"time,{column}\n2026-01-01T00:00:00Z,1\n2026-01-01T01:00:00Z,2\n", "main.csv")
    refused = await importer(file, *options, "--create")
    assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "MWh" in refused.err
    assert not await importer.sql("select from channels where unit = 'ONE' and quantity = 'OTHER'")
    made = await importer(file, "--unit", "MWh", "--create")
    assert "(MWh, INTERVAL every PT1H)" in made.out
    assert [tuple(row) for row in await importer.sql("select value from readings order by value")] == [(1.0,), (2.0,)]


async def test_a_machine_with_one_channel_of_another_quantity_is_not_guessed(importer, world):
    await importer.sql("delete from channels where key in ('execution', 'setpoint')")
    file = importer.write(TEMPERATURES, "humidity.csv")
    refused = await importer(file, "--machine", "Mill")
    assert (refused.code, "say --channel" in refused.err) == (1, True)
    assert not await importer.sql("select from readings")
    same = await importer(importer.write(TEMPERATURES, "temperature.csv"), "--machine", "Mill")
    assert "the existing channel `temperature` (°C, INSTANTANEOUS every PT1M) of machine Mill at Acme site" in same.out
    assert world.machine


async def test_of_two_sites_of_a_name_none_is_taken_until_an_id_says_which(importer, world):
    (second,) = await importer.sql(
        "insert into sites (organisation_id, name, time_zone) values ($1, 'acme SITE', 'Europe/Lisbon') returning id",
        world.organisation,
    )
    options = ("--machine", "Press", "--channel", "temperature", "--create")
    for file, named in (("press.csv", ("--site", "Acme site")), ("Acme site.csv", ())):
        refused = await importer(importer.write(TEMPERATURES, file), *options, *named)
        assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)
        assert "2 sites are called 'Acme site': rename one of them, or say --site with the id" in refused.err
    assert not await importer.sql("select from readings")
    file = importer.write(TEMPERATURES, "press.csv")
    unknown = await importer(file, *options, "--site", encode("Site", world.machine))
    assert (unknown.code, "No site in use has the id" in unknown.err) == (1, True)
    made = await importer(file, *options, "--site", encode("Site", second["id"]))
    assert "of the new machine Press at acme SITE." in made.out
    (machine,) = await importer.sql("select site_id from assets where name = 'Press'")
    assert machine["site_id"] == second["id"]


async def test_without_a_site_there_is_the_only_one_or_a_new_one_called_like_the_file(importer, world):
    file = importer.write("meter,time,kwh\n10006414,2026-01-01 00:00,1\n10006414,2026-01-01 00:30,2\n", "meters.csv")
    options = ("--time-zone", "+10:00", "--stamp", "start", "--create")
    alone = await importer(file, *options, "--dry-run")
    assert "of the new meter 10006414 at Acme site." in alone.out
    await importer.sql(
        "insert into sites (organisation_id, name, time_zone) values ($1, 'House', 'Europe/Lisbon')", world.organisation
    )
    made = await importer(file, *options)
    assert made.counts == {"RECORDED": 2}
    assert "of the new meter 10006414 at the new site 'meters'." in made.out
    assert "Etc/GMT-10 (10 hours ahead of UTC: names of fixed zones carry the opposite sign)" in made.out
    assert "--site names another" in made.out
    again = await importer(file, *options)
    assert again.counts == {"DUPLICATE": 2}
    assert "the existing channel `energy`" in again.out
    (site,) = await importer.sql("select name, time_zone from sites where name not in ('House', 'Acme site')")
    assert tuple(site) == ("meters", "Etc/GMT-10")


@pytest.mark.usefixtures("world")
async def test_a_dry_run_writes_no_file_of_refused_or_conflicting_rows(importer):
    text = TEMPERATURES + "2026-01-01T00:01:00Z,22\nx,1\n"
    result = await importer(importer.write(text), "--machine", "Mill", "--channel", "temperature", "--dry-run")
    assert result.counts == {"RECORDED": 2, "CONFLICT": 1, "REJECTED": 1}
    assert result.out.count("would be written to") == 2
    assert sorted(path.name for path in importer.folder.iterdir()) == ["readings.csv"]


async def test_mended_rows_go_where_the_others_of_their_file_went(importer, world):
    await _site_channel(importer, world, "temp_c")
    text = "time,temp_c\n2026-01-01T00:00:00Z,20\n2026-01-01T00:01:00Z,x\n"
    options = ("--site", "Acme site", "--create")
    assert (await importer(importer.write(text, "mill.csv"), *options)).counts == {"RECORDED": 1, "REJECTED": 1}
    rejected = importer.folder / "mill.csv.rejected.csv"
    rejected.write_text(rejected.read_text(encoding="utf-8").replace(",x,", ",21,"), encoding="utf-8")
    mended = await importer(rejected, *options)
    assert mended.counts == {"RECORDED": 1}
    assert "the existing channel `temp_c`" in mended.out
    assert "of machine mill at Acme site" in mended.out


@pytest.mark.usefixtures("world")
async def test_a_file_that_begins_at_midnight_is_said_to_look_like_starts(importer):
    file = importer.write("meter,channel,time,kwh\nM-1,energy,2026-01-01 00:00,1\nM-1,energy,2026-01-01 00:30,1\n")
    assert "begin at midnight" in (await importer(file, "--time-zone", "Europe/Berlin")).out


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(importer):
    file = importer.write(
        "meter,time,kwh\n7,2026-01-01T00:30:00Z,1\n7,2026-01-01T01:00:00Z,2\n7,2026-01-01T01:00:00Z,3\n7,x,3\n"
    )
    result = await importer(file, "--create", "--dry-run")
    assert result.counts == {"RECORDED": 2, "CONFLICT": 1, "REJECTED": 1}
    assert "nothing was changed" in result.out
    for table in ("readings", "channels", "meters", "sites", "rejected_readings"):
        assert not await importer.sql(f"select from {table}")


@pytest.mark.usefixtures("world")
async def test_other_values_are_conflicts_or_corrections_as_was_asked(importer):
    named = ("--machine", "Mill", "--channel", "temperature")
    await importer(importer.write("time,value\n2026-01-01T00:00:00Z,20\n2026-01-01T00:01:00Z,21\n"), *named)
    other = importer.write("time,value\n2026-01-01T00:00:00Z,20\n2026-01-01T00:01:00Z,25\n2026-01-01T00:01:00Z,26\n")
    kept = await importer(other, *named)
    assert kept.counts == {"DUPLICATE": 1, "CONFLICT": 2}
    with (importer.folder / "readings.csv.conflicts.csv").open(encoding="utf-8") as file:
        assert [(row["line"], row["value"], row["kept"]) for row in csv.DictReader(file)] == [
            ("3", "25.0", "21.0"),
            ("4", "26.0", "25.0"),
        ]
    corrected = await importer(other, *named, "--on-conflict", "correct")
    assert corrected.counts == {"DUPLICATE": 1, "CORRECTED": 1, "CONFLICT": 1}
    again = await importer(other, *named, "--on-conflict", "correct")
    assert again.counts == {"DUPLICATE": 2, "CONFLICT": 1}
    former = await importer.sql("select former_value, reason from reading_corrections")
    assert [tuple(row) for row in former] == [(21.0, "Imported from readings.csv")]


async def test_the_first_row_that_can_be_recorded_wins(importer, world):
    await importer.sql(
        "update channels set plausible_maximum = 50, plausibility_action = 'REJECT' where id = $1",
        world.channels["temperature"],
    )
    file = importer.write("time,value\n2026-01-01T00:00:00Z,99\n2026-01-01T00:00:00Z,20\n2026-01-01T00:00:00Z,30\n")
    result = await importer(file, "--machine", "Mill", "--channel", "temperature")
    assert result.counts == {"RECORDED": 1, "CONFLICT": 1, "REJECTED": 1}
    assert [row["value"] for row in await importer.sql("select value from readings")] == [20.0]


async def test_a_wide_file_of_meters_and_one_of_channels_are_both_understood(importer):
    rows = "".join(f"2026-01-01T0{hour}:00:00Z,{hour},{hour % 3}\n" for hour in range(1, 9))
    meters = await importer(
        importer.write(f"time,10006414,10006704\n{rows}", "meters.csv"), "--create", "--unit", "kWh"
    )
    assert meters.counts == {"RECORDED": 16}
    assert {row["serial_number"] for row in await importer.sql("select serial_number from meters")} == {
        "10006414",
        "10006704",
    }
    machine = await importer(
        importer.write(f"time,spindle_power_kw,temp_c\n{rows}", "mill.csv"), "--create", "--machine", "Mill"
    )
    assert machine.counts == {"RECORDED": 8}
    assert "the channel `spindle_power_kw` is made: POWER in kW, INSTANTANEOUS every PT1H" in machine.out


async def test_several_organisations_must_be_told_apart(importer, world):
    await make_world(importer.url, "Other")
    file = importer.write("time,value\n2026-01-01T00:00:00Z,20\n")
    named = ("--machine", "Mill", "--channel", "temperature")
    assert "say --organisation" in (await importer(file, *named)).err
    assert (await importer(file, *named, "--organisation", "Acme")).counts == {"RECORDED": 1}
    owners = await importer.sql("select distinct organisation_number from readings")
    assert [row["organisation_number"] for row in owners] == [world.number]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["nowhere.csv"], "nowhere.csv"),
        ([], "Name a file"),
        (["readings.csv", "--time-zone", "Mars"], "is no time zone"),
        (["readings.csv", "--resolution", "PT0.5S"], "shorter than a second"),
        (["readings.csv", "--kind", "sometimes"], "none of instantaneous, interval"),
    ],
)
@pytest.mark.usefixtures("importer")
def test_a_wrong_call_is_one_sentence(arguments, hint, capsys):
    assert main(["import", *arguments]) == 1
    printed = capsys.readouterr()
    assert hint in printed.err
    assert printed.err.count("\n") == 1


class Launcher:
    """Starts processes in one test's folder; whatever still runs at its end is killed."""

    def __init__(self, folder):
        self.folder, self._started = folder, []

    def launch(self, *arguments):
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**environment, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def start_import(self, file):
        """Start an import that reports its progress in lines."""
        options = ("--create", "--data", str(self.folder / "data"), "--progress", "lines")
        return self.launch("-m", "twinql", "import", str(file), *options)

    def hold_database(self):
        """Start a process that holds an embedded Postgres until it is killed, as a server does."""
        start = "import sys; from pathlib import Path; from twinql.storage.embedded import EmbeddedPostgres\n"
        hold = "server = EmbeddedPostgres.start(Path(sys.argv[1])); print('ready', flush=True); sys.stdin.read()"
        holder = self.launch("-c", start + hold, str(self.folder / "data"))
        assert holder.stdout.readline() == "ready\n"
        return holder

    def clear(self):
        for process in self._started:
            process.kill()
            process.communicate()


@pytest.fixture
def launcher(tmp_path):
    launcher = Launcher(tmp_path)
    yield launcher
    launcher.clear()


@pytest.fixture
def large_file(tmp_path):
    """A file that takes a while, and how many rows it has."""
    rows = 120_000
    times = pd.date_range("2024-01-01", periods=rows, freq="min", tz="UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
    pd.DataFrame({"time": times, "value": range(rows)}).to_csv(tmp_path / "mill.csv", index=False)
    return tmp_path / "mill.csv", rows


def wait_for_progress(process):
    """Return how many rows the import said it had committed, as soon as it says so."""
    for line in process.stderr:
        if found := re.search(r"([\d,]+) of", line):
            return int(found[1].replace(",", ""))
    raise AssertionError("the import ended before it was killed")


async def count_readings(folder):
    with EmbeddedPostgres.start(folder / "data") as server:
        connection = await asyncpg.connect(server.url)
        try:
            return await connection.fetchval("select count(*) from readings")
        finally:
            await connection.close()


async def test_a_killed_import_is_made_whole_by_the_next(tmp_path, launcher, large_file):
    file, rows = large_file
    process = launcher.start_import(file)
    committed = wait_for_progress(process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = await count_readings(tmp_path)
    assert committed <= kept < rows
    process = launcher.start_import(file)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert counts_in(out) == {"DUPLICATE": kept, "RECORDED": rows - kept}
    assert await count_readings(tmp_path) == rows


async def test_an_import_whose_database_is_killed_says_so_and_goes_on_later(tmp_path, launcher, large_file):
    file, rows = large_file
    holder = launcher.hold_database()
    process = launcher.start_import(file)
    wait_for_progress(process)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    _, err = process.communicate()
    assert process.returncode == 1
    assert err.splitlines()[-1] == "twinql: The database is away for the moment; try again shortly."
    process = launcher.start_import(file)
    process.communicate()
    assert process.returncode == 0
    assert await count_readings(tmp_path) == rows
