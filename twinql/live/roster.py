"""The channels that are watched, with the limits and rules that hold for each as they are now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import structlog

from twinql.domain.alarms.followed import Followed
from twinql.domain.alarms.policy import Policies, Rule, policies_of, watched_under
from twinql.domain.detection.finding import Memory, Watched
from twinql.storage import watching
from twinql.storage.database import Connection
from twinql.storage.watching import Subject, subject_of

log = structlog.stdlib.get_logger("twinql.watcher")


@dataclass(slots=True)
class Channel:
    """A channel that is watched.

    Attributes:
        row: What is stored of it, to be compared with what is stored later.
        subject: The same, as it is used.
        policies: What holds for its alarms.
        watched: What detectors know of it, under its rules.
        followed: What is wrong with it; None until it has been looked at.
        met: Whether that goes up to now, with what the outbox tells from here on.
        position: Up to which place of the outbox its readings are in that.
        unkept: Whether that has not been kept yet as it is now.
        silent_from_s: From when on silence counts, seconds since 1970 UTC. [s]
        broken_until_s: Until when it is left alone, because a detector failed on it. [s]
        learn_at_s: When it is to be learned anew, because its past was filled in; None where it need not be. [s]
        learned_at_s: When it was last learned. [s]
    """

    row: asyncpg.Record
    subject: Subject
    policies: Policies
    watched: Watched
    followed: Followed | None = None
    met: bool = False
    position: int = 0
    unkept: bool = False
    silent_from_s: float = 0.0
    broken_until_s: float = 0.0
    learn_at_s: float | None = None
    learned_at_s: float = 0.0


@dataclass(slots=True)
class Roster:
    """All channels in use, by number."""

    channels: dict[int, Channel] = field(default_factory=dict)
    _rules: dict[UUID, list[Rule]] = field(default_factory=dict)
    _gone: list[int] = field(default_factory=list)
    _come: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[Channel]:
        """Go through them; the roster may change meanwhile."""
        return iter(list(self.channels.values()))

    @property
    def ids(self) -> set[UUID]:
        """The ids of the channels in use."""
        return {each.subject.place.channel_id for each in self.channels.values()}

    def gone(self) -> list[int]:
        """Return, once, the numbers of channels that were taken out of use."""
        gone, self._gone = self._gone, []
        return gone

    def come(self) -> list[int]:
        """Return, once, the numbers of channels that were taken into use, or changed before they were followed."""
        come, self._come = self._come, []
        return come

    async def reload(self, connection: Connection) -> list[Channel]:
        """Notice channels that were made, changed or taken out of use, and changed rules.

        Returns:
            The channels whose readings mean something else from now on: what is remembered of them is worth nothing.
        """
        rows, rules = await watching.subjects(connection), await watching.rules(connection)
        changed = {each for each in {*rules, *self._rules} if rules.get(each) != self._rules.get(each)}
        self._rules = rules
        self._leave_out(rows)
        afresh = []
        for row in rows:
            known = self.channels.get(row["number"])
            if known is not None and known.row == row and row["organisation_id"] not in changed:
                continue
            subject, policies, watched = self._seen(row)
            if known is None or known.followed is None:
                self._come.append(subject.number)
            if known is None:
                self.channels[subject.number] = Channel(row, subject, policies, watched)
                continue
            before = known.watched, known.policies
            known.row, known.subject, known.policies, known.watched = row, subject, policies, watched
            known.broken_until_s = 0.0
            if known.followed is not None and before != (watched, policies):
                known.followed = made(known, known.followed.memory())
                known.unkept = True
                if known.followed is None or known.followed.afresh:
                    afresh.append(known)
        return afresh

    def _leave_out(self, rows: Sequence[asyncpg.Record]) -> None:
        for number in self.channels.keys() - {row["number"] for row in rows}:
            del self.channels[number]
            self._gone.append(number)

    def _seen(self, row: asyncpg.Record) -> tuple[Subject, Policies, Watched]:
        subject = subject_of(row)
        policies = policies_of(subject.place, self._rules.get(subject.organisation_id, ()))
        return subject, policies, watched_under(policies, subject.watched)


def made(channel: Channel, memory: Memory | None) -> Followed | None:
    """Follow a channel from a memory; None where that fails, and it is to be met afresh."""
    try:
        return Followed(channel.watched, channel.policies, memory)
    except Exception:  # whatever was remembered of one channel must not blind the watcher to all others
        log.exception("What was remembered of a channel cannot be read.", channel=str(channel.subject.place.channel_id))
        return None
