"""Remaining life, of a fleet whose law of wear is known."""

import numpy as np
import pytest

from twinql.domain.diagnosis.reason import Reason, ReasonCode
from twinql.domain.remaining_life.model import LifeModel, learn
from twinql.domain.remaining_life.runs import ObservedRun, RemainingLife

GAIN = np.array([3.0, -200.0, 0.5, 0.0, 0.0])
OFFSET = np.array([20.0, 1_500.0, -4.0, 7.0, 0.0])
NOISE = np.array([0.05, 4.0, 0.02, 0.0, 1.0])
"""Three channels that tell of wear, one that is constant, and one that is only noise."""


def _life(steps: int, *, seed: int, until: int | None = None):
    """Wear rises steadily from 0 to 1, where it fails: what is left is what is missing to 1, over the rate."""
    wear = np.arange(1, steps + 1)[:, None] / steps
    noise = np.random.default_rng(seed).normal(size=(steps, len(GAIN))) * NOISE
    return (OFFSET + GAIN * wear + noise)[:until]


def _fleet(count: int = 12):
    lives = np.linspace(20, 60, count).round().astype(int)
    return [ObservedRun(_life(steps, seed=seed), failed=True) for seed, steps in enumerate(lives)]


@pytest.fixture(scope="module")
def model():
    learnt = learn(_fleet(), cap=40)
    assert isinstance(learnt, LifeModel)
    return learnt


def _now(values):
    return ObservedRun(values, failed=False)


def _left(model: LifeModel, values) -> RemainingLife:
    life = model.remaining(_now(values))
    assert isinstance(life, RemainingLife)
    return life


@pytest.mark.parametrize(("steps", "age"), [(33, 15), (33, 28), (47, 20), (47, 40), (55, 50)])
def test_a_machine_that_wears_by_the_law_is_told_what_the_law_says(model, steps, age):
    life = _left(model, _life(steps, seed=100 + steps, until=age))
    assert life.p10 <= life.p50 <= life.p90
    assert life.p50 == pytest.approx(steps - age, abs=4)


def test_a_life_longer_than_can_be_seen_is_the_cap(model):
    life = _left(model, _life(59, seed=5, until=6))
    assert life.p90 == life.cap == 40


def test_intervals_hold_as_often_as_they_say_and_are_far_narrower_than_age_alone_could_be(model):
    proof = model.proof
    assert (proof.failures, proof.censored) == (12, 0)
    assert proof.rmse < 0.4 * proof.age_rmse
    assert 0.75 <= proof.coverage <= 0.95
    fresh = [(steps, age) for steps in range(24, 58, 3) for age in range(6, steps, 4)]
    lives = [_left(model, _life(steps, seed=1_000 + steps, until=age)) for steps, age in fresh]
    truth = [min(steps - age, 40) for steps, age in fresh]
    held = np.mean([life.p10 <= each <= life.p90 for life, each in zip(lives, truth, strict=True)])
    assert 0.75 <= held < 1
    assert np.mean([life.p90 - life.p10 for life in lives]) < 0.2 * 40


def test_neither_the_units_of_the_channels_nor_their_order_matter(model):
    order, factor, shift = [4, 2, 0, 3, 1], np.array([1e-3, 9 / 5, -7.0, 100.0, 1e6]), np.array([0, 32.0, 5.0, 1.0, -3])
    other = learn([ObservedRun((run.values * factor + shift)[:, order], failed=True) for run in _fleet()], cap=40)
    assert isinstance(other, LifeModel)
    values = _life(47, seed=9, until=30)
    assert _left(other, (values * factor + shift)[:, order]).p50 == pytest.approx(_left(model, values).p50, abs=1e-3)


def test_the_same_runs_give_the_same_answer(model):
    again = learn(_fleet(), cap=40)
    assert isinstance(again, LifeModel)
    values = _life(47, seed=9, until=30)
    assert again.remaining(_now(values)) == model.remaining(_now(values))


def test_runs_that_did_not_fail_teach_only_what_is_certain_of_them(model):
    young = [ObservedRun(_life(90, seed=50 + seed, until=45), failed=False) for seed in range(3)]
    more = learn([*_fleet(), *young], cap=40)
    assert isinstance(more, LifeModel)
    assert (more.proof.failures, more.proof.censored) == (12, 3)
    assert more.proof.count > model.proof.count
    slow = _life(90, seed=70, until=8)
    assert _left(more, slow).p50 >= _left(model, slow).p50
    # Of a run that was cut off sooner than the cap nothing is certain: it changes no example.
    short = learn([*_fleet(), ObservedRun(_life(50, seed=60, until=20), failed=False)], cap=40)
    assert isinstance(short, LifeModel)
    assert short.proof.count == model.proof.count


@pytest.mark.parametrize("count", [0, 1, 9])
def test_too_few_failures_are_refused_with_what_is_needed(count):
    reason = learn(_fleet()[:count])
    assert isinstance(reason, Reason)
    assert (reason.code, reason.required, reason.available) == (ReasonCode.INSUFFICIENT_HISTORY, 10, count)
    assert reason.message.endswith(f"; record {10 - count} more.")


def test_runs_that_did_not_fail_do_not_count_as_failures():
    reason = learn([ObservedRun(run.values, failed=number < 9) for number, run in enumerate(_fleet(20))])
    assert isinstance(reason, Reason)
    assert (reason.code, reason.available) == (ReasonCode.INSUFFICIENT_HISTORY, 9)


def test_failures_that_nobody_read_are_refused():
    unread = [
        ObservedRun(np.where(np.arange(len(run.values))[:, None] < 2, run.values, np.nan), True) for run in _fleet()
    ]
    seen = [ObservedRun(_life(200, seed=seed), failed=False) for seed in range(20)]
    reason = learn([*seen, *unread], cap=40)
    assert isinstance(reason, Reason)
    assert (reason.code, reason.required, reason.available) == (ReasonCode.INSUFFICIENT_HISTORY, 10, 0)
    assert reason.message.endswith("; bring along the readings of 10 more, up to `failedAt`.")


@pytest.mark.parametrize("values", [np.full(3, 7.0), np.zeros(3), np.full(3, 1e300), [7.0, np.nan, np.nan]])
def test_channels_that_never_change_are_refused(values):
    reason = learn([ObservedRun(np.tile(values, (len(run.values), 1)), failed=True) for run in _fleet()])
    assert isinstance(reason, Reason)
    assert reason.code is ReasonCode.CONSTANT


def test_channels_of_nothing_but_noise_are_refused():
    noise = [ObservedRun(run.values[:, 4:], failed=True) for run in _fleet()]
    reason = learn(noise)
    assert isinstance(reason, Reason)
    assert reason.code is ReasonCode.CONSTANT


@pytest.mark.parametrize("values", [np.empty((30, 0)), np.full((30, 2), np.nan), np.empty((0, 2))])
def test_runs_of_which_nothing_was_read_are_refused(values):
    reason = learn([ObservedRun(values, failed=True) for _ in range(10)])
    assert isinstance(reason, Reason)
    assert reason.code is ReasonCode.NEVER_READ


def test_a_long_run_of_which_nothing_was_read_takes_nothing_away(model):
    silent = learn([*_fleet(), ObservedRun(np.full((5_000, 5), np.nan), failed=False)], cap=40)
    assert isinstance(silent, LifeModel)
    assert silent.proof.count == model.proof.count
    values = _life(47, seed=9, until=30)
    assert _left(silent, values) == _left(model, values)


def test_gaps_change_little_and_a_silent_channel_is_refused(model):
    rng = np.random.default_rng(3)
    holes = [
        ObservedRun(np.where(rng.random(run.values.shape) < 0.1, np.nan, run.values), failed=True) for run in _fleet()
    ]
    gappy = learn(holes, cap=40)
    assert isinstance(gappy, LifeModel)
    values = _life(47, seed=9, until=30)
    assert _left(gappy, values).p50 == pytest.approx(_left(model, values).p50, abs=4)
    values[-20:, 1] = np.nan
    silent = model.remaining(_now(values))
    assert isinstance(silent, Reason)
    assert silent.code is ReasonCode.STALE


def test_a_channel_that_was_hardly_ever_read_is_left_out():
    rare = [
        ObservedRun(np.where([[False, False, False, False, True]], np.nan, run.values), failed=True) for run in _fleet()
    ]
    learnt = learn(rare, cap=40)
    assert isinstance(learnt, LifeModel)
    assert learnt.fusion.channels.tolist() == [0, 1, 2]
    assert isinstance(learnt.remaining(_now(rare[5].values[:20])), RemainingLife)


def test_a_run_that_just_began_is_refused(model):
    reason = model.remaining(_now(_life(47, seed=9, until=4)))
    assert isinstance(reason, Reason)
    assert (reason.code, reason.required, reason.available) == (ReasonCode.INSUFFICIENT_HISTORY, 5, 4)
    assert "ask again when it has run for 1 more" in reason.message


def test_a_run_whose_beginning_was_not_read_is_as_old_as_it_is(model):
    values = _life(59, seed=12, until=50)
    part = model.remaining(ObservedRun(values[30:], failed=False, unseen=30))
    assert isinstance(part, RemainingLife)
    assert part.p50 == pytest.approx(_left(model, values).p50, abs=4)
    values[:30] = np.nan
    unread = _left(model, values)
    assert (unread.p10, unread.p50, unread.p90) == pytest.approx((part.p10, part.p50, part.p90))


@pytest.mark.parametrize("factor", [-50, 1e300, -1e300])
def test_far_outside_of_all_runs_the_answer_stays_within_what_can_be_seen(model, factor):
    life = _left(model, _life(47, seed=9, until=30) * factor)
    assert 0 <= life.p10 <= life.p50 <= life.p90 <= 40


def test_one_wild_reading_hardly_matters_and_one_without_end_is_a_gap(model):
    values = _life(47, seed=9, until=30)
    usual = _left(model, values)
    values[12, 0], values[20, 1] = 1e300, np.inf
    assert _left(model, values).p50 == pytest.approx(usual.p50, abs=6)


def test_the_greatest_numbers_there_are_can_be_learned_from():
    huge = learn([ObservedRun(run.values * 1e304, failed=True) for run in _fleet()], cap=40)
    assert isinstance(huge, LifeModel)
    assert huge.proof.rmse < 2
