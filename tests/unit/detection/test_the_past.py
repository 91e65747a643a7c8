"""A stretch of the past, looked at with the detectors that watch the present."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.detection.finding import Bounds, Cause, Watched
from twinql.domain.detection.past import Past
from twinql.domain.diagnosis.reason import ReasonCode

MINUTE = 60.0
TEMPERATURE = Watched(
    ReadingKind.INSTANTANEOUS, "TEMPERATURE", "DEGREE_CELSIUS", MINUTE, "Europe/Berlin", bounds=Bounds(high=65.0)
)
ENERGY = Watched(
    ReadingKind.INTERVAL, "ENERGY", "KILOWATT_HOUR", 1_800.0, "Europe/Berlin", direction=FlowDirection.IMPORT
)


def minutes(count, *, begin=0.0):
    return 1.7e9 + begin + MINUTE * np.arange(count, dtype=np.float64)


def looked(watched, at_s, values, *, from_s=0.0):
    past = Past(watched, from_s)
    past.look(np.asarray(at_s, dtype=np.float64), np.asarray(values, dtype=np.float64))
    return past


def limits(past):
    return [(each.finding.at_s, each.until_s) for each in past.anomalies() if each.finding.cause is Cause.LIMIT_HIGH]


def test_what_held_for_a_while_has_a_beginning_and_an_end():
    at_s, values = minutes(10), [60, 60, 66, 67, 60, 60, 70, 70, 70, 70]
    past = looked(TEMPERATURE, at_s, values)
    assert limits(past) == [(at_s[2], at_s[4]), (at_s[6], None)]
    (fact, *_) = past.anomalies()[0].finding.facts
    assert (fact.value, fact.threshold) == (66.0, 65.0)


def test_what_ended_before_the_stretch_is_left_out_and_what_reaches_into_it_is_not():
    at_s, values = minutes(10), [60, 66, 60, 60, 66, 66, 66, 60, 60, 60]
    assert limits(looked(TEMPERATURE, at_s, values, from_s=at_s[6])) == [(at_s[4], at_s[7])]


def test_slices_change_nothing():
    rng = np.random.default_rng(5)
    at_s, values = minutes(400), 62.0 + 4.0 * rng.standard_normal(400)
    whole, sliced = looked(TEMPERATURE, at_s, values), Past(TEMPERATURE, 0.0)
    for begin, end in pairwise((0, 1, 37, 200, 200, 400)):
        sliced.look(at_s[begin:end], values[begin:end])
    assert len(limits(whole)) > 10
    assert sliced.anomalies() == whole.anomalies()
    assert (sliced.count, sliced.first_s, sliced.last_s) == (400, at_s[0], at_s[-1])


@pytest.mark.parametrize("values", [[], [np.nan] * 5, [60.0], [60.0] * 10])
def test_too_little_is_a_reason_and_no_exception(values):
    past = looked(TEMPERATURE, minutes(len(values)), values)
    assert past.anomalies() == []
    reason = past.reason()
    assert reason is not None
    assert reason.code is ReasonCode.INSUFFICIENT_HISTORY
    assert (reason.required, reason.available) == (200, int(np.isfinite(values).sum()))


def test_statistics_need_days_and_say_how_many():
    reason = looked(TEMPERATURE, minutes(3 * 1440), np.sin(np.arange(3 * 1440.0))).reason()
    assert reason is not None
    assert (reason.required, reason.available) == (8, 2)
    at_s = 1.7e9 + 1_800.0 * np.arange(22.0 * 48)
    assert looked(ENERGY, at_s, np.full(len(at_s), 0.5)).reason() is None


def test_where_nothing_is_measured_nothing_is_missing_and_a_schedule_says_what_it_is():
    assert looked(replace(TEMPERATURE, writable=True), minutes(2), [1.0, 2.0]).reason() is None
    reason = looked(replace(TEMPERATURE, schedule=True), minutes(2), [99.0, 99.0]).reason()
    assert reason is not None
    assert reason.code is ReasonCode.NOT_FOR_THIS_KIND


def test_a_hole_of_weeks_is_no_finding_of_the_past():
    at_s = np.concatenate([minutes(100), minutes(100, begin=30 * 86_400.0)])
    past = looked(TEMPERATURE, at_s, 60.0 + np.sin(np.arange(200.0)))
    assert [each.finding.cause for each in past.anomalies()] == []
