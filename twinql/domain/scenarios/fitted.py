"""Fits heat balances, each once: questions about the same past rest on the same fit."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from typing import Final

from twinql.domain.thermal.drivers import Driver, ThermalPast
from twinql.domain.thermal.fit import fit
from twinql.domain.thermal.loop import fit_loop
from twinql.domain.thermal.model import ThermalModel
from twinql.domain.thermal.refusal import Refusal

REFIT_STEPS: Final = 15
"""A fit is good for so many steps: what was read since moves only where a simulation starts."""
_MOST_FITS: Final = 50


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a model is fitted to; equal where all of it is, to the last bit."""

    digest: bytes
    past: ThermalPast = field(compare=False)
    drivers: tuple[Driver, ...]
    moved: tuple[str, ...]
    setpoint: str | None


def fitted(
    past: ThermalPast,
    drivers: Sequence[Driver],
    *,
    steps: int,
    moved: Sequence[str] = (),
    setpoint: str | None = None,
    spared: int = 0,
) -> ThermalModel | Refusal:
    """Fit a heat balance, or how a setpoint is followed, unless that was done before.

    Args:
        past: What was measured: so many steps, and `REFIT_STEPS` more where there are some.
        drivers: What may move the temperature.
        steps: How many steps it is fitted to; it ends where the grid of `REFIT_STEPS` has a mark.
        moved: Keys of what the question will change.
        setpoint: The key of the setpoint that is followed; None for a heat balance.
        spared: So many steps at the end are left out.
    """
    late = round(past.ends_s / past.step_s) % REFIT_STEPS + spared
    past = _between(past, len(past) - late - steps, len(past) - late)
    digest = sha256(repr((past.step_s, past.begins_s, sorted(past.drivers))).encode())
    for each in (past.temperatures, *(past.drivers[key] for key in sorted(past.drivers))):
        digest.update(each.tobytes())
    return _fit(_Asked(digest.digest(), past, tuple(drivers), tuple(moved), setpoint))


@lru_cache(maxsize=_MOST_FITS)
def _fit(asked: _Asked) -> ThermalModel | Refusal:
    if asked.setpoint is not None:
        return fit_loop(asked.past, setpoint=asked.setpoint)
    return fit(asked.past, asked.drivers, moved=asked.moved)


def _between(past: ThermalPast, first: int, last: int) -> ThermalPast:
    first, last = max(first, 0), max(last, 0)
    return replace(
        past,
        temperatures=past.temperatures[first:last],
        drivers={key: values[first:last] for key, values in past.drivers.items()},
        begins_s=past.begins_s + first * past.step_s,
    )
