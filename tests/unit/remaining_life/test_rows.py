"""How runs that were recorded in time are cut into rows."""

import numpy as np
import pytest

from twinql.domain.remaining_life.rows import rows_from, rows_of, step_of

HOUR_S, DAY_S = 3_600.0, 86_400.0


@pytest.mark.parametrize(
    ("lengths_s", "step_s"),
    [
        ([100 * HOUR_S, 200 * HOUR_S, 1_000 * HOUR_S], 2 * HOUR_S),
        ([60.0], 60.0),  # no row is shorter than a minute
        ([90 * DAY_S], DAY_S),  # from half a day on they are whole days
        ([365 * DAY_S], 4 * DAY_S),
    ],
)
def test_a_median_life_has_about_a_hundred_rows(lengths_s, step_s):
    assert step_of(lengths_s) == step_s


def test_rows_end_with_the_run_and_what_does_not_fill_one_is_its_beginning():
    assert rows_of(10 * HOUR_S + 5, HOUR_S) == (10, 10)
    assert rows_of(59, 60) == (0, 0)
    assert rows_of(1_000 * HOUR_S, HOUR_S) == (1_000, 400)


def test_a_row_is_the_mean_of_its_samples_and_nothing_where_there_are_none():
    samples = np.array([[1.0, 9], [2, np.nan], [6, np.nan], [np.nan, np.nan], [np.nan, 4], [np.nan, 8]])
    np.testing.assert_array_equal(rows_from(samples), [[3, 9], [np.nan, 6]])
    assert rows_from(np.empty((0, 2))).shape == (0, 2)
    assert rows_from(np.full((3, 1), 1.7e308))[0, 0] == pytest.approx(1.7e308)
