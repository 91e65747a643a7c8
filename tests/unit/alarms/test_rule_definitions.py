"""What can be laid down about alarms, and what cannot be meant."""

from dataclasses import replace
from datetime import timedelta

import pytest

from twinql.domain.alarms.policy import BUILT_IN
from twinql.domain.alarms.rule_definition import AlarmRuleDefinition, check_order
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.detection.finding import Bounds, Cause
from twinql.errors import InvalidInputError

HOT = AlarmRuleDefinition(name=" Hot ", cause=Cause.LIMIT_HIGH, severity=Severity.HIGH, limit_value=65.0, deadband=2.0)
SPIKE = AlarmRuleDefinition.usual("Spikes", Cause.SPIKE)


def refused(rule, *, of_channel=True):
    with pytest.raises(InvalidInputError) as caught:
        rule.checked(of_channel=of_channel)
    assert caught.value.message.endswith(".")
    return caught.value.path


def test_what_can_be_meant_is_kept_as_it_is_with_its_name_trimmed():
    assert HOT.checked(of_channel=True) == replace(HOT, name="Hot")


@pytest.mark.parametrize("cause", Cause)
def test_what_is_built_in_can_be_laid_down_everywhere(cause):
    usual = AlarmRuleDefinition.usual("As ever", cause).checked(of_channel=False)
    built_in = BUILT_IN[cause]
    assert (usual.severity, usual.on_delay.total_seconds()) == (built_in.severity, built_in.on_delay_s)
    assert usual.off_delay.total_seconds() == built_in.off_delay_s


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        (replace(HOT, name=" "), "name"),
        (replace(HOT, limit_value=float("nan")), "limitValue"),
        (replace(HOT, limit_value=1e101), "limitValue"),
        (replace(HOT, deadband=-0.1), "deadband"),
        (replace(SPIKE, limit_value=1.0), "limitValue"),
        (replace(SPIKE, deadband=0.0), "deadband"),
        (replace(SPIKE, sensitivity=0.19), "sensitivity"),
        (replace(SPIKE, sensitivity=5.1), "sensitivity"),
        (replace(HOT, sensitivity=2.0), "sensitivity"),
        (replace(SPIKE, cause=Cause.STALE, sensitivity=2.0), "sensitivity"),
        (replace(SPIKE, on_delay=timedelta(days=7, seconds=1)), "onDelay"),
        (replace(SPIKE, off_delay=timedelta(seconds=1.5)), "offDelay"),
        (replace(HOT, escalate_to=Severity.CRITICAL), "escalateAfter"),
        (replace(HOT, escalate_after=timedelta(hours=1)), "escalateTo"),
        (replace(HOT, escalate_after=timedelta(hours=1), escalate_to=Severity.HIGH), "escalateTo"),
        (replace(HOT, escalate_after=timedelta(), escalate_to=Severity.CRITICAL), "escalateAfter"),
        (replace(HOT, escalate_after=timedelta(days=31), escalate_to=Severity.CRITICAL), "escalateAfter"),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_stands(rule, path):
    assert refused(rule) == (path,)


def test_a_limit_in_numbers_is_for_one_channel_whose_unit_it_is_in():
    assert refused(HOT, of_channel=False) == ("limitValue",)
    assert replace(HOT, limit_value=None, deadband=None).checked(of_channel=False).limit_value is None


def test_limits_rise():
    bounds = Bounds(low_low=0.0, low=10.0, high=60.0)
    for cause in (Cause.LIMIT_LOW_LOW, Cause.LIMIT_LOW, Cause.LIMIT_HIGH, Cause.LIMIT_HIGH_HIGH):
        check_order(cause, bounds)
    check_order(Cause.LIMIT_LOW, replace(bounds, low=60.0))
    with pytest.raises(InvalidInputError, match=r"^LIMIT_LOW would lie at 61, above LIMIT_HIGH at 60: "):
        check_order(Cause.LIMIT_LOW, replace(bounds, low=61.0))
    with pytest.raises(InvalidInputError, match=r"^LIMIT_HIGH_HIGH would lie at 5, below LIMIT_LOW at 10: "):
        check_order(Cause.LIMIT_HIGH_HIGH, replace(bounds, high_high=5.0))


def test_nothing_is_graver_than_critical():
    gravest = replace(HOT, severity=Severity.CRITICAL, escalate_after=timedelta(hours=1), escalate_to=Severity.CRITICAL)
    with pytest.raises(InvalidInputError, match="Nothing is graver than CRITICAL"):
        gravest.checked(of_channel=True)
