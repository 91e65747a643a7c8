"""Random values for the arguments of queries, most of which are taken."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
)


@dataclass(frozen=True, slots=True)
class Known:
    """What values are taken from.

    Attributes:
        ids: Global ids by the name of a type.
        texts: What may be searched for.
        times: Instants around which something was.
        cursors: Cursors that answers told, by type of connection.
    """

    ids: Mapping[str, Sequence[str]]
    texts: Sequence[str]
    times: Sequence[str]
    cursors: dict[str, list[str]] = field(default_factory=dict)

    def learn(self, data: Any) -> None:
        """Keep the cursors of an answer, which are told under `cursor_Type` and `endCursor_Type`."""
        if isinstance(data, list):
            for each in data:
                self.learn(each)
        elif isinstance(data, dict):
            for key, value in data.items():
                _, marked, connection = key.partition("Cursor_")
                if marked and isinstance(value, str):
                    self.cursors.setdefault(connection, []).append(value)
                else:
                    self.learn(value)


class Values:
    """Makes values, the same ones for the same seed."""

    def __init__(self, known: Known, random: Random) -> None:
        self.known = known
        self.random = random

    def chance(self, probability: float) -> bool:
        """Say yes so often."""
        return self.random.random() < probability

    def literal(self, type_: GraphQLInputType, value: Any) -> str:
        """Write a value as a document has it."""
        if value is None:
            return "null"
        if isinstance(type_, GraphQLNonNull):
            return self.literal(type_.of_type, value)
        if isinstance(type_, GraphQLList):
            return f"[{', '.join(self.literal(type_.of_type, each) for each in value)}]"
        if isinstance(type_, GraphQLInputObjectType):
            parts = [f"{key}: {self.literal(type_.fields[key].type, each)}" for key, each in value.items()]
            return "{" + ", ".join(parts) + "}"
        return value if isinstance(type_, GraphQLEnumType) else json.dumps(value)

    def made(self, type_: GraphQLInputType, key: str, place: str, cursors: str | None) -> Any:
        """Make a value as variables have it.

        Args:
            type_: Its type.
            key: The name of the argument, or of the field of an input.
            place: Where that stands: a type, a field and its argument, in small letters.
            cursors: Of which type of connection it is a cursor; None for none.
        """
        if isinstance(type_, GraphQLNonNull):
            return self.made(type_.of_type, key, place, cursors)
        if isinstance(type_, GraphQLList):
            return [self.made(type_.of_type, key, place, cursors) for _ in range(self.random.choice([1, 2, 2, 3]))]
        if isinstance(type_, GraphQLEnumType):
            return self.random.choice(list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, place)
        return self._scalar(type_.name, key, place, cursors)

    def _object(self, type_: GraphQLInputObjectType, place: str) -> dict[str, Any]:
        if type_.name == "PeriodInput":
            begin, end = sorted(self.random.sample(self.known.times, 2))
            return {"from": begin, "until": end} if self.chance(0.97) else {"from": end, "until": begin}
        given = {
            key: self.made(each.type, key, f"{place}.{key}".lower(), None)
            for key, each in type_.fields.items()
            if is_required_input_field(each) or self.chance(0.3)
        }
        if not given and type_.is_one_of:
            key = self.random.choice(list(type_.fields))
            given[key] = self.made(type_.fields[key].type, key, place, None)
        return given

    def _scalar(self, name: str, key: str, place: str, cursors: str | None) -> Any:
        choose = self.random.choice
        if cursors is not None:
            kept = self.known.cursors.get(cursors)
            return choose(kept) if kept and self.chance(0.98) else choose(["nonsense", "WyJhIl0", ""])
        if name == "ID":
            return self._id(key, place)
        if name == "Int":
            if self.chance(0.01):
                return choose([-1, 5000])
            return choose([0, 1, 1, 2, 2, 3, 3, 5, 10, 50]) if key in {"first", "last"} else choose([1, 2, 3, 10, 100])
        return {
            "String": lambda: choose(self.known.texts),
            "Float": lambda: choose([0, 0.5, 0.8, 1, 20, 1e3]),
            "Boolean": lambda: self.chance(0.5),
            "DateTime": lambda: choose(self.known.times),
            "Duration": lambda: choose(["PT15M", "PT1H", "P1D", "P7D"]),
            "Date": lambda: choose(self.known.times)[:10],
            "TimeZone": lambda: choose(["UTC", "Europe/Berlin"]),
            "Decimal": lambda: choose(["0", "1.00", "12.345"]),
        }[name]()

    def _id(self, key: str, place: str) -> str:
        """Return the id of what the place is named after, or now and then of something else, or none."""
        owner, path = place.split(".", 1)
        words = [key.lower(), path, owner]
        named = [
            each for word in words for each in sorted(self.known.ids, key=len, reverse=True) if each.lower() in word
        ]
        if self.chance(0.01):
            return self.random.choice(["nonsense", "", "U2l0ZTox"])
        if named and self.chance(0.98):
            return self.random.choice(self.known.ids[named[0]])
        return self.random.choice([each for ids in self.known.ids.values() for each in ids])
