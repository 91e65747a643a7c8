"""What is supposed stands among what is stored, in the order of time, and in its place at the same instant."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.metering.overlay import ReadingColumns, overlaid

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
