"""Who is to make sure again of what they may see, when memberships or API keys change."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Doubt = Callable[[], None]


class AccessChanges:
    """The live connections of this process, by organisation."""

    def __init__(self) -> None:
        """Start without connections."""
        self._doubts: dict[int, set[Doubt]] = {}
        self._changes: Counter[int | None] = Counter()

    def changes(self, organisation_number: int) -> int:
        """Return how often access to an organisation may have changed so far."""
        return self._changes[organisation_number] + self._changes[None]

    def connections(self, organisation_number: int) -> int:
        """Return how many connections an organisation has."""
        return len(self._doubts.get(organisation_number, ()))

    @contextmanager
    def watch(self, organisation_number: int, doubt: Doubt) -> Iterator[None]:
        """Have `doubt` called, for the length of a block, whenever access to an organisation may have changed.

        It is called before anything is told that was committed after the change. Whoever begins to watch makes sure
        once more: what changed since they last did was not told to them.
        """
        doubts = self._doubts.setdefault(organisation_number, set())
        doubts.add(doubt)
        try:
            yield
        finally:
            doubts.remove(doubt)
            if not doubts:
                self._doubts.pop(organisation_number, None)

    def changed(self, organisation_number: int) -> None:
        """Tell the connections of one organisation."""
        self._changes[organisation_number] += 1
        self._tell(organisation_number)

    def unknown(self) -> None:
        """Tell every connection: what happened meanwhile cannot be read any more."""
        self._changes[None] += 1
        for organisation_number in tuple(self._doubts):
            self._tell(organisation_number)

    def _tell(self, organisation_number: int) -> None:
        for doubt in tuple(self._doubts.get(organisation_number, ())):
            doubt()
