"""On-delay and off-delay: between a condition that begins or ends, and the alarm that is raised or returns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

from twinql.domain.alarms.policy import Policies, Policy
from twinql.domain.detection.finding import Cause, Finding, Memory
from twinql.domain.detection.kept import of_memory, to_memory

OF_THE_PRESENT: Final = frozenset({Cause.STALE, Cause.CLOCK_OFF})
"""Conditions that hold at the present, however old the newest reading is."""


class Due(NamedTuple):
    """An alarm that is to be raised or to return.

    Attributes:
        finding: That the condition began, or that it has ended.
        policy: What holds for it.
    """

    finding: Finding
    policy: Policy


@dataclass(slots=True)
class _Condition:
    """A condition that holds, or has ended so recently that its alarm has not returned.

    Attributes:
        finding: How it began.
        seen_s: When that was learned. [s]
        raised: Whether its alarm is raised.
        ended: How it ended; None while it holds.
        ended_seen_s: When that was learned. [s]
    """

    finding: Finding
    seen_s: float
    raised: bool = False
    ended: Finding | None = None
    ended_seen_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Now:
    """How far one has come with a channel.

    Attributes:
        newest_s: The newest observation time seen; None before the first. [s]
        seen_s: The present: when the newest reading was recorded, or later. [s]
        oldest_s: What is found in readings observed before this raises nothing. [s]
    """

    newest_s: float | None
    seen_s: float
    oldest_s: float


class Pending:
    """The conditions of one channel, and for how long they have held.

    A condition that ends within its on-delay never alarms, and one that comes again within its off-delay is still the
    same. Time is that of observation; where nothing newer is observed, it is the present that goes on. So readings that
    come late and all together give the same alarms as if they had come one by one.
    """

    def __init__(self, conditions: dict[Cause, _Condition] | None = None) -> None:
        self._conditions = conditions or {}

    def __len__(self) -> int:
        """Return how many conditions are followed."""
        return len(self._conditions)

    @classmethod
    def of(cls, memory: Memory | None) -> Self:
        """Go on from a memory, or begin without any conditions."""
        return cls({Cause(name): _condition(kept) for name, kept in (memory or {}).items()})

    def memory(self) -> Memory:
        """Return what it needs to go on later."""
        return {
            cause.value: {
                "finding": to_memory(each.finding),
                "seen": each.seen_s,
                "raised": each.raised,
                "ended": None if each.ended is None else to_memory(each.ended),
                "ended_seen": each.ended_seen_s,
            }
            for cause, each in self._conditions.items()
        }

    def advance(self, findings: Iterable[Finding], policies: Policies, now: Now) -> list[Due]:
        """Note what begins and ends, and return what is due."""
        due: list[Due] = []
        for each in findings:
            if each.holds:
                self._begin(each, now)
            else:
                due += self._end(each, policies[each.cause], now)
        for cause in list(self._conditions):
            due += self._look(cause, policies[cause], now)
        return due

    def settle(self, holding: Mapping[Cause, Finding], raised: Iterable[Cause], now: Now) -> None:
        """Follow what holds, and no other conditions, whatever was followed before.

        Args:
            holding: The conditions that hold, each as it began.
            raised: The causes whose alarms are open and say that the condition holds.
            now: How far one has come.
        """
        alarmed = set(raised)
        before = self._conditions
        self._conditions = {}
        for cause, finding in holding.items():
            known = before.get(cause)
            seen_s = now.seen_s if known is None or known.ended is not None else known.seen_s
            self._conditions[cause] = _Condition(finding, seen_s, raised=cause in alarmed)
        for cause in alarmed - set(holding):
            known = before.get(cause)
            over = Finding(cause, now.seen_s, holds=False)
            if known is not None and known.ended is not None:
                self._conditions[cause] = known
                known.raised = True
            else:
                self._conditions[cause] = _Condition(over, now.seen_s, raised=True, ended=over, ended_seen_s=now.seen_s)

    def _begin(self, finding: Finding, now: Now) -> None:
        known = self._conditions.get(finding.cause)
        if known is None:
            self._conditions[finding.cause] = _Condition(finding, now.seen_s)
        else:
            known.ended = None

    def _end(self, finding: Finding, policy: Policy, now: Now) -> list[Due]:
        known = self._conditions.get(finding.cause)
        if known is None or known.ended is not None:
            return []
        due = []
        held_s = finding.at_s - known.finding.at_s
        if not known.raised and held_s >= policy.on_delay_s and _counts(finding.cause, policy, now):
            # Nobody looked while it held: its readings came together with the one that ends it.
            known.raised = True
            due.append(Due(known.finding, policy))
        if known.raised:
            known.ended, known.ended_seen_s = finding, now.seen_s
        else:
            del self._conditions[finding.cause]
        return due

    def _look(self, cause: Cause, policy: Policy, now: Now) -> list[Due]:
        known = self._conditions[cause]
        if known.raised and not policy.enabled:
            over = known.ended or Finding(cause, now.seen_s, holds=False)
            known.raised = False
            if known.ended is not None:
                del self._conditions[cause]
            return [Due(over, policy)]
        if known.ended is not None:
            if not _passed(known.ended.at_s, known.ended_seen_s, policy.off_delay_s, now):
                return []
            del self._conditions[cause]
            return [Due(known.ended, policy)]
        since_s = known.finding.at_s
        if (
            known.raised
            or not _counts(cause, policy, now)
            or not _passed(since_s, known.seen_s, policy.on_delay_s, now)
        ):
            return []
        known.raised = True
        return [Due(known.finding, policy)]


def _counts(cause: Cause, policy: Policy, now: Now) -> bool:
    """Say whether a condition is of the present, and wanted."""
    shown_s = now.seen_s if cause in OF_THE_PRESENT else now.newest_s
    return policy.enabled and shown_s is not None and shown_s >= now.oldest_s


def _passed(since_s: float, seen_s: float, delay_s: float, now: Now) -> bool:
    """Say whether a delay is over: in observed time, or in the time since one knows."""
    observed = now.newest_s is not None and now.newest_s - since_s >= delay_s
    return observed or now.seen_s - seen_s >= delay_s


def _condition(kept: Mapping[str, Any]) -> _Condition:
    ended = kept["ended"]
    return _Condition(
        finding=of_memory(kept["finding"]),
        seen_s=kept["seen"],
        raised=kept["raised"],
        ended=None if ended is None else of_memory(ended),
        ended_seen_s=kept["ended_seen"],
    )
