"""Steps of a linear balance are exact: against closed solutions, and whatever the step."""

import numpy as np

from twinql.domain.thermal.exact import recursion, step_matrices


def test_one_lump_follows_its_exponential() -> None:
    e, f = step_matrices(np.array([[[-0.25, 0.0], [0.0, 0.0]]]))
    assert e[0, 0, 0] == np.float64(np.exp(-0.25)).round(12) or abs(e[0, 0, 0] - np.exp(-0.25)) < 1e-9
    # 3 / 0.25 = 12 is where a push of 3 leads: after one step (1 - exp(-1/4)) of the way is done.
    assert abs(f[0, 0, 0] * 3.0 - 12.0 * (1.0 - np.exp(-0.25))) < 1e-8


def test_a_lump_without_losses_adds_up() -> None:
    e, f = step_matrices(np.zeros((1, 2, 2)))
    assert np.allclose(e[0], np.eye(2), atol=1e-9)
    assert np.allclose(f[0], np.eye(2), atol=1e-9)


def test_a_swinging_pair_turns_by_its_angle() -> None:
    e, _ = step_matrices(np.array([[[0.0, 1.0], [-1.0, 0.0]]]))
    assert np.allclose(e[0], [[np.cos(1.0), np.sin(1.0)], [-np.sin(1.0), np.cos(1.0)]], atol=1e-9)


def test_two_half_steps_are_one_step() -> None:
    rates = np.array([[-0.4, 0.3], [0.05, -0.07]])
    push = np.array([0.2, 0.01])
    e, f = step_matrices(rates)
    half_e, half_f = step_matrices(rates / 2.0)
    start = np.array([1.0, -0.5])
    once = e @ start + f @ push
    between = half_e @ start + half_f @ push / 2.0
    assert np.allclose(once, half_e @ between + half_f @ push / 2.0, atol=1e-9)


def test_energy_is_kept_where_nothing_leaves() -> None:
    # Capacities 1 and 4: b = 0.2 and c = 0.05 exchange heat between them alone, so T + 4 E stays.
    e, _ = step_matrices(np.array([[-0.2, 0.2], [0.05, -0.05]]))
    after = e @ np.array([10.0, 2.0])
    assert abs(after[0] + 4.0 * after[1] - 18.0) < 1e-9


def test_blocks_side_by_side_give_what_one_step_after_the_other_gives() -> None:
    rng = np.random.default_rng(3)
    for count in (1, 2, 7, 100, 103):
        factors, terms = rng.uniform(-0.6, 0.6, (2, 2, 3, count)), rng.standard_normal((2, 2, 3, count))
        found = recursion(factors, terms)
        state = np.zeros((2, 2, 3))
        for step in range(count):
            state = np.einsum("ijm,jcm->icm", factors[..., step], state) + terms[..., step]
            assert np.allclose(found[..., step], state)
