"""What local clocks show."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twinql.domain.simulation.slots import covering, local_time


def day_slots(first: datetime, hours: int) -> np.ndarray:
    start = int(first.timestamp()) // 60
    return np.arange(start, start + hours * 60, dtype=np.int64)


def test_a_stretch_touches_its_first_and_last_minute() -> None:
    assert covering(from_s=59.0, until_s=61.0).tolist() == [0, 1]
    assert covering(from_s=60.0, until_s=60.0).tolist() == [1]


def test_a_friday_afternoon_in_lisbon() -> None:
    slot = np.array([int(datetime(2026, 7, 3, 14, 30, tzinfo=UTC).timestamp()) // 60])
    clock = local_time(slot, ZoneInfo("Europe/Lisbon"))
    assert clock.minute[0] == 15 * 60 + 30
    assert clock.weekday[0] == 4


def test_a_day_of_23_hours_misses_an_hour() -> None:
    clock = local_time(day_slots(datetime(2026, 3, 29, tzinfo=UTC), 23), ZoneInfo("Europe/Lisbon"))
    assert set(clock.day) == {clock.day[0]}
    assert sorted(set(range(1440)) - set(clock.minute.tolist())) == list(range(60, 120))


def test_a_day_of_25_hours_has_an_hour_twice() -> None:
    clock = local_time(day_slots(datetime(2026, 10, 24, 23, tzinfo=UTC), 25), ZoneInfo("Europe/Lisbon"))
    assert set(clock.day) == {clock.day[0]}
    minutes, times = np.unique(clock.minute, return_counts=True)
    assert minutes[times == 2].tolist() == list(range(60, 120))


@pytest.mark.parametrize("name", ["Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Chatham"])
def test_odd_offsets_agree_with_the_calendar(name: str) -> None:
    zone = ZoneInfo(name)
    slots = day_slots(datetime(2026, 4, 4, tzinfo=UTC), 48)
    clock = local_time(slots, zone)
    shown = [datetime.fromtimestamp(int(slot) * 60, UTC).astimezone(zone) for slot in slots]
    assert clock.minute.tolist() == [moment.hour * 60 + moment.minute for moment in shown]
    assert clock.weekday.tolist() == [moment.weekday() for moment in shown]
