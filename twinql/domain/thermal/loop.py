"""How a channel follows its own setpoint, whatever controls it: a closed loop that may swing."""

from dataclasses import dataclass

import numpy as np

from twinql.domain.thermal.averaging import Candidate, averaged
from twinql.domain.thermal.balance import Balance, Layout
from twinql.domain.thermal.drivers import Driver, DriverRole, Floats, ThermalPast
from twinql.domain.thermal.limits import MOST_STEPS
from twinql.domain.thermal.model import ThermalModel
from twinql.domain.thermal.prepare import bridged, moves, newest, scale_of, stretches_of
from twinql.domain.thermal.reasons import poor, refused, too_little
from twinql.domain.thermal.refusal import Refusal, RefusalCode
from twinql.domain.thermal.selection import tried


@dataclass(frozen=True, slots=True)
class Loop:
    """The layout of a lump under integral control: dT/dt = b (E - T) and dE/dt = c (S + R - T).

    S is the setpoint and R a lasting difference from it. E is what the control asks for; the poles are those of any
    loop of second order, of natural frequency √(b c) and damping √(b / c) / 2, so it overshoots where c > b / 4.

    Attributes:
        setpoint: Key of the setpoint.
    """

    setpoint: str

    @property
    def sinks(self) -> tuple[str, ...]:
        """The setpoint."""
        return (self.setpoint,)

    @property
    def flows(self) -> tuple[tuple[str, int | None], ...]:
        """None."""
        return ()

    @property
    def heats(self) -> tuple[tuple[str, int], ...]:
        """None."""
        return ()

    @property
    def order(self) -> int:
        """Always the second."""
        return 2

    @property
    def positive(self) -> tuple[str, ...]:
        """The two rates."""
        return ("following", "integration")

    @property
    def size(self) -> int:
        """The rates and the lasting difference."""
        return 3

    def assemble(self, theta: Floats, flows: Floats) -> tuple[Floats, Floats]:
        """Make rates and gains of numbers; as for `Balance`."""
        b, c = np.exp(theta[:, 0]), np.exp(theta[:, 1])
        rates = np.zeros((len(theta), len(flows), 2, 2))
        rates[:, :, 0, 0], rates[:, :, 0, 1], rates[:, :, 1, 0] = -b[:, None], b[:, None], -c[:, None]
        gains = np.zeros((len(theta), 2, 2))
        gains[:, 0, 1], gains[:, 1, 1] = c, c * theta[:, 2]
        return rates, gains

    def starts(self, steps: int) -> list[Floats]:
        """Guess rates from one step to a part of a past of so many, swinging and not."""
        paces = np.geomspace(1.0, 1.0 / max(steps / 8.0, 4.0), 6)
        return [np.array([np.log(pace), np.log(pace * ratio), 0.0]) for pace in paces for ratio in (0.1, 1.0)]


def fit_loop(past: ThermalPast, *, setpoint: str) -> ThermalModel | Refusal:
    """Fit how a channel follows its own setpoint: as a lump, or as a loop that may swing, or an average of both.

    Args:
        past: The channel in `temperatures` (any quantity), its setpoint among the drivers, in the same unit.
        setpoint: The key of the setpoint.

    Returns:
        A model whose one driver is the setpoint; or why there is none.
    """
    past = newest(past, MOST_STEPS)
    if not moves(past, [setpoint])[setpoint]:
        return Refusal(
            RefusalCode.SETPOINT_NEVER_MOVED,
            "The setpoint has stood still all the time, so nothing is known of how it is followed.",
            "A past in which it was changed at least a few times.",
        )
    drivers = (Driver(setpoint, DriverRole.SINK),)
    past = bridged(past, drivers)
    found = refused(past, drivers)
    if found is not None:
        return found
    layouts: tuple[Layout, ...] = (Balance((setpoint,), (), (), order=1, reference=False), Loop(setpoint))
    scale = scale_of(past, drivers, {setpoint: 1.0})
    laid = [(layout, stretches_of(past, drivers, layout, scale)) for layout in layouts]
    trials = [tried(layout, stretches) for layout, stretches in laid if stretches is not None]
    candidates = [Candidate(trial, scale) for trial in trials if trial is not None]
    if not candidates:
        return too_little(past, drivers)
    model = averaged(past, drivers, candidates)
    return model if model.goodness.trusted else poor(model.goodness)
