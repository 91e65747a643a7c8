"""What a channel will probably read: the model that did best on the channel's own past, and how good it was."""

from dataclasses import replace

import numpy as np

from twinql.domain.forecasting.candidates import candidates, naive
from twinql.domain.forecasting.choice import choose
from twinql.domain.forecasting.measured import measured
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.possible import Possible
from twinql.domain.forecasting.prediction import Prediction, Refusal
from twinql.domain.forecasting.refusals import no_season, too_large, too_short
from twinql.domain.forecasting.scale import PLAIN, Scale
from twinql.domain.forecasting.simple import Simple, last_known
from twinql.domain.forecasting.trial import Origins, learned_again, try_out


def forecast(
    past: Past,
    *,
    steps: int,
    level: float = 0.8,
    cumulative: bool = False,
    lowest: float = -np.inf,
    highest: float = np.inf,
    only: ForecastModel | None = None,
) -> Prediction | Refusal:
    """Forecast the next steps of a channel.

    Every candidate looks ahead from up to 300 points of the past. The one that did best on the older 60 % of them is
    used: what it learns, it learned from that part when its accuracy is measured on the younger one, and from all of
    the past when it looks ahead now. Where values are far from what is usual, a simple model fails and a trend does
    not, that one is used instead: this is how a forecast notices that a pump has stopped, also for the third time.

    Args:
        past: What was read until now.
        steps: How many steps to forecast, at least 1.
        level: Share of outcomes that should lie between the bounds, between 0 and 1.
        cumulative: Whether the values are a register that counts up; a fall is a reset.
        lowest: Nothing below this is possible. [unit of the channel]
        highest: Nothing above this is possible. [unit of the channel]
        only: The model to use, when somebody asked for it by name.

    Returns:
        The forecast with its measured accuracy, or why there is none.
    """
    past = past.trimmed()
    if (refusal := too_short(past, steps) or too_large(past)) is not None:
        return refusal
    last_value = float(last_known(past.values)[-1])
    if cumulative:
        past = replace(past, values=unrolled(past.values))
    methods = candidates(past, steps, only, cumulative=cumulative)
    if not methods:
        return no_season(past, steps, only)
    origins, scale = Origins.of(past.values.size, steps), PLAIN if cumulative else Scale.of(past.values)
    persistence, seasonal = Simple(ForecastModel.PERSISTENCE), naive(past, cumulative=cumulative)
    tried = {each: try_out(each, past, origins, scale) for each in dict.fromkeys([persistence, seasonal, *methods])}
    used = choose([tried[each] for each in methods], tried[persistence], past, cumulative=cumulative)
    again, expected = learned_again(used, past)
    if np.isnan(expected).all():
        return Refusal(
            "INSUFFICIENT_HISTORY",
            f"The past is too short for {used.method.model.value} to learn from. Wait, or leave the model open.",
        )
    median = np.where(np.isnan(expected), last_known(past.values)[-1], expected)[None, :]
    margins, here, possible = (
        again.margins(level, slice(None)),
        np.array([origins.now]),
        Possible(lowest, highest, cumulative),
    )
    told = possible.told(past, here, median, margins, known_until=past.values.size)
    return Prediction(
        model=used.method.model,
        lower=told.lower[0],
        median=told.median[0],
        upper=told.upper[0],
        accuracy=measured(
            past,
            used,
            persistence=tried[persistence],
            seasonal=tried[seasonal].else_of(tried[persistence]),
            level=level,
            possible=possible,
        ),
        last_value=last_value,
    )


def unrolled(values: Floats) -> Floats:
    """Return a register as if it had never been reset, ending at the value it has now.

    Args:
        values: Register values in time order, shape (n,). NaN is a gap. [unit of the channel]

    Returns:
        The same shape, never falling: across a fall the register is taken to have stood still.
    """
    result = values.copy()
    known = np.flatnonzero(~np.isnan(values))
    if known.size:
        increase = np.maximum(np.diff(values[known]), 0.0)
        total = np.concatenate([[0.0], np.cumsum(increase)])
        result[known] = values[known[-1]] - total[-1] + total
    return result
