"""The way of an operation through the graph: from what was asked to what is answered."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any, Self, cast

import orjson
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    assert_valid_schema,
    create_source_event_stream,
    map_source_to_response_event,
)
from graphql.execution.values import VariableValues, get_variable_values
from strawberry import Schema

from subscriptions.told import Told
from twinql.api.admission import Admission, extension_of
from twinql.api.documents import MOST_ERRORS, Document, Documents, InvalidDocumentError
from twinql.api.events import Events, Take
from twinql.api.executor import TwinExecutor
from twinql.api.labels import labelled
from twinql.api.limits import Limits, TooMuchError
from twinql.api.operation import Answer, Asked, Operation, RequestError
from twinql.api.pace import Pace
from twinql.api.passing import Passing
from twinql.api.plain_variables import PlainVariables
from twinql.api.rows import Lifted
from twinql.api.trusted import Trusted
from twinql.api.variables import MANY, check_variables, is_small
from twinql.context import Context
from twinql.errors import TwinError
from twinql.settings import Settings

NAMELESS = "The document holds several operations; say which one with operationName."
LIMITS = Limits()
NO_TRUSTED = Trusted({})


class Engine:
    """Answers operations, by HTTP and WebSocket alike."""

    def __init__(
        self,
        schema: Schema,
        *,
        limits: Limits = LIMITS,
        suggest: bool = True,
        admission: Admission | None = None,
        trusted: Trusted = NO_TRUSTED,
        pass_through: bool = True,
    ) -> None:
        """Serve a schema.

        Args:
            schema: What is served.
            limits: How much a document may hold.
            suggest: Whether errors tell names that may have been meant.
            admission: Charges operations to whoever asks; None charges nobody.
            trusted: Documents that were made known beforehand.
            pass_through: Whether what the database can write is passed on as it is; else Python resolves everything.
        """
        self.schema = core_of(schema)
        assert_valid_schema(self.schema)
        self._passing = Passing(schema, self.schema) if pass_through else None
        self._events = Events(self._passing)
        self._suggest = suggest
        self._pace = Pace()
        self._documents = Documents(self.schema, limits, suggest=suggest)
        self._admission = admission
        self._trusted = trusted

    @classmethod
    def of(cls, schema: Schema, settings: Settings, *, introspection: bool) -> "Engine":
        """Serve a schema as the settings say.

        Args:
            schema: What is served.
            settings: How this process was asked to run.
            introspection: Whether everybody may look at the graph itself, and is told names that may have been meant;
                else members of an organisation alone may look, and nobody is told names.

        Raises:
            InvalidInputError: The trusted documents cannot be read, or do not fit the schema.
        """
        core = core_of(schema)
        cost_limit, budget = settings.cost_limit, settings.cost_budget
        admission = Admission(core, cost_limit=cost_limit, budget=budget, open_introspection=introspection)
        trusted = Trusted.load(settings.trusted_documents, core, only=settings.trusted_only)
        return cls(schema, suggest=introspection, admission=admission, trusted=trusted)

    async def prepare(self, asked: Asked, context: Context) -> Operation:
        """Read what is asked, so that it can be executed, and charge it to whoever asks.

        Raises:
            RequestError: It cannot, or must not, be executed.
            TwinError: Whether it may be executed cannot be found out.
        """
        trusted = self._trusted.find(asked)
        try:
            document = trusted or await self._documents.read(asked.query or "")
        except InvalidDocumentError as error:
            raise RequestError(labelled(error.errors, context.request_id)) from error
        node = _chosen(document, asked.operation_name)
        name = node.name.value if node.name else None
        variables = await self._values(document, node, asked.variables, context)
        state, extensions = None, {}
        if self._admission is not None:
            introspects = name in document.introspecting
            cost, state = await self._admission.admit(document, node, variables, context, introspects=introspects)
            if node.operation is not OperationType.SUBSCRIPTION:
                extensions["cost"] = extension_of(cost, state)
        plan = None
        if self._passing is not None and node.operation is OperationType.QUERY:
            plan = self._passing.whole(document, node, variables)
        make_executor = partial(self._executor, document, node, variables)
        return Operation(
            node.operation.value,
            name,
            variables,
            make_executor,
            state,
            extensions,
            trusted=trusted is not None,
            plan=plan,
        )

    async def execute(self, operation: Operation, context: Context) -> Answer:
        """Execute a query or mutation."""
        own: Context | None = None
        if operation.plan is not None and self._passing is not None:
            plan = operation.plan
            if plan.needs or plan.asks:  # what whoever asks may do is found out once in an operation
                own = self._own(context, operation)
            try:
                text = await self._passing.answer(plan, own or context, operation.variables)
            except TwinError as error:
                operation.executor.failure = error
            else:
                if text is not None:
                    return Answer(orjson.Fragment(text), None, dict(operation.extensions) or None, text)
        operation.executor.context_value = own or self._own(context, operation)
        try:
            result = operation.executor.execute_operation()
            if operation.executor.is_awaitable(result):
                result = await cast("Awaitable[ExecutionResult]", result)
        except RecursionError as error:
            result = ExecutionResult(None, [GraphQLError("", original_error=error)])
        return self._answer(cast("ExecutionResult", result), operation, context)

    async def subscribe(
        self, operation: Operation, context: Context, take: Take | None = None
    ) -> AsyncGenerator[Answer, None]:
        """Begin a subscription, and return its events.

        Args:
            operation: The subscription.
            context: Whoever follows.
            take: Is offered each event first, in their order, and returns True where it has sent it: such a one is not
                returned any more. It may be called whenever others who are told the same have something to tell.
                Without it, each goes at their own pace.

        Raises:
            RequestError: It cannot begin.
        """
        executor = operation.executor
        executor.context_value = self._own(context, operation)
        stream = create_source_event_stream(executor)
        if executor.is_awaitable(stream):
            stream = await stream
        if isinstance(stream, ExecutionResult):
            raise RequestError(labelled(stream.errors or [], context.request_id))
        if isinstance(stream, Told):
            return self._events.of(stream, executor, take)
        source = _Source(cast("Any", stream))
        return self._each(map_source_to_response_event(executor, source), source, operation, context)

    async def _each(
        self, results: AsyncGenerator[ExecutionResult, None], source: "_Source", operation: Operation, context: Context
    ) -> AsyncGenerator[Answer, None]:
        async with aclosing(results):
            try:
                async for result in results:
                    yield replace(self._answer(result, operation, context), cursor=source.cursor)
            except Exception as error:  # noqa: BLE001 - whatever ends the source of events ends the subscription alone
                failed = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
                yield self._answer(ExecutionResult(None, [failed]), operation, context)

    async def _values(
        self, document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any], context: Context
    ) -> VariableValues:
        if (plain := document.plain_variables.get(id(operation))) is None:
            plain = PlainVariables(self.schema, operation.variable_definitions or ())
            document.plain_variables[id(operation)] = plain
        if (found := plain.values(variables)) is not None:
            return found
        values = await self._values_of_all_kinds(operation, variables)
        if isinstance(values, list):
            raise RequestError(labelled(values, context.request_id))
        return values

    async def _values_of_all_kinds(
        self, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> VariableValues | list[GraphQLError]:
        definitions = operation.variable_definitions or ()

        def lift() -> Lifted:
            check_variables(variables)
            return Lifted.of(self.schema, definitions, variables)

        def read(given: dict[str, Any]) -> VariableValues | list[GraphQLError]:
            return get_variable_values(
                self.schema, definitions, given, max_errors=MOST_ERRORS, hide_suggestions=not self._suggest
            )

        try:
            # Thousands of rows take a while to be read; others have the loop meanwhile.
            lifted = lift() if is_small(variables, most=MANY) else await asyncio.to_thread(lift)
            rest = lifted.variables
            values = read(rest) if is_small(rest) else await asyncio.to_thread(read, rest)
            if not isinstance(values, list):
                lifted.put(values.coerced)
            elif rest is not variables:
                values = await asyncio.to_thread(
                    read, dict(variables)
                )  # what is wrong is told beside all that was sent
        except TooMuchError as error:
            raise RequestError.of(str(error)) from error
        return values

    def _executor(
        self, document: Document, operation: OperationDefinitionNode, variables: VariableValues
    ) -> TwinExecutor:
        executor = TwinExecutor.of(self.schema, document, operation, variables, suggest=self._suggest)
        executor.pace, executor.passing = self._pace, self._passing
        return executor

    def _own(self, context: Context, operation: Operation) -> Context:
        """Return a context of an operation's own: those of one connection share no loaded rows."""
        own = context.fresh()
        own.rate_limit, own.turn = operation.rate_limit, self._pace.turn
        return own

    def _answer(self, result: ExecutionResult, operation: Operation, context: Context) -> Answer:
        errors = labelled(result.errors, context.request_id) if result.errors else None
        return Answer(result.data, errors, dict(operation.extensions) or None)


class _Source:
    """The events of a subscription as they come, and the cursor of the one that came last."""

    def __init__(self, events: AsyncGenerator[Any, None]) -> None:
        self._events = events
        self.cursor: str | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        event = await anext(self._events)
        self.cursor = getattr(event, "cursor", None)
        return event

    async def aclose(self) -> None:
        await self._events.aclose()


def core_of(schema: Schema) -> GraphQLSchema:
    """Return the schema of graphql-core that Strawberry builds, and shows nowhere else."""
    return schema._schema  # noqa: SLF001


def _chosen(document: Document, name: str | None) -> OperationDefinitionNode:
    operations = document.operations
    if name is None and len(operations) > 1:
        raise RequestError.of(NAMELESS)
    if not operations:
        raise RequestError.of("The document holds no operation; send one beside its fragments.")
    if name is not None and name not in operations:
        raise RequestError.of(f"The document holds no operation named {name!r}; name one that it holds.")
    return next(iter(operations.values())) if name is None else operations[name]
