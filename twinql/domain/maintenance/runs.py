"""For how long things ran, by when they were renewed: to failure, or before that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Renewal:
    """That an asset was repaired or replaced.

    Attributes:
        task_id: The task that says so.
        at: When.
        failed: Whether it had failed.
        failed_at: When it had failed; None where nobody knows, and where it had not.
    """

    task_id: UUID
    at: datetime
    failed: bool
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A time that an asset ran, from one renewal to the next.

    Attributes:
        began: The renewal with which it began; None for the first one: nobody knows how long it had run.
        ended: The renewal with which it ended; None while it goes on.
    """

    began: Renewal | None
    ended: Renewal | None

    @property
    def complete(self) -> bool:
        """Whether it is known from its beginning to a failure."""
        return self.began is not None and self.ended is not None and self.ended.failed

    @property
    def ended_at(self) -> datetime | None:
        """When it ended: with the failure where somebody knows when that was, else when it was renewed."""
        return None if self.ended is None else self.ended.failed_at or self.ended.at

    @property
    def length_s(self) -> float | None:
        """For how long it went; None where its beginning or its end is not known.

        [s]
        """
        ended_at = self.ended_at
        return None if self.began is None or ended_at is None else (ended_at - self.began.at).total_seconds()


def runs_between(renewals: Sequence[Renewal]) -> list[Run]:
    """Cut the life of an asset into runs.

    Args:
        renewals: In the order of time.

    Returns:
        The runs in order: the first one without a beginning, the last one without an end. One without either where it
        was never renewed.
    """
    edges: list[Renewal | None] = [None, *renewals, None]
    return [Run(began, ended) for began, ended in pairwise(edges)]
