"""Decides which readings can be right, before any is stored."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinql.domain.channels import ChannelFacts, PlausibilityAction
from twinql.domain.readings import (
    QUALITY_CODE,
    Codes,
    Floats,
    Instants,
    ReadingBatch,
    Rejection,
    RejectionCode,
    StoredQuality,
)

OLDEST_US = 631_152_000_000_000
"""1990-01-01, before which no reading is taken. [µs since 1970 UTC]"""
GREATEST = 1e100
"""No value lies further from zero: sums and squares of any number of them stay finite. [unit of the channel]"""
FUTURE_ALLOWED_US = 5 * 60 * 1_000_000
"""How far a device's clock may run ahead. [µs]"""
SCHEDULE_ALLOWED_US = 3_650 * 86_400 * 1_000_000
"""How far ahead a schedule may reach. [µs]"""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on a batch.

    Attributes:
        accepted: Which rows may be stored, shape (n,).
        quality: The quality of each row, lowered to UNCERTAIN where it is not plausible, shape (n,).
        rejections: The others, with the reason, in the order of the input.
    """

    accepted: Mask
    quality: Codes
    rejections: tuple[Rejection, ...]


_MESSAGES = {
    RejectionCode.UNKNOWN_CHANNEL: (
        "There is no such channel for you; ask for the channels to see what you may record to."
    ),
    RejectionCode.ARCHIVED_CHANNEL: "The channel {key} is archived; record to the channel that replaced it.",
    RejectionCode.MISSING_VALUE: (
        "A value is missing (NaN is none); send a number, or quality BAD if nothing was measured."
    ),
    RejectionCode.INFINITE_VALUE: (
        "A value that is infinite or beyond ±1e100 cannot be stored; send quality BAD where the sensor gave none."
    ),
    RejectionCode.UNKNOWN_STATE: "{value:g} is no state of {key}; send one of {states}.",
    RejectionCode.TOO_OLD: "Readings before 1990 are not taken; check the year.",
    RejectionCode.IN_FUTURE: (
        "The time lies more than 5 minutes in the future, or 10 years on a schedule; check the clock and the offset."
    ),
    RejectionCode.BEYOND_REGISTER: (
        "{key} begins again at {maximum:.15g}, and cannot show {value:.15g}; look for a digit or a unit that is wrong."
    ),
    RejectionCode.IMPLAUSIBLE_VALUE: (
        "{value:g} is not within what {key} can be ({low} to {high}); check unit and sensor."
    ),
    RejectionCode.IMPLAUSIBLE_RATE: (
        "{key} cannot change by more than {rate:g} a minute; look for a spike or wrong time."
    ),
}


def check(
    batch: ReadingBatch,
    channels: Sequence[ChannelFacts],
    *,
    now_us: int,
    before_us: Instants | None = None,
    before_value: Floats | None = None,
) -> Checked:
    """Check every row by itself, and against the reading before it where its channel bounds the rate of change.

    Args:
        batch: The rows, shape (n,).
        channels: What `batch.channel` points into, m of them.
        now_us: The present. [µs since 1970 UTC]
        before_us: Time of the last stored reading before the batch per channel, shape (m,); negative where none. [µs]
        before_value: Its value, shape (m,); NaN where there is none. [unit of the channel]

    Returns:
        The verdict. Rows of quality BAD need no value and are not held to plausibility.
    """
    known = batch.channel >= 0
    bad = batch.quality == QUALITY_CODE[StoredQuality.BAD]
    schedule = _per_channel([facts.schedule for facts in channels], batch)
    ahead = np.where(schedule, SCHEDULE_ALLOWED_US, FUTURE_ALLOWED_US)
    value = batch.value
    verdicts: list[tuple[RejectionCode, Mask]] = [
        (RejectionCode.UNKNOWN_CHANNEL, ~known),
        (RejectionCode.ARCHIVED_CHANNEL, _per_channel([facts.archived for facts in channels], batch)),
        (RejectionCode.MISSING_VALUE, np.isnan(value) & ~bad),
        (RejectionCode.INFINITE_VALUE, np.abs(value) > GREATEST),
        (RejectionCode.TOO_OLD, batch.observed_us < OLDEST_US),
        (RejectionCode.IN_FUTURE, batch.observed_us > now_us + ahead),
        (RejectionCode.UNKNOWN_STATE, _unknown_state(batch, channels) & ~bad),
    ]
    refuse = _per_channel([facts.plausibility.action is PlausibilityAction.REJECT for facts in channels], batch)
    out_of_range = _out_of_range(batch, channels) & ~bad
    too_fast = _too_fast(batch, channels, ~(bad | out_of_range), before_us, before_value)
    verdicts += [
        # A register shows nothing beyond its last digit, whatever is to become of the implausible.
        (RejectionCode.BEYOND_REGISTER, _beyond_register(batch, channels) & ~bad),
        (RejectionCode.IMPLAUSIBLE_VALUE, out_of_range & refuse),
        (RejectionCode.IMPLAUSIBLE_RATE, too_fast & refuse),
    ]
    accepted = ~np.logical_or.reduce([mask for _, mask in verdicts])
    good = batch.quality == QUALITY_CODE[StoredQuality.GOOD]
    doubtful = (out_of_range | too_fast) & good
    quality = np.where(doubtful, np.int8(QUALITY_CODE[StoredQuality.UNCERTAIN]), batch.quality).astype(np.int8)
    return Checked(accepted, quality, _reasons(verdicts, batch, channels, accepted))


def without(checked: Checked, refused: Sequence[Rejection]) -> Checked:
    """Return the verdict with rows that were refused for other reasons, which come first, taken out of the accepted."""
    if not refused:
        return checked
    accepted = checked.accepted.copy()
    accepted[[rejection.row for rejection in refused]] = False
    by_row = {rejection.row: rejection for rejection in (*checked.rejections, *refused)}
    return Checked(accepted, checked.quality, tuple(by_row[row] for row in sorted(by_row)))


def _per_channel(flags: list[bool], batch: ReadingBatch) -> Mask:
    """Give each row the flag of its channel; False where the channel is unknown."""
    return np.array([*flags, False], dtype=bool)[batch.channel]


def _out_of_range(batch: ReadingBatch, channels: Sequence[ChannelFacts]) -> Mask:
    low = np.array([_or(f.plausibility.minimum, -np.inf) for f in channels] + [-np.inf])[batch.channel]
    high = np.array([_or(f.plausibility.maximum, np.inf) for f in channels] + [np.inf])[batch.channel]
    return (batch.value < low) | (batch.value > high)


def _beyond_register(batch: ReadingBatch, channels: Sequence[ChannelFacts]) -> Mask:
    return batch.value > np.array([_or(f.register_maximum, np.inf) for f in channels] + [np.inf])[batch.channel]


def _unknown_state(batch: ReadingBatch, channels: Sequence[ChannelFacts]) -> Mask:
    unknown = np.zeros(len(batch), dtype=bool)
    for place, facts in enumerate(channels):
        if facts.states:
            mine = batch.channel == place
            unknown |= mine & ~np.isin(batch.value, list(facts.states)) & ~np.isnan(batch.value)
    return unknown


def _too_fast(
    batch: ReadingBatch,
    channels: Sequence[ChannelFacts],
    considered: Mask,
    before_us: Instants | None,
    before_value: Floats | None,
) -> Mask:
    """Compare each value with the last plausible one before it, so that the value after a spike is not blamed for it.

    What is allowed grows with the time since then: a real change of level is taken after a while. A second value for
    one instant is not compared.
    """
    fast = np.zeros(len(batch), dtype=bool)
    for place, facts in enumerate(channels):
        rate = facts.plausibility.rate_per_minute
        if rate is None:
            continue
        rows = np.flatnonzero((batch.channel == place) & considered & np.isfinite(batch.value))
        rows = rows[np.argsort(batch.observed_us[rows], kind="stable")]
        last_us, last_value = -1, np.nan
        if before_us is not None and before_value is not None:
            last_us, last_value = int(before_us[place]), float(before_value[place])
        for row in rows.tolist():
            at, value = int(batch.observed_us[row]), float(batch.value[row])
            if last_us >= 0 and abs(value - last_value) > rate * (at - last_us) / 60e6 and at > last_us:
                fast[row] = True
            else:
                last_us, last_value = at, value
    return fast


def _reasons(
    verdicts: list[tuple[RejectionCode, Mask]], batch: ReadingBatch, channels: Sequence[ChannelFacts], accepted: Mask
) -> tuple[Rejection, ...]:
    reasons = []
    for row in np.flatnonzero(~accepted).tolist():
        code = next(code for code, mask in verdicts if mask[row])
        place = int(batch.channel[row])
        facts = channels[place] if place >= 0 else None
        bounds = facts.plausibility if facts else None
        message = _MESSAGES[code].format(
            key=facts.key if facts else "",
            value=batch.value[row],
            maximum=_or(facts.register_maximum if facts else None, np.inf),
            states=", ".join(f"{state:g} ({label})" for state, label in facts.states.items()) if facts else "",
            low=_bound(bounds.minimum if bounds else None),
            high=_bound(bounds.maximum if bounds else None),
            rate=_or(bounds.rate_per_minute if bounds else None, 0.0),
        )
        reasons.append(Rejection(row, code, message))
    return tuple(reasons)


def _bound(limit: float | None) -> str:
    return "any" if limit is None else f"{limit:g}"


def _or(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit
