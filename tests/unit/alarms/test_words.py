"""What alarms say: one sentence with its numbers, and evidence that leads to readings."""

from uuid import UUID

import pytest

from twinql.domain.alarms.words import evidence_of, message_of
from twinql.domain.detection.finding import Cause, Fact, Finding
from twinql.domain.spoken import amount


def finding(cause, value, threshold, unit, message="It is far from what is usual."):
    return Finding(cause, 0.0, holds=True, facts=(Fact("CODE", message, value, threshold, unit, 0.0, 60.0),))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            finding(Cause.LIMIT_HIGH, 71.2, 70.0, "DEGREE_CELSIUS"),
            "Spindle temperature is 71.2 °C, above its high limit of 70 °C.",
        ),
        (finding(Cause.LIMIT_LOW_LOW, -3.0, 0.0, "ONE"), "Spindle temperature is -3, below its lowest limit of 0."),
        (
            finding(Cause.STALE, 420.0, 180.0, "SECOND"),
            "Spindle temperature has been silent for 7 min (allowed: 3 min).",
        ),
        (
            finding(Cause.CLOCK_OFF, -3600.0, -60.0, "SECOND"),
            "The clock of Spindle temperature is off by 1 h (allowed: 1 min).",
        ),
        (
            finding(Cause.SPIKE, 12.5, 4.0, None),
            "Spindle temperature has leapt up: it is far from what is usual (12.5 against 4).",
        ),
        (finding(Cause.DRIFT, None, None, None), "Spindle temperature drifts away: it is far from what is usual."),
        (Finding(Cause.DIP, 0.0, holds=True), "Spindle temperature has dropped."),
    ],
)
def test_an_alarm_says_what_is_wrong_with_its_numbers(found, said):
    assert message_of(found, "Spindle temperature") == said


def stuck(value, threshold, unit, code, usual):
    facts = [Fact("RUN", "", value, threshold, unit, 0.0, 60.0), Fact(code, "", value, usual, unit, 0.0, 60.0)]
    return Finding(Cause.STUCK, 0.0, holds=True, facts=tuple(facts))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (stuck(120.0, 120.0, "SECOND", "USUAL_FLAT", 3.0), "for 2 min; it usually changes within 3 s."),
        (stuck(15.0, 14.0, None, "USUAL_RUN", 4.0), "for 15 readings; it usually changes within 4 readings."),
        (stuck(15.0, 14.0, None, "USUAL_RUN", 1.0), "for 15 readings; it usually changes with each reading."),
    ],
)
def test_what_is_stuck_says_how_soon_it_usually_changes(found, said):
    assert message_of(found, "Flow") == f"Flow has shown the same value {said}"


def test_every_cause_has_words():
    for cause in Cause:
        assert message_of(finding(cause, 1.0, 2.0, None), "X").endswith(".")


def test_numbers_are_written_as_people_write_them():
    written = [amount(each, "KILOWATT_HOUR") for each in (0.0, 0.123456, 9.99996, 12345.6, 1e12, -71.25)]
    assert written == ["0 kWh", "0.1235 kWh", "10 kWh", "12346 kWh", "1e+12 kWh", "-71.25 kWh"]
    assert [amount(each, "SECOND") for each in (30.0, 90.0, 5400.0, 259200.0)] == ["30 s", "1.5 min", "1.5 h", "3 d"]
    assert amount(1.5, "FURLONG_PER_FORTNIGHT") == "1.5"


def test_evidence_leads_to_readings():
    channel = UUID(int=7)
    (fact,) = evidence_of(finding(Cause.STALE, 420.0, 180.0, "SECOND"), channel)
    assert (fact["channelId"], fact["from"], fact["until"]) == (
        str(channel),
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:01:00Z",
    )
    assert (fact["code"], fact["value"], fact["threshold"], fact["unit"]) == ("CODE", 420.0, 180.0, "SECOND")
