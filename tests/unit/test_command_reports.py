"""Reports of devices get lost, come twice and overtake each other; the life of a command stays true."""

from itertools import pairwise, product

import pytest

from twinql.domain.command_reports import SAID_BY_DEVICES, ReportOutcome, Step, hear
from twinql.domain.commands import CommandStatus, may_follow

LATHE, OTHER, US = "device:lathe", "device:other", "worker:dispatcher"
SENT = ("REQUESTED", "QUEUED", "SENT")


def life(*statuses, by=LATHE):
    ours = {"REQUESTED", "AWAITING_APPROVAL", "QUEUED", "SENT", "TIMED_OUT", "EXPIRED", "CANCELLED", "VERIFIED"}
    return [Step(CommandStatus(each), US if each in ours else by) for each in statuses]


def heard(steps, said, by=LATHE, *, is_due=True):
    answer = hear(steps, CommandStatus(said), by, is_due=is_due)
    return answer.outcome.value, *(step.value for step in answer.steps)


def test_what_a_device_says_in_order_is_taken_as_it_is():
    steps = SENT
    for said in ("ACKNOWLEDGED", "EXECUTING", "EXECUTED"):
        assert heard(life(*steps), said) == ("TAKEN", said)
        steps = (*steps, said)


def test_a_device_that_did_it_has_it():
    assert heard(life(*SENT), "EXECUTED") == ("TAKEN", "ACKNOWLEDGED", "EXECUTED")
    assert heard(life(*SENT), "EXECUTING") == ("TAKEN", "ACKNOWLEDGED", "EXECUTING")
    assert heard(life(*SENT, "ACKNOWLEDGED", "EXECUTED"), "ACKNOWLEDGED") == ("REPEATED",)
    assert heard(life(*SENT, "ACKNOWLEDGED", "EXECUTED", "VERIFIED"), "EXECUTING") == ("REPEATED",)


def test_what_is_said_twice_is_old_news():
    assert heard(life(*SENT, "FAILED"), "FAILED") == ("REPEATED",)
    assert heard(life(*SENT, "ACKNOWLEDGED", "TIMED_OUT"), "ACKNOWLEDGED") == ("REPEATED",)


def test_a_device_that_was_given_up_may_still_speak():
    assert heard(life(*SENT, "TIMED_OUT"), "EXECUTED") == ("TAKEN", "ACKNOWLEDGED", "EXECUTED")
    assert heard(life(*SENT, "TIMED_OUT"), "REJECTED") == ("TAKEN", "REJECTED")


def test_a_device_that_fetches_its_commands_takes_one_by_acknowledging_it():
    waiting = life("REQUESTED", "QUEUED")
    assert heard(waiting, "ACKNOWLEDGED") == ("TAKEN", "SENT", "ACKNOWLEDGED")
    assert heard(waiting, "REJECTED") == ("TAKEN", "SENT", "REJECTED")
    assert heard(waiting, "EXECUTED") == ("OUT_OF_ORDER",)
    assert heard(waiting, "ACKNOWLEDGED", is_due=False) == ("OUT_OF_ORDER",)
    assert heard(life("REQUESTED", "AWAITING_APPROVAL"), "ACKNOWLEDGED") == ("OUT_OF_ORDER",)


def test_of_two_devices_one_has_it():
    taken = life(*SENT, "ACKNOWLEDGED")
    for said in SAID_BY_DEVICES:
        assert heard(taken, said.value, OTHER) == ("OUT_OF_ORDER",)


@pytest.mark.parametrize("end", ["EXPIRED", "CANCELLED", "REJECTED"])
def test_what_has_ended_is_not_begun(end):
    steps = life("REQUESTED", "QUEUED", end, by=US)
    for said in ("ACKNOWLEDGED", "EXECUTED", "FAILED"):
        assert heard(steps, said) == ("FINISHED",)


def test_a_device_does_not_take_its_word_back():
    assert heard(life(*SENT, "ACKNOWLEDGED"), "REJECTED") == ("OUT_OF_ORDER",)
    assert heard(life(*SENT, "ACKNOWLEDGED", "EXECUTED"), "FAILED") == ("FINISHED",)


def test_whatever_is_taken_may_follow_and_is_old_news_when_it_comes_again():
    lives = [life("REQUESTED")]
    seen = set()
    while lives:
        steps = lives.pop()
        key = tuple((step.status, step.actor) for step in steps)
        if key in seen or len(steps) > 7:
            continue
        seen.add(key)
        lives += [[*steps, Step(each, US)] for each in CommandStatus if may_follow(steps[-1].status, each)]
        for said, due in product(SAID_BY_DEVICES, (True, False)):
            answer = hear(steps, said, LATHE, is_due=due)
            assert (answer.outcome is ReportOutcome.TAKEN) == bool(answer.steps)
            if answer.steps:
                path = [steps[-1].status, *answer.steps]
                assert all(may_follow(before, after) for before, after in pairwise(path))
                assert answer.steps[-1] is said
                after = [*steps, *(Step(each, LATHE) for each in answer.steps)]
                assert hear(after, said, LATHE, is_due=due).outcome is ReportOutcome.REPEATED
    assert len(seen) > 20
