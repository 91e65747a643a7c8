"""What `make soak` holds followers to: each thing that can go wrong is counted, and nothing else is."""

import pytest

from benchmarks.soak.judgement import GAP, Judgement

TRUTH = [3, 1, 2, 5, 4]


@pytest.mark.parametrize(
    ("heard", "wrong"),
    [
        ([3, 1, 2, 5, 4], {}),
        ([3, GAP, 5, 4], {}),
        ([GAP, GAP], {}),
        ([3, 1, 2, 5, 4, GAP], {}),
        ([3, 2, 5, 4], {"missed": 1}),
        ([1, 2, 5], {"missed": 2}),
        ([], {"missed": 5}),
        ([3, 1, GAP, 2, 4], {"missed": 1}),
        ([3, 1, 1, 2, 5, 4, 3], {"doubled": 2}),
        ([3, 2, 1, 5, 4], {"out_of_order": 1}),
        ([3, GAP, 5, 1, 4], {"out_of_order": 1}),
        ([3, 1, 2, 6, 5, 4], {"untrue": 1}),
    ],
)
def test_what_one_follower_heard(heard, wrong):
    judgement = Judgement()
    judgement.hear(heard, TRUTH)
    assert judgement == Judgement(**wrong)
    assert judgement.good is not bool(wrong)


def test_what_was_confirmed_is_stored_and_what_is_stored_can_be_told():
    judgement = Judgement()
    judgement.keep(stored=[1, 2, 3], told=[1, 2, 3], confirmed=[1, 3])
    assert judgement.good
    judgement.keep(stored=[1, 2, 3], told=[1, 2, 9], confirmed=[4])
    assert judgement == Judgement(lost=2, untrue=1)


def test_the_outbox_is_in_the_order_in_which_commits_were_confirmed():
    spans = {1: (0.0, 2.0), 2: (1.0, 3.0), 3: (2.5, 4.0)}
    judgement = Judgement()
    judgement.order([2, 1, 7, 3], spans)  # 1 and 2 overlapped: either may be first; of 7 nothing is known
    assert judgement.good
    judgement.order([3, 1, 2], spans)  # 1 was confirmed before 3 was sent
    assert judgement == Judgement(out_of_order=1)
