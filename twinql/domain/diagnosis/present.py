"""How a channel stands now: how fresh it is, where it lies in its target band, and whether its calibration holds."""

from dataclasses import dataclass

import numpy as np

from twinql.domain.diagnosis.bands import CALIBRATION, FRESHNESS, CalibrationValidity, Freshness, TargetPosition
from twinql.domain.diagnosis.reason import Reason, ReasonCode, too_few
from twinql.domain.diagnosis.stretch import Stretch, holding_s

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Age:
    """How old the newest reading is.

    Attributes:
        freshness: How that is called, by the published table.
        age_s: Time since it was observed; negative on a schedule that reaches ahead. [s]
        expected_s: Time between two readings: the resolution, or learned from the readings. [s]
        learned: Whether it was learned.
    """

    freshness: Freshness
    age_s: float
    expected_s: float
    learned: bool


@dataclass(frozen=True, slots=True)
class InTarget:
    """Where values lie, seen from the target.

    Attributes:
        band: Where the newest one lies.
        share: Share of the time that values were in the band, 0 to 1.
        below: Share of the time that they were below it.
        above: Share of the time that they were above it.
        covered_s: The time that readings speak for; holes are left out. [s]
    """

    band: TargetPosition
    share: float
    below: float
    above: float
    covered_s: float


def age_of(
    last_s: float | None, *, now_s: float, resolution_s: float | None, spacing_s: float | None = None
) -> Age | Reason:
    """Say how fresh a channel is.

    Args:
        last_s: When its newest reading was observed, BAD ones too: it speaks. None where it was never read. [s]
        now_s: The present. [s]
        resolution_s: Time between two readings when all is well; None where nobody said. [s]
        spacing_s: The usual time between its readings, where it can be learned. [s]

    Returns:
        Its age; a reason where it was never read, or where nobody knows how often it should be.
    """
    if last_s is None:
        return Reason(ReasonCode.NEVER_READ, "The channel has never been read; record a reading.", 1, 0)
    expected = resolution_s or spacing_s
    if expected is None or expected <= 0:
        return Reason(
            ReasonCode.NO_SPACING, "Nobody knows how often it is read; set its resolution, or record more.", 2, 1
        )
    age = now_s - last_s
    return Age(FRESHNESS.label(age / expected), age, expected, not resolution_s)


def in_target(
    stretch: Stretch, *, minimum: float | None, maximum: float | None, until_s: float, spacing_s: float | None = None
) -> InTarget | Reason:
    """Say where values lie, seen from the target; both ends belong to it.

    Args:
        stretch: Any number of readings.
        minimum: Lower end of the target; None for none. [unit]
        maximum: Upper end of it; None for none. [unit]
        until_s: Where the time that is looked at ends. [s]
        spacing_s: The usual time between two readings; None takes that of these. [s]

    Returns:
        The band and the shares of time, which add up to 1; a reason without a target or without readings. Where no
        time has passed each reading counts alike.
    """
    if minimum is None and maximum is None:
        return Reason(ReasonCode.NO_TARGET, "The channel has no target band; set its target.")
    if not len(stretch):
        return too_few(1, 0)
    below = np.zeros(len(stretch), dtype=bool) if minimum is None else stretch.values < minimum
    above = np.zeros(len(stretch), dtype=bool) if maximum is None else stretch.values > maximum
    held = holding_s(stretch.at_s, until_s, spacing_s)
    covered = float(held.sum())
    weights = held / covered if covered > 0 else np.full(len(held), 1 / len(held))
    band = TargetPosition.BELOW if below[-1] else TargetPosition.ABOVE if above[-1] else TargetPosition.IN
    under, over = float(weights[below].sum()), float(weights[above].sum())
    return InTarget(band, max(0.0, 1 - under - over), under, over, covered)


def calibration_validity(
    performed_s: float | None, *, valid_until_s: float | None, now_s: float
) -> CalibrationValidity:
    """Say whether a calibration still holds; UNKNOWN without one, or where nobody said until when.

    Args:
        performed_s: When the newest one was made; None for none. [s]
        valid_until_s: Until when it holds; None where nobody said. [s]
        now_s: The present. [s]
    """
    if performed_s is None or valid_until_s is None:
        return CalibrationValidity.UNKNOWN
    return CALIBRATION.label((valid_until_s - now_s) / DAY_S)
