"""How an operation is executed: graphql-core's own executor, told what Strawberry's resolvers need, and paced.

Relations whose selections the database can write are not resolved: their texts go into the answer as they are.
"""

from collections.abc import Collection, Mapping
from typing import Any, cast

import orjson
from graphql import (
    Executor,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails, GroupedFieldSet
from graphql.execution.values import VariableValues
from graphql.pyutils import AwaitableOrValue, Path, UndefinedType
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from twinql.api.documents import Document
from twinql.api.pace import Pace
from twinql.api.passing import Passing, Plan, is_final

LONG = 100
"""A list of more items than this may take longer than a turn."""


class TwinExecutor(Executor[Any]):
    """Executes one operation, without the incremental delivery for which Strawberry's own executor is made."""

    operation_extensions: Any = None
    pace: Pace
    document: Document
    passing: Passing | None = None
    failure: Exception | None = None
    """Why nothing of it can be answered."""
    _root_fields: GroupedFieldSet
    _plans: dict[int, tuple[FieldDetailsList, Plan | None]]

    @classmethod
    def of(
        cls,
        schema: GraphQLSchema,
        document: Document,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        *,
        suggest: bool,
    ) -> "TwinExecutor":
        """Make the executor of an operation whose variables have been read.

        Args:
            schema: A valid one.
            document: Holds the operation.
            operation: What is executed.
            variables: Its variables.
            suggest: Whether errors tell names that may have been meant.
        """
        fragments = {name: FragmentDetails(each, None) for name, each in document.fragments.items()}
        executor = cls(
            schema,
            dict(document.fragments),
            fragments,
            None,
            None,
            operation,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
            hide_suggestions=not suggest,
        )
        executor.document = document
        executor._plans = {}
        return executor

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        """Make the executor of an event, of which nothing is kept for the next one."""
        executor = cast("TwinExecutor", super().build_per_event_executor(payload))
        executor._relevant_sub_fields = {}  # noqa: SLF001 - else entries of each event stay until the last one
        executor._plans = {}  # noqa: SLF001
        return executor

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,  # noqa: FBT001
        new_defer_usages: Any,
    ) -> Any:
        """Execute the fields of the root, and keep them to the end.

        What is selected below a field is looked up by the field's identity, which another one would get meanwhile.
        """
        self._root_fields = grouped_field_set
        return super().execute_collected_root_fields(
            root_type, root_value, grouped_field_set, serially, new_defer_usages
        )

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> AwaitableOrValue[Any] | UndefinedType:
        """Execute a field; one that the database can write is not resolved."""
        name = field_details_list[0].node.name.value
        if self.failure is not None and name in parent_type.fields:
            self.handle_field_error(self.failure, parent_type.fields[name].type, field_details_list, path)
            return None
        if self.passing is not None:
            relations: Mapping[str, str | None] | None = self.passing.relations.get(parent_type.name)
            if relations is not None and name in relations:
                plan = self._planned(parent_type, field_details_list)
                if plan is not None:
                    local = relations[name]
                    key = None if local is None else getattr(source, local)
                    if local is not None and key is None:
                        return super().execute_field(parent_type, source, field_details_list, path, position_context)
                    return self._passed(plan, key, parent_type, source, field_details_list, path, position_context)
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def _planned(self, parent_type: GraphQLObjectType, details: FieldDetailsList) -> Plan | None:
        if (found := self._plans.get(id(details))) is not None:
            return found[1]
        assert self.passing is not None
        plan = self.passing.relation(self.document, self.operation, self.variable_values, parent_type, details)
        self._plans[id(details)] = (details, plan)  # which keeps the list, and with it its identity
        return plan

    async def _passed(  # noqa: PLR0917 - graphql-core's arguments
        self,
        plan: Plan,
        key: Any,
        parent_type: GraphQLObjectType,
        source: Any,
        details: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        assert self.passing is not None
        field = parent_type.fields[details[0].node.name.value]
        try:
            text = await self.passing.related(plan, self.context_value, self.variable_values, key)
        except Exception as error:  # noqa: BLE001 - it is told in its place
            if is_final(error):
                self.handle_field_error(error, field.type, details, path)
                return None
            text = None
        else:
            if text is not None:
                return orjson.Fragment(text)
            if not isinstance(field.type, GraphQLNonNull):
                return None
        result = super().execute_field(parent_type, source, details, path, position_context)
        return await result if self.is_awaitable(result) else result

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
