"""Freshness, target and calibration, and the tables that name them."""

from math import inf

import numpy as np
import pytest

from twinql.domain.detection.stale import STALE_RESOLUTIONS
from twinql.domain.diagnosis.bands import FRESHNESS, TABLES, CalibrationValidity, Freshness, TargetPosition
from twinql.domain.diagnosis.present import age_of, calibration_validity, in_target
from twinql.domain.diagnosis.reason import ReasonCode, too_few
from twinql.domain.diagnosis.stretch import stretch_of
from twinql.domain.gaps import LATE

DAY = 86_400.0


@pytest.mark.parametrize(
    ("age_s", "freshness"),
    [
        (-3_600, Freshness.FRESH),
        (89, Freshness.FRESH),
        (90, Freshness.LATE),
        (179, Freshness.LATE),
        (180, Freshness.STALE),
        (3_599, Freshness.STALE),
        (3_600, Freshness.DEAD),
        (1e9, Freshness.DEAD),
    ],
)
def test_freshness_counts_in_times_between_two_readings(age_s, freshness):
    for minutes in (1, 30):
        found = age_of(1e9, now_s=1e9 + age_s * minutes, resolution_s=60 * minutes)
        assert (found.freshness, found.age_s, found.learned) == (freshness, age_s * minutes, False)


def test_tables_agree_with_gaps_and_with_the_alarm():
    assert FRESHNESS.label(1 + LATE) is Freshness.LATE
    assert FRESHNESS.label(STALE_RESOLUTIONS) is Freshness.STALE
    assert FRESHNESS.label(np.nextafter(STALE_RESOLUTIONS, 0)) is Freshness.LATE


def test_how_often_a_channel_is_read_is_learned_where_nobody_said():
    found = age_of(1e9, now_s=1e9 + 100, resolution_s=None, spacing_s=10.0)
    assert (found.freshness, found.expected_s, found.learned) == (Freshness.STALE, 10, True)
    assert age_of(None, now_s=1e9, resolution_s=60).code is ReasonCode.NEVER_READ
    assert age_of(1e9, now_s=1e9, resolution_s=None).code is ReasonCode.NO_SPACING


def test_the_share_of_time_in_a_target_worked_by_hand():
    # In the band for a minute, above for one, below for two, in for one; the hole that follows counts for three only.
    found = in_target(
        stretch_of(60 * np.array([0.0, 1, 2, 4, 5]), np.array([20.0, 26, 10, 25, 18])),
        minimum=18,
        maximum=25,
        until_s=6e9,
    )
    assert found.covered_s == 60 * (1 + 1 + 2 + 1 + 3)
    assert (found.share, found.below, found.above) == pytest.approx((5 / 8, 2 / 8, 1 / 8))
    assert found.band is TargetPosition.IN


def test_a_target_may_be_open_on_a_side():
    readings = stretch_of(np.arange(4.0), np.array([1.0, 2, 3, 4]))
    assert in_target(readings, minimum=None, maximum=3, until_s=4).band is TargetPosition.ABOVE
    assert in_target(readings, minimum=5, maximum=None, until_s=4).band is TargetPosition.BELOW
    assert in_target(readings, minimum=5, maximum=None, until_s=4).below == 1
    assert in_target(readings, minimum=None, maximum=None, until_s=4).code is ReasonCode.NO_TARGET
    assert in_target(stretch_of(np.zeros(3), np.full(3, np.nan)), minimum=1, maximum=2, until_s=4) == too_few(1, 0)


def test_a_lone_reading_at_the_end_counts_for_itself():
    found = in_target(stretch_of(np.array([10.0]), np.array([5.0])), minimum=1, maximum=2, until_s=10)
    assert (found.band, found.above, found.covered_s) == (TargetPosition.ABOVE, 1, 0)


def test_shares_add_up_and_know_no_unit():
    values = np.random.default_rng(6).normal(size=500)
    at_s = np.cumsum(np.random.default_rng(8).exponential(60, 500))
    found = in_target(stretch_of(at_s, values), minimum=-1, maximum=0.5, until_s=at_s[-1])
    scaled = in_target(stretch_of(at_s, values * 9 + 4), minimum=-5, maximum=8.5, until_s=at_s[-1])
    assert found.share + found.below + found.above == pytest.approx(1)
    assert (scaled.share, scaled.below) == pytest.approx((found.share, found.below))


@pytest.mark.parametrize(
    ("days", "validity"),
    [
        (-1, CalibrationValidity.EXPIRED),
        (0, CalibrationValidity.DUE_SOON),
        (29, CalibrationValidity.DUE_SOON),
        (30, CalibrationValidity.VALID),
    ],
)
def test_a_calibration_falls_due(days, validity):
    assert calibration_validity(0.0, valid_until_s=1e9 + days * DAY, now_s=1e9) is validity


def test_without_a_calibration_or_its_end_nobody_knows():
    assert calibration_validity(None, valid_until_s=None, now_s=0) is CalibrationValidity.UNKNOWN
    assert calibration_validity(5.0, valid_until_s=None, now_s=0) is CalibrationValidity.UNKNOWN


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_no_holes_and_every_number_one_label(table):
    ends = [band.until for band in table.bands]
    assert [band.from_ for band in table.bands[1:]] == ends[:-1]
    assert ends[-1] == inf
    assert ends == sorted(ends)
    assert len({band.label for band in table.bands}) == len(table.bands)
    for band in table.bands:
        assert table.label(band.from_) is band.label
    assert table.label(inf) is table.bands[-1].label
    assert table.label(-inf) is table.bands[0].label
