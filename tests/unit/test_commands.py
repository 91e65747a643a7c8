"""The life of a command, and how its value is spoken of."""

from itertools import pairwise

from twinql.domain.commands import CommandStatus, code_of, may_follow, shows, spoken

STATES = {0.0: "OFF", 1.0: "ON"}


def test_a_command_lives_from_request_to_verification():
    life = [None, *map(CommandStatus, ("REQUESTED", "QUEUED", "SENT", "ACKNOWLEDGED", "EXECUTED", "VERIFIED"))]
    assert all(may_follow(before, after) for before, after in pairwise(life))
    assert not any(may_follow(after, before) for before, after in pairwise(life) if before)


def test_what_has_ended_stays_ended():
    ended = {"VERIFIED", "REJECTED", "FAILED", "EXPIRED", "CANCELLED"}
    followed = {each.value for each in CommandStatus if any(may_follow(each, after) for after in CommandStatus)}
    assert {each.value for each in CommandStatus} - followed == ended
    assert not may_follow(CommandStatus.EXPIRED, CommandStatus.SENT)
    assert not may_follow(CommandStatus.SENT, CommandStatus.EXPIRED)


def test_nothing_is_executed_that_was_not_sent():
    for status in ("REQUESTED", "AWAITING_APPROVAL", "QUEUED"):
        assert not may_follow(CommandStatus(status), CommandStatus.EXECUTED)
        assert not may_follow(CommandStatus(status), CommandStatus.ACKNOWLEDGED)


def test_a_state_is_found_by_its_label():
    assert code_of(" on ", STATES) == 1.0
    assert code_of("BROKEN", STATES) is None


def test_a_reading_shows_a_command_but_for_rounding():
    assert shows(6000.0000001, 6000.0)
    assert not shows(6001.0, 6000.0)
    assert shows(0.0, 0.0)
    assert not shows(1.0, 0.0)


def test_a_state_is_spoken_of_by_its_label_and_a_quantity_with_its_unit():
    assert spoken(0.0, unit="ONE", states=STATES) == "OFF"
    assert spoken(2.0, unit="ONE", states=STATES) == "2"
    assert spoken(6000.0, unit="REVOLUTION_PER_MINUTE", states={}) == "6000 rpm"
