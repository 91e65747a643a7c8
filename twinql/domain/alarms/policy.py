"""Which rule holds for a channel and a cause: the narrowest that people made, else what is built in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from uuid import UUID

from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.detection.finding import Bounds, Cause, Watched


class Standard(NamedTuple):
    """What holds for a cause where nobody made a rule.

    Attributes:
        severity: How much such an alarm matters.
        on_delay_s: For how long the condition must hold before the alarm is raised. [s]
        off_delay_s: For how long it must be gone before the alarm returns. [s]
    """

    severity: Severity
    on_delay_s: int
    off_delay_s: int


BUILT_IN: Final[Mapping[Cause, Standard]] = {
    Cause.LIMIT_LOW_LOW: Standard(Severity.CRITICAL, 10, 60),
    Cause.LIMIT_LOW: Standard(Severity.HIGH, 10, 60),
    Cause.LIMIT_HIGH: Standard(Severity.HIGH, 10, 60),
    Cause.LIMIT_HIGH_HIGH: Standard(Severity.CRITICAL, 10, 60),
    Cause.SPIKE: Standard(Severity.LOW, 0, 60),
    Cause.DIP: Standard(Severity.LOW, 0, 60),
    Cause.STUCK: Standard(Severity.MEDIUM, 0, 0),
    Cause.RAPID_CHANGE: Standard(Severity.LOW, 0, 60),
    Cause.DRIFT: Standard(Severity.MEDIUM, 0, 60),
    Cause.LEVEL_SHIFT: Standard(Severity.MEDIUM, 0, 0),
    Cause.OUTLIER_TAMPER: Standard(Severity.HIGH, 0, 0),
    Cause.STALE: Standard(Severity.MEDIUM, 0, 0),
    Cause.CLOCK_OFF: Standard(Severity.MEDIUM, 0, 0),
    Cause.LIMIT_FORESEEN: Standard(Severity.MEDIUM, 0, 0),
    Cause.AUTONOMY_FELL_BACK: Standard(Severity.HIGH, 0, 0),
}
"""Limits wait a little, so that one odd value alarms nobody and one that flickers about its limit alarms once. What is
found by statistics was weighed by its detector already."""
LIMITS: Final[Mapping[Cause, str]] = {
    Cause.LIMIT_LOW_LOW: "low_low",
    Cause.LIMIT_LOW: "low",
    Cause.LIMIT_HIGH: "high",
    Cause.LIMIT_HIGH_HIGH: "high_high",
}
"""The limits from the lowest to the highest, with where `Bounds` has them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How alarms of one cause are raised in one place, as somebody wished it.

    Attributes:
        id: The rule.
        cause: The cause for which it holds.
        site_id: The site for whose channels it holds; None unless it is for a site.
        asset_id: The asset, likewise.
        channel_id: The channel, likewise; none of the three means the whole organisation.
        enabled: Whether such alarms are raised at all.
        severity: How much they matter.
        limit_value: For limits: the limit; None for the channel's own. [unit of the channel]
        deadband: For limits: how far back inside a value must come; None for the channel's own. [unit of the channel]
        sensitivity: How readily it is found: 1 as usual, more finds more.
        on_delay_s: For how long the condition must hold before the alarm is raised. [s]
        off_delay_s: For how long it must be gone before the alarm returns. [s]
    """

    id: UUID
    cause: Cause
    site_id: UUID | None
    asset_id: UUID | None
    channel_id: UUID | None
    enabled: bool
    severity: Severity
    limit_value: float | None
    deadband: float | None
    sensitivity: float
    on_delay_s: int
    off_delay_s: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a channel is: what decides which rules hold for it."""

    channel_id: UUID
    asset_id: UUID | None
    site_id: UUID


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for one channel and one cause.

    Attributes:
        enabled: Whether alarms are raised.
        severity: How much they matter.
        on_delay_s: For how long the condition must hold before the alarm is raised. [s]
        off_delay_s: For how long it must be gone before the alarm returns. [s]
        rule: The rule that says so; None for what is built in.
    """

    enabled: bool
    severity: Severity
    on_delay_s: float
    off_delay_s: float
    rule: Rule | None = None


Policies = Mapping[Cause, Policy]
"""What holds for a channel: one policy for each cause."""

STANDARD: Final[Policies] = {
    cause: Policy(enabled=True, severity=each.severity, on_delay_s=each.on_delay_s, off_delay_s=each.off_delay_s)
    for cause, each in BUILT_IN.items()
}
"""What holds where nobody made a rule."""


def policies_of(place: Place, rules: Iterable[Rule]) -> Policies:
    """Find what holds for a channel: for each cause the rule of the channel, of its asset, of its site, of all.

    Args:
        place: Where the channel is.
        rules: Those in use in its organisation; a disabled one holds too, and says that nothing is raised.

    Returns:
        One policy for each cause.
    """
    narrowest: dict[Cause, tuple[int, Rule]] = {}
    for rule in rules:
        rank = _rank(place, rule)
        if rank is not None and (rule.cause not in narrowest or rank > narrowest[rule.cause][0]):
            narrowest[rule.cause] = rank, rule
    return {**STANDARD, **{cause: _policy(rule) for cause, (_, rule) in narrowest.items()}}


def bounds_under(policies: Policies, bounds: Bounds) -> Bounds:
    """Return a channel's limits with those that rules set instead."""
    limits = {
        name: rule.limit_value
        for cause, name in LIMITS.items()
        if (rule := policies[cause].rule) is not None and rule.limit_value is not None
    }
    deadbands = {
        cause: rule.deadband
        for cause in LIMITS
        if (rule := policies[cause].rule) is not None and rule.deadband is not None
    }
    return replace(bounds, **limits, deadbands=deadbands) if limits or deadbands else bounds


def sensitivity_under(policies: Policies) -> Mapping[Cause, float]:
    """Return how readily each cause shall be found where a rule says so."""
    return {
        cause: policy.rule.sensitivity
        for cause, policy in policies.items()
        if policy.rule is not None and policy.rule.sensitivity != 1.0 and cause not in LIMITS
    }


def watched_under(policies: Policies, own: Watched) -> Watched:
    """Return what detectors shall know of a channel where rules set other limits, or how readily something is found."""
    return replace(own, bounds=bounds_under(policies, own.bounds), sensitivity=sensitivity_under(policies))


def _rank(place: Place, rule: Rule) -> int | None:
    """Return how narrow a rule is, or None where it does not hold here."""
    for rank, (meant, mine) in enumerate(
        ((rule.channel_id, place.channel_id), (rule.asset_id, place.asset_id), (rule.site_id, place.site_id))
    ):
        if meant is not None:
            return 3 - rank if meant == mine else None
    return 0


def _policy(rule: Rule) -> Policy:
    return Policy(rule.enabled, rule.severity, rule.on_delay_s, rule.off_delay_s, rule)
