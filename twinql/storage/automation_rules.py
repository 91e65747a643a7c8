"""Writing rules of people."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np

from twinql.domain.automation.autonomy import AutonomyLevel
from twinql.domain.automation.condition import Condition, ConditionComparison, ConditionMeasure
from twinql.domain.automation.definition import ChannelOfRule, RuleDefinition, Setpoint
from twinql.domain.automation.hours import Hours
from twinql.domain.automation.machine import Timing
from twinql.domain.channels import ReadingKind
from twinql.domain.commands import code_of, labels_of
from twinql.domain.decisions.vocabulary import Urgency
from twinql.domain.units import Quantity, Unit, convert
from twinql.domain.verification import EffectDirection, Expectation
from twinql.errors import InvalidInputError, NotFoundError
from twinql.storage.database import Connection
from twinql.storage.managing import Management
from twinql.storage.rule_endings import let_go
from twinql.storage.sites import check_site
from twinql.storage.statements import load


async def create_automation_rule(management: Management, rule: RuleDefinition, site_id: UUID) -> UUID:
    """Make a rule.

    Raises:
        InvalidInputError: The definition cannot be meant.
        NotFoundError: There is no such site, or no such channel in use on it.
        ConflictError: The site is archived.
    """
    async with management.change() as connection:
        await check_site(connection, management.organisation_id, site_id)
        values = await _values(connection, rule, site_id)
        made = await connection.fetchval(
            load("automation_rules")["insert"], management.organisation_id, site_id, *values
        )
        rule_id = UUID(str(made))
        await _write_conditions(connection, management, rule_id, rule)
        return rule_id


async def update_automation_rule(
    management: Management, rule_id: UUID, changes: Mapping[str, Any], *, now: datetime
) -> None:
    """Change what a rule says; it stays on its site.

    Where it asks for something else, or of something else, it forgets what it had come to, and what it decided before
    is EXPIRED. Another name, level or urgency changes nothing of that: it does not decide the same a second time. What
    TwinQL asked for and was not sent is cancelled with the decisions, and where the level is lowered.

    Args:
        management: Who changes it.
        rule_id: The rule.
        changes: New values by attribute of `RuleDefinition` and of its `Timing`; what is left out stays.
        now: The present.

    Raises:
        NotFoundError: There is none that the actor may see, or no such channel in use on its site.
        InvalidInputError: The outcome cannot be meant.
    """
    async with management.change() as connection:
        row = await _held(connection, management, rule_id)
        before = _definition(row)
        timing = {name: value for name, value in changes.items() if hasattr(before.timing, name)}
        others = {name: value for name, value in changes.items() if name not in timing}
        changed = replace(before, timing=replace(before.timing, **timing), **others)
        anew = _meaning(changed) != _meaning(before)
        values = await _values(connection, changed, row["site_id"])
        await connection.execute(load("automation_rules")["update"], rule_id, *values, anew)
        if anew:
            await connection.execute(load("automation_rules")["delete_conditions"], rule_id)
            await _write_conditions(connection, management, rule_id, changed)
    if anew or changed.level.rank < before.level.rank:
        what = "was changed" if anew else f"was set to {changed.level.value}"
        why = f"The rule “{changed.name}” {what}."
        await let_go(management.database, management.actor, rule_id, why, now=now)


async def archive_automation_rule(management: Management, rule_id: UUID, *, now: datetime) -> None:
    """Take a rule out of use, with its open decisions and what TwinQL asked for on it and was not sent.

    Nothing changes where it is archived already.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    async with management.change() as connection:
        row = await _held(connection, management, rule_id)
        await connection.execute(load("automation_rules")["archive"], rule_id)
    why = f"The rule “{row['name']}” was archived."
    await let_go(management.database, management.actor, rule_id, why, now=now)


async def unarchive_automation_rule(management: Management, rule_id: UUID) -> None:
    """Take a rule back into use. Nothing changes where it is in use.

    Raises:
        NotFoundError: There is none that the actor may see, or no longer a channel that it names.
        InvalidInputError: It can no longer be meant.
        ConflictError: Its site is archived.
    """
    async with management.change() as connection:
        row = await _held(connection, management, rule_id)
        if row["archived"]:
            await check_site(connection, management.organisation_id, row["site_id"])
            await _values(connection, _definition(row), row["site_id"])
            await connection.execute(load("automation_rules")["unarchive"], rule_id)


async def code_of_state(management: Management, channel_id: UUID, label: str, *path: str) -> float:
    """Return the code of a state of a channel by its label.

    Raises:
        NotFoundError: There is no such channel in use.
        InvalidInputError: It has no such state; the path says where it was named.
    """
    async with management.database.transaction(management.actor, readonly=True) as connection:
        row = await connection.fetchrow(load("automation_rules")["states"], channel_id)
    if row is None:
        raise NotFoundError("There is no such channel in use; look its id up first.", path=(*path[:-1], "channelId"))
    states = labels_of(row["states"])
    code = code_of(label, states)
    if code is None:
        known = f"choose one of {', '.join(states.values())}" if states else "it has none; send a number"
        raise InvalidInputError(f"{row['name']} has no such state; {known}.", path=path)
    return code


async def _held(connection: Connection, management: Management, rule_id: UUID) -> asyncpg.Record:
    row = await connection.fetchrow(load("automation_rules")["definition"], rule_id, management.organisation_id)
    if row is None:
        message = "There is no automation rule with this id that you may see; look it up with `automationRules`."
        raise NotFoundError(message, path=("id",))
    return row


async def _values(connection: Connection, rule: RuleDefinition, site_id: UUID) -> tuple[Any, ...]:
    """Check a definition against the channels that it names, and return its columns, from the asset on."""
    rows = await connection.fetch(load("automation_rules")["channels"], rule.channel_ids, site_id)
    channels = {row["id"]: _channel(row) for row in rows}
    for place, condition in enumerate(rule.conditions):
        _check_there(condition.channel_id, channels, "conditions", str(place), "channelId")
    setpoint = rule.setpoint
    if setpoint is not None:
        _check_there(setpoint.channel_id, channels, "set", "channelId")
        if setpoint.expect is not None:
            _check_there(setpoint.expect.channel_id, channels, "set", "expect", "channelId")
    rule = rule.checked(channels)
    expect = None if setpoint is None else setpoint.expect
    hours = rule.timing.hours
    return (
        rule.asset_id(channels),
        rule.name,
        rule.level.value,
        rule.urgency.value,
        _seconds(rule.timing.holds_for),
        _seconds(rule.timing.minimum_between),
        sorted(hours.weekdays),
        hours.first_minute,
        hours.last_minute,
        *((None,) * 3 if setpoint is None else (setpoint.channel_id, setpoint.desired, _seconds(setpoint.expires_in))),
        *(
            (None,) * 5
            if expect is None
            else (expect.channel_id, expect.direction.value, expect.by, expect.value, _seconds(expect.within))
        ),
    )


def _check_there(channel_id: UUID, channels: Mapping[UUID, ChannelOfRule], *path: str) -> None:
    if channel_id not in channels:
        message = "There is no such channel in use on the site of the rule; look its id up there."
        raise NotFoundError(message, path=path)


async def _write_conditions(
    connection: Connection, management: Management, rule_id: UUID, rule: RuleDefinition
) -> None:
    written = [
        {
            "position": place,
            "channel_id": str(each.channel_id),
            "measure": each.measure.value,
            "comparison": each.comparison.value,
            "threshold": each.threshold,
            "hysteresis": each.hysteresis,
            "within_seconds": each.within and _seconds(each.within),
            "max_age_seconds": each.max_age and _seconds(each.max_age),
        }
        for place, each in enumerate(rule.conditions)
    ]
    await connection.execute(
        load("automation_rules")["insert_conditions"], rule_id, management.organisation_id, written
    )


def condition_of(stored: Mapping[str, Any]) -> Condition:
    """Read a condition as it is stored."""
    within_s, max_age_s = stored["within_seconds"], stored["max_age_seconds"]
    return Condition(
        channel_id=UUID(str(stored["channel_id"])),
        measure=ConditionMeasure(stored["measure"]),
        comparison=ConditionComparison(stored["comparison"]),
        threshold=float(stored["threshold"]),
        hysteresis=float(stored["hysteresis"]),
        within=None if within_s is None else timedelta(seconds=within_s),
        max_age=None if max_age_s is None else timedelta(seconds=max_age_s),
    )


def timing_of(row: asyncpg.Record) -> Timing:
    """Read when a rule may fire."""
    return Timing(
        holds_for=timedelta(seconds=row["holds_for_seconds"]),
        minimum_between=timedelta(seconds=row["minimum_between_seconds"]),
        hours=hours_of(row),
    )


def hours_of(row: asyncpg.Record) -> Hours:
    """Read hours of the week from their three columns."""
    return Hours(weekdays=frozenset(row["weekdays"]), first_minute=row["first_minute"], last_minute=row["last_minute"])


def setpoint_of(row: asyncpg.Record) -> Setpoint | None:
    """Read what a rule asks of an actuator; None where it asks somebody to look."""
    if row["set_channel_id"] is None:
        return None
    expect = None
    if row["expect_channel_id"] is not None:
        expect = Expectation(
            channel_id=row["expect_channel_id"],
            direction=EffectDirection(row["expect_direction"]),
            by=row["expect_by"],
            value=row["expect_value"],
            within=timedelta(seconds=row["expect_within_seconds"]),
        )
    return Setpoint(
        channel_id=row["set_channel_id"],
        desired=row["desired"],
        expires_in=timedelta(seconds=row["expires_in_seconds"]),
        expect=expect,
    )


def _definition(row: asyncpg.Record) -> RuleDefinition:
    return RuleDefinition(
        name=row["name"],
        conditions=tuple(condition_of(each) for each in row["conditions"]),
        level=AutonomyLevel(row["level"]),
        urgency=Urgency(row["urgency"]),
        timing=timing_of(row),
        setpoint=setpoint_of(row),
    )


def _meaning(rule: RuleDefinition) -> tuple[object, ...]:
    """Return what a rule looks at and asks for: what its decisions say."""
    return rule.conditions, rule.timing, rule.setpoint


def _channel(row: asyncpg.Record) -> ChannelOfRule:
    quantity, lowest, highest = Quantity(row["quantity"]), row["plausible_minimum"], row["plausible_maximum"]
    if lowest is None and quantity.never_negative:
        lowest = 0.0
    if highest is None and quantity is Quantity.HUMIDITY:
        highest = float(convert(np.array([100.0]), source=Unit.PERCENT, target=Unit(row["unit"]))[0])
    return ChannelOfRule(
        name=row["name"],
        kind=ReadingKind(row["kind"]),
        asset_id=row["asset_id"],
        states=labels_of(row["states"]),
        writable=row["writable"],
        minimum=row["minimum"],
        maximum=row["maximum"],
        lowest=lowest,
        highest=highest,
    )


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())
