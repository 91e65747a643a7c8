"""Those who wait for the one worker take turns, and nobody takes all the room."""

import pytest

from twinql.errors import UnavailableError
from twinql.live.turns import MOST_OF_ONE, MOST_WAITING, PATIENCE_S, Turns


def drained(turns, now_s=0.0):
    return [turns.next(now_s=now_s) for _ in range(len(turns))]


def waiting(*jobs):
    """Return turns in which jobs such as `a1` wait, the first letter telling whose they are; `-` is the server."""
    turns = Turns()
    for job in jobs:
        turns.take(None if job[0] == "-" else job[0], job, now_s=0.0)
    return turns


def test_each_has_one_turn_after_the_other_however_many_jobs_it_brought():
    assert drained(waiting("a1", "a2", "a3", "b1", "c1", "b2")) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_who_comes_later_waits_for_one_job_of_each_and_not_for_all():
    turns = waiting(*(f"a{n}" for n in range(MOST_OF_ONE)))
    assert turns.next(now_s=0.0) == "a0"
    turns.take("b", "b1", now_s=0.0)
    assert [turns.next(now_s=0.0) for _ in range(2)] == ["a1", "b1"]


def test_the_server_comes_last_but_not_never():
    assert drained(waiting("-1", "a1", "a2", "b1")) == ["a1", "b1", "a2", "-1"]
    assert drained(waiting("-1", "a1", "a2"), now_s=PATIENCE_S) == ["-1", "a1", "a2"]


def test_one_fills_its_own_room_and_all_together_the_whole():
    turns = waiting(*(f"a{n}" for n in range(MOST_OF_ONE)))
    with pytest.raises(UnavailableError):
        turns.take("a", "one too many", now_s=0.0)
    for other in range(MOST_OF_ONE, MOST_WAITING):
        turns.take(other, other, now_s=0.0)
    with pytest.raises(UnavailableError):
        turns.take("z", "one too many", now_s=0.0)
    with pytest.raises(UnavailableError):
        turns.take(None, "one too many", now_s=0.0)
    assert len(drained(turns)) == MOST_WAITING
    assert turns.next(now_s=0.0) is None


@pytest.mark.parametrize(("whose", "job"), [("a", "a1"), (None, "-1"), ("b", "b1")])
def test_a_job_that_nobody_waits_for_has_no_turn(whose, job):
    turns = waiting("a1", "-1", "a2", "b1")
    turns.drop(whose, job)
    turns.drop(whose, job)  # it is gone
    assert sorted(drained(turns)) == sorted({"a1", "-1", "a2", "b1"} - {job})
