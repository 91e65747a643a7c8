"""Health and availability, worked by hand."""

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest

from twinql.domain.diagnosis.availability import AvailabilityStatus, availability_of
from twinql.domain.diagnosis.bands import (
    ALARM_SHARE,
    DEDUCTIONS,
    CalibrationValidity,
    Freshness,
    HealthStatus,
    IssueCode,
    TargetPosition,
)
from twinql.domain.diagnosis.health import OpenAlarm, Signs, asset_health, channel_health
from twinql.domain.diagnosis.present import Age, InTarget, age_of
from twinql.domain.diagnosis.reason import Reason, ReasonCode

WELL = Signs(age=Age(Freshness.FRESH, 5, 60, learned=False), expected=60, actual=60, readings=60)
HOT = OpenAlarm(UUID(int=1), "LIMIT_HIGH", "HIGH", "ACTIVE_UNACKNOWLEDGED", holds=True, message="Hot.", score=1.2)


def codes(health):
    return [issue.code for issue in health.issues]


def test_a_channel_without_issues_has_all_points():
    found = channel_health(WELL)
    assert (found.score, found.status, found.issues) == (100, HealthStatus.GOOD, ())


def test_a_score_worked_by_hand():
    # 40 · 6/60 for what is missing, 60 · 3/54 for what is bad, 30 for a high alarm, 30 · 0.2 outside of the target.
    target = InTarget(TargetPosition.ABOVE, 0.8, 0.05, 0.15, 3_600)
    found = channel_health(replace(WELL, actual=54, readings=54, bad=3, alarms=(HOT,), target=target))
    assert found.score == pytest.approx(100 - 4 - 10 / 3 - 30 - 6)
    assert found.status is HealthStatus.POOR
    assert codes(found) == [IssueCode.ALARM, IssueCode.OUT_OF_TARGET, IssueCode.INCOMPLETE, IssueCode.BAD_READINGS]
    assert found.issues[0].alarm_id == HOT.id
    assert found.issues[2].value == pytest.approx(0.1)
    assert found.score + sum(issue.points for issue in found.issues) == pytest.approx(100)


@pytest.mark.parametrize(
    ("age_s", "score", "status"),
    [
        (60, 100, HealthStatus.GOOD),
        (130, 90, HealthStatus.GOOD),
        (400, 60, HealthStatus.FAIR),
        (3_600, 0, HealthStatus.CRITICAL),
    ],
)
def test_an_old_reading_takes_points_off(age_s, score, status):
    found = channel_health(replace(WELL, age=age_of(0.0, now_s=age_s, resolution_s=60)))
    assert (found.score, found.status) == (score, status)


def test_what_is_silenced_or_over_takes_nothing_off():
    for alarm in (
        replace(HOT, holds=False, state="RETURNED_UNACKNOWLEDGED"),
        replace(HOT, state="SHELVED"),
        replace(HOT, state="OUT_OF_SERVICE"),
        replace(HOT, cause="STALE"),
    ):
        assert channel_health(replace(WELL, alarms=(alarm,))).score == 100


def test_alarms_weigh_by_their_severity_and_a_stuck_one_is_named():
    scores = [channel_health(replace(WELL, alarms=(replace(HOT, severity=each),))).score for each in ALARM_SHARE]
    assert scores == pytest.approx([95, 85, 70, 40])
    stuck = channel_health(replace(WELL, alarms=(replace(HOT, cause="STUCK"),)))
    assert (codes(stuck), stuck.score) == ([IssueCode.STUCK], 60)


def test_a_calibration_that_falls_due_takes_points_off():
    due = channel_health(replace(WELL, calibration=CalibrationValidity.DUE_SOON, calibration_left_s=12 * 86_400.0))
    ended = channel_health(replace(WELL, calibration=CalibrationValidity.EXPIRED, calibration_left_s=-5.0))
    assert (due.score, codes(due)) == (97, [IssueCode.CALIBRATION_DUE])
    assert (ended.score, codes(ended)) == (85, [IssueCode.CALIBRATION_EXPIRED])
    assert (due.issues[0].threshold, ended.issues[0].value) == (30 * 86_400, -5)


def test_a_channel_that_was_never_read_is_unknown_and_not_ill():
    never = channel_health(Signs(age=Reason(ReasonCode.NEVER_READ, "Never."), expected=60))
    assert (never.score, never.status, never.issues) == (None, HealthStatus.UNKNOWN, ())
    assert asset_health({"a": never}) == asset_health({})


def test_a_score_never_falls_below_nothing():
    found = channel_health(replace(WELL, actual=0, bad=60, alarms=(replace(HOT, severity="CRITICAL"),) * 5))
    assert (found.score, found.status) == (0, HealthStatus.CRITICAL)


def test_an_asset_is_as_well_as_its_worst_channel():
    ill = channel_health(replace(WELL, alarms=(HOT,)))
    found = asset_health(
        {"well": channel_health(WELL), "ill": ill, "never": channel_health(Signs(Reason(ReasonCode.NEVER_READ, "")))}
    )
    assert (found.score, found.status) == (70, HealthStatus.FAIR)
    assert [(key, issue.code) for key, issue in found.issues] == [("ill", IssueCode.ALARM)]


def test_every_issue_has_its_points():
    assert set(DEDUCTIONS) == set(IssueCode)


def heard(last_s, spacing_s, now_s, *, count=20):
    return age_of(last_s, now_s=now_s, resolution_s=spacing_s), last_s - spacing_s * np.arange(float(count))


def test_an_asset_is_online_since_the_last_silence():
    age, at_s = heard(10_000, 60, 10_030)
    silent = np.where(at_s < 9_500, at_s - 3_600, at_s)
    found = availability_of([(age, silent)])
    assert (found.status, found.since_s, found.at_least) == (AvailabilityStatus.ONLINE, 9_520, False)
    steady = availability_of([(age, at_s)])
    assert (steady.since_s, steady.at_least, steady.last_s) == (10_000 - 19 * 60, True, 10_000)


def test_one_channel_that_speaks_is_enough():
    found = availability_of([heard(1_000, 60, 10_030), heard(10_000, 60, 10_030)])
    assert found.status is AvailabilityStatus.ONLINE
    assert found.since_s == 10_000 - 19 * 60


def test_an_asset_that_is_silent_is_so_since_it_was_last_heard():
    late, gone = availability_of([heard(10_000, 60, 10_150)]), availability_of([heard(10_000, 60, 99_999)])
    assert (late.status, late.since_s) == (AvailabilityStatus.LATE, 10_000)
    assert (gone.status, gone.since_s) == (AvailabilityStatus.OFFLINE, 10_000)
    assert availability_of([]).status is AvailabilityStatus.UNKNOWN


def test_before_the_fastest_channel_is_known_nothing_is_called_a_silence():
    found = availability_of([heard(10_000, 60, 10_030), heard(10_000, 3_600, 10_030)])
    assert (found.since_s, found.at_least) == (10_000 - 19 * 60, True)


def test_an_age_is_said_as_people_say_it():
    found = channel_health(replace(WELL, age=age_of(0.0, now_s=152_001, resolution_s=60)))
    assert found.issues[0].message == "The newest reading is 1.76 d old, and one comes every 1 min."
