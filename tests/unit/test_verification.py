"""An effect is believed when a reading shows it against the course without the command, and never made up."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from twinql.domain.verification import EffectDirection, Expectation, Seen, VerificationStatus, expectation_of, look_for
from twinql.errors import InvalidInputError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def expecting(direction, by=None, value=None, baseline=None, within=MINUTE):
    return Expectation(uuid4(), EffectDirection(direction), by, value, within, baseline)


def found(expectation, *values, before=20.0, now=MINUTE):
    """Look at values that were read every ten seconds."""
    after = [Seen(NOON + timedelta(seconds=10 * place), value) for place, value in enumerate(values, 1)]
    return look_for(expectation, before=before, after=after, sent_at=NOON, until=NOON + MINUTE, now=NOON + now)


def test_a_fall_is_measured_from_the_last_value_before():
    seen = found(expecting("FALLS", 3.0), 19.0, 17.5, 16.5, 12.0)
    assert seen.status is VerificationStatus.VERIFIED
    assert (seen.reference, seen.observed, seen.change) == (20.0, 16.5, -3.5)
    assert seen.observed_at == NOON + timedelta(seconds=30)


def test_a_rise_is_measured_against_the_course_without_the_command():
    # Without the command it falls by one every ten seconds; staying where it is, is a rise.
    course = ((0.0, 20.0), (60.0, 14.0))
    seen = found(expecting("RISES", 2.5, baseline=course), 20.0, 20.0, 20.0)
    assert (seen.status, seen.reference, seen.change) == (VerificationStatus.VERIFIED, 17.0, 3.0)
    assert found(expecting("RISES", 2.5), 20.0, 20.0, 20.0).status is VerificationStatus.PENDING


def test_beyond_its_ends_a_course_is_level():
    course = ((15.0, 30.0), (20.0, 40.0))
    assert found(expecting("FALLS", 1.0, baseline=course), 25.0).reference == 30.0
    assert found(expecting("FALLS", 1.0, baseline=course), 99.0, 99.0, 25.0).reference == 40.0


def test_a_value_is_reached_within_a_twentieth_of_the_way_there():
    # From 20 to 15 is a way of 5, of which a twentieth is 0.25.
    assert found(expecting("REACHES", value=15.0), 17.0, 15.25, 14.0).observed == 15.25
    assert found(expecting("REACHES", value=15.0), 17.0, 14.75).status is VerificationStatus.VERIFIED
    assert found(expecting("REACHES", value=15.0), 15.3, 14.7).status is VerificationStatus.PENDING


def test_what_flies_past_a_value_has_not_reached_it():
    seen = found(expecting("REACHES", value=50.0), 9000.0, now=2 * MINUTE)
    assert (seen.status, seen.observed) == (VerificationStatus.NOT_OBSERVED, 9000.0)


def test_a_value_that_was_there_before_is_said_to_have_been():
    seen = found(expecting("REACHES", value=20.0), 25.0, 20.0)
    assert (seen.status, seen.reference, seen.observed) == (VerificationStatus.ALREADY_THERE, 20.0, 20.0)
    left = found(expecting("REACHES", value=20.0), 25.0, now=2 * MINUTE)
    assert left.status is VerificationStatus.NOT_OBSERVED


def test_whether_a_value_was_there_before_has_to_be_known():
    assert found(expecting("REACHES", value=15.0), 15.0, before=None).status is VerificationStatus.PENDING


def test_however_little_is_enough_where_no_size_was_stated():
    assert found(expecting("FALLS"), 20.0, 19.9).status is VerificationStatus.VERIFIED
    assert found(expecting("FALLS"), 20.0, 20.1).status is VerificationStatus.PENDING


def test_what_did_not_happen_is_said_when_readings_have_had_time_to_arrive():
    values = (19.5, 18.0, 19.0)
    assert found(expecting("FALLS", 3.0), *values, now=MINUTE).status is VerificationStatus.PENDING
    seen = found(expecting("FALLS", 3.0), *values, now=MINUTE + timedelta(seconds=5))
    assert (seen.status, seen.observed, seen.change) == (VerificationStatus.NOT_OBSERVED, 18.0, -2.0)


def test_no_reading_is_no_effect_and_no_number():
    seen = found(expecting("FALLS", 3.0), now=2 * MINUTE)
    assert (seen.status, seen.observed, seen.change) == (VerificationStatus.NOT_OBSERVED, None, None)


def test_without_anything_to_compare_with_no_change_is_made_up():
    seen = found(expecting("FALLS", 3.0), 1.0, before=None, now=2 * MINUTE)
    assert (seen.status, seen.observed, seen.change) == (VerificationStatus.NOT_OBSERVED, 1.0, None)


def test_what_is_read_after_the_time_is_over_shows_nothing():
    late = [20.0] * 6 + [1.0]
    assert found(expecting("FALLS", 3.0), *late, now=2 * MINUTE).status is VerificationStatus.NOT_OBSERVED


@pytest.mark.parametrize("shift", [-40.0, 1000.0])
def test_where_the_scale_begins_does_not_matter(shift):
    values = (19.0, 17.5, 16.5)
    plain = found(expecting("FALLS", 3.0), *values)
    moved = found(expecting("FALLS", 3.0), *(each + shift for each in values), before=20.0 + shift)
    assert (moved.status, moved.observed_at, moved.change) == (plain.status, plain.observed_at, plain.change)


def test_an_expectation_survives_being_stored():
    expectation = expecting("FALLS", 3.0, baseline=((0.0, 60.0), (60.0, 66.0)))
    assert expectation_of(expectation.as_json()) == expectation


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("within", {"direction": "FALLS", "within": timedelta(0)}),
        ("within", {"direction": "FALLS", "within": timedelta(days=2)}),
        ("value", {"direction": "REACHES"}),
        ("value", {"direction": "REACHES", "value": float("nan")}),
        ("value", {"direction": "FALLS", "value": 3.0}),
        ("by", {"direction": "REACHES", "value": 3.0, "by": 1.0}),
        ("by", {"direction": "FALLS", "by": -1.0}),
        ("by", {"direction": "FALLS", "by": 0.0}),
        ("by", {"direction": "RISES", "by": float("inf")}),
        ("by", {"direction": "RISES", "by": float("nan")}),
        ("by", {"direction": "RISES", "by": 1e101}),
        ("value", {"direction": "REACHES", "value": -1e308}),
    ],
)
def test_what_can_never_be_looked_for_is_refused(name, bad):
    with pytest.raises(InvalidInputError) as refusal:
        expecting(**bad).check()
    assert refusal.value.path == ("expect", name)
