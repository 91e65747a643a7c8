"""How an operation is executed: graphql-core's own executor, told what Strawberry's resolvers need."""

from typing import Any

from graphql import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class TwinExecutor(Executor[Any]):
    """Executes one operation, without the incremental delivery for which Strawberry's own executor is made."""

    operation_extensions: Any = None

    build_resolve_info = StrawberryGraphQLCoreExecutionContext.build_resolve_info
