"""Reading which rules hold for channels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from twinql.domain.alarms.policy import Place, Rule
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.detection.finding import Cause
from twinql.storage.database import Connection
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class LaidDown:
    """A rule in use, with when its alarms are escalated.

    Attributes:
        rule: The rule.
        escalate_after: After so long without acknowledgement; None for never.
        escalate_to: To which severity.
    """

    rule: Rule
    escalate_after: timedelta | None
    escalate_to: Severity | None


async def laid_down(connection: Connection, places: Sequence[Place]) -> list[list[LaidDown]]:
    """Return, for each channel, the rules in use that may hold for it: its own, its asset's, its site's, and all's."""
    rows = await connection.fetch(
        load("alarm_policies")["rules"],
        [each.channel_id for each in places],
        [each.asset_id for each in places],
        [each.site_id for each in places],
    )
    by_scope: dict[UUID | None, list[LaidDown]] = {}
    for row in rows:
        scope = row["channel_id"] or row["asset_id"] or row["site_id"]
        by_scope.setdefault(scope, []).append(_laid_down(row))
    everywhere = by_scope.pop(None, [])
    return [
        [
            *everywhere,
            *by_scope.get(each.site_id, []),
            *(by_scope.get(each.asset_id, []) if each.asset_id else []),
            *by_scope.get(each.channel_id, []),
        ]
        for each in places
    ]


def place_of(row: asyncpg.Record) -> Place:
    """Say where a channel is."""
    return Place(row["id"], row["asset_id"], row["site_id"])


def _laid_down(row: asyncpg.Record) -> LaidDown:
    rule = Rule(
        id=row["id"],
        cause=Cause(row["cause"]),
        site_id=row["site_id"],
        asset_id=row["asset_id"],
        channel_id=row["channel_id"],
        enabled=row["enabled"],
        severity=Severity(row["severity"]),
        limit_value=row["limit_value"],
        deadband=row["deadband"],
        sensitivity=row["sensitivity"],
        on_delay_s=row["on_delay_seconds"],
        off_delay_s=row["off_delay_seconds"],
    )
    after_s, to = row["escalate_after_seconds"], row["escalate_to"]
    return LaidDown(rule, None if after_s is None else timedelta(seconds=after_s), None if to is None else Severity(to))
