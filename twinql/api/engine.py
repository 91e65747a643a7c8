"""The way of an operation through the graph: from what was asked to what is answered."""

from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from typing import Any, cast

from graphql import (
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    create_source_event_stream,
    map_source_to_response_event,
)
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable

from twinql.api.documents import MOST_ERRORS, Document, Documents, InvalidDocumentError
from twinql.api.executor import TwinExecutor
from twinql.api.labels import TOO_DEEP, labelled
from twinql.api.limits import Limits
from twinql.api.operation import Answer, Asked, Operation, RequestError
from twinql.api.pace import Pace
from twinql.context import Context

NAMELESS = "The document holds several operations; say which one with operationName."
LIMITS = Limits()


class Engine:
    """Answers operations, by HTTP and WebSocket alike."""

    def __init__(self, schema: Schema, *, limits: Limits = LIMITS, suggest: bool = True) -> None:
        """Serve a schema.

        Args:
            schema: What is served.
            limits: How much a document may hold.
            suggest: Whether errors tell names that may have been meant.
        """
        self.schema = schema._schema  # noqa: SLF001 - Strawberry shows the schema that it builds nowhere else
        self._suggest = suggest
        self._pace = Pace()
        self._documents = Documents(self.schema, limits, suggest=suggest)

    async def prepare(self, asked: Asked, context: Context) -> Operation:
        """Read what is asked, so that it can be executed.

        Raises:
            RequestError: It cannot, or must not, be executed.
        """
        try:
            document = await self._documents.read(asked.query or "")
        except InvalidDocumentError as error:
            raise RequestError(labelled(error.errors, context.request_id)) from error
        operation = _chosen(document, asked.operation_name)
        executor = self._executor(document, operation, asked.variables, context)
        name = operation.name.value if operation.name else None
        return Operation(operation.operation.value, name, executor)

    async def execute(self, operation: Operation, context: Context) -> Answer:
        """Execute a query or mutation, in a context of its own: those of one connection share no loaded rows."""
        operation.executor.context_value = context.fresh()
        try:
            result = operation.executor.execute_operation()
            if operation.executor.is_awaitable(result):
                result = await cast("Awaitable[ExecutionResult]", result)
        except RecursionError as error:
            result = ExecutionResult(None, [GraphQLError("", original_error=error)])
        return self._answer(cast("ExecutionResult", result), operation, context)

    async def subscribe(self, operation: Operation, context: Context) -> AsyncGenerator[Answer, None]:
        """Begin a subscription, and return its events.

        Raises:
            RequestError: It cannot begin.
        """
        executor = operation.executor
        executor.context_value = context.fresh()
        stream = create_source_event_stream(executor)
        if executor.is_awaitable(stream):
            stream = await stream
        if isinstance(stream, ExecutionResult):
            raise RequestError(labelled(stream.errors or [], context.request_id))
        return self._events(map_source_to_response_event(executor, cast("Any", stream)), operation, context)

    async def _events(
        self, results: AsyncGenerator[ExecutionResult, None], operation: Operation, context: Context
    ) -> AsyncGenerator[Answer, None]:
        async with aclosing(results):
            try:
                async for result in results:
                    yield self._answer(result, operation, context)
            except Exception as error:  # noqa: BLE001 - whatever ends the source of events ends the subscription alone
                failed = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
                yield self._answer(ExecutionResult(None, [failed]), operation, context)

    def _executor(
        self, document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any], context: Context
    ) -> TwinExecutor:
        try:
            built = TwinExecutor.build(
                self.schema,
                document.parsed,
                raw_variable_values=cast("dict[str, Any]", variables),
                operation_name=operation.name.value if operation.name else None,
                is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
                max_coercion_errors=MOST_ERRORS,
                hide_suggestions=not self._suggest,
            )
        except RecursionError as error:
            raise RequestError.of(TOO_DEEP) from error
        if isinstance(built, list):
            raise RequestError(labelled(built, context.request_id))
        executor = cast("TwinExecutor", built)
        executor.pace = self._pace
        return executor

    def _answer(self, result: ExecutionResult, operation: Operation, context: Context) -> Answer:
        errors = labelled(result.errors, context.request_id) if result.errors else None
        return Answer(result.data, errors, dict(operation.extensions) or None)


def _chosen(document: Document, name: str | None) -> OperationDefinitionNode:
    operations = document.operations
    if name is None and len(operations) > 1:
        raise RequestError.of(NAMELESS)
    if not operations:
        raise RequestError.of("The document holds no operation; send one beside its fragments.")
    if name is not None and name not in operations:
        raise RequestError.of(f"The document holds no operation named {name!r}; name one that it holds.")
    return next(iter(operations.values())) if name is None else operations[name]
