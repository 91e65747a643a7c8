"""Events of readings as JSON, written without executing anything: a busy feed tells many thousands a second."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    OperationDefinitionNode,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import VariableValues
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from schema.declared import MARK, RELATION
from schema.feed import TOLD_RANGE
from schema.passed import NotPassedError
from schema.reading import TOLD_READING
from subscriptions.known import KnownChannels
from twinql.api.documents import Document
from twinql.api.passing import Passing, Plan, is_final
from twinql.api.passing.leaves import DEFINITION
from twinql.context import Context
from twinql.domain.channels import ChannelFacts
from twinql.domain.instants import format_instant
from twinql.live import Batch

_PLAIN = frozenset({"String", "ID", "Int", "Float", "Boolean"})


@dataclass(slots=True)
class _Telling:
    """An event while it is written.

    Attributes:
        batch: What the feed told.
        cursor: Its place, as clients see it.
        facts: What is known of its channels, by their numbers, as far as whoever follows may see them.
        texts: What is selected of these channels, by what selects it and their numbers.
    """

    batch: Batch
    cursor: str
    facts: Mapping[int, ChannelFacts]
    texts: Mapping[tuple[int, int], orjson.Fragment]


_Write = Callable[[_Telling], Any]
_WriteRow = Callable[[Any, ChannelFacts, _Telling], Any]


class EventText:
    """Writes the events of one subscription."""

    def __init__(
        self, passing: Passing, document: Document, operation: OperationDefinitionNode, variables: VariableValues
    ) -> None:
        """Look at what is selected, once.

        Raises:
            NotPassedError: It takes more than the feed tells, and what is declared of channels, assets and sites.
        """
        self._passing = passing
        self._asked = document, operation, variables
        self._planner = passing.planner(*self._asked)
        self._plans: list[Plan] = []
        root = cast("GraphQLObjectType", passing.core.subscription_type)
        ((self._key, details),) = self._planner.roots(root).items()
        event = get_named_type(root.fields[details[0].node.name.value].type)
        self._fields = [(key, self._part(name, below)) for key, name, below in self._selected(event, details)]

    async def write(self, batch: Batch, cursor: str, known: KnownChannels, context: Context) -> bytes | None:
        """Return the data of an event as JSON; None where nothing of it is shown to whoever follows.

        Raises:
            NotPassedError: It has to be executed: it speaks of a gap, or a channel has just gone.
            TwinError: The database is away.
        """
        if batch.gap is not None:
            raise NotPassedError
        facts = await known.of(batch.numbers)
        if batch.numbers and not facts.keys() & batch.numbers:
            return None
        telling = _Telling(batch, cursor, facts, await self._texts(batch.numbers & facts.keys(), known, context))
        return orjson.dumps({self._key: {key: write(telling) for key, write in self._fields}})

    async def _texts(
        self, numbers: set[int], known: KnownChannels, context: Context
    ) -> Mapping[tuple[int, int], orjson.Fragment]:
        """Return what is selected of channels; it lasts as long as what else is known of them."""
        facts = await known.of(numbers)
        texts = known.texts
        missing = [(id(plan), number) for plan in self._plans for number in numbers if (id(plan), number) not in texts]
        if not missing:
            return texts
        known.looked += 1
        _, _, variables = self._asked
        plans = {id(each): each for each in self._plans}
        try:
            found = await asyncio.gather(
                *(self._passing.related(plans[plan], context, variables, facts[number].id) for plan, number in missing)
            )
        except Exception as error:
            if is_final(error):
                raise
            raise NotPassedError from error
        for key, text in zip(missing, found, strict=True):
            if text is None:
                raise NotPassedError
            texts[key] = orjson.Fragment(text)
        return texts

    def _selected(
        self, type_: GraphQLOutputType, details: FieldDetailsList
    ) -> Iterator[tuple[str, str, FieldDetailsList]]:
        """Yield the fields that are selected of an object: their keys in the answer, their names, and what is below."""
        for key, below in self._planner.below(cast("GraphQLObjectType", type_), details).items():
            yield key, below[0].node.name.value, below

    def _part(self, name: str, details: FieldDetailsList) -> _Write:
        match name:
            case "__typename":
                return lambda _: "ReadingsRecorded"
            case "cursor":
                return lambda telling: telling.cursor
            case "caughtUp":
                return lambda telling: telling.batch.caught_up
            case "gap":
                return lambda _: None
            case "readings":
                fields = self._row("Reading", TOLD_READING, details)
                return lambda telling: _rows(telling.batch.readings, fields, telling)
            case "ranges":
                fields = self._row("ChangedRange", TOLD_RANGE, details)
                return lambda telling: _rows(telling.batch.ranges, fields, telling)
        raise NotPassedError

    def _row(
        self, name: str, told: Mapping[str, Callable[[Any, ChannelFacts], Any]], details: FieldDetailsList
    ) -> list[tuple[str, _WriteRow]]:
        type_ = cast("GraphQLObjectType", self._passing.core.type_map[name])
        return [(key, self._of_row(type_, each, told, below)) for key, each, below in self._selected(type_, details)]

    def _of_row(
        self,
        type_: GraphQLObjectType,
        name: str,
        told: Mapping[str, Callable[[Any, ChannelFacts], Any]],
        details: FieldDetailsList,
    ) -> _WriteRow:
        if name == "__typename":
            return lambda _row, _facts, _telling: type_.name
        field = type_.fields[name]
        definition: StrawberryField = field.extensions[DEFINITION]
        if RELATION in definition.metadata:
            plan = self._channel(type_, details)
            return lambda _row, facts, telling: telling.texts[plan, facts.number]
        if definition.python_name not in told:
            raise NotPassedError
        tell, shown = told[definition.python_name], _shown(field.type)
        if shown is None:
            return lambda row, facts, _telling: tell(row, facts)
        return lambda row, facts, _telling: None if (value := tell(row, facts)) is None else shown(value)

    def _channel(self, type_: GraphQLObjectType, details: FieldDetailsList) -> int:
        """Return what stands for the text of a channel."""
        if not self._lasts(type_.fields[details[0].node.name.value].type, details):
            raise NotPassedError
        plan = self._passing.relation(*self._asked, type_, details)
        if plan is None:
            raise NotPassedError
        self._plans.append(plan)
        return id(plan)

    def _lasts(self, type_: GraphQLOutputType, details: FieldDetailsList) -> bool:
        """Tell whether all that is selected are columns, which may be told as they were a moment ago.

        What a channel reads, and all else that goes on by itself, is looked at anew for each event.
        """
        named = get_named_type(type_)
        types = (
            (named,)
            if isinstance(named, GraphQLObjectType)
            else self._passing.core.get_possible_types(cast("GraphQLInterfaceType", named))
        )
        return all(
            name == "__typename"
            or (
                RELATION in (metadata := each.fields[name].extensions[DEFINITION].metadata)
                and self._lasts(each.fields[name].type, below)
            )
            or MARK in metadata
            for each in types
            for _, name, below in self._selected(each, details)
        )


def _rows(rows: Any, fields: list[tuple[str, _WriteRow]], telling: _Telling) -> list[dict[str, Any]]:
    facts = telling.facts
    return [
        {key: write(each, channel, telling) for key, write in fields}
        for each in rows
        if (channel := facts.get(each.channel_number)) is not None
    ]


def _shown(type_: GraphQLOutputType) -> Callable[[Any], Any] | None:
    """Return what turns a value into what JSON holds of it; None where it is the same."""
    named = get_named_type(type_)
    if isinstance(named, GraphQLEnumType):
        definition: StrawberryEnumDefinition = named.extensions[DEFINITION]
        members = cast("Any", definition.wrapped_cls)
        names: Mapping[Enum, str] = {members(each.value): each.name for each in definition.values}
        return names.__getitem__
    if named.name == "DateTime":
        return format_instant
    if named.name not in _PLAIN:
        raise NotPassedError
    return None
