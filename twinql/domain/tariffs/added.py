"""Says how much more something costs than it did, where that is known."""

from collections import defaultdict
from decimal import Decimal

from twinql.domain.tariffs.cost import Cost, CostProblem, CostProblemCode
from twinql.domain.tariffs.money import rounded


def cost_added(before: Cost, after: Cost) -> Decimal | None:
    """Return what the same period costs more, rounded; None where energy that was not there before has no price.

    That is energy that is unknown, and any that could not be rated: a difference of the sums would say that it is free.
    """
    known = _unknown(before)
    if any(not _within(each, known) for each in _unknown(after)):
        return None
    former = _unrated(before)
    if any(quantity > former[code] for code, quantity in _unrated(after).items()):
        return None
    return rounded(after.total - before.total, after.currency)


def _unknown(cost: Cost) -> list[CostProblem]:
    return [each for each in cost.problems if each.code is CostProblemCode.UNKNOWN_ENERGY]


def _within(problem: CostProblem, others: list[CostProblem]) -> bool:
    return any(each.first <= problem.first and problem.last <= each.last for each in others)


def _unrated(cost: Cost) -> defaultdict[CostProblemCode, Decimal]:
    """Add up what could not be rated, in the units of its problems, by why."""
    found: defaultdict[CostProblemCode, Decimal] = defaultdict(Decimal)
    for each in cost.problems:
        found[each.code] += each.quantity or Decimal(0)
    return found
