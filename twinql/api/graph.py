"""The executable schema, with its limits and what becomes of errors."""

from collections.abc import Iterable, Iterator
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import MaxTokensLimiter, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.graphql import OperationType

from resolvers.mutation import Mutation
from resolvers.query import Query
from schema.machine import Machine
from schema.meter import Meter
from schema.scalars import SCALARS
from subscriptions.subscription import Subscription
from twinql.context import Context
from twinql.errors import TwinError

NEUTRAL = "Something went wrong inside TwinQL. Its log tells more, under the request id."
TOO_DEEP = "The operation is nested too deeply; ask for less at once."
MOST_TOKENS = 10_000
"""How long a document may be; the introspection of every client's tools has fewer than a thousand. [tokens]"""
NAMELESS = "The document holds several operations; say which one with operationName."

log = structlog.stdlib.get_logger("twinql.api")


class NamedOperation(SchemaExtension):
    """Refuses to guess which of several operations is meant; Strawberry would take the first one."""

    def on_validate(self) -> Iterator[None]:
        """Refuse in the place of validation."""
        context = self.execution_context
        parsed = context.graphql_document.definitions if context.graphql_document else ()
        operations = sum(isinstance(each, OperationDefinitionNode) for each in parsed)
        if operations > 1 and context._provided_operation_name is None:  # noqa: SLF001 - nothing public tells it
            context.pre_execution_errors = [GraphQLError(NAMELESS)]
        yield


class Graph(strawberry.Schema):
    """The schema, which shows expected failures and hides all others."""

    async def execute(  # type: ignore[override]
        self, query: str | None, *, context_value: Any = None, **more: Any
    ) -> Any:
        """Execute a query or mutation in a context of its own: those of one connection share no loaded rows."""
        if (allowed := more.get("allowed_operation_types")) is not None:
            # Over HTTP Strawberry lets subscriptions in, and then answers them with an error of its own.
            more["allowed_operation_types"] = set(allowed) - {OperationType.SUBSCRIPTION}
        return await super().execute(query, context_value=_own(context_value), **more)

    async def stream(  # type: ignore[override]
        self, query: str | None, *, context_value: Any = None, **more: Any
    ) -> Any:
        """Execute any operation in a context of its own, and stream its results."""
        return await super().stream(query, context_value=_own(context_value), **more)

    async def subscribe(self, query: str | None, **more: Any) -> Any:  # type: ignore[override]
        """Execute any operation: clients of the older protocol send queries and mutations this way too."""
        return await self.stream(query, **more)

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,  # noqa: ARG002 - Strawberry's signature
    ) -> None:
        """Label every error with a code, and mask what was not expected."""
        for error in errors:
            original = error.original_error
            if isinstance(original, TwinError):
                error.extensions = {**(error.extensions or {}), "code": original.code, "retryable": original.retryable}
            elif isinstance(original, RecursionError):
                error.message = TOO_DEEP
                error.extensions = {"code": "BAD_REQUEST", "retryable": False}
            elif original is None or isinstance(original, GraphQLError):
                error.extensions = {"code": "BAD_REQUEST", "retryable": False, **(error.extensions or {})}
            else:
                log.error("A resolver failed.", path=error.path, exc_info=original)
                error.message = NEUTRAL
                error.extensions = {"code": "INTERNAL", "retryable": False}


def _own(context: object) -> object:
    return context.fresh() if isinstance(context, Context) else context


def make_schema(types: Iterable[type] = ()) -> Graph:
    """Build the schema."""
    return Graph(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Meter, Machine, *types],
        extensions=[lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS), NamedOperation],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
