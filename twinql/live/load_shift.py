"""What would it cost had energy been used at another time, or if it will be: a meter's load under its tariff."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from twinql.domain.instants import format_instant
from twinql.domain.metering.intervals import BILLION, Intervals
from twinql.domain.readings import from_us, to_us
from twinql.domain.scenarios.expected_load import step_of
from twinql.domain.scenarios.load_shift import LoadShift, Priced, energies, money, steps_of
from twinql.domain.scenarios.scenario import Course, Floats, Scenario, ScenarioKind, ScenarioRefusal
from twinql.domain.scenarios.shifting import Load, shifted
from twinql.domain.tariffs.wish import CostWish
from twinql.errors import InvalidInputError, NotFoundError, TwinError
from twinql.live.foreseen_meter import MEDIAN, READ_DAYS, ForeseenMeter, Run, counting_channels, foreseen
from twinql.storage.costs import Costed, Reading, carbons_of, costs_of
from twinql.storage.metering import intervals_of, meters_to_bill

_BOUNDS: Final = ("lower", "upper")


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
        channels = counting_channels(metered)
        if isinstance(channels, ScenarioRefusal):
            return channels
        since = min(wanted.first, now - timedelta(days=READ_DAYS)) if wanted.last > now else wanted.first
        found = await intervals_of(connection, channels, since, min(wanted.last, now), as_of=None)
    counted = {channel.number: each for channel, each in zip(channels, found, strict=True)}
    ahead = wanted.last if wanted.last > now else None
    meter = await foreseen(channels, counted, run, until=ahead, level=wanted.level)
    return meter if isinstance(meter, ScenarioRefusal) else await _scenario(reading, meter, wanted, name)


async def _scenario(
    reading: Reading, meter: ForeseenMeter, wanted: LoadShift, name: str | None
) -> Scenario | ScenarioRefusal:
    sides = (MEDIAN, *_BOUNDS) if meter.expected else (MEDIAN,)
    loads = {side: meter.load(meter.counted(side)) for side in sides}
    moved = {side: shifted(each, wanted.moves, sparing=side != MEDIAN) for side, each in loads.items()}
    usual = moved[MEDIAN]
    if isinstance(usual, ScenarioRefusal):
        return usual
    priced = {side: await _priced(reading, meter, wanted, side) for side in sides if isinstance(moved[side], Load)}
    median = priced[MEDIAN]
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
        **energies(before[MEDIAN], after[MEDIAN], usual.moved, step_s=step_s),
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
        alternative=_course(after if len(after) == len(before) else {MEDIAN: after[MEDIAN]}),
        findings={"load": found},
    )


def _steps(load: Load, wanted: LoadShift, step_s: int) -> Floats:
    return steps_of(load, first_us=to_us(wanted.first), last_us=to_us(wanted.last), step_s=step_s)


def _course(sides: Mapping[str, Floats]) -> Course:
    return Course(sides.get("lower"), sides[MEDIAN], sides.get("upper"))


def _bound(priced: Priced | ScenarioRefusal | None) -> Priced | None:
    return priced if isinstance(priced, Priced) else None


def _expected_from(meter: ForeseenMeter) -> str | None:
    expected = meter.expected.get(meter.imports.number)
    return None if expected is None else format_instant(from_us(expected.from_us))


async def _priced(reading: Reading, meter: ForeseenMeter, wanted: LoadShift, side: str) -> Priced | ScenarioRefusal:
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


async def _carbon(reading: Reading, meter: ForeseenMeter, wanted: LoadShift) -> dict[str, float] | None:
    """Return what baseline and alternative emit; None where that is not known of all of it. [kg]."""
    wish = CostWish(wanted.first, wanted.last, wanted.last)
    before, after = _alterations(meter, wanted, MEDIAN)
    found = {}
    for name, each in (("baseline", before), ("alternative", after)):
        (carbon,) = await carbons_of(reading, wish, [wanted.meter_id], altered=each)
        if carbon is None or isinstance(carbon, TwinError) or not carbon.complete:
            return None
        found[name] = float(carbon.kg)
    return found


def _alterations(
    meter: ForeseenMeter, wanted: LoadShift, side: str
) -> tuple[Callable[[Mapping[int, Intervals]], dict[int, Intervals]], ...]:
    """Return what makes the baseline of what was counted, and the alternative; that it can be moved was seen before."""

    def before(counted: Mapping[int, Intervals]) -> dict[int, Intervals]:
        return meter.counted(side, counted)

    def after(counted: Mapping[int, Intervals]) -> dict[int, Intervals]:
        base = before(counted)
        load = shifted(meter.load(base), wanted.moves, sparing=side != MEDIAN)
        return meter.written(base, load) if isinstance(load, Load) else base

    return before, after
