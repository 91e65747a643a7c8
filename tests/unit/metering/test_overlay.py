"""What readings that are only supposed make unknown."""

import numpy as np
import pytest

from twinql.domain.metering.intervals import Flag, Intervals
from twinql.domain.metering.overlay import newly_unknown


def steps(*ends, unknown=()):
    flags = np.array([Flag.UNKNOWN if end in unknown else 0 for end in ends[1:]], dtype=np.uint8)
    starts, until = np.array(ends[:-1], dtype=np.int64), np.array(ends[1:], dtype=np.int64)
    return Intervals(starts, until, np.zeros(len(flags), np.int64), flags, np.full(len(flags), -1, np.int32))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (steps(0, 9), steps(0, 5, 9), False),
        (steps(0, 9), steps(0, 5, 9, unknown=[5]), True),
        (steps(0, 9), steps(0, 9, 12, unknown=[12]), True),
        (steps(0, 9, unknown=[9]), steps(0, 5, 9, unknown=[9]), False),
        (steps(0, 9, unknown=[9]), steps(0, 5, 9, unknown=[5, 9]), False),
        (steps(0, 9, 12, unknown=[9]), steps(0, 9, 12, unknown=[9, 12]), True),
        (steps(0, 9, 12, unknown=[12]), steps(0, 9, 12, unknown=[9]), True),
        (steps(0, 9, unknown=[9]), steps(0, 9), False),
    ],
)
def test_what_becomes_unknown_that_did_not_lie_within_what_was(before, after, expected):
    assert newly_unknown(before, after) is expected
