"""Average ranks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from twinql.domain.diagnosis.ranks import average_ranks


def test_equal_values_share_the_mean_of_their_ranks():
    assert average_ranks(np.array([3.0, 1.0, 3.0, 7.0, 0.0, 3.0])).tolist() == [4.0, 2.0, 4.0, 6.0, 1.0, 4.0]
    assert average_ranks(np.full(4, 5.0)).tolist() == [2.5] * 4


@given(st.lists(st.sampled_from([-0.0, 0.0, 1e-300, 0.1, 0.3, -1e300]) | st.floats(-9, 9), max_size=60))
def test_they_are_those_of_scipy(values):
    assert average_ranks(np.array(values)).tolist() == rankdata(values).tolist()
