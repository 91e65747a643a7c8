"""What is supposed stands among what is stored, in the order of time, and in its place at the same instant."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.metering.overlay import ReadingColumns, overlaid, supposed_rows
from twinql.domain.readings import ReadingBatch

READINGS = st.dictionaries(st.integers(0, 20), st.tuples(st.floats(0, 9), st.integers(0, 5)), max_size=8)


def columns(readings):
    return ReadingColumns(
        np.array(sorted(readings), dtype=np.int64),
        np.array([readings[at][0] for at in sorted(readings)], dtype=np.float64),
        np.array([readings[at][1] for at in sorted(readings)], dtype=np.int8),
    )


def test_a_supposed_reading_takes_the_place_of_the_stored_one():
    stored = columns({10: (1.0, 0), 20: (2.0, 0), 30: (3.0, 2)})
    told = overlaid(stored, columns({5: (0.5, 0), 20: (2.5, 5)}))
    assert told.observed_us.tolist() == [5, 10, 20, 30]
    assert told.values.tolist() == [0.5, 1.0, 2.5, 3.0]
    assert told.qualities.tolist() == [0, 0, 5, 2]


@given(READINGS, READINGS)
def test_it_is_what_would_be_stored(stored, supposed):
    told, expected = overlaid(columns(stored), columns(supposed)), columns(stored | supposed)
    for column, wanted in zip(told, expected, strict=True):
        assert column.tolist() == wanted.tolist()
        assert column.dtype == wanted.dtype


def test_rows_of_a_batch_are_told_apart_by_channel_in_the_order_of_time():
    batch = ReadingBatch(
        channel=np.array([1, 0, 1, 1, -1], dtype=np.int32),
        observed_us=np.array([30, 10, 20, 25, 5], dtype=np.int64),
        value=np.array([3.0, 1.0, 2.0, 9.0, 8.0]),
        quality=np.array([0, 5, 1, 0, 0], dtype=np.int8),
    )
    found = supposed_rows(batch, [70, 71], np.array([0, 1, 2]))
    assert {number: [column.tolist() for column in columns] for number, columns in found.items()} == {
        70: [[10], [1.0], [5]],
        71: [[20, 30], [2.0, 3.0], [1, 0]],
    }
    assert supposed_rows(batch, [70, 71], np.array([], dtype=np.intp)) == {}
