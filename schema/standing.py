"""What holds for a channel under all rules: how its alarms are raised, and what detectors know of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from twinql.context import Info
from twinql.domain.alarms.policy import Place, Policies, bounds_under, policies_of, sensitivity_under
from twinql.domain.detection.finding import Bounds, Cause, Watched
from twinql.storage.alarm_policies import LaidDown, laid_down
from twinql.storage.database import Connection
from twinql.storage.register_events import events_known


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for a channel.

    Attributes:
        policies: For each cause.
        rules: Those from which that comes, by their keys.
        bounds: Its limits under them. [unit of the channel]
    """

    policies: Policies
    rules: Mapping[UUID, LaidDown]
    bounds: Bounds


async def standing_of(root: Any, info: Info) -> Standing:
    """Load it for all channels that ask at once."""
    place = Place(root.row_id, root.asset_id, root.site_id)
    found: list[LaidDown] = await info.context.batch("alarm rules", laid_down).load(place)
    policies, limits = policies_of(place, (each.rule for each in found)), root.limits
    own = Bounds(limits.low_low, limits.low, limits.high, limits.high_high, limits.deadband or 0.0)
    return Standing(policies, {each.rule.id: each for each in found}, bounds_under(policies, own))


async def watched_of(root: Any, info: Info, sensitivity: float | None = None) -> Watched:
    """Say what detectors know of a channel; a sensitivity takes the place of those of its rules."""
    standing, plausible = await standing_of(root, info), root.plausibility
    own = sensitivity_under(standing.policies)
    events_s = await info.context.batch("register events", _events_s).load(root.number)
    return Watched(
        kind=root.kind,
        quantity=root.quantity.value,
        unit=root.unit.value,
        resolution_s=None if root.resolution_s is None else float(root.resolution_s),
        zone=root.zone,
        direction=root.direction,
        writable=root.writable,
        schedule=root.schedule,
        register_maximum=root.register_maximum,
        register_events_s=events_s,
        plausible_minimum=plausible.minimum,
        plausible_maximum=plausible.maximum,
        rate_per_minute=plausible.rate_per_minute,
        bounds=standing.bounds,
        sensitivity=own if sensitivity is None else dict.fromkeys(Cause, sensitivity),
    )


async def _events_s(connection: Connection, numbers: Sequence[int]) -> list[tuple[float, ...]]:
    known = await events_known(connection, numbers, None)
    return [tuple(each.at.timestamp() for each in known[number]) for number in numbers]
