"""Who is next where one thing is done at a time: those who wait take turns, however much each of them wants."""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from twinql.errors import UnavailableError

J = TypeVar("J")

MOST_WAITING: Final = 200
"""How many jobs may wait in all: more would be answered after everybody has given up."""
MOST_OF_ONE: Final = 40
"""How many jobs of one organisation may wait: room is left for others, whatever it asks."""
PATIENCE_S: Final = 10.0
"""So long the server's own work lets everybody go first: it holds a transaction meanwhile, which may idle a minute, and
one job may be under way for half of that."""


@dataclass(slots=True)
class Turns(Generic[J]):
    """Jobs that wait, by whose they are.

    Those who have any take turns with one job each, in the order in which they came; None, the server itself, comes
    when nobody else waits, or after it has waited for long.
    """

    _theirs: dict[Hashable, deque[J]] = field(default_factory=dict)
    _own: deque[tuple[float, J]] = field(default_factory=deque)

    def __len__(self) -> int:
        return len(self._own) + sum(len(each) for each in self._theirs.values())

    def take(self, whose: Hashable | None, job: J, *, now_s: float) -> None:
        """Let a job wait for its turn.

        Raises:
            UnavailableError: Too many wait, in all or of the same one.
        """
        if len(self) >= MOST_WAITING or len(self._theirs.get(whose, ())) >= MOST_OF_ONE:
            raise UnavailableError("Too many calculations wait already; ask again in a moment.")
        if whose is None:
            self._own.append((now_s, job))
        else:
            self._theirs.setdefault(whose, deque()).append(job)

    def next(self, *, now_s: float) -> J | None:
        """Take out the job whose turn it is; None where none waits."""
        if self._own and (not self._theirs or now_s - self._own[0][0] >= PATIENCE_S):
            return self._own.popleft()[1]
        if not self._theirs:
            return None
        whose, jobs = next(iter(self._theirs.items()))
        job = jobs.popleft()
        del self._theirs[whose]
        if jobs:
            self._theirs[whose] = jobs  # behind all others
        return job

    def drop(self, whose: Hashable | None, job: J) -> None:
        """Let go of a job that nobody waits for any more, where it has not had its turn yet."""
        if whose is None:
            self._own = deque(each for each in self._own if each[1] is not job)
        elif job in (jobs := self._theirs.get(whose, deque[J]())):
            jobs.remove(job)
            if not jobs:
                del self._theirs[whose]
