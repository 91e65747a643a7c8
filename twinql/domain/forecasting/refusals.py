"""Why a past is not enough for a forecast, and what would help."""

from datetime import timedelta
from math import ceil
from typing import Final

import numpy as np

from twinql.domain.durations import format_duration
from twinql.domain.forecasting.candidates import steps_needed
from twinql.domain.forecasting.grid import horizon_to_see, past_steps
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Past
from twinql.domain.forecasting.prediction import Refusal

_FEWEST_VALUES: Final = 24
_TIMES_THE_HORIZON: Final = 1.9
"""Twice, but for what lacks where a record begins and ends: sixty days tell thirty."""
_LARGEST: Final = 1e120
"""Beyond this squares and their sums are not finite; a reading is at most 1e100. [unit of the channel]"""


def too_short(past: Past, steps: int) -> Refusal | None:
    """Say what lacks in a past that begins with a value, if something does."""
    size, filled = past.values.size, int(np.count_nonzero(~np.isnan(past.values)))
    needed, needed_filled = max(_FEWEST_VALUES, ceil(_TIMES_THE_HORIZON * steps)), max(_FEWEST_VALUES, steps)
    if size >= needed and filled >= needed_filled:
        return None
    return Refusal(
        "INSUFFICIENT_HISTORY",
        f"The past is {_long(past, size)} long, with readings in {_long(past, filled)} of it; looking "
        f"{_long(past, steps)} ahead takes {_long(past, needed)}, with readings in {_long(past, needed_filled)} of it. "
        "Wait, or ask for a shorter horizon.",
    )


def too_large(past: Past) -> Refusal | None:
    """Refuse values that nothing can be worked out with, if there are any."""
    if np.max(np.abs(past.values), where=~np.isnan(past.values), initial=0.0) <= _LARGEST:
        return None
    return Refusal("NOT_COMPUTABLE", f"No model works on values beyond ±{_LARGEST:g}; take wrong readings out first.")


def no_season(past: Past, steps: int, only: ForecastModel | None) -> Refusal:
    """Say why a model that rests on a season cannot be asked for, and whether waiting helps."""
    name = only.value if only else "It"
    needed = steps_needed(past, steps, only)
    if needed is None:
        message = f"{name} needs steps that go into a day or a week, and are shorter; these are {_long(past, 1)} long."
        return Refusal("NO_SEASON", f"{message} Ask for another horizon, or leave the model open.")
    message = f"{name} needs a past of {_long(past, needed)}, and this one is {_long(past, past.values.size)} long."
    if needed <= past_steps(past.step_s):
        return Refusal("NO_SEASON", f"{message} Wait, or leave the model open.")
    beyond = format_duration(timedelta(seconds=horizon_to_see(needed * past.step_s)))
    reach = f"With steps of {_long(past, 1)} no more than {_long(past, past_steps(past.step_s))} are looked back at."
    return Refusal(
        "NO_SEASON", f"{message} {reach} Ask for a horizon of more than {beyond}, with longer steps, or leave it open."
    )


def _long(past: Past, steps: int) -> str:
    return format_duration(timedelta(seconds=steps * past.step_s))
