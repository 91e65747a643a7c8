"""Writes down what follows from a scenario of a temperature, for JSON."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from twinql.domain.scenarios.temperature import TemperatureAnswer
from twinql.domain.thermal.trajectory import Crossing, Overshoot
from twinql.domain.units import Unit

_DIFFERENCE: Final = {Unit.DEGREE_FAHRENHEIT: "°F"}
"""What a difference of one is called in units whose degree is no kelvin."""


def written(answer: TemperatureAnswer, channels: Mapping[str, UUID], unit: Unit) -> dict[str, Any]:
    """Write down crossings, overshoot and fit.

    Args:
        answer: The answer.
        channels: The channels by the keys of inputs.
        unit: The unit of the temperature.
    """
    return {
        "crossings": [
            *_crossings("BASELINE", answer.baseline_crossings),
            *_crossings("ALTERNATIVE", answer.alternative_crossings),
        ],
        "overshoot": None if answer.overshoot is None else _overshoot(answer.overshoot),
        "beyond": answer.alternative.beyond,
        "told_s": answer.told_s,
        "fit": {
            "order": answer.goodness.order,
            "rmse": answer.goodness.rmse,
            "r2": answer.goodness.r2,
            "persistence_rmse": answer.goodness.persistence_rmse,
            "count": answer.goodness.count,
            "from_s": answer.goodness.from_s,
            "until_s": answer.goodness.until_s,
            "drivers": [
                {"channel_id": str(channels[each.key]), "role": each.role.value}
                for each in answer.drivers
                if each.key in channels
            ],
            "parameters": [
                {
                    "name": each.name,
                    "value": each.value,
                    "lower": each.lower,
                    "upper": each.upper,
                    "unit": re.sub("^K\\b", _DIFFERENCE.get(unit, "K"), each.unit),
                }
                for each in answer.parameters
            ],
        },
    }


def _crossings(course: str, crossings: Sequence[Crossing]) -> list[dict[str, Any]]:
    return [
        {
            "of": course,
            "threshold": each.threshold,
            "rising": each.rising,
            "earliest_s": each.earliest_s,
            "median_s": each.median_s,
            "latest_s": each.latest_s,
            "probability": each.probability,
        }
        for each in crossings
    ]


def _overshoot(found: Overshoot) -> dict[str, Any]:
    return {
        "lower": found.lower,
        "median": found.median,
        "upper": found.upper,
        "probability": found.probability,
        "tolerance": found.tolerance,
        "reached_s": found.reaches.median_s,
    }
