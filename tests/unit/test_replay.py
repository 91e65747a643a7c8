"""The past, laid out to be played again."""

import numpy as np

from twinql.domain.replay import score

MINUTE = 60_000_000
TIMES = np.array([10, 5, 20, 5, 40], dtype=np.int64) * MINUTE


def test_readings_are_played_in_the_order_of_their_times_as_far_apart_as_they_were() -> None:
    played = score(TIMES, speed=1.0)
    assert played.rows.tolist() == [1, 3, 0, 2, 4]
    assert (played.after_us // MINUTE).tolist() == [0, 0, 5, 15, 35]


def test_twice_the_speed_takes_half_the_time() -> None:
    assert (score(TIMES, speed=2.0).after_us * 2 == score(TIMES, speed=1.0).after_us).all()


def test_a_stretch_holds_its_beginning_and_not_its_end() -> None:
    played = score(TIMES, speed=1.0, from_us=10 * MINUTE, until_us=40 * MINUTE)
    assert played.rows.tolist() == [0, 2]
    assert played.after_us.tolist() == [0, 10 * MINUTE]


def test_an_empty_stretch_plays_nothing() -> None:
    assert score(TIMES, speed=1.0, from_us=90 * MINUTE).rows.size == 0
    assert score(TIMES[:0], speed=1.0).after_us.size == 0
