"""What Linux tells of power, over made-up files of the kernel."""

from pathlib import Path

from twinql.agent.power import PowerMeter


def _counter(sysfs: Path, energy_uj: int, wraps_at_uj: int = 1_000_000_000) -> Path:
    domain = sysfs / "powercap" / "intel-rapl:0"
    domain.mkdir(parents=True, exist_ok=True)
    (domain / "max_energy_range_uj").write_text(f"{wraps_at_uj}\n")
    (domain / "energy_uj").write_text(f"{energy_uj}\n")
    return domain / "energy_uj"


def test_nothing_is_made_up_where_nothing_is_told(tmp_path: Path) -> None:
    assert PowerMeter.found(tmp_path) is None


def test_a_battery_tells_its_power(tmp_path: Path) -> None:
    battery = tmp_path / "power_supply" / "BAT0"
    battery.mkdir(parents=True)
    (battery / "power_now").write_text("12500000\n")
    _counter(tmp_path, 0)
    meter = PowerMeter.found(tmp_path)
    assert meter is not None
    assert (meter.name, meter.read(0.0)) == ("Power of the battery", 12.5)


def test_a_counter_tells_the_mean_between_two_looks(tmp_path: Path) -> None:
    file = _counter(tmp_path, 5_000_000)
    meter = PowerMeter.found(tmp_path)
    assert meter is not None
    assert meter.read(10.0) is None
    file.write_text("35000000\n")
    assert meter.read(12.0) == 15.0  # 30 J in 2 s


def test_a_counter_that_begins_anew_goes_on(tmp_path: Path) -> None:
    file = _counter(tmp_path, 999_000_000)
    meter = PowerMeter.found(tmp_path)
    assert meter is not None
    meter.read(0.0)
    file.write_text("1000000\n")
    assert meter.read(1.0) == 2.0


def test_a_file_that_can_no_longer_be_read_tells_nothing(tmp_path: Path) -> None:
    file = _counter(tmp_path, 1)
    meter = PowerMeter.found(tmp_path)
    assert meter is not None
    file.unlink()
    assert meter.read(0.0) is None
