"""What a meter counted, with what it will probably count behind it: the load that plans and what-ifs set out from."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from twinql.domain.channels import FlowDirection
from twinql.domain.metering.intervals import Intervals
from twinql.domain.readings import to_us
from twinql.domain.scenarios.expected_load import ExpectedLoad, expected_load, step_of
from twinql.domain.scenarios.scenario import ScenarioRefusal
from twinql.domain.scenarios.shifting import Load
from twinql.domain.units import Quantity
from twinql.storage.metering import BillingChannel, MeteredMeter

Run = Callable[..., Awaitable[Any]]
"""Works a function out beside the event loop, and returns what it gives."""
READ_DAYS: Final = 35
"""More than what is forecast from, and more than a billing month, in which blocks count."""
MEDIAN: Final = "median"


@dataclass(frozen=True, slots=True)
class ForeseenMeter:
    """A meter with the one channel of each direction that counts for it, and what these will probably count.

    Attributes:
        metered: The meter.
        imports: What counts what it takes in.
        exports: What counts what it feeds in; None where nothing does.
        known: What they counted, by the number of the channel.
        expected: By the number of the channel, where the period is not over.
    """

    imports: BillingChannel
    exports: BillingChannel | None
    known: Mapping[int, Intervals]
    expected: Mapping[int, ExpectedLoad]

    def counted(self, side: str, given: Mapping[int, Intervals] | None = None) -> dict[int, Intervals]:
        """Return what was counted, and behind it what is expected; what is given reaches further back.

        What is fed in is the median on every side. Bounds are of single steps: were it high all night, what is moved
        there would be taken from sun that never shines, and one and the same move would be another on each side.
        """
        found = {**self.known, **(given or {})}
        for number, each in self.expected.items():
            found[number] = getattr(each, side if number == self.imports.number else MEDIAN)
        return found

    def load(self, counted: Mapping[int, Intervals]) -> Load:
        """Return what the meter counted both ways."""
        return Load(counted[self.imports.number], None if self.exports is None else counted[self.exports.number])

    def written(self, counted: Mapping[int, Intervals], load: Load) -> dict[int, Intervals]:
        """Return what was counted, with a load in its place."""
        found = {**counted, self.imports.number: load.imported}
        if self.exports is not None and load.exported is not None:
            found[self.exports.number] = load.exported
        return found


def counting_channels(metered: MeteredMeter) -> list[BillingChannel] | ScenarioRefusal:
    """Return the channel that counts what is taken in, and after it the one that counts what is fed in, if any."""
    imports, exports = ([c for c in metered.channels if c.direction is way] for way in FlowDirection)
    if not imports:
        message = "Nothing of this meter counts what it takes in."
        return ScenarioRefusal("NO_REGISTER", message, "A channel of energy, an INTERVAL one or a register.")
    if imports[0].quantity is not Quantity.ENERGY:
        message = "This meter counts a volume; a load is shifted in kilowatt hours."
        return ScenarioRefusal("NO_ENERGY", message, "A meter that counts energy.")
    if len(imports) > 1 or len(exports) > 1:
        message = (
            "Several registers of this meter count one direction, and nobody knows which would count what is moved."
        )
        return ScenarioRefusal("SEVERAL_REGISTERS", message, "An INTERVAL channel, or one register for each direction.")
    return imports + exports


async def foreseen(
    channels: list[BillingChannel],
    counted: Mapping[int, Intervals],
    run: Run,
    *,
    until: datetime | None,
    level: float,
) -> ForeseenMeter | ScenarioRefusal:
    """Lay behind what a meter counted what it will probably count.

    Args:
        channels: What `counting_channels` gave.
        counted: What they counted in the last weeks, by their numbers.
        run: Works out what takes long beside the event loop.
        until: Up to when it is wanted; None where all of it was read.
        level: Share of outcomes that should lie between the bounds of a step.
    """
    expected: dict[int, ExpectedLoad] = {}
    step_s = step_of(channels[0].resolution_s)
    until_us = 0 if until is None else to_us(until)
    for each in channels if until is not None else []:
        made = await run(_expected, counted[each.number], until_us, step_s, each.time_zone, level)
        if isinstance(made, ScenarioRefusal):
            return made
        expected[each.number] = made
    return ForeseenMeter(channels[0], channels[1] if len(channels) > 1 else None, counted, expected)


def _expected(
    counted: Intervals, until_us: int, step_s: int, zone: str, level: float
) -> ExpectedLoad | ScenarioRefusal:
    return expected_load(counted, until_us=until_us, step_s=step_s, zone=zone, level=level)
