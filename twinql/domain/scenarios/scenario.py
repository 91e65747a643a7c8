"""A scenario that was worked out, and why one was not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class ScenarioKind(Enum):
    """What a scenario asks about."""

    TEMPERATURE = "TEMPERATURE"
    LOAD_SHIFT = "LOAD_SHIFT"


@dataclass(frozen=True, slots=True)
class ScenarioRefusal:
    """Why there is no scenario.

    Attributes:
        code: For programs.
        message: For people: what is wrong, with the numbers.
        needed: For people: what would be needed.
    """

    code: str
    message: str
    needed: str


@dataclass(frozen=True, slots=True)
class Course:
    """What is expected, step by step; columns of shape (steps,), in the unit of the scenario.

    Attributes:
        lower: Lower bounds; None where nothing is uncertain.
        median: Medians.
        upper: Upper bounds; None where nothing is uncertain.
    """

    lower: Floats | None
    median: Floats
    upper: Floats | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What would happen if, to be kept.

    Attributes:
        channel_id: The channel whose values it foresees, or that counts the load.
        kind: What it asks about.
        name: What people call it.
        starts_at: Start of the first step.
        step_s: Length of a step. [s]
        level: Share of outcomes that should lie between the bounds.
        asked: What was assumed, for JSON.
        baseline: If nobody does anything.
        alternative: If what was assumed happens; as long as the baseline.
        findings: What follows, for JSON.
    """

    channel_id: UUID
    kind: ScenarioKind
    name: str
    starts_at: datetime
    step_s: int
    level: float
    asked: Mapping[str, Any]
    baseline: Course
    alternative: Course
    findings: Mapping[str, Any]
