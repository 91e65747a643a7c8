"""How fast health falls, and when something has to be done."""

import numpy as np
import pytest

from twinql.domain.diagnosis.bands import MAINTENANCE_DUE, MaintenanceUrgency
from twinql.domain.diagnosis.reason import Reason, ReasonCode
from twinql.domain.maintenance.degradation import (
    HoursUntil,
    degradation_of,
    even_times,
    hours_until,
    known,
    urgency_of,
)

DAY_S = 86_400.0
NOW_S = 1.8e9
TIMES = even_times(NOW_S, DAY_S, 28)


def ahead(scores, times=TIMES, score=None):
    line = degradation_of(times, np.asarray(scores, dtype=float))
    return hours_until(line, scores[-1] if score is None else score, NOW_S)


def test_a_straight_fall_is_worked_out_by_hand():
    # A point a day, 73 now: 13 days until it is 60, and nothing spreads.
    scores = 100.0 - np.arange(28)
    line = degradation_of(TIMES, scores)
    assert (line.per_second * DAY_S, line.count) == (pytest.approx(-1.0), 28)
    found = hours_until(line, 73.0, NOW_S)
    assert (found.p10, found.p50, found.p90) == pytest.approx((312.0,) * 3)
    assert urgency_of(found) is MaintenanceUrgency.SCHEDULE_SOON


def test_what_falls_slowly_is_told_by_the_days_it_has_left():
    # A twentieth of a point a day from 98 on: 36.65 / 0.05 = 733 days, beyond ten times the 27 that were looked at.
    found = ahead(98.0 - 0.05 * np.arange(28))
    assert isinstance(found, Reason)
    assert found.code is ReasonCode.TOO_FAR
    assert urgency_of(found) is MaintenanceUrgency.HEALTHY


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        (np.full(28, 97.0), ReasonCode.NO_TREND),
        (np.full(28, np.nan), ReasonCode.INSUFFICIENT_HISTORY),
        (np.where(np.arange(28) < 19, np.nan, 90.0 - np.arange(28)), ReasonCode.INSUFFICIENT_HISTORY),
        (60.0 + np.arange(28), ReasonCode.MOVING_AWAY),
        (90 + np.random.default_rng(3).normal(size=28), ReasonCode.NO_TREND),
    ],
)
def test_what_does_not_fall_or_is_not_known_has_a_reason_and_no_hours(scores, code):
    found = ahead(scores, score=90.0)
    assert isinstance(found, Reason)
    assert found.code is code
    if code is ReasonCode.INSUFFICIENT_HISTORY:
        assert (found.required, found.available) == (10, int(np.isfinite(scores).sum()))


@pytest.mark.parametrize(
    ("known_for", "mended", "said"),
    [
        (0, 0, "since something was last done to it, and there are 0; ask again in about 10 d, or for a shorter"),
        (9, 9, "since something was last done to it, and there are 9; ask again in about 1 d, or for a shorter"),
        (9, 40, "This needs 10 times at which its health is known, and there are 9; ask again in about 1 d,"),
        (1, None, "This needs 10 times at which its health is known, and there is 1; ask again in about 9 d,"),
    ],
)
def test_a_short_past_says_what_began_it_and_when_to_ask_again(known_for, mended, said):
    scores = np.where(np.arange(28) < 28 - known_for, np.nan, 90.0)
    found = degradation_of(TIMES, scores, mended_s=None if mended is None else NOW_S - mended * DAY_S)
    assert isinstance(found, Reason)
    assert said in found.message
    assert "longer time" not in found.message


def test_what_has_fallen_already_has_no_hours_left_however_short_its_past():
    found = ahead([np.nan] * 27 + [59.9])
    assert found == HoursUntil(0.0, 0.0, 0.0)
    assert urgency_of(found) is MaintenanceUrgency.URGENT


def test_holes_of_weeks_and_one_wild_score_change_little():
    scores = 100.0 - np.arange(28)
    holes = np.where((np.arange(28) > 3) & (np.arange(28) < 18), np.nan, scores)
    assert ahead(holes, score=73.0).p50 == pytest.approx(312.0)
    wild = scores.copy()
    wild[12] = 0.0
    assert ahead(wild).p50 == pytest.approx(312.0, rel=0.05)


def test_a_fall_that_began_lately_counts_by_itself():
    scores = np.concatenate([np.full(17, 98.0), 98.0 - 2.0 * np.arange(1, 12)])
    line = degradation_of(TIMES, scores)
    assert line.per_second * DAY_S == pytest.approx(-2.0, rel=0.15)


def test_hours_grow_with_the_time_between_two_looks():
    scores = 92.0 - np.arange(28) + np.random.default_rng(5).normal(size=28)
    near, far = (ahead(scores, even_times(NOW_S, step_s, 28), 70.0) for step_s in (DAY_S, 10 * DAY_S))
    assert (far.p10, far.p50, far.p90) == pytest.approx((10 * near.p10, 10 * near.p50, 10 * near.p90))
    assert near.p10 < near.p50 < near.p90


def test_eight_in_ten_come_true_between_the_first_and_the_last_tenth():
    rng, truth_h = np.random.default_rng(11), (85.0 - 27 - MAINTENANCE_DUE + 12) * 24
    inside = told = 0
    for _ in range(200):
        found = ahead(97.0 - np.arange(28) + 2 * rng.normal(size=28), score=70.0)
        if isinstance(found, HoursUntil):
            told += 1
            inside += found.p10 <= truth_h <= (np.inf if found.p90 is None else found.p90)
    assert told >= 190
    assert 0.7 <= inside / told <= 0.9


def test_unknown_scores_are_no_numbers():
    assert np.isnan(known([None, 80.0])).tolist() == [True, False]
