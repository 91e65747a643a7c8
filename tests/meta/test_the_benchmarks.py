"""Benchmarks are run by hand: what is renamed must not be noticed only then."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOGETHER = sorted(
    f"benchmarks.{folder}.{module.stem}"
    for folder in ("against", "baseline", "feed", "soak")
    for module in (ROOT / "benchmarks" / folder).glob("*.py")
)


@pytest.mark.parametrize("name", TOGETHER)
def test_what_make_bench_and_make_soak_run_can_be_imported(name: str) -> None:
    importlib.import_module(name)


def test_every_measure_of_the_feed_can_be_asked_for_alone() -> None:
    measures = importlib.import_module("benchmarks.feed.measures")
    assert {f"benchmarks.feed.{each}" for each in measures.MEASURES} < set(TOGETHER)
