"""Keeps plans with their documents, and asks the database by them."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import VariableValues
from strawberry import Schema

from schema.declared import LISTED, RELATION
from schema.passed import NotPassedError
from twinql.api.documents import Document
from twinql.api.passing.leaves import DEFINITION
from twinql.api.passing.plan import Filling, Plan
from twinql.api.passing.planner import Planner
from twinql.context import Context
from twinql.errors import TooSlowError, TwinError, UnavailableError
from twinql.storage.database import Connection
from twinql.storage.read import Text
from twinql.storage.read.json_text import NOT_PASSED_STATE
from twinql.storage.read.passing import statement_for_parents

log = logging.getLogger(__name__)
MOST_PLANS = 200
"""How many plans are kept with a document: of its relations, and for each set of values of its conditions."""
MOST_PARENTS = 500
"""For how many parents a relation is read at once."""


class Passing:
    """Passes on what the database writes, for operations of one schema."""

    def __init__(self, schema: Schema, core: GraphQLSchema) -> None:
        """Serve a schema."""
        self._schema = schema
        self.core = core
        self.relations = _relations(core)
        """By type and field: the attribute that holds the parent's key; None where there is no parent."""

    def whole(self, document: Document, operation: OperationDefinitionNode, variables: VariableValues) -> Plan | None:
        """Return the plan of a whole query; None where something in it takes Python."""
        return self._kept(document, operation, variables, (id(operation),), Planner.operation)

    def relation(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        parent: GraphQLObjectType,
        details: FieldDetailsList,
    ) -> Plan | None:
        """Return the plan of a relation of some parents; None where something in it takes Python."""
        key = (id(operation), parent.name, *(id(each.node) for each in details))
        return self._kept(
            document, operation, variables, key, lambda planner: planner.relation(parent, details, "parent.key")
        )

    def planner(self, document: Document, operation: OperationDefinitionNode, variables: VariableValues) -> Planner:
        """Return what plans parts of an operation."""
        return Planner(self._schema, self.core, operation, document.fragments, variables)

    def _kept(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        key: tuple[Any, ...],
        make: Callable[[Planner], Plan],
    ) -> Plan | None:
        if "conditions" not in document.plans:
            document.plans["conditions"] = _conditions(document)
        key = (*key, *(variables.coerced.get(name) for name in document.plans["conditions"]))
        if key not in document.plans:
            planner = self.planner(document, operation, variables)
            if len(document.plans) >= MOST_PLANS:
                return None
            try:
                document.plans[key] = make(planner)
            except (NotPassedError, GraphQLError):
                document.plans[key] = None
        plan: Plan | None = document.plans[key]
        return plan

    async def answer(self, plan: Plan, context: Context, variables: VariableValues) -> bytes | None:
        """Return the data of a whole query as JSON; None where Python has to answer.

        Args:
            plan: How it becomes one statement.
            context: Says who asks; an operation's own where it is asked what they may do.
            variables: The values of its variables.

        Raises:
            TwinError: The database is away, or takes too long.
        """
        try:
            filling = await _filling(plan, context, variables, datetime.now(UTC))
            statement = plan.fill(filling)
            text: bytes = await context.value(statement, filling.text.values)
        except Exception as error:
            if is_final(error):
                raise
            return None
        return text

    async def related(self, plan: Plan, context: Context, variables: VariableValues, key: object) -> bytes | None:
        """Return what a relation of one parent is as JSON, together with those of others that ask at that moment.

        Returns:
            None where it is null.

        Raises:
            Exception: It is final, or Python has to answer.
        """

        async def load(connection: Connection, keys: Sequence[Any]) -> Sequence[Any]:
            found: list[bytes | None] = []
            for first in range(0, len(keys), MOST_PARENTS):
                found += await _related(connection, plan, filling, keys[first : first + MOST_PARENTS])
            return found

        filling = await _filling(plan, context, variables, context.now)
        text: bytes | None = await context.batch(("passed", id(plan)), load).load(key)
        return text


async def _related(connection: Connection, plan: Plan, filling: Filling, keys: Sequence[Any]) -> list[bytes | None]:
    filling = Filling(Text(now=filling.text.now), filling.variables, filling.may, filling.asked)
    text = plan.fill(filling)
    given = f"{filling.text.parameter(list(keys))}::{plan.key_type(filling)}[]"
    written = statement_for_parents(text, given)
    return [row[0] for row in await connection.fetch(written, *filling.text.values)]


async def _filling(plan: Plan, context: Context, variables: VariableValues, now: datetime) -> Filling:
    for role in plan.needs:
        await context.require(role)
    may = {asked: await context.may(asked[0], device=asked[1]) for asked in plan.asks}
    return Filling(Text(now=now), variables, may)


def is_final(error: Exception) -> bool:
    """Say whether what went wrong is the answer; else Python resolves, and tells each error in its place."""
    if isinstance(error, (UnavailableError, TooSlowError)):
        return True
    # A place in a list that is no such place, or a number beyond all bounds, is told as what it is.
    expected = isinstance(error, (NotPassedError, TwinError, GraphQLError, asyncpg.DataError))
    if not expected and getattr(error, "sqlstate", None) != NOT_PASSED_STATE:
        log.warning("Something could not be passed on as the database writes it, and is resolved.", exc_info=error)
    return False


def _relations(core: GraphQLSchema) -> Mapping[str, Mapping[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for type_ in core.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                metadata = field.extensions[DEFINITION].metadata
                if (relation := metadata.get(LISTED) or metadata.get(RELATION)) is not None:
                    found.setdefault(type_.name, {})[name] = relation.local
    return found


def _conditions(document: Document) -> tuple[str, ...]:
    """Return the variables that say what of a document is skipped or included."""
    names: set[str] = set()
    waiting: list[SelectionSetNode] = [each.selection_set for each in document.operations.values()]
    waiting += [each.selection_set for each in document.fragments.values()]
    while waiting:
        for selection in waiting.pop().selections:
            values = [argument.value for each in selection.directives or () for argument in each.arguments or ()]
            names |= {each.name.value for each in values if isinstance(each, VariableNode)}
            if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set is not None:
                waiting.append(selection.selection_set)
    return tuple(sorted(names))
