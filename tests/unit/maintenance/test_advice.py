"""What to do to an asset."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from twinql.domain.diagnosis.bands import IssueCode
from twinql.domain.diagnosis.health import Issue
from twinql.domain.diagnosis.reason import Reason, ReasonCode
from twinql.domain.maintenance.advice import KIND_OF_ISSUE, Concern, WaitingTask, advice_of
from twinql.domain.maintenance.degradation import HoursUntil, degradation_of, even_times, hours_until
from twinql.domain.maintenance.tasks import MaintenanceKind

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STEADY = Reason(ReasonCode.NO_TREND, "Its health does not fall.")
ONE, OTHER, ASSET = UUID(int=1), UUID(int=2), UUID(int=3)


def bad(points=20.0, channel=ONE, cause=None, code=IssueCode.BAD_READINGS):
    return Concern(channel, "Spindle temperature", Issue(code, "40 of 120 readings are BAD.", points, cause=cause))


def task(title, *, channel=None, due=None, planned=None):
    number = UUID(int=ord(title[0]))
    return WaitingTask(number, ASSET, channel, MaintenanceKind.SERVICE, title, due, planned)


def test_every_issue_has_something_that_is_done_about_it():
    assert KIND_OF_ISSUE.keys() == set(IssueCode)


def test_what_takes_most_points_off_is_told_with_its_channel_and_the_time_that_is_left():
    times = even_times(NOW.timestamp(), 86_400.0, 28)
    line = degradation_of(times, 100.0 - np.arange(28))
    found = advice_of([bad()], line, hours_until(line, 73.0, NOW.timestamp()), [], NOW)
    assert found.kind is MaintenanceKind.REPLACEMENT
    assert found.message == (
        "Replace the sensor of Spindle temperature: 40 of 120 readings are BAD. "
        "Its health falls by 1 points a day: in eight cases of ten it is below 60 in 13 d to 13 d."
    )


def test_a_drifting_sensor_is_calibrated():
    found = advice_of([bad(cause="DRIFT", code=IssueCode.ALARM)], STEADY, STEADY, [], NOW)
    assert found.kind is MaintenanceKind.CALIBRATION


def test_where_nothing_is_wrong_nothing_needs_to_be_done():
    for concerns in ([], [bad(points=0.5)]):
        found = advice_of(concerns, STEADY, STEADY, [], NOW)
        assert (found.kind, found.concern, found.message) == (None, None, "Nothing needs to be done now.")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"due": NOW + timedelta(days=3)}, "“Oil it” is due in 3 d."),
        ({"due": NOW - timedelta(hours=5)}, "“Oil it” is overdue by 5 h."),
        ({"due": NOW, "planned": NOW + timedelta(days=2)}, "“Oil it” is planned in 2 d."),
        ({}, "“Oil it” waits, for no day in particular."),
    ],
)
def test_what_is_planned_already_is_told(given, said):
    found = advice_of([], STEADY, STEADY, [task("Oil it", **given)], NOW)
    assert found.message.endswith(said)


def test_tasks_for_another_sensor_are_left_out():
    tasks = [task("a", channel=OTHER), task("b", channel=ONE), task("c")]
    assert [each.title for each in advice_of([bad()], STEADY, STEADY, tasks, NOW).tasks] == ["b", "c"]


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (HoursUntil(0.0, 0.0, 0.0), "Maintenance is due: its health is down to about 60 of 100 points, or below."),
        (HoursUntil(0.0, 5.0, None), "falls by 1 points a day: it may be below 60 at any moment."),
        (HoursUntil(0.0, 5.0, 9.0), "day: it may be below 60 at any moment, in nine cases of ten within 9 h."),
        (HoursUntil(4.0, 5.0, None), "day: in nine cases of ten it stays above 60 for 4 h."),
        (HoursUntil(4.0, 5.0, 9.0), "day: in eight cases of ten it is below 60 in 4 h to 9 h."),
    ],
)
def test_what_is_due_is_told_with_the_hours_of_eight_cases_in_ten(hours, said):
    line = degradation_of(even_times(NOW.timestamp(), 86_400.0, 28), 87.0 - np.arange(28))
    assert advice_of([bad()], line, hours, [], NOW).message.endswith(said)
