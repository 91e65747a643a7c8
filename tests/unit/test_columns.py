"""Rows in columns are the same rows, each made when it is looked at."""

import pytest

from schema.recording import ReadingInput
from twinql.domain.columns import Columns, column, each_once
from twinql.domain.readings import Quality

ROWS = Columns({"channel_id": ["a", "b", "c"], "observed_at": [1, 2, 3], "value": [0.5, None, 2.5]}, ReadingInput)


def test_rows_are_made_of_their_columns_and_count_as_a_sequence() -> None:
    assert [ROWS[0], ROWS[1], ROWS[2]] == list(ROWS) == [*ROWS[:2], ROWS[-1]]
    assert len(ROWS) == 3
    with pytest.raises(IndexError):
        ROWS[3]


def test_a_field_is_the_same_column_of_rows_however_they_are_kept_and_has_its_default_where_it_is_missing() -> None:
    for name in ("value", "quality"):
        assert list(column(ROWS, name)) == list(column(list(ROWS), name))
    assert column(ROWS, "quality") == [Quality.GOOD] * 3


@pytest.mark.parametrize("values", [[], [1], [2, 2, 2], [1, 2, 1, 3]])
def test_equal_values_are_worked_on_once(values: list[int]) -> None:
    worked: list[int] = []
    assert each_once(values, lambda value: worked.append(value) or -value) == [-value for value in values]
    assert sorted(worked) == sorted(set(values))
