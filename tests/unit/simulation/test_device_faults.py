"""What becomes of a command at a device that is late, lossy or dead."""

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.simulation.device_faults import Course, DeviceFaultName, course_of, device_fault, is_dead
from twinql.errors import InvalidInputError

LATE, LOSSY, DEAD = DeviceFaultName.LATE, DeviceFaultName.LOSSY, DeviceFaultName.DEAD


PUMP = "pump.running"


def fault(name, magnitude=None, signal=PUMP):
    return device_fault(name, signal=signal, at_s=0.0, magnitude=magnitude)


def course(*faults, command="one"):
    return course_of(faults, signal=PUMP, command=command, seed=7)


def test_a_sound_device_hears_answers_and_acts_at_once():
    assert course() == Course()
    assert course(fault(DEAD, signal="dehumidifier.running")) == Course()


def test_a_late_device_answers_after_a_while_and_acts_as_long_after_that():
    late = course(fault(LATE), fault(LATE, 40.0))
    assert (late.heard, late.answers_after_s, late.acts_after_s) == (True, 40.0, 80.0)


def test_a_dead_device_hears_nothing():
    dead = fault(DEAD)
    assert (is_dead([dead], PUMP), is_dead([dead], "dehumidifier.running")) == (True, False)
    assert not course(dead).heard


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_a_lossy_device_loses_its_share_of_commands_answers_and_reports_and_each_apart(share):
    lossy = fault(LOSSY, share)
    courses = [course(lossy, command=str(number)) for number in range(2_000)]
    for lost in ("unheard", "answer_lost", "report_lost"):
        count = sum(not each.heard if lost == "unheard" else getattr(each, lost) for each in courses)
        assert count / 2_000 == pytest.approx(share, abs=0.05)
    assert courses == [course(lossy, command=str(number)) for number in range(2_000)]
    if share == 0.5:
        assert len({(each.heard, each.answer_lost, each.report_lost) for each in courses}) == 8


@given(st.floats(0.001, 0.5), st.text(max_size=20))
def test_whoever_loses_more_loses_at_least_the_same(share, command):
    less, more = (course(fault(LOSSY, each), command=command) for each in (share, 2 * share))
    assert less.heard >= more.heard
    assert less.answer_lost <= more.answer_lost


@pytest.mark.parametrize(
    ("name", "magnitude"), [(LATE, 0.0), (LATE, 3601.0), (LOSSY, 1.5), (LOSSY, -0.1), (LATE, nan), (DEAD, 1.0)]
)
def test_a_magnitude_that_cannot_be_is_refused(name, magnitude):
    with pytest.raises(InvalidInputError, match=r"\.$"):
        fault(name, magnitude)
