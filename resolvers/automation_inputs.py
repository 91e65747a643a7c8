"""Reads what somebody writes in a rule: ids into keys, and labels of states into their codes."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from schema.automation_rule_changes import AutomationConditionInput, AutomationSetpointInput
from schema.declared import key_of
from schema.expected_effect import ExpectedEffectInput
from twinql.domain.automation.condition import Condition
from twinql.domain.automation.definition import Setpoint
from twinql.domain.verification import Expectation
from twinql.errors import InvalidInputError
from twinql.storage.automation_rules import code_of_state
from twinql.storage.managing import Management


async def conditions_of(management: Management, given: Sequence[AutomationConditionInput]) -> tuple[Condition, ...]:
    """Read conditions.

    Raises:
        InvalidInputError: One of them has neither a threshold nor a state, or both, or no such state.
        NotFoundError: One names no channel in use, and a state of it.
    """
    return tuple([await _condition(management, each, "conditions", str(place)) for place, each in enumerate(given)])


async def setpoint_of(management: Management, given: AutomationSetpointInput | None) -> Setpoint | None:
    """Read what to ask of an actuator.

    Raises:
        InvalidInputError: It has neither a value nor an action, or both, or no such state.
        NotFoundError: It names no channel in use, and an action of it.
    """
    if given is None:
        return None
    channel_id = _channel(given.channel_id, "set", "channelId")
    if (given.desired is None) == (given.action is None):
        message = "Say what the channel shall be: either desired, a number, or action, a state's label."
        raise InvalidInputError(message, path=("set",))
    desired = given.desired
    if desired is None:
        assert given.action is not None
        desired = await code_of_state(management, channel_id, given.action, "set", "action")
    expect = None if given.expect is None else _expectation(given.expect)
    return Setpoint(channel_id=channel_id, desired=desired, expires_in=given.expires_in, expect=expect)


async def _condition(management: Management, given: AutomationConditionInput, *path: str) -> Condition:
    channel_id = _channel(given.channel_id, *path, "channelId")
    if (given.threshold is None) == (given.state is None):
        message = "Say what to compare with: either threshold, a number, or state, a state's label."
        raise InvalidInputError(message, path=path)
    threshold = given.threshold
    if threshold is None:
        assert given.state is not None
        threshold = await code_of_state(management, channel_id, given.state, *path, "state")
    return Condition(
        channel_id=channel_id,
        measure=given.measure,
        comparison=given.comparison,
        threshold=threshold,
        hysteresis=given.hysteresis,
        within=given.within,
        max_age=given.max_age,
    )


def _expectation(given: ExpectedEffectInput) -> Expectation:
    try:
        return given.to_domain()
    except InvalidInputError as error:
        raise InvalidInputError(error.message, path=("set", *error.path)) from error


def _channel(text: strawberry.ID, *path: str) -> UUID:
    try:
        return key_of(text, "Channel")
    except InvalidInputError as error:
        raise InvalidInputError(error.message, path=path) from error
