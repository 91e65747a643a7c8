"""What people say of sites, assets and channels, held to what can be right."""

from dataclasses import replace
from datetime import timedelta

import pytest

from twinql.domain.channel_definition import AlarmLimits, ChannelDefinition, State, name_for
from twinql.domain.channels import ReadingKind
from twinql.domain.sites import SiteDefinition
from twinql.domain.units import Quantity, Unit
from twinql.domain.wording import DEEPEST_ATTRIBUTES, check_attributes, cleaned
from twinql.errors import InvalidInputError

FLOW = ChannelDefinition(
    key="flow", name="Flow", quantity=Quantity.FLOW, unit=Unit.LITRE_PER_MINUTE, kind=ReadingKind.INSTANTANEOUS
)


def _nested(depth):
    return {"a": _nested(depth - 1)} if depth else 1


def test_a_name_loses_the_spaces_around_it_and_no_others():
    assert cleaned("  Hall  4 ", "name", "name") == "Hall  4"
    assert cleaned("x" * 200, "name", "name") == "x" * 200
    assert cleaned("Kühlung \u200f\u05d0 ❄", "name", "name") == "Kühlung \u200f\u05d0 ❄"
    for unseen in ("\u202e", "Pump\u202epmuP", "\u2066Pump", "\u200b", "\u2060\ufeff"):
        with pytest.raises(InvalidInputError, match=r"cannot be shown|shows nothing"):
            cleaned(unseen, "name", "name")


def test_attributes_may_be_deep_and_not_bottomless():
    check_attributes(_nested(DEEPEST_ATTRIBUTES))
    with pytest.raises(InvalidInputError) as raised:
        check_attributes(_nested(DEEPEST_ATTRIBUTES + 1))
    assert raised.value.path == ("attributes",)


def test_what_is_right_stays_as_it_is():
    site = SiteDefinition(name="Works", time_zone="Europe/Berlin", latitude=-90.0, longitude=180.0)
    assert site.checked() == site
    assert FLOW.checked() == FLOW


def test_limits_may_touch_and_may_be_left_out_between():
    for limits in (AlarmLimits(1, 1, 1, 1), AlarmLimits(low_low=1, high_high=2), AlarmLimits(high=5)):
        assert replace(FLOW, limits=limits).checked().limits == limits


def test_a_year_of_whole_seconds_is_the_longest_resolution():
    for resolution in (timedelta(seconds=1), timedelta(days=366)):
        assert replace(FLOW, resolution=resolution).checked().resolution == resolution


def test_a_channel_is_called_by_its_key_where_nobody_says():
    assert name_for("spindle_temperature") == "Spindle temperature"


def test_readings_mean_the_same_whatever_else_is_said():
    assert FLOW.means_the_same(replace(FLOW, name="Other", resolution=timedelta(minutes=1), limits=AlarmLimits(high=1)))
    assert not FLOW.means_the_same(replace(FLOW, unit=Unit.CUBIC_METRE_PER_HOUR))
    half_hours = replace(FLOW, kind=ReadingKind.INTERVAL, resolution=timedelta(minutes=30))
    assert not half_hours.means_the_same(replace(half_hours, resolution=timedelta(minutes=15)))


def test_the_labels_of_states_are_trimmed():
    level = replace(FLOW, quantity=Quantity.LOAD, unit=Unit.ONE, kind=ReadingKind.STATE, states=(State(1, " Low "),))
    assert level.checked().states == (State(1, "Low"),)
