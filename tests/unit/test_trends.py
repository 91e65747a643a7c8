"""The slope of a temperature's last readings, how early it is believed, and what it proposes."""

import numpy as np
import pytest

from twinql.domain.decisions.trend import FEWEST_SEEN, MOST_LEAD_S, WINDOW, lead_of, time_to, trends
from twinql.domain.outlook import Limit

AT_S = np.arange(WINDOW) * 2.0
HIGH = Limit(65.0, is_high=True)
LOW = Limit(5.0, is_high=False)


def of(*rows):
    values = np.array(rows, dtype=np.float64)
    return trends(np.broadcast_to(AT_S, values.shape), values)


def test_a_line_is_found_with_its_end_and_where_it_leads():
    found = of(40.0 + 0.1 * AT_S)
    assert (found.slope[0], found.level[0]) == (pytest.approx(0.1), pytest.approx(42.0))
    assert found.goes_on[0]
    assert time_to(65.0, is_high=True, level=found.level, slope=found.slope)[0] == pytest.approx(230.0)
    assert time_to(5.0, is_high=False, level=found.level, slope=found.slope)[0] == np.inf


def test_two_spikes_move_nothing():
    values = 40.0 + 0.1 * AT_S
    values[[3, 7]] += 25.0
    found = of(values)
    assert found.slope[0] == pytest.approx(0.1, abs=0.01)
    assert found.goes_on[0]


@pytest.mark.parametrize(
    "values",
    [
        np.full(WINDOW, 40.0),
        40.0 + 0.1 * np.random.default_rng(1).standard_normal(WINDOW),
        40.0 + 10.0 * (1.0 - np.exp(-AT_S / 3.0)),
    ],
    ids=["still", "noise", "levels off"],
)
def test_what_stands_still_or_only_trembles_or_levels_off_does_not_go_on(values):
    assert not of(values).goes_on[0]


def test_a_gap_in_the_window_says_nothing_of_a_slope():
    at_s = AT_S.copy()
    at_s[6:] += 60.0
    assert not trends(at_s[None], (40.0 + 0.1 * at_s)[None]).goes_on[0]


def test_many_channels_are_as_each_by_itself_and_a_shift_moves_only_the_level():
    rows = 40.0 + np.outer([0.05, -0.2, 0.0], AT_S) + 0.01 * np.random.default_rng(2).standard_normal((3, WINDOW))
    together = of(*rows)
    for place, row in enumerate(rows):
        alone = of(row + 100.0)
        assert alone.slope[0] == pytest.approx(together.slope[place])
        assert alone.level[0] == pytest.approx(together.level[place] + 100.0)


def test_what_is_beyond_a_limit_has_crossed_it():
    assert time_to(65.0, is_high=True, level=np.array([66.0]), slope=np.array([-1.0])).tolist() == [0.0]


def test_a_past_of_warming_up_teaches_to_believe_later():
    warming = 25.0 + 20.0 * (1.0 - np.exp(-np.arange(200) * 20.0 / 144.0))
    lead_s = lead_of(warming, 20.0, [HIGH])
    first_claim_s = (65.0 - warming[1]) / ((warming[1] - warming[0]) / 20.0)
    assert lead_s == pytest.approx(0.7 * first_claim_s)
    assert lead_s < MOST_LEAD_S


def test_a_claim_that_came_true_teaches_nothing_and_too_short_a_past_says_so():
    values = np.concatenate([np.full(150, 40.0), np.arange(40.0, 70.0, 2.0)])
    assert lead_of(values, 20.0, [HIGH]) == MOST_LEAD_S
    assert lead_of(values[:150], 20.0, [HIGH]) == MOST_LEAD_S
    assert lead_of(np.full(FEWEST_SEEN - 1, 40.0), 20.0, [HIGH]) is None
    assert lead_of(np.full(500, np.nan), 20.0, [HIGH]) is None
