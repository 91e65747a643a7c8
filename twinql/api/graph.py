"""The schema, built by Strawberry and executed by the engine."""

from collections.abc import Iterable

import strawberry
from strawberry.schema.config import StrawberryConfig

from resolvers.mutation import Mutation
from resolvers.query import Query
from schema.machine import Machine
from schema.meter import Meter
from schema.scalars import SCALARS
from subscriptions.subscription import Subscription


def make_schema(types: Iterable[type] = ()) -> strawberry.Schema:
    """Build the schema."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Meter, Machine, *types],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
