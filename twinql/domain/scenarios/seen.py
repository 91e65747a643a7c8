"""How far a heat balance may be asked: values, steps and temperatures of which its past has something to say."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from twinql.domain.scenarios.scenario import Floats, ScenarioRefusal
from twinql.domain.scenarios.stretch import longest_s
from twinql.domain.thermal.model import Parameter, ThermalModel
from twinql.domain.thermal.trajectory import Trajectory

MOST_BEYOND: Final = 0.5
"""An input may be supposed to leave the range that it had by this share of it: nothing is straight for ever."""
LATELY_STEPS: Final = 60
"""Where a past without so many of its last steps can be explained, and with them it cannot, something is amiss now."""
SPANS_BEYOND: Final = 4.0
"""A course is told up to so many times the range of the past beyond it. A spindle that was between 22 and 42 °C is told
up to 122 °C. Without coolant it heats up to 95 °C, where it trips: 2.6 to 3.9 ranges beyond, in 40 simulated pasts."""


def unseen(key: str, value: float, past: Floats) -> ScenarioRefusal | None:
    """Say that a value lies far outside of what an input has ever had: nobody knows what follows from that.

    One that is not known, or never moved, is refused for that, later.
    """
    known = past[~np.isnan(past)]
    if not known.size or known.min() == known.max():
        return None
    lowest, highest = float(known.min()), float(known.max())
    room = MOST_BEYOND * (highest - lowest)
    if lowest - room <= value <= highest + room:
        return None
    return ScenarioRefusal(
        "UNSEEN_VALUE",
        f"{key} has been between {lowest:g} and {highest:g}; what {value:g} would do nobody has seen.",
        f"A value between {lowest - room:g} and {highest + room:g}.",
    )


def fastest_s(parameters: Sequence[Parameter]) -> float:
    """Return the shortest time constant of a heat balance; infinite if none is named. [s]."""
    return min((each.value for each in parameters if "time constant" in each.name), default=np.inf)


def too_long(horizon_step_s: float, parameters: Sequence[Parameter]) -> ScenarioRefusal | None:
    """Refuse steps in which the temperature has answered before the next one begins.

    Args:
        horizon_step_s: The step that the horizon asks for. [s]
        parameters: Those of a balance that was fitted to finer steps.
    """
    fastest = fastest_s(parameters)
    if horizon_step_s <= fastest:
        return None
    hours = longest_s(fastest) / 3600
    return ScenarioRefusal(
        "HORIZON_TOO_LONG",
        f"The temperature answers within {fastest:.0f} s, and so far ahead it could be followed only in steps of "
        f"{horizon_step_s:.0f} s.",
        f"A horizon of at most {hours:g} hours.",
    )


def told(course: Trajectory, model: ThermalModel) -> Trajectory | ScenarioRefusal:
    """Cut a course off where its median is too far outside of the past; refuse one that begins there."""
    room = SPANS_BEYOND * (model.highest - model.lowest)
    outside = (course.median < model.lowest - room) | (course.median > model.highest + room)
    if not outside.any():
        return course
    count = int(np.argmax(outside))
    if count:
        return replace(
            course,
            lower=course.lower[:count],
            median=course.median[:count],
            upper=course.upper[:count],
            paths=course.paths[:, :count],
        )
    return ScenarioRefusal(
        "OUT_OF_HISTORY",
        f"It would be at {course.median[0]:.4g} at once, and its past was between {model.lowest:.4g} and "
        f"{model.highest:.4g}.",
        "Something that changes less, or a past that has seen more.",
    )
