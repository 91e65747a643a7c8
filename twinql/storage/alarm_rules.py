"""Writing how alarms are raised."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from twinql.domain.alarms.policy import LIMITS, bounds_under, policies_of
from twinql.domain.alarms.rule_definition import AlarmRuleDefinition, check_order
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.detection.finding import Bounds, Cause
from twinql.errors import ConflictError, NotFoundError
from twinql.storage.alarm_policies import laid_down, place_of
from twinql.storage.database import Connection
from twinql.storage.managing import Management
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Scope:
    """For what a rule is: at most one of the three; none means the whole organisation."""

    site_id: UUID | None = None
    asset_id: UUID | None = None
    channel_id: UUID | None = None


async def create_alarm_rule(management: Management, rule: AlarmRuleDefinition, scope: Scope) -> UUID:
    """Make a rule.

    Raises:
        InvalidInputError: The definition cannot be meant.
        NotFoundError: There is no such site, asset or channel.
        ConflictError: There is one in use for this cause and place.
    """
    given = rule.checked(of_channel=scope.channel_id is not None)
    async with management.change() as connection:
        await _check_free(connection, management, given.cause, scope)
        made = await connection.fetchval(
            load("alarm_rules")["insert"],
            management.organisation_id,
            given.cause.value,
            scope.site_id,
            scope.asset_id,
            scope.channel_id,
            *_values(given),
        )
        await _check_limits(connection, given.cause, scope)
        return UUID(str(made))


async def update_alarm_rule(management: Management, rule_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change what a rule says; for what it is never changes.

    Args:
        management: Who changes it.
        rule_id: The rule.
        changes: New values by attribute of `AlarmRuleDefinition`; what is left out stays.

    Raises:
        NotFoundError: There is none that the actor may see.
        InvalidInputError: The outcome cannot be meant.
    """
    async with management.change() as connection:
        row = await _rule(connection, management, rule_id)
        scope = _scope(row)
        changed = replace(_definition(row), **changes).checked(of_channel=scope.channel_id is not None)
        await connection.execute(load("alarm_rules")["update"], rule_id, *_values(changed))
        await _check_limits(connection, changed.cause, scope)


async def archive_alarm_rule(management: Management, rule_id: UUID) -> None:
    """Take a rule out of use: from then on the next wider one holds. Nothing changes where it is archived already.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    async with management.change() as connection:
        await _rule(connection, management, rule_id)
        await connection.execute(load("alarm_rules")["archive"], rule_id)


async def unarchive_alarm_rule(management: Management, rule_id: UUID) -> None:
    """Take a rule back into use. Nothing changes where it is in use.

    Raises:
        NotFoundError: There is none that the actor may see.
        ConflictError: There is another one in use for this cause and place.
        InvalidInputError: Its limit lies beyond another one by now.
    """
    async with management.change() as connection:
        row = await _rule(connection, management, rule_id)
        cause, scope = Cause(row["cause"]), _scope(row)
        if row["archived"]:
            await _check_free(connection, management, cause, scope)
            await connection.execute(load("alarm_rules")["unarchive"], rule_id)
            await _check_limits(connection, cause, scope)


async def _rule(connection: Connection, management: Management, rule_id: UUID) -> asyncpg.Record:
    row = await connection.fetchrow(load("alarm_rules")["definition"], rule_id, management.organisation_id)
    if row is None:
        message = "There is no alarm rule with this id that you may see; look it up with `alarmRules`."
        raise NotFoundError(message, path=("id",))
    return row


async def _check_free(connection: Connection, management: Management, cause: Cause, scope: Scope) -> None:
    name = await connection.fetchval(
        load("alarm_rules")["in_use"],
        management.organisation_id,
        cause.value,
        scope.channel_id or scope.asset_id or scope.site_id or management.organisation_id,
    )
    if name is not None:
        message = f'The rule "{name}" is for {cause.name} in this place already; change that one, or archive it.'
        raise ConflictError(message, path=("cause",))


async def _check_limits(connection: Connection, cause: Cause, scope: Scope) -> None:
    """Check the limits of a channel as they are now that a rule for one of them was written."""
    if scope.channel_id is None or cause not in LIMITS:
        return
    row = await connection.fetchrow(load("alarm_policies")["channel"], scope.channel_id)
    assert row is not None
    place = place_of(row)
    (found,) = await laid_down(connection, [place])
    own = Bounds(*(row[name] for name in ("limit_low_low", "limit_low", "limit_high", "limit_high_high")))
    check_order(cause, bounds_under(policies_of(place, (each.rule for each in found)), own))


def _scope(row: asyncpg.Record) -> Scope:
    return Scope(row["site_id"], row["asset_id"], row["channel_id"])


def _definition(row: asyncpg.Record) -> AlarmRuleDefinition:
    after_s, to = row["escalate_after_seconds"], row["escalate_to"]
    return AlarmRuleDefinition(
        name=row["name"],
        cause=Cause(row["cause"]),
        severity=Severity(row["severity"]),
        enabled=row["enabled"],
        limit_value=row["limit_value"],
        deadband=row["deadband"],
        sensitivity=row["sensitivity"],
        on_delay=timedelta(seconds=row["on_delay_seconds"]),
        off_delay=timedelta(seconds=row["off_delay_seconds"]),
        escalate_after=None if after_s is None else timedelta(seconds=after_s),
        escalate_to=None if to is None else Severity(to),
    )


def _values(rule: AlarmRuleDefinition) -> tuple[Any, ...]:
    return (
        rule.name,
        rule.enabled,
        rule.severity.value,
        rule.limit_value,
        rule.deadband,
        rule.sensitivity,
        round(rule.on_delay.total_seconds()),
        round(rule.off_delay.total_seconds()),
        None if rule.escalate_after is None else round(rule.escalate_after.total_seconds()),
        None if rule.escalate_to is None else rule.escalate_to.value,
    )
