"""How accuracy is measured."""

from tools.accuracy.__main__ import report
from tools.accuracy.fault_scoring import DAY_S, HOUR_S, Fault, Score

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
