"""What is told of a command in one answer is of one moment."""

from datetime import UTC, datetime

from schema.command import steps_up_to
from twinql.domain.commands import CommandStatus
from twinql.storage.commands import Transition

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def life(*statuses):
    return [Transition(place, CommandStatus(each), NOON, "worker:test", None) for place, each in enumerate(statuses, 1)]


def test_steps_that_came_after_the_status_was_read_are_left_out():
    steps = life("REQUESTED", "AWAITING_APPROVAL", "QUEUED", "SENT")
    assert steps_up_to(steps, CommandStatus.QUEUED) == steps[:3]
    assert steps_up_to(steps, CommandStatus.SENT) == steps


def test_a_status_that_was_reached_twice_leaves_nothing_out_before_it():
    steps = life("REQUESTED", "QUEUED", "SENT", "ACKNOWLEDGED", "TIMED_OUT", "ACKNOWLEDGED")
    assert steps_up_to(steps, CommandStatus.ACKNOWLEDGED) == steps


def test_a_command_that_was_written_without_its_steps_shows_those_there_are():
    assert steps_up_to([], CommandStatus.SENT) == []
