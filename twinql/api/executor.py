"""How an operation is executed: graphql-core's own executor, told what Strawberry's resolvers need, and paced."""

from collections.abc import Collection
from typing import Any

from graphql import Executor, GraphQLList, GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import AwaitableOrValue, Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from twinql.api.pace import Pace

LONG = 100
"""A list of more items than this may take longer than a turn."""


class TwinExecutor(Executor[Any]):
    """Executes one operation, without the incremental delivery for which Strawberry's own executor is made."""

    operation_extensions: Any = None
    pace: Pace

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        """Make the executor of an event, of which nothing is kept for the next one."""
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}  # noqa: SLF001 - else entries of each event stay until the last one
        return executor

    build_resolve_info = StrawberryGraphQLCoreExecutionContext.build_resolve_info

    def complete_list_value(  # noqa: PLR0917 - graphql-core's signature
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[list[Any]]:
        """Complete a list; a long one, or any when time is up, lets others have a turn in between."""
        if isinstance(result, Collection) and (len(result) > LONG or self.pace.due()):
            result = self.pace.through(result)
        return super().complete_list_value(return_type, field_details_list, info, path, result, position_context)
