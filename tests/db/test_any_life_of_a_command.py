"""Whatever people, devices, crashes and the clock do, in any order, the life of a command is possible and told."""

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.plant import LATHE, Plant
from twinql.devices.dispatcher import Acknowledgement, Dispatcher
from twinql.domain.command_reports import SAID_BY_DEVICES, DeviceReport, ReportOutcome
from twinql.domain.commands import UNSENT, CommandStatus, may_follow
from twinql.domain.identity import Worker
from twinql.errors import ConflictError, InvalidInputError, UnavailableError
from twinql.storage.command_steps import approve, cancel, turn_down
from twinql.storage.device_reports import take_report

S = CommandStatus
ANSWERS = {
    "later": None,
    "takes it": Acknowledgement(executed=False),
    "does it": Acknowledgement(executed=True),
    "refuses": InvalidInputError("The door is open; close it."),
    "is silent": UnavailableError("The line is down."),
}
ANSWERED_AT_ONCE = ("does it", "takes it", "refuses")
OTHER = Worker("gateway")
HELD = {S.ACKNOWLEDGED, S.EXECUTING, S.EXECUTED}
PATIENCE = timedelta(seconds=30)
_LIVES = """
select c.id, c.status::text, c.requested_at, c.not_before, c.expires_at, c.verification,
    array_agg(t.status::text order by t.sequence) as life, array_agg(t.at order by t.sequence) as times,
    array_agg(t.sequence order by t.sequence) as places, array_agg(t.actor order by t.sequence) as actors
from commands as c join command_transitions as t on t.command_id = c.id
where c.requested_at >= $1
group by c.id
"""


class Life:
    """A command as the database tells it."""

    def __init__(self, row):
        self.id, self.requested_at, self.expires_at = row["id"], row["requested_at"], row["expires_at"]
        self.due = (row["not_before"] or row["requested_at"], row["requested_at"], row["id"])
        self.steps, self.times = [S(each) for each in row["life"]], row["times"]
        self.actors = row["actors"]
        self.shown, self.places, self.verification = S(row["status"]), row["places"], row["verification"]

    @property
    def stands(self):
        return self.steps[-1]

    def sendable(self, now):
        return self.stands is S.QUEUED and self.due[0] <= now < self.expires_at


class AnyLife(RuleBasedStateMachine):
    """One channel, its device, two people, and a clock that only goes on."""

    plant = runner = None
    commands = Bundle("commands")

    def run(self, work):
        return self.runner.run(work)

    def lives(self):
        rows = self.run(self.plant.sql(_LIVES, self.began))
        return {row["id"]: Life(row) for row in rows}

    @initialize(target=commands)
    def begin(self):
        # Whatever an earlier run left over is over.
        self.plant.now += timedelta(hours=1)
        self.there, self.answer, self.heard, self.issued = False, "later", [], 0
        self.dispatcher = self.restarted()
        self.began = self.plant.now
        self.run(self.dispatcher.dispatch())
        self.before = {}
        (row,) = self.run(self.plant.sql("select number from channels where key = 'setpoint'"))
        self.number, self.there = row["number"], True
        begun = [self.issue_one(None, 300, desired=desired) for desired in (3000.0, 6000.0)]
        self.dispatch()
        return multiple(*begun)

    def restarted(self):
        return Dispatcher(self.plant.database, [self], self.plant.clock, patience=PATIENCE)

    # What a transport is.

    name = "lathe"

    def channels(self):
        return [self.number] if self.there else []

    async def send(self, command):
        self.heard.append(command.id)
        assert self.plant.now < command.expires_at
        answer = ANSWERS[self.answer]
        if isinstance(answer, Exception):
            raise answer
        return answer

    # What happens.

    @rule(
        target=commands,
        waits=st.sampled_from([None, 20, 90]),
        lives=st.sampled_from([5, 60, 300]),
        needs_approval=st.sampled_from([False, False, True]),
        desired=st.sampled_from([3000.0, 6000.0, 3000.0, 6000.0, 99_999.0]),
    )
    def issue(self, waits, lives, needs_approval, desired):
        return self.issue_one(waits, lives, desired=desired, needs_approval=needs_approval)

    def issue_one(self, waits, lives, *, desired, needs_approval=False):
        self.issued += 1
        self.plant.now += timedelta(milliseconds=1)
        issued = self.run(
            self.plant.issue(
                idempotency_key=f"{self.began} {self.issued}",
                desired=desired,
                not_before=waits and self.plant.now + timedelta(seconds=waits),
                expires_in=timedelta(seconds=lives),
                needs_approval=needs_approval,
            )
        )
        life = self.lives()[issued.command_id]
        following = S.AWAITING_APPROVAL if needs_approval else S.QUEUED
        assert life.steps == [S.REQUESTED, S.REJECTED if desired > 12_000 else following]
        return issued.command_id

    @rule(command=commands, owner=st.booleans(), step=st.sampled_from(["approve", "reject", "cancel"]))
    def person(self, command, owner, step):
        world, now, before = self.plant.world, self.plant.now, self.lives()[command]
        who = world.owner if owner else world.operator
        work = {
            "approve": lambda: approve(self.plant.database, who, command, now=now),
            "reject": lambda: turn_down(self.plant.database, who, command, now=now, reason="No."),
            "cancel": lambda: cancel(self.plant.database, who, command, now=now),
        }[step]
        waits = owner and before.stands is S.AWAITING_APPROVAL
        allowed, after = {
            "approve": (waits and now < before.expires_at, S.QUEUED),
            "reject": (waits, S.REJECTED),
            "cancel": (before.stands in UNSENT, S.CANCELLED),
        }[step]
        again = step == "cancel" and before.stands is S.CANCELLED
        try:
            self.run(work())
        except ConflictError:
            assert not allowed
            assert not again
        else:
            assert allowed or again
        assert self.lives()[command].steps == before.steps + ([after] if allowed else [])

    @rule(
        command=commands,
        device=st.sampled_from([LATHE, LATHE, OTHER]),
        said=st.sampled_from([S.EXECUTED, *SAID_BY_DEVICES]),
    )
    def report(self, command, device, said):
        before = self.lives()[command]

        async def tell():
            async with self.plant.database.transaction(Worker("test")) as connection:
                return await take_report(connection, DeviceReport(command, said), device=device, now=self.plant.now)

        outcome = self.run(tell())
        after = self.lives()[command]
        if outcome is ReportOutcome.TAKEN:
            assert after.stands is said
            assert self.run(tell()) is ReportOutcome.REPEATED
        assert (len(after.steps) > len(before.steps)) == (outcome is ReportOutcome.TAKEN)
        if before.stands is S.AWAITING_APPROVAL or not any(may_follow(before.stands, each) for each in S):
            assert outcome is not ReportOutcome.TAKEN
        if before.stands is S.SENT:
            assert outcome is ReportOutcome.TAKEN
        assert self.lives()[command].steps == after.steps

    @rule(there=st.sampled_from([True, True, False]), answer=st.sampled_from([*ANSWERS, *ANSWERED_AT_ONCE]))
    def device_changes(self, there, answer):
        self.there, self.answer = there, answer

    @rule(seconds=st.sampled_from([0.5, 2, 15, 40, 200]))
    def wait(self, seconds):
        self.plant.now += timedelta(seconds=seconds)

    @rule(value=st.sampled_from([3000.0, 6000.0, 9000.0]))
    def read(self, value):
        self.plant.now += timedelta(milliseconds=1)
        self.run(self.plant.record("setpoint", [value], step_s=0))

    @rule()
    def crash_before_sending(self):
        """The dispatcher dies between writing SENT and speaking to the device."""
        kept, self.send = self.send, _die
        with suppress(asyncio.CancelledError):
            self.run(self.dispatcher.dispatch())
        self.send = kept
        self.dispatcher = self.restarted()

    @rule()
    def dispatch(self):
        now, before, heard = self.plant.now, self.lives(), len(self.heard)
        self.run(self.dispatcher.dispatch())
        after = self.lives()
        due = sorted((each for each in before.values() if each.sendable(now)), key=lambda each: each.due)
        held_up = any(each.stands is S.SENT and now - each.times[-1] < timedelta(seconds=1) for each in before.values())
        spoken_to = self.heard[heard:]
        assert spoken_to == [each.id for each in due][: len(spoken_to)]
        if self.there and self.answer in ANSWERED_AT_ONCE and not held_up:
            assert len(spoken_to) == len(due)
        for command, life in before.items():
            if life.stands in UNSENT and now >= life.expires_at:
                assert after[command].steps == [*life.steps, S.EXPIRED]
            in_hand = life.stands in {S.SENT, S.ACKNOWLEDGED, S.EXECUTING}
            if in_hand and now > life.times[-1] + PATIENCE:
                assert after[command].steps == [*life.steps, S.TIMED_OUT]

    @rule(seconds=st.sampled_from([1, 31, 160]))
    def a_round_passes(self, seconds):
        self.wait(seconds)
        self.dispatch()

    # What must hold at any time.

    @invariant()
    def every_life_is_possible_and_told_as_it_was(self):
        if not hasattr(self, "before"):
            return
        lives = self.lives()
        for life in lives.values():
            assert life.steps[0] is S.REQUESTED
            assert all(may_follow(one, next_) for one, next_ in pairwise(life.steps))
            assert life.places == list(range(1, len(life.steps) + 1))
            assert life.shown is life.stands
            sent = [at for at, step in zip(life.times, life.steps, strict=True) if step is S.SENT]
            assert len(sent) <= 1
            assert all(life.due[0] <= at < life.expires_at for at in sent)
            holders = {who for who, step in zip(life.actors, life.steps, strict=True) if step in HELD}
            assert len(holders) <= 1
            told = {S.VERIFIED, S.NOT_OBSERVED} & set(life.steps)
            assert (life.verification is not None) == bool(told)
        for command, life in self.before.items():
            assert lives[command].steps[: len(life.steps)] == life.steps
        assert len(self.heard) == len(set(self.heard))
        assert all(S.SENT in lives[each].steps for each in self.heard)
        self.before = lives


async def _die(_command):
    raise asyncio.CancelledError


def test_any_life_of_a_command_is_possible_and_told_as_it_was(database_url):
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        AnyLife.runner, AnyLife.plant = runner, runner.run(stack.enter_async_context(Plant.open(database_url)))
        try:
            run_state_machine_as_test(
                AnyLife,
                settings=settings(
                    max_examples=16,
                    stateful_step_count=20,
                    deadline=None,
                    derandomize=True,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(stack.aclose())
