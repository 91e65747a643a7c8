"""SQL with holes, which one request fills."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql.execution.values import VariableValues

from schema.declared import Asked, Sought
from schema.passed import NotPassedError
from twinql.domain.membership import Role
from twinql.storage.months import MONTHS
from twinql.storage.read import Text

May = tuple[Role, bool]
"""A question of what whoever asks may do: the role that it takes, and whether a device may do it too."""
MOST_RELATIONS = 50
"""How many relations one statement may follow: Postgres plans each of them."""
_HOLE = re.compile("\x01([0-9]+)\x01")


@dataclass(slots=True)
class Filling:
    """What a request fills the holes with.

    Attributes:
        text: The statement, with its parameters so far.
        variables: The values of variables.
        may: What whoever asks may do.
        asked: What the relations ask for, each found out once.
    """

    text: Text
    variables: VariableValues
    may: Mapping[May, bool]
    asked: dict[int, Asked | Sought | None] = field(default_factory=dict)


Fill = Callable[[Filling], str]


@dataclass(frozen=True, slots=True)
class Hole:
    """What a request fills.

    Attributes:
        fill: Writes what comes there.
        fixed: Whether that is the same for all requests, as far as the months of readings are.
    """

    fill: Fill
    fixed: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A piece of SQL, written as far as it can be without a request.

    Attributes:
        pieces: Texts, and the holes between them.
        needs: The roles without which Python answers, and says why.
        asks: What is asked of whoever asks.
        key_type: Says the Postgres type of the parents' keys; of a relation alone.
        settled: It with its fixed holes filled, and the statement so far, for the months that were known then.
    """

    pieces: Sequence[str | Hole]
    needs: frozenset[Role]
    asks: frozenset[May]
    key_type: Fill
    settled: dict[object, tuple[list[str | Fill], Text]] = field(default_factory=dict)

    def fill(self, filling: Filling) -> str:
        """Write it for a request, whose statement has nothing in it yet.

        Raises:
            NotPassedError: It cannot be written for these arguments.
            TwinError: An argument is wrong.
            GraphQLError: An argument is wrong.
        """
        if (found := self.settled.get(MONTHS.run)) is None:
            found = self._settle(filling)
        pieces, begun = found
        filling.text.begin_with(begun)
        return "".join([each if isinstance(each, str) else each(filling) for each in pieces])

    def within(self, filling: Filling) -> str:
        """Write it as a part of another statement."""
        return "".join([each if isinstance(each, str) else each.fill(filling) for each in self.pieces])

    def _settle(self, filling: Filling) -> tuple[list[str | Fill], Text]:
        """Fill the holes that are the same for all requests: their parameters come first, so that none moves."""
        first = Filling(Text(), filling.variables, {})
        pieces: list[str | Fill] = []
        for each in self.pieces:
            piece = each if isinstance(each, str) else each.fill(first) if each.fixed else each.fill
            if isinstance(piece, str) and pieces and isinstance(last := pieces[-1], str):
                pieces[-1] = last + piece
            else:
                pieces.append(piece)
        self.settled.clear()
        self.settled[MONTHS.run] = found = pieces, first.text
        return found


class Sketch:
    """A plan while it is made."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._holes: list[Hole] = []
        self.relations = 0
        """How many the statement follows, so far."""
        self.needs: set[Role] = set()
        self.asks: set[May] = set()

    def hole(self, fill: Fill, *, fixed: bool = False) -> str:
        """Return what stands for a hole in SQL, which may be the same for all requests."""
        self._holes.append(Hole(fill, fixed))
        return f"\x01{len(self._holes) - 1}\x01"

    @property
    def reads(self) -> bool:
        """Whether any rows are read."""
        return self.relations > 0

    def alias(self) -> str:
        """Return a name for rows that nothing else in the statement has.

        Raises:
            NotPassedError: There are too many.
        """
        self.relations += 1
        if self.relations > MOST_RELATIONS:
            raise NotPassedError
        return f"p{self.relations}"

    def plan(self, sql: str, key_type: Fill = lambda _: "uuid") -> Plan:
        """Cut SQL at its holes."""
        pieces: list[Any] = [
            self._holes[int(each)] if place % 2 else each for place, each in enumerate(_HOLE.split(sql))
        ]
        return Plan([each for each in pieces if each != ""], frozenset(self.needs), frozenset(self.asks), key_type)
