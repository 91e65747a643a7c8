"""What an alarm says of a limit that will be crossed."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from twinql.domain.alarms.foreseen import foreseen
from twinql.domain.decisions.recommendation import Impact, Reason, Recommendation
from twinql.domain.decisions.vocabulary import DecisionAction, Urgency

CHANNEL = UUID(int=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CROSSING = Reason("FORECAST_CROSSES_LIMIT", "It goes above.", 71.5, 65.0, "DEGREE_CELSIUS")
COOLING = Reason("COOLING_IS_ON", "Coolant pump is on.", 1.0, 1.0, None, "running")
FOUND = Recommendation(
    rule="LIMIT_WILL_BE_CROSSED",
    action=DecisionAction.REDUCE_LOAD,
    urgency=Urgency.HIGH,
    confidence=0.9,
    reasons=(CROSSING, COOLING),
    alternatives=(),
    impact=Impact(time_to_threshold_s=240.0, extreme_value=71.5),
)


def said(found):
    return foreseen(found, channel_id=CHANNEL, name="Spindle temperature", observed_at=NOON)


def test_it_names_the_channel_the_limit_and_how_soon():
    alarm = said(FOUND)
    assert alarm.message == "Spindle temperature will be above its limit of 65 °C in about 4 min."
    assert alarm.score == pytest.approx(1.8)


def test_its_evidence_is_what_was_compared_on_the_channel_itself():
    (evidence,) = said(FOUND).evidence
    assert (evidence["code"], evidence["value"], evidence["threshold"]) == ("FORECAST_CROSSES_LIMIT", 71.5, 65.0)
    assert (evidence["channelId"], evidence["from"], evidence["until"]) == (
        str(CHANNEL),
        "2026-03-02T12:00:00Z",
        "2026-03-02T12:00:00Z",
    )


def test_a_low_limit_is_undercut():
    low = replace(CROSSING, value=4.0, threshold=5.0)
    assert "will be below its limit of 5 °C" in said(replace(FOUND, reasons=(low,))).message


def test_where_nobody_knows_when_or_how_likely_it_says_soon():
    alarm = said(replace(FOUND, impact=Impact(), confidence=None))
    assert alarm.message.endswith("of 65 °C soon.")
    assert alarm.score == 1.0


def test_a_limit_that_is_crossed_already_is_another_alarm():
    crossed = replace(CROSSING, code="LIMIT_CROSSED")
    assert said(replace(FOUND, reasons=(crossed,))) is None
