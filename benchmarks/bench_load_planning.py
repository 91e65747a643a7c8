"""Measures how long a day of quarter hours is planned: ten loads with sun, prices of a market and a limit.

Run: python benchmarks/bench_load_planning.py [--days 20] [--loads 10]. Each day is planned for each objective within
the usual time; a plan that the time broke off says how far from the best it may be.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.load_days import hard
from twinql.domain.load_planning.problem import LoadPlanObjective
from twinql.domain.load_planning.solving import LoadPlan, plan_loads


def main() -> None:
    """Print seconds and gaps by objective."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--loads", type=int, default=10)
    given = parser.parse_args()
    print(f"{given.days} days of 96 steps, {given.loads} loads; seconds, and of the plans that were broken off the gap")
    print(f"{'objective':10} {'median':>7} {'worst':>7} {'optimal':>8} {'widest gap':>11} {'no plan':>8}")
    for objective in LoadPlanObjective:
        took, gaps, none = [], [], 0
        for seed in range(given.days):
            carbon = 200.0 + 100.0 * np.sin(np.arange(96) / 11.0 + seed)
            asked = replace(hard(seed, given.loads), objective=objective, carbon=carbon)
            began = perf_counter()
            found = plan_loads(asked)
            took.append(perf_counter() - began)
            if isinstance(found, LoadPlan):
                gaps.append(found.gap)
            else:
                none += 1
        best = sum(each == 0.0 for each in gaps)
        widest = max(gaps, default=0.0)
        print(f"{objective.name:10} {median(took):7.2f} {max(took):7.2f} {best:8} {widest:11.1%} {none:8}")


if __name__ == "__main__":
    main()
