"""Files of readings as people have them, and what is said of those that cannot be read."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook

from twinql.domain.readings import QUALITIES, RejectionCode
from twinql.errors import InvalidInputError
from twinql.files.layout import Stamp, Told
from twinql.files.parse import parse_file
from twinql.files.times import DateOrder
from twinql.files.zones import zone_named

EAST = zone_named("+10:00")
DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "demo"


def parse(folder, text, *, name="readings.csv", encoding="utf-8", **told):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return parse_file(path, Told(**{"time_zone": EAST, **told}))


def refusal(folder, text, **told):
    with pytest.raises(InvalidInputError) as caught:
        parse(folder, text, **told)
    return caught.value.message


def times(parsed):
    return [str(each) for each in parsed.time_us.astype("datetime64[us]").astype("datetime64[m]")]


LONG = "meter,timestamp,kwh\n7,2013-06-01 00:00:00,0.05\n8,2013-06-01 00:30:00,0.049\n"


def test_a_long_file_is_read_by_the_names_of_its_columns(tmp_path):
    parsed = parse(tmp_path, LONG)
    assert [each.meter for each in parsed.series] == ["7", "8"]
    assert parsed.series[0].column == "kwh"
    assert parsed.line.tolist() == [2, 3]
    assert times(parsed) == ["2013-05-31T14:00", "2013-05-31T14:30"]
    assert parsed.value.tolist() == [0.05, 0.049]
    assert parsed.rejected == ()


@pytest.mark.parametrize(
    ("encoding", "separator", "decimal"),
    [("utf-8-sig", ",", "."), ("utf-16", ";", ","), ("cp1252", ";", ","), ("utf-8", "\t", ","), ("utf-8", "|", ".")],
)
def test_marks_semicolons_tabs_and_decimal_commas_are_understood(tmp_path, encoding, separator, decimal):
    rows = [
        ["Zähler", "Zeitstempel", "Verbrauch (kWh)"],
        ["7", "01.06.2013 00:30", f"1{decimal}25"],
        ["8", "01.06.2013 01:00", "2"],
    ]
    text = "\r\n".join(separator.join(row) for row in rows)
    parsed = parse(tmp_path, text, encoding=encoding, identity={"meter": "Zähler"})
    assert parsed.value.tolist() == [1.25, 2.0]
    assert [each.meter for each in parsed.series] == ["7", "8"]
    assert times(parsed)[0] == "2013-05-31T14:30"


def test_decimal_commas_in_quotes_are_understood_between_commas(tmp_path):
    assert parse(tmp_path, 'time,value\n2013-06-01 00:00,"1,25"\n').value.tolist() == [1.25]


def test_thousands_and_decimals_are_told_apart(tmp_path):
    german = parse(tmp_path, "time;value\n2013-06-01 00:00;1.234,5\n2013-06-01 01:00;7,25\n")
    assert german.value.tolist() == [1234.5, 7.25]
    english = parse(tmp_path, 'time,value\n2013-06-01 00:00,"1,234.5"\n')
    assert english.value.tolist() == [1234.5]


def test_a_comma_that_could_be_either_is_asked_about(tmp_path):
    text = 'time,value\n2013-06-01 00:00,"1,234"\n'
    assert "--decimal" in refusal(tmp_path, text)
    assert parse(tmp_path, text, decimal_commas=True).value.tolist() == [1.234]
    assert parse(tmp_path, text, decimal_commas=False).value.tolist() == [1234.0]


def test_a_file_without_a_header_is_read_by_place(tmp_path):
    parsed = parse(tmp_path, "2013-06-01 00:00,1.5\n2013-06-01 00:30,1.6\n", time="column 1", values=("column 2",))
    assert parsed.value.tolist() == [1.5, 1.6]
    assert any("no header" in note for note in parsed.notes)


def test_columns_named_by_numbers_are_still_a_header(tmp_path):
    parsed = parse(tmp_path, "timestamp,10006414,10006704\n2013-06-01 00:00,1,2\n2013-06-01 00:30,,4\n")
    assert [each.column for each in parsed.series] == ["10006414", "10006704"]
    assert parsed.value.tolist() == [1.0, 2.0, 4.0]
    assert parsed.empty_cells == 1


def test_a_column_of_words_is_left_out_of_a_wide_file(tmp_path):
    parsed = parse(tmp_path, "time,power_kw,load,note\n2013-06-01 00:00,1,2,fine\n", values=())
    assert [each.column for each in parsed.series] == ["power_kw"]
    assert any("load, note; --value takes" in note for note in parsed.notes)
    parsed = parse(tmp_path, "time,power,load,note\n2013-06-01 00:00,1,2,fine\n")
    assert [each.column for each in parsed.series] == ["power", "load"]
    assert any("'note' holds no numbers" in note for note in parsed.notes)


def test_dates_in_either_order_are_found_out_or_asked_about(tmp_path):
    day_first = parse(tmp_path, "time,value\n01/06/2013 00:30,1\n13/06/2013 00:30,2\n")
    assert times(day_first)[0] == "2013-05-31T14:30"
    month_first = parse(tmp_path, "time,value\n06/01/2013 12:30 AM,1\n06/13/2013 1:30 PM,2\n")
    assert times(month_first) == ["2013-05-31T14:30", "2013-06-13T03:30"]
    assert "--date-order" in refusal(tmp_path, "time,value\n01/06/2013 00:30,1\n")
    told = parse(tmp_path, "time,value\n01/06/2013 00:30,1\n", date_order=DateOrder.MONTH_FIRST)
    assert times(told) == ["2013-01-05T14:30"]


def test_date_and_clock_time_in_two_columns_are_put_together(tmp_path):
    assert times(parse(tmp_path, "Date,Time,kWh\n2013-06-01,00:30,1\n")) == ["2013-05-31T14:30"]


def test_offsets_in_the_file_need_no_zone(tmp_path):
    text = "time,value\n2013-06-01T00:00:00Z,1\n2013-06-01T10:30:00.250+10:00,2\n2013-06-01 00:45:00-0030,3\n"
    parsed = parse(tmp_path, text, time_zone=None)
    assert times(parsed) == ["2013-06-01T00:00", "2013-06-01T00:30", "2013-06-01T01:15"]
    assert parsed.time_us[1] % 1_000_000 == 250_000


def test_numbers_that_count_from_1970_are_times(tmp_path):
    parsed = parse(tmp_path, "ts,value\n1370044800,1\n1370044800500,2\n", time_zone=None)
    assert np.diff(parsed.time_us).tolist() == [500_000]
    assert times(parsed)[0] == "2013-06-01T00:00"


def test_the_end_of_a_day_may_be_written_24_00(tmp_path):
    assert times(parse(tmp_path, "time,value\n2013-06-01 24:00,1\n")) == ["2013-06-01T14:00"]


def test_the_name_of_a_time_column_says_which_end_it_means(tmp_path):
    assert parse(tmp_path, "interval_start,kwh\n2013-06-01 00:00,1\n").stamp is Stamp.START
    assert parse(tmp_path, "interval_end,kwh\n2013-06-01 00:00,1\n").stamp is Stamp.END
    assert parse(tmp_path, "timestamp,kwh\n2013-06-01 00:00,1\n").stamp is None


def test_quality_and_status_are_read(tmp_path):
    text = (
        "time,value,quality,status\n2013-06-01 00:00,1,GOOD,ACTUAL\n2013-06-01 00:30,2,UNCERTAIN,ESTIMATED\n"
        "2013-06-01 01:00,,BAD,ACTUAL\n2013-06-01 01:30,4,,EDITED\n2013-06-01 02:00,5,FINE,\n"
    )
    parsed = parse(tmp_path, text)
    assert [QUALITIES[code].name for code in parsed.quality] == ["GOOD", "ESTIMATED", "BAD", "EDITED"]
    assert np.isnan(parsed.value[2])
    assert [(each.line, each.code) for each in parsed.rejected] == [(6, RejectionCode.INVALID_VALUE)]


def test_every_row_that_cannot_be_taken_is_named(tmp_path):
    text = (
        "meter,time,value\n7,2013-06-01 00:00,1\n7,2013-06-31 00:30,2\n7,2013-06-01 01:00,abc\n7,2013-06-01 01:30,\n"
        "7,2013-06-01 02:00,inf\n7,2013-06-01 02:30,nan\n7,2013-06-01 03:00,1_000\n7,2013-06-01 03:30\n"
        "7,2013-06-01 04:00,0,5\n\n7,now,1\n7,2013-06-01 05:00,9\n"
    )
    parsed = parse(tmp_path, text)
    assert parsed.value.tolist() == [1.0, 9.0]
    assert [(each.line, each.code.name) for each in parsed.rejected] == [
        (3, "INVALID_TIME"),
        (4, "INVALID_VALUE"),
        (5, "MISSING_VALUE"),
        (6, "INFINITE_VALUE"),
        (7, "MISSING_VALUE"),
        (8, "INVALID_VALUE"),
        (9, "INVALID_VALUE"),
        (10, "INVALID_VALUE"),
        (12, "INVALID_TIME"),
    ]
    assert parsed.rejected[0].time == "2013-06-31 00:30"
    assert "cut off" in parsed.rejected[6].message
    assert all(each.message.endswith((".", "?")) for each in parsed.rejected)


def test_years_1_and_9999_are_left_to_the_check_of_readings(tmp_path):
    parsed = parse(tmp_path, "time,value\n0001-01-01 00:00:00,1\n9999-12-31 23:59:59,2\n")
    assert parsed.time_us[0] < 0 < parsed.time_us[1]


def test_json_lines_and_json_arrays_are_read(tmp_path):
    members = [
        {"meter": "7", "time": "2013-06-01T00:00:00Z", "value": 1.5},
        {"meter": "7", "time": "2013-06-01T00:30:00Z", "value": 2},
    ]
    lines = "\n".join(map(json.dumps, members))
    parsed = parse(tmp_path, lines + "\n{oops\n[1]\n", name="readings.jsonl", time_zone=None)
    assert parsed.value.tolist() == [1.5, 2.0]
    assert [each.line for each in parsed.rejected] == [3, 4]
    assert parse(tmp_path, json.dumps(members), name="readings.json", time_zone=None).value.tolist() == [1.5, 2.0]


def workbook(path, rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_workbook_is_read_with_its_own_dates_and_numbers(tmp_path):
    start = datetime(2013, 6, 1)  # noqa: DTZ001 - Excel knows no zones
    rows = [
        ["Meter", "Interval start", "kWh"],
        [10006414, start, 0.05],
        [10006414, start + timedelta(minutes=30), 0.049],
    ]
    parsed = parse_file(workbook(tmp_path / "readings.xlsx", rows), Told(time_zone=EAST))
    assert parsed.series[0].meter == "10006414"
    assert parsed.value.tolist() == [0.05, 0.049]
    assert times(parsed) == ["2013-05-31T14:00", "2013-05-31T14:30"]
    assert parsed.stamp is Stamp.START


def test_a_truncated_workbook_is_refused_wherever_it_is_cut(tmp_path):
    rows = [["time", "value"]] + [[f"2013-06-01 00:{n % 60:02}", n] for n in range(2000)]
    whole = workbook(tmp_path / "whole.xlsx", rows).read_bytes()
    for share in (0.1, 0.5, 0.9, 0.99):
        cut = whole[: int(len(whole) * share)]
        assert "cut off" in refusal(tmp_path, cut, name="readings.xlsx")


@pytest.mark.parametrize(
    ("text", "name", "hint"),
    [
        (b"", "readings.csv", "is empty"),
        (b"\n \n", "readings.csv", "is empty"),
        (b"", "readings.xlsx", "is empty"),
        (b"time,value\n", "readings.csv", "no rows"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "readings.csv", "a picture"),
        (bytes(range(256)) * 20, "readings.csv", "binary"),
        (b"PK\x03\x04rest", "readings.csv", "Excel"),
        (b"PK\x03\x04rest", "readings.xlsx", "cut off"),
        (b"when,howmuch\n1,2\n", "readings.csv", "Say --time"),
        (b"time,value\nabc,1\n", "readings.csv", "holds no times"),
        (b"time,value\n2013-06-01 00:00,abc\n", "readings.csv", "holds no numbers"),
        (b'time,value\n2013-06-01 00:00,"1\n', "readings.csv", "quote"),
        (b"nothing of the sort\n", "readings.jsonl", "no JSON objects"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path, text, name, hint):
    message = refusal(tmp_path, text, name=name)
    assert hint in message
    assert name in message
    assert "\n" not in message


def test_a_column_that_does_not_exist_is_named_with_those_that_do(tmp_path):
    message = refusal(tmp_path, LONG, values=("watts",))
    assert "meter, timestamp, kwh" in message
    assert "--value" in message
    assert "--time" in refusal(tmp_path, LONG, time="when")


def test_local_times_need_a_zone(tmp_path):
    message = refusal(tmp_path, LONG, time_zone=None)
    assert "--time-zone" in message
    assert "line 2: '2013-06-01 00:00:00'" in message


@pytest.mark.parametrize("text", ["Mars/Olympus", "+99:00", "../etc/passwd", "", "Europe"])
def test_a_zone_that_does_not_exist_is_refused(text):
    with pytest.raises(InvalidInputError, match="is no time zone"):
        zone_named(text)


@pytest.mark.parametrize(("text", "hours"), [("+10:00", 10), ("-0330", -3.5), ("UTC+2", 2), ("Z", 0), ("utc", 0)])
def test_a_fixed_offset_is_a_zone(text, hours):
    assert datetime(2020, 1, 1, tzinfo=UTC).astimezone(zone_named(text)).utcoffset() == timedelta(hours=hours)


@pytest.mark.skipif(not DATA.exists(), reason="the demo data of the project are not beside this repository")
def test_the_real_meter_file_is_read_whole_and_its_impossible_hour_is_named():
    path = DATA / "meters_half_hourly.csv"
    whole = parse_file(path, Told(time_zone=EAST))
    assert (len(whole.line), len(whole.rejected), len(whole.series)) == (34_656, 0, 4)
    sydney = parse_file(path, Told(time_zone=zone_named("Australia/Sydney")))
    assert len(sydney.line) == 34_648
    assert {each.time for each in sydney.rejected} == {"2013-10-06 02:00:00", "2013-10-06 02:30:00"}
    assert len(sydney.rejected) == 8
    assert all("--time-zone +10:00" in each.message for each in sydney.rejected)
