"""Which readings can be right, decided before any is stored."""

import uuid

import numpy as np
import pytest

from twinql.domain.channels import ChannelFacts, Plausibility, PlausibilityAction, ReadingKind
from twinql.domain.plausibility import OLDEST_US, check, without
from twinql.domain.readings import QUALITY_CODE, ReadingBatch, Rejection, RejectionCode, StoredQuality

MINUTE_US = 60_000_000
NOW_US = 1_800_000_000_000_000
GOOD, UNCERTAIN, BAD = (QUALITY_CODE[StoredQuality[name]] for name in ("GOOD", "UNCERTAIN", "BAD"))


def channel(**more):
    facts = {
        "key": "temperature",
        "kind": ReadingKind.INSTANTANEOUS,
        "quantity": "TEMPERATURE",
        "unit": "DEGREE_CELSIUS",
    }
    return ChannelFacts(id=uuid.UUID(int=1), number=1, organisation_number=1, **{**facts, **more})


def batch(values, *, at=None, place=0, quality=GOOD):
    count = len(values)
    instants = NOW_US + np.arange(count) * MINUTE_US - count * MINUTE_US if at is None else np.array(at)
    return ReadingBatch(
        np.full(count, place, dtype=np.int32),
        instants.astype(np.int64),
        np.array(values, dtype=np.float64),
        np.full(count, quality, dtype=np.int8),
    )


def codes(checked):
    return [rejection.code for rejection in checked.rejections]


def bounded(action=PlausibilityAction.REJECT, **more):
    return channel(plausibility=Plausibility(action=action, **more))


def test_a_spike_is_refused_and_the_values_around_it_are_not():
    checked = check(batch([20.0, 90.0, 21.0]), [bounded(rate_per_minute=5.0)], now_us=NOW_US)
    assert checked.accepted.tolist() == [True, False, True]
    assert codes(checked) == [RejectionCode.IMPLAUSIBLE_RATE]


def test_a_real_change_of_level_is_taken_after_a_while():
    checked = check(batch([20.0, *[60.0] * 10]), [bounded(rate_per_minute=5.0)], now_us=NOW_US)
    assert checked.accepted.tolist() == [True] + [False] * 7 + [True] * 3


def test_the_first_row_is_held_against_the_last_stored_one():
    stored = {"before_us": np.array([NOW_US - 2 * MINUTE_US]), "before_value": np.array([20.0])}
    checked = check(batch([40.0]), [bounded(rate_per_minute=5.0)], now_us=NOW_US, **stored)
    assert codes(checked) == [RejectionCode.IMPLAUSIBLE_RATE]


def test_the_order_of_the_rows_does_not_matter():
    channels = [bounded(PlausibilityAction.MARK_UNCERTAIN, rate_per_minute=5.0, maximum=50.0)]
    rows = batch([20.0, 90.0, 21.0, 22.0, 49.0])
    turned = rows.take(np.array([4, 2, 0, 3, 1]))
    there = check(rows, channels, now_us=NOW_US).quality
    assert check(turned, channels, now_us=NOW_US).quality.tolist() == there[[4, 2, 0, 3, 1]].tolist()


def test_a_doubtful_value_is_marked_and_kept_where_the_channel_says_so():
    checked = check(batch([20.0, 90.0]), [bounded(PlausibilityAction.MARK_UNCERTAIN, maximum=50.0)], now_us=NOW_US)
    assert checked.accepted.all()
    assert checked.quality.tolist() == [GOOD, UNCERTAIN]


@pytest.mark.parametrize(("value", "accepted"), [(0.0, True), (50.0, True), (-0.001, False), (50.001, False)])
def test_the_bounds_themselves_are_plausible(value, accepted):
    checked = check(batch([value]), [bounded(minimum=0.0, maximum=50.0)], now_us=NOW_US)
    assert checked.accepted.tolist() == [accepted]


def test_a_bad_reading_needs_no_value_and_is_held_to_nothing():
    checked = check(batch([np.nan, 1e9], quality=BAD), [bounded(maximum=50.0, rate_per_minute=1.0)], now_us=NOW_US)
    assert checked.accepted.all()


def test_what_can_never_be_stored_says_why():
    at = [NOW_US, NOW_US, NOW_US, OLDEST_US - 1, NOW_US + 6 * MINUTE_US]
    checked = check(batch([np.nan, np.inf, -1.01e100, 1.0, 1.0], at=at), [channel()], now_us=NOW_US)
    assert codes(checked) == [
        RejectionCode.MISSING_VALUE,
        RejectionCode.INFINITE_VALUE,
        RejectionCode.INFINITE_VALUE,
        RejectionCode.TOO_OLD,
        RejectionCode.IN_FUTURE,
    ]
    assert all(rejection.message.endswith(".") for rejection in checked.rejections)


def test_five_minutes_ahead_a_clock_may_run_and_a_schedule_ten_years():
    assert check(batch([1.0], at=[NOW_US + 5 * MINUTE_US]), [channel()], now_us=NOW_US).accepted.all()
    ahead = NOW_US + 3_650 * 1_440 * MINUTE_US
    assert check(batch([1.0], at=[ahead]), [channel(schedule=True)], now_us=NOW_US).accepted.all()
    assert codes(check(batch([1.0], at=[ahead + 1]), [channel(schedule=True)], now_us=NOW_US)) == [
        RejectionCode.IN_FUTURE
    ]


def test_unknown_and_archived_channels_and_states_are_refused():
    checked = check(batch([1.0], place=-1), [], now_us=NOW_US)
    assert codes(checked) == [RejectionCode.UNKNOWN_CHANNEL]
    assert checked.rejections[0].message.startswith("There is no such channel for you")
    assert codes(check(batch([1.0]), [channel(archived=True)], now_us=NOW_US)) == [RejectionCode.ARCHIVED_CHANNEL]
    machine = channel(kind=ReadingKind.STATE, states={0.0: "IDLE", 1.0: "RUNNING"})
    checked = check(batch([1.0, 2.0]), [machine], now_us=NOW_US)
    assert codes(checked) == [RejectionCode.UNKNOWN_STATE]
    assert "0 (IDLE), 1 (RUNNING)" in checked.rejections[0].message


def test_an_empty_batch_has_an_empty_verdict():
    checked = check(batch([]), [], now_us=NOW_US)
    assert (len(checked.accepted), checked.rejections) == (0, ())


def test_a_refusal_by_the_way_in_comes_before_those_found_here():
    checked = check(batch([1.0, np.inf]), [channel()], now_us=NOW_US)
    early = [Rejection(row, RejectionCode.INVALID_TIME, "No time.") for row in (0, 1)]
    merged = without(checked, early)
    assert not merged.accepted.any()
    assert codes(merged) == [RejectionCode.INVALID_TIME] * 2


def test_no_register_shows_more_than_its_last_digit_whatever_becomes_of_the_implausible():
    register = channel(
        key="total", kind=ReadingKind.CUMULATIVE, quantity="ENERGY", unit="KILOWATT_HOUR", register_maximum=100_000.0
    )
    checked = check(batch([99_999.0, 100_000.0, 150_000.0]), [register], now_us=NOW_US)
    assert checked.accepted.tolist() == [True, True, False]
    (rejection,) = checked.rejections
    assert rejection.code is RejectionCode.BEYOND_REGISTER
    assert "150000" in rejection.message
