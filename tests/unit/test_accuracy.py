"""How accuracy is measured."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tools.accuracy.__main__ import report
from tools.accuracy.fault_scoring import DAY_S, HOUR_S, Fault, Score
from tools.accuracy.nab import File, detected, measure, read, tuned, windowed_gaussian
from tools.accuracy.nab_scoring import Window, normalised, points
from tools.accuracy.remaining_life import by_age, cases_of
from tools.accuracy.remaining_life import read as read_runs
from tools.accuracy.thermal import HEATED, Outcome, houses, outcome

FIRST, LAST = 0.0, 44 * DAY_S
SPIKE = Fault("spike", 35 * DAY_S, 35 * DAY_S)
STUCK = Fault("stuck", 40 * DAY_S, 41 * DAY_S)


def _score(*alarms_s: float) -> Score:
    score = Score()
    score.add([FIRST, LAST], alarms_s, [SPIKE, STUCK])
    return score


def test_two_meter_weeks_with_one_fault_of_two_found_and_one_false_alarm():
    score = _score(35 * DAY_S, 38 * DAY_S)
    assert score.by_kind() == {"spike": "1/1", "stuck": "0/1"}
    assert (score.precision, score.recall, score.f1, score.days) == (0.5, 0.5, 0.5, 14)
    assert score.false_alarms_a_meter_week == 0.5


def test_a_fault_is_found_up_to_an_hour_after_it_and_excused_for_a_day():
    assert _score(41 * DAY_S + HOUR_S).found["stuck"] == 1
    late = _score(41 * DAY_S + HOUR_S + 1)
    assert (late.found["stuck"], late.false_alarms) == (0, 0)
    assert _score(42 * DAY_S + 1).false_alarms == 1


def test_false_alarms_that_follow_one_another_within_six_hours_count_once():
    every_five_hours = [37 * DAY_S + 5 * HOUR_S * step for step in range(4)]
    assert _score(*every_five_hours).false_alarms == 1
    assert _score(37 * DAY_S, 37 * DAY_S + 7 * HOUR_S).false_alarms == 2


def test_nothing_is_false_in_the_first_thirty_days():
    assert _score(29 * DAY_S).false_alarms == 0


def test_nothing_found_is_a_score_of_zero():
    assert (_score().f1, _score().precision, Score().f1) == (0.0, 0.0, 0.0)


def test_a_folder_without_data_is_said_in_one_sentence(tmp_path):
    assert report(tmp_path / "none").startswith("Nothing was measured: ")


WINDOW = Window(500, 599)


def test_an_alarm_in_a_window_is_worth_the_more_the_earlier_it_is():
    assert points(1_000, [], [WINDOW]) == -1.0
    assert points(1_000, [500], [WINDOW]) == pytest.approx(1.0)
    assert points(1_000, [550], [WINDOW]) == pytest.approx(
        (2 / (1 + math.exp(-2.5)) - 1) / (2 / (1 + math.exp(-5)) - 1)
    )
    assert points(1_000, [599, 550, 560], [WINDOW]) == points(1_000, [550], [WINDOW])


def test_an_alarm_elsewhere_costs_each_time_and_little_right_behind_a_window():
    assert points(1_000, [300, 301, 500], [WINDOW]) == pytest.approx(1.0 - 2 * 0.11)
    assert points(1_000, [500, 600], [WINDOW]) == pytest.approx(1.0 + 0.11 * (2 / (1 + math.exp(5 / 99)) - 1))
    assert points(1_000, [500, 950], [WINDOW]) == pytest.approx(0.89)


def test_nothing_counts_while_a_file_is_learned():
    assert points(1_000, [10, 149], []) == 0.0
    assert points(1_000, [], [Window(20, 100)]) == 0.0
    assert points(10_000, [749, 750], []) == -0.11


def test_no_alarm_is_nought_and_a_perfect_one_a_hundred():
    assert normalised([(1_000, [], [WINDOW]), (1_000, [], [])]) == 0.0
    assert normalised([(1_000, [500], [WINDOW]), (1_000, [], [])]) == pytest.approx(100.0)


def test_the_halves_of_the_benchmark_are_taken_by_order_and_not_by_name():
    names = ["a/1.csv", "a/2.csv", "a/3.csv", "b/1.csv", "b/2.csv"]
    files = [File(name, [], [], []) for name in names]
    assert [each.name for each in tuned(files)] == ["a/1.csv", "a/3.csv", "b/1.csv"]


def test_both_detectors_find_the_day_on_which_a_series_leaps(tmp_path):
    at = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=30) * row for row in range(1_000)]
    values = [20.0 + (row * 7 % 5) / 10 + (80.0 if 900 <= row < 903 else 0.0) for row in range(1_000)]
    rows = [f"{when:%Y-%m-%d %H:%M:%S},{value}" for when, value in zip(at, values, strict=True)]
    (tmp_path / "data" / "one").mkdir(parents=True)
    (tmp_path / "data" / "one" / "series.csv").write_text("\n".join(["timestamp,value", *rows]))
    ends = [f"{at[row]:%Y-%m-%d %H:%M:%S}.000000" for row in (880, 940)]
    (tmp_path / "windows.json").write_text(json.dumps({"one/series.csv": [ends]}))
    (file,) = read(tmp_path)
    assert file.windows == [Window(880, 940)]
    assert detected(file)[0] == 900
    assert windowed_gaussian(file, deviations=8.0)[-1] == 900
    assert [figure.data for figure in measure(tmp_path)] == ["nab, all: 1", "nab, tuned on: 1"]


def test_runs_to_failure_are_read_by_unit_and_what_is_left_up_to_the_cap(tmp_path):
    (tmp_path / "train_FD.txt").write_text("1 1 0 5.0\n1 2 0 6.0\n2 1 0 7.0\n")
    (tmp_path / "test_FD_units.txt").write_text("1 1 0 8.0\n3 1 0 9.0\n3 2 0 9.5\n")
    (tmp_path / "rul_FD_units.csv").write_text("unit,rul\n1,140\n3,60\n")
    runs, cases = read_runs(tmp_path)
    assert [run.tolist() for run in runs] == [[[0, 5], [0, 6]], [[0, 7]]]
    assert [(case.values.tolist(), case.left) for case in cases] == [([[0, 8]], 125), ([[0, 9], [0, 9.5]], 60)]


def test_a_run_is_cut_off_at_ages_that_are_always_the_same():
    run = np.arange(200.0)[:, None]
    cases = cases_of(run, seed=1)
    assert all(case.left == min(200 - len(case.values), 125) for case in cases)
    assert all(30 <= len(case.values) < 196 for case in cases)
    assert [case.left for case in cases_of(run, seed=1)] == [case.left for case in cases]
    assert by_age([run, run[:100]])(run[:70]) == (80, 80, 80)


def _house(path, count=120):
    """Write a heated lump in the columns of a test house."""
    rng = np.random.default_rng(4)
    heater = np.repeat(rng.integers(0, 3, count // 8), 8) * 800.0
    outside, inside, rows = 12.0 + 4.0 * np.sin(np.arange(count) / 8.0), 20.0, []
    for step in range(count):
        steady = outside[step] + heater[step] / 80.0
        inside = steady + (inside - steady) * math.exp(-0.1)
        rows.append(f"{step * 1800},{outside[step]},{heater[step]},{rng.uniform(0, 300)},{inside}")
    path.write_text("\n".join(["Time,T_ext,P_hea,I_sol,T_int", *rows]) + "\n")


def test_a_house_is_simulated_from_its_drivers_alone(tmp_path):
    _house(tmp_path / "house.csv")
    (past,) = houses(tmp_path).values()
    came = outcome(past, HEATED, 72)
    assert isinstance(came, Outcome)
    assert came.rmse < 0.2
    assert came.persistence > 1.0
    # What the younger part reads is compared, never used: with other temperatures there, the same course.
    shifted = replace(past, temperatures=np.where(np.arange(120) < 72, past.temperatures, past.temperatures + 5.0))
    other = outcome(shifted, HEATED, 72)
    assert isinstance(other, Outcome)
    assert other.rmse == pytest.approx(5.0, abs=0.4)
