"""What people can lay down in a rule, and what cannot be meant."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from twinql.domain.automation.condition import Condition, ConditionComparison, ConditionMeasure
from twinql.domain.automation.definition import ChannelOfRule, RuleDefinition, Setpoint
from twinql.domain.automation.hours import Hours
from twinql.domain.automation.machine import Timing
from twinql.domain.channels import ReadingKind
from twinql.errors import InvalidInputError

HUMIDITY, FAN, DOOR, PRICE, MACHINE = (UUID(int=each) for each in range(1, 6))
CHANNELS = {
    HUMIDITY: ChannelOfRule(name="Humidity", kind=ReadingKind.INSTANTANEOUS, asset_id=MACHINE),
    FAN: ChannelOfRule(
        name="Fan", kind=ReadingKind.INSTANTANEOUS, asset_id=MACHINE, writable=True, minimum=0, maximum=100
    ),
    DOOR: ChannelOfRule(
        name="Door", kind=ReadingKind.STATE, asset_id=MACHINE, states={0.0: "SHUT", 1.0: "OPEN"}, writable=True
    ),
    PRICE: ChannelOfRule(name="Price", kind=ReadingKind.INTERVAL, asset_id=None),
}
HUMID = Condition(
    channel_id=HUMIDITY,
    measure=ConditionMeasure.VALUE,
    comparison=ConditionComparison.ABOVE,
    threshold=70.0,
    hysteresis=5.0,
)
AHEAD = replace(HUMID, measure=ConditionMeasure.FORECAST, within=timedelta(minutes=5))
OPEN = Condition(channel_id=DOOR, measure=ConditionMeasure.VALUE, comparison=ConditionComparison.IS, threshold=1.0)
RULE = RuleDefinition(name=" Dry ", conditions=(HUMID, AHEAD, OPEN), setpoint=Setpoint(channel_id=FAN, desired=80.0))
MINUTE = timedelta(minutes=1)


def asked(**changes):
    return replace(RULE, conditions=(replace(HUMID, **changes),))


def test_what_can_be_meant_is_kept_as_it_is_with_its_name_trimmed():
    assert RULE.checked(CHANNELS) == replace(RULE, name="Dry")
    assert RULE.asset_id(CHANNELS) == MACHINE


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        (replace(RULE, name=" "), "name"),
        (replace(RULE, conditions=()), "conditions"),
        (replace(RULE, conditions=(HUMID,) * 11), "conditions"),
        (asked(threshold=float("nan")), "conditions.0.threshold"),
        (asked(threshold=float("inf")), "conditions.0.threshold"),
        (asked(hysteresis=-1.0), "conditions.0.hysteresis"),
        (asked(hysteresis=float("nan")), "conditions.0.hysteresis"),
        (asked(comparison=ConditionComparison.IS), "conditions.0.comparison"),
        (asked(within=MINUTE), "conditions.0.within"),
        (asked(measure=ConditionMeasure.FORECAST), "conditions.0.within"),
        (asked(measure=ConditionMeasure.FORECAST, within=timedelta(days=2)), "conditions.0.within"),
        (asked(measure=ConditionMeasure.FORECAST, within=timedelta(microseconds=1500000)), "conditions.0.within"),
        (asked(measure=ConditionMeasure.FORECAST, within=MINUTE, max_age=MINUTE), "conditions.0.maxAge"),
        (asked(max_age=timedelta()), "conditions.0.maxAge"),
        (asked(measure=ConditionMeasure.HEALTH, threshold=101.0), "conditions.0.threshold"),
        (asked(measure=ConditionMeasure.AGE, threshold=0.0), "conditions.0.threshold"),
        (replace(RULE, conditions=(replace(OPEN, comparison=ConditionComparison.ABOVE),)), "conditions.0.comparison"),
        (replace(RULE, conditions=(replace(OPEN, threshold=2.0),)), "conditions.0.state"),
        (replace(RULE, conditions=(replace(OPEN, measure=ConditionMeasure.DRIFT),)), "conditions.0.measure"),
        (replace(RULE, conditions=(HUMID, replace(OPEN, hysteresis=1.0))), "conditions.1.hysteresis"),
        (replace(RULE, timing=Timing(holds_for=timedelta(days=8))), "holdsFor"),
        (replace(RULE, timing=Timing(holds_for=-MINUTE)), "holdsFor"),
        (replace(RULE, timing=Timing(minimum_between=timedelta(days=31))), "minimumBetween"),
        (replace(RULE, timing=Timing(hours=Hours(weekdays=frozenset()))), "hours.weekdays"),
        (replace(RULE, setpoint=Setpoint(channel_id=HUMIDITY, desired=1.0)), "set.channelId"),
        (replace(RULE, setpoint=Setpoint(channel_id=FAN, desired=101.0)), "set.desired"),
        (replace(RULE, setpoint=Setpoint(channel_id=FAN, desired=float("nan"))), "set.desired"),
        (replace(RULE, setpoint=Setpoint(channel_id=DOOR, desired=7.0)), "set.action"),
        (
            replace(RULE, setpoint=Setpoint(channel_id=FAN, desired=1.0, expires_in=timedelta(days=365))),
            "set.expiresIn",
        ),
        (replace(RULE, conditions=(replace(HUMID, channel_id=PRICE),), setpoint=None), "conditions"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(rule, path):
    with pytest.raises(InvalidInputError) as caught:
        rule.checked(CHANNELS)
    assert ".".join(caught.value.path) == path
    assert caught.value.message.endswith(".")


def test_a_price_may_be_asked_where_the_actuator_says_of_which_machine_one_speaks():
    dear = replace(RULE, conditions=(replace(HUMID, channel_id=PRICE),))
    assert dear.checked(CHANNELS).asset_id(CHANNELS) == MACHINE
