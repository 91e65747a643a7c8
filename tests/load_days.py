"""Days of loads that can wait, for tests and benchmarks of plans: written by hand, or as hard as they come."""

from datetime import UTC, datetime

import numpy as np

from twinql.domain.load_planning.problem import LoadProblem, LoadTask

MIDNIGHT = datetime(2026, 1, 15, tzinfo=UTC)
HOUR_S = 3_600


def problem(*tasks, imported=None, exported=None, price=None, step_s=HOUR_S, **more):
    count = next(len(each) for each in (price, imported, exported) if each is not None)
    return LoadProblem(
        starts_at=MIDNIGHT,
        step_s=step_s,
        tasks=tasks,
        imported_kw=np.zeros(count) if imported is None else np.array(imported, dtype=float),
        exported_kw=np.zeros(count) if exported is None else np.array(exported, dtype=float),
        import_price=None if price is None else np.array(price, dtype=float),
        **more,
    )


def task(steps, power=1.0, first=0, last=6, *, usual=0, name="Boiler", **more):
    return LoadTask(name=name, power_kw=power, steps=steps, first=first, last=last, usual=usual, **more)


def hard(seed, count=10, steps=96):
    """Return a day of quarter hours with ten loads, sun and prices of the market."""
    rng = np.random.default_rng(seed)
    at = np.arange(steps)
    base = 1 + rng.uniform(0, 1, steps) + 2 * np.exp(-(((at - 76) / 6) ** 2))
    sun = np.maximum(0, 5 * np.exp(-(((at - 50) / 10) ** 2)) - base)
    tasks = []
    for place in range(count):
        length, first = int(rng.integers(2, 16)), int(rng.integers(0, 50))
        last = min(steps, first + length + int(rng.integers(8, 60)))
        minimum = int(rng.integers(1, min(length, 3) + 1))
        power, often = float(rng.uniform(0.5, 4)), bool(place % 2)
        name = f"Load {place}"
        tasks.append(
            task(length, power, first, last, usual=first + 2, name=name, interruptible=often, minimum_steps=minimum)
        )  # fmt: skip
    return problem(
        *tasks,
        imported=np.where(sun > 0, 0, base),
        exported=sun,
        price=0.15 + 0.08 * np.sin(at / 8) + rng.normal(0, 0.02, steps),
        export_price=np.full(steps, 0.045),
        limit_kw=14.0,
        step_s=900,
    )
