"""Which channels of a machine tell what: by what they measure, and by the labels of their states."""

from collections.abc import Collection, Sequence

from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.diagnosis.efficiency import PRODUCTIVE_STATES
from twinql.domain.diagnosis.failures import FAILED_STATES
from twinql.domain.diagnosis.sheet import Sheet
from twinql.domain.units import Quantity

_OF_ENERGY = (
    (Quantity.ENERGY, ReadingKind.CUMULATIVE),
    (Quantity.ENERGY, ReadingKind.INTERVAL),
    (Quantity.POWER, ReadingKind.INSTANTANEOUS),
)
_OF_STATE = (Quantity.STATE, Quantity.SWITCH)


def measuring(sheets: Sequence[Sheet], *quantities: Quantity) -> list[Sheet]:
    """Return the channels that measure one of these, and that no command sets, in their order."""
    return [sheet for sheet in sheets if sheet.quantity in quantities and not sheet.writable]


def energy_channel(sheets: Sequence[Sheet]) -> Sheet | None:
    """Return the channel that tells what a machine takes in: a register, else intervals, else power."""
    taken = [sheet for sheet in sheets if sheet.direction is not FlowDirection.EXPORT]
    for quantity, kind in _OF_ENERGY:
        for sheet in taken:
            if (sheet.quantity, sheet.kind) == (quantity, kind):
                return sheet
    return None


def state_channel(sheets: Sequence[Sheet]) -> Sheet | None:
    """Return the channel that tells what a machine does: its states, else whether it is switched on."""
    for quantity in _OF_STATE:
        for sheet in sheets:
            if sheet.kind is ReadingKind.STATE and sheet.quantity is quantity:
                return sheet
    return None


def output_channel(sheets: Sequence[Sheet]) -> Sheet | None:
    """Return the counter of what a machine makes."""
    counters = (each for each in sheets if each.quantity is Quantity.COUNT and each.kind is ReadingKind.CUMULATIVE)
    return next(counters, None)


def failed_codes(sheet: Sheet) -> set[float]:
    """Return the states of a channel that are failures."""
    return _codes(sheet, FAILED_STATES)


def productive_codes(sheet: Sheet) -> set[float]:
    """Return the states of a channel in which a machine does what it is for; of a switch without labels, 1."""
    if not sheet.states and sheet.quantity is Quantity.SWITCH:
        return {1.0}
    return _codes(sheet, PRODUCTIVE_STATES)


def _codes(sheet: Sheet, labels: Collection[str]) -> set[float]:
    return {code for code, label in sheet.states.items() if label.strip().upper() in labels}
