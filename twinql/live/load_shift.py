"""What would it cost had energy been used at another time, or if it will be: a meter's load under its tariff."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from twinql.domain.channels import FlowDirection
from twinql.domain.instants import format_instant
from twinql.domain.metering.intervals import BILLION, Intervals
from twinql.domain.readings import from_us, to_us
from twinql.domain.scenarios.expected_load import ExpectedLoad, expected_load, step_of
from twinql.domain.scenarios.load_shift import LoadShift, Priced, energies, money, steps_of
from twinql.domain.scenarios.scenario import Course, Floats, Scenario, ScenarioKind, ScenarioRefusal
from twinql.domain.scenarios.shifting import Load, shifted
from twinql.domain.tariffs.wish import CostWish
from twinql.domain.units import Quantity
from twinql.errors import InvalidInputError, NotFoundError, TwinError
from twinql.storage.costs import Costed, Reading, carbons_of, costs_of
from twinql.storage.metering import BillingChannel, MeteredMeter, intervals_of, meters_to_bill

Run = Callable[..., Awaitable[Any]]
"""Works a function out beside the event loop, and returns what it gives."""
_READ_DAYS: Final = 35
"""More than what is forecast from, and more than a billing month, in which blocks count."""
_MEDIAN: Final = "median"
_BOUNDS: Final = ("lower", "upper")


@dataclass(frozen=True, slots=True)
class _Meter:
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
            found[number] = getattr(each, side if number == self.imports.number else _MEDIAN)
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


async def shift_load(
    reading: Reading, run: Run, wanted: LoadShift, name: str | None, *, now: datetime
) -> Scenario | ScenarioRefusal:
    """Work out what a load would cost that is used at other times, beside what it costs as it is or is expected.

    Args:
        reading: Opens transactions that only read, as whoever asks.
        run: Works out what takes long beside the event loop.
        wanted: What is asked.
        name: What people call it; None for how much is moved.
        now: The present.

    Raises:
        NotFoundError: There is no such meter that the actor may see.
        TwinError: It can never be worked out as it is asked.
    """
    wanted.check()
    if (refusal := wanted.refusal(now)) is not None:
        return refusal
    async with reading() as connection:
        (metered,) = await meters_to_bill(connection, [wanted.meter_id])
        if metered is None:
            message = "There is no meter with this id that you may see; look it up with `meters`."
            raise NotFoundError(message, path=("loadShift", "meterId"))
        channels = _channels(metered)
        if isinstance(channels, ScenarioRefusal):
            return channels
        since = min(wanted.first, now - timedelta(days=_READ_DAYS)) if wanted.last > now else wanted.first
        found = await intervals_of(connection, channels, since, min(wanted.last, now), as_of=None)
    counted = {channel.number: each for channel, each in zip(channels, found, strict=True)}
    meter = await _foreseen(channels, counted, wanted, run, now)
    return meter if isinstance(meter, ScenarioRefusal) else await _scenario(reading, meter, wanted, name)


def _channels(metered: MeteredMeter) -> list[BillingChannel] | ScenarioRefusal:
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


async def _foreseen(
    channels: list[BillingChannel], counted: Mapping[int, Intervals], wanted: LoadShift, run: Run, now: datetime
) -> _Meter | ScenarioRefusal:
    expected: dict[int, ExpectedLoad] = {}
    step_s = step_of(channels[0].resolution_s)
    for each in channels if wanted.last > now else []:
        made = await run(_expected, counted[each.number], to_us(wanted.last), step_s, each.time_zone, wanted.level)
        if isinstance(made, ScenarioRefusal):
            return made
        expected[each.number] = made
    return _Meter(channels[0], channels[1] if len(channels) > 1 else None, counted, expected)


def _expected(
    counted: Intervals, until_us: int, step_s: int, zone: str, level: float
) -> ExpectedLoad | ScenarioRefusal:
    return expected_load(counted, until_us=until_us, step_s=step_s, zone=zone, level=level)


async def _scenario(reading: Reading, meter: _Meter, wanted: LoadShift, name: str | None) -> Scenario | ScenarioRefusal:
    sides = (_MEDIAN, *_BOUNDS) if meter.expected else (_MEDIAN,)
    loads = {side: meter.load(meter.counted(side)) for side in sides}
    moved = {side: shifted(each, wanted.moves, sparing=side != _MEDIAN) for side, each in loads.items()}
    usual = moved[_MEDIAN]
    if isinstance(usual, ScenarioRefusal):
        return usual
    priced = {side: await _priced(reading, meter, wanted, side) for side in sides if isinstance(moved[side], Load)}
    median = priced[_MEDIAN]
    if isinstance(median, ScenarioRefusal):
        return median
    if median.saving is None:
        message = (
            "Energy would be moved between times of which only some have a price, so there is no honest difference."
        )
        return ScenarioRefusal("NOT_RATED", message, "Prices, terms and agreements for all of both windows.")
    step_s = step_of(meter.imports.resolution_s)
    before = {side: _steps(each, wanted, step_s) for side, each in loads.items()}
    after = {side: _steps(each, wanted, step_s) for side, each in moved.items() if isinstance(each, Load)}
    found = {
        **energies(before[_MEDIAN], after[_MEDIAN], usual.moved, step_s=step_s),
        **money(median, *(_bound(priced.get(side)) for side in _BOUNDS)),
        "carbon": await _carbon(reading, meter, wanted),
        "expected_from": _expected_from(meter),
    }
    return Scenario(
        channel_id=meter.imports.channel_id,
        kind=ScenarioKind.LOAD_SHIFT,
        name=name or f"If {usual.moved / BILLION:.3f} kWh are used at other times",
        starts_at=wanted.first,
        step_s=step_s,
        level=wanted.level,
        asked=wanted.asked(),
        baseline=_course(before),
        alternative=_course(after if len(after) == len(before) else {_MEDIAN: after[_MEDIAN]}),
        findings={"load": found},
    )


def _steps(load: Load, wanted: LoadShift, step_s: int) -> Floats:
    return steps_of(load, first_us=to_us(wanted.first), last_us=to_us(wanted.last), step_s=step_s)


def _course(sides: Mapping[str, Floats]) -> Course:
    return Course(sides.get("lower"), sides[_MEDIAN], sides.get("upper"))


def _bound(priced: Priced | ScenarioRefusal | None) -> Priced | None:
    return priced if isinstance(priced, Priced) else None


def _expected_from(meter: _Meter) -> str | None:
    expected = meter.expected.get(meter.imports.number)
    return None if expected is None else format_instant(from_us(expected.from_us))


async def _priced(reading: Reading, meter: _Meter, wanted: LoadShift, side: str) -> Priced | ScenarioRefusal:
    wish = CostWish(wanted.first, wanted.last, wanted.last, tariff_id=wanted.tariff_id)
    before, after = _alterations(meter, wanted, side)
    found = []
    for each in (before, after):
        try:
            (costed,) = await costs_of(reading, wish, [wanted.meter_id], altered=each)
        except (InvalidInputError, NotFoundError) as error:
            raise _placed(error) from error
        if isinstance(costed, TwinError):
            raise _placed(costed)
        found.append(costed)
    if not all(isinstance(each, Costed) and each.charged for each in found):
        message = "Nobody charges this meter for the period."
        return ScenarioRefusal("NO_TARIFF", message, "An agreement that holds then, or a `tariffId` to reckon with.")
    return Priced(*(each.cost for each in found if each is not None))


def _placed(error: TwinError) -> TwinError:
    """Say where in the input it stands what rating found wrong."""
    return type(error)(error.message, path=("loadShift", *error.path))


async def _carbon(reading: Reading, meter: _Meter, wanted: LoadShift) -> dict[str, float] | None:
    """Return what baseline and alternative emit; None where that is not known of all of it. [kg]."""
    wish = CostWish(wanted.first, wanted.last, wanted.last)
    before, after = _alterations(meter, wanted, _MEDIAN)
    found = {}
    for name, each in (("baseline", before), ("alternative", after)):
        (carbon,) = await carbons_of(reading, wish, [wanted.meter_id], altered=each)
        if carbon is None or isinstance(carbon, TwinError) or not carbon.complete:
            return None
        found[name] = float(carbon.kg)
    return found


def _alterations(
    meter: _Meter, wanted: LoadShift, side: str
) -> tuple[Callable[[Mapping[int, Intervals]], dict[int, Intervals]], ...]:
    """Return what makes the baseline of what was counted, and the alternative; that it can be moved was seen before."""

    def before(counted: Mapping[int, Intervals]) -> dict[int, Intervals]:
        return meter.counted(side, counted)

    def after(counted: Mapping[int, Intervals]) -> dict[int, Intervals]:
        base = before(counted)
        load = shifted(meter.load(base), wanted.moves, sparing=side != _MEDIAN)
        return meter.written(base, load) if isinstance(load, Load) else base

    return before, after
