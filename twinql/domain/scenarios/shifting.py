"""What a meter would have counted had energy been used at another time: to the last billionth, and as much of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinql.domain.metering.buckets import parts_of
from twinql.domain.metering.intervals import BILLION, Amounts, Flag, Intervals
from twinql.domain.readings import Instants, to_us
from twinql.domain.scenarios.moves import Move
from twinql.domain.scenarios.scenario import ScenarioRefusal

Rows = NDArray[np.intp]
_US_PER_H = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """What a meter counted both ways.

    Attributes:
        imported: What it took in. [billionths of a kWh]
        exported: What it fed in; None where nothing counts that. [billionths of a kWh]
        moved: How much has been moved so far. [billionths of a kWh]
    """

    imported: Intervals
    exported: Intervals | None = None
    moved: int = 0


def shifted(load: Load, moves: Sequence[Move], *, sparing: bool = False) -> Load | ScenarioRefusal:
    """Move energy, one move after the other: each finds what the ones before it left.

    What is used in the other window is first taken from what is fed in there, and only the rest from the grid: import
    less export is the same before and after. Energy is conserved exactly, and no amount becomes negative.

    Args:
        load: What is counted both ways.
        moves: What is moved.
        sparing: Where a window holds less than is to be taken from it, take what there is instead of refusing: so the
            lower bound of a load is treated, whose steps are all low at once.

    Returns:
        The load as it would be, its intervals divided at the edges of the windows; or why it cannot be so.
    """
    for place, move in enumerate(moves):
        found = _moved(load, move, f"Move {place + 1}", sparing=sparing)
        if isinstance(found, ScenarioRefusal):
            return found
        load = found
    return load


def cut(intervals: Intervals, edges: Instants) -> Intervals:
    """Divide intervals evenly over time where they cross edges; the parts add up to the whole, exactly.

    Args:
        intervals: n of them; one whose amount nobody knows stays unknown in each part.
        edges: Ascending. [µs since 1970]
    """
    if not len(intervals):
        return intervals
    around = np.unique(np.concatenate([edges, [intervals.starts.min(), intervals.ends.max()]]))
    parts = parts_of(intervals, around, np.ones(len(intervals), dtype=bool))
    of = parts.interval
    divided = np.bincount(of, minlength=len(intervals))[of] > 1
    return Intervals(
        np.maximum(intervals.starts[of], around[parts.cell]),
        np.minimum(intervals.ends[of], around[parts.cell + 1]),
        parts.amounts,
        np.where(divided, intervals.flags[of] | np.uint8(Flag.ESTIMATED), intervals.flags[of]).astype(np.uint8),
        intervals.event[of],
        intervals.events,
    )


def _moved(load: Load, move: Move, name: str, *, sparing: bool) -> Load | ScenarioRefusal:
    since, until, to_since, to_until = (to_us(each) for each in (move.first, move.last, move.to_first, move.to_last))
    edges = np.unique([since, until, to_since, to_until])
    if load.exported is not None:
        beside = np.concatenate([_edges(load.imported, to_since, to_until), _edges(load.exported, to_since, to_until)])
        edges = np.union1d(edges, beside)
    imported = cut(load.imported, edges)
    exported = None if load.exported is None else cut(load.exported, edges)
    source, target = _within(imported, since, until), _within(imported, to_since, to_until)
    fed = None if exported is None else _within(exported, to_since, to_until)
    if not (_is_known(imported, source, since, until) and _is_known(imported, target, to_since, to_until)):
        return _unknown(name, "taken in")
    if exported is not None and fed is not None and not _is_known(exported, fed, to_since, to_until):
        return _unknown(name, "fed in")
    taken = _taken(imported, source, move, name, sparing=sparing)
    if isinstance(taken, ScenarioRefusal):
        return taken
    amounts, total = imported.amounts.copy(), int(taken.sum())
    amounts[source] -= taken
    given = in_proportion(total, imported.ends[target] - imported.starts[target])
    if exported is not None and fed is not None:
        fed_in = exported.amounts.copy()
        instead = np.minimum(fed_in[fed], given)
        fed_in[fed] -= instead
        given = given - instead
        exported = replace(exported, amounts=fed_in)
    amounts[target] += given
    return Load(replace(imported, amounts=amounts), exported, load.moved + total)


def _taken(imported: Intervals, rows: Rows, move: Move, name: str, *, sparing: bool) -> Amounts | ScenarioRefusal:
    """Return what is taken from each interval, shape (rows,)."""
    amounts = imported.amounts[rows]
    held = int(amounts.sum())
    if move.above_kw is not None:
        hours = (imported.ends[rows] - imported.starts[rows]) / _US_PER_H
        kept = np.floor(move.above_kw * hours * BILLION).astype(np.int64)
        taken = np.maximum(amounts - kept, 0)
    else:
        wanted = round((move.energy_kwh or 0.0) * BILLION) if move.share is None else round(held * move.share)
        if wanted > held and not sparing:
            return ScenarioRefusal(
                "MORE_THAN_THERE_IS",
                f"{name} is to take {wanted / BILLION:.3f} kWh from a window in which {held / BILLION:.3f} kWh are "
                "taken in.",
                "Less energy, or a longer window.",
            )
        taken = in_proportion(min(wanted, held), amounts)
    if not (taken.any() or sparing):
        message = f"{name} finds nothing to move: {held / BILLION:.3f} kWh are taken in in its window."
        return ScenarioRefusal("NOTHING_TO_MOVE", message, "A window in which more is taken in, or a lower power.")
    return np.asarray(taken, dtype=np.int64)


def in_proportion(total: int, weights: Amounts) -> Amounts:
    """Divide a whole number in proportion to weights, not negative and not all zero unless the total is.

    Returns:
        Whole numbers that add up to the total, none above its weight where the total is not above their sum.
    """
    upto = np.cumsum(weights.astype(object))
    if not len(upto) or not upto[-1]:
        return np.zeros(len(weights), dtype=np.int64)
    shares = [int(total * each // upto[-1]) for each in upto]
    return np.asarray(np.diff([0, *shares]), dtype=np.int64)


def _edges(intervals: Intervals, since: int, until: int) -> Instants:
    both = np.concatenate([intervals.starts, intervals.ends])
    return both[(both > since) & (both < until)]


def _within(intervals: Intervals, since: int, until: int) -> Rows:
    return np.flatnonzero((intervals.starts >= since) & (intervals.ends <= until))


def _is_known(intervals: Intervals, rows: Rows, since: int, until: int) -> bool:
    """Say whether intervals lie over all of a window, each with a known amount and short enough to be dated."""
    mine = intervals.take(rows)
    length = int((mine.ends - mine.starts).sum())
    return length == until - since and not mine.marked(Flag.UNKNOWN | Flag.LONG).any()


def _unknown(name: str, way: str) -> ScenarioRefusal:
    return ScenarioRefusal(
        "LOAD_UNKNOWN",
        f"{name} has a window in which it is not known throughout what was {way}: readings are missing, too far "
        "apart, or have not come yet.",
        "Windows over which the meter was read without a hole.",
    )
