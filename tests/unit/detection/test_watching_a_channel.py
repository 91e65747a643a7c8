"""The composite that watches one channel."""

import json
from dataclasses import replace

import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.finding import Bounds, Cause, Watched
from twinql.domain.detection.watch import ChannelWatch
from twinql.domain.readings import StoredQuality

START_S = 1_790_000_000.0
HOT = Watched(
    ReadingKind.INSTANTANEOUS, "TEMPERATURE", "DEGREE_CELSIUS", 60.0, "Europe/Lisbon", bounds=Bounds(high=65.0)
)


@pytest.mark.parametrize("quality", [StoredQuality.BAD, StoredQuality.ESTIMATED, StoredQuality.SUBSTITUTED])
def test_what_was_not_measured_is_no_evidence(quality) -> None:
    watch = ChannelWatch.of(HOT)
    assert watch.update(START_S, 99.0, quality, START_S) == []
    assert watch.last_s == START_S


@pytest.mark.parametrize("quality", [StoredQuality.GOOD, StoredQuality.UNCERTAIN, StoredQuality.EDITED])
def test_a_doubtful_value_beyond_a_limit_is_found(quality) -> None:
    (finding,) = ChannelWatch.of(HOT).update(START_S, 99.0, quality, START_S)
    assert finding.cause is Cause.LIMIT_HIGH


def test_no_value_and_older_rows_change_nothing() -> None:
    watch = ChannelWatch.of(HOT)
    watch.update(START_S, 70.0, StoredQuality.GOOD, START_S)
    assert watch.update(START_S + 60.0, None, StoredQuality.GOOD, START_S + 60.0) == []
    assert watch.update(START_S + 120.0, float("nan"), StoredQuality.BAD, START_S + 120.0) == []
    assert watch.update(START_S + 60.0, 20.0, StoredQuality.GOOD, START_S + 121.0) == []
    assert watch.update(START_S + 120.0, 20.0, StoredQuality.GOOD, START_S + 121.0) == []
    assert watch.late == 2
    assert set(watch.holding) == {Cause.LIMIT_HIGH}


def test_a_limit_that_is_moved_is_compared_with_the_last_value_at_the_next_look() -> None:
    watch = ChannelWatch.of(HOT)
    watch.update(START_S, 70.0, StoredQuality.GOOD, START_S)
    for high, holds in ((75.0, False), (60.0, True), (60.0, None), (75.0, False)):
        watch = ChannelWatch.of(replace(HOT, bounds=Bounds(high=high)), json.loads(json.dumps(watch.memory())))
        found = [(each.cause, each.at_s, each.holds) for each in watch.tick(START_S + 30.0)]
        assert found == ([] if holds is None else [(Cause.LIMIT_HIGH, START_S, holds)])
        assert watch.tick(START_S + 32.0) == []


def test_what_no_longer_can_be_found_ends_at_the_next_look() -> None:
    watch = ChannelWatch.of(HOT)
    watch.update(START_S, 70.0, StoredQuality.GOOD, START_S)
    memory = json.loads(json.dumps(watch.memory()))
    memory["held"]["of an older program"] = memory["held"].pop("limits")
    watch = ChannelWatch.of(HOT, memory)
    assert set(watch.holding) == {Cause.LIMIT_HIGH}
    assert [(each.cause, each.holds) for each in watch.tick(START_S + 1.0)] == [(Cause.LIMIT_HIGH, False)]
    assert not watch.holding


def test_a_memory_of_another_version_is_not_understood_and_begins_afresh() -> None:
    watch = ChannelWatch.of(HOT)
    watch.update(START_S, 70.0, StoredQuality.GOOD, START_S)
    for memory in ({**watch.memory(), "version": 0}, {}, {"something": "else"}):
        afresh = ChannelWatch.of(HOT, memory)
        assert afresh.last_s is None
        assert not afresh.holding
