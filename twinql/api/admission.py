"""Whether an operation may be executed: what it costs, what is left to spend, and who may look at the graph itself."""

from collections import OrderedDict
from collections.abc import Hashable
from time import monotonic
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLSchema, OperationDefinitionNode, OperationType, Undefined
from graphql.execution.values import VariableValues

from twinql.api.budget import Budget
from twinql.api.cost import Prices
from twinql.api.documents import Document
from twinql.api.operation import RequestError
from twinql.api.plain_variables import are_plain
from twinql.context import Context
from twinql.domain.identity import Actor, issuer_of, subject_of
from twinql.domain.instants import format_instant
from twinql.domain.rate_limit import RateLimit
from twinql.errors import InvalidInputError, RateLimitedError

STRANGER = (
    "Only members of an organisation are told what the graph holds; send a token of one, "
    "or read schema.graphql, which comes with TwinQL."
)
KNOWN_FOR_S = 60.0
"""So long may somebody whose membership changed spend from the budget of before."""
MOST_KNOWN = 10_000
MOST_COSTS = 32
MOST_KEY_BYTES = 1_000
"""How many costs are kept with a document, and how long the values may be on which they depend."""
TOO_MANY_REQUESTS = 429


class Admission:
    """Admits operations.

    Args:
        schema: What is asked.
        cost_limit: What one operation may cost.
        budget: What an organisation may spend in a minute.
        open_introspection: Whether everybody may look at the graph itself, or members of an organisation alone.
    """

    def __init__(self, schema: GraphQLSchema, *, cost_limit: int, budget: int, open_introspection: bool) -> None:
        """Know nobody yet."""
        self._prices = Prices(schema)
        self._cost_limit = min(cost_limit, budget)
        self._budget = Budget(budget)
        self._open = open_introspection
        self._known: OrderedDict[Actor, tuple[float, UUID | None]] = OrderedDict()

    async def admit(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        context: Context,
        *,
        introspects: bool,
    ) -> tuple[int, RateLimit]:
        """Charge an operation to whoever asks, and return what it costs and how their budget stands then.

        Raises:
            RequestError: It must not be executed, now or ever.
        """
        try:
            cost = self._cost_of(document, operation, variables)
        except InvalidInputError as error:
            raise RequestError.because(error) from error
        if cost > self._cost_limit:
            raise RequestError.of(
                f"This may touch about {cost:,} rows, and one operation may touch {self._cost_limit:,}: ask for "
                "shorter pages with `first`, for fewer lists within lists, or in several operations.",
                "COST_LIMIT_EXCEEDED",
                requested=cost,
                limit=self._cost_limit,
            )
        organisation = await self._organisation_of(context)
        if introspects and organisation is None and not self._open:
            raise RequestError.of(STRANGER)
        # Without the organisation that they name: any other name would open a new account.
        whose: Hashable = organisation or (issuer_of(context.actor), subject_of(context.actor))
        try:
            return cost, self._budget.spend(whose, cost)
        except RateLimitedError as error:
            raise RequestError.because(error, status=TOO_MANY_REQUESTS, requested=cost) from error

    def _cost_of(self, document: Document, operation: OperationDefinitionNode, variables: VariableValues) -> int:
        """Return the cost, which is worked out once for the same values of those variables that change it."""
        place = id(operation)
        key = _key(operation, variables, document.priced_by.get(place, frozenset()))
        if key is not None and (known := document.costs.get((place, key))) is not None:
            return known
        cost, names = self._prices.estimate(operation, document.fragments, variables)
        # What is left out by one value of a variable may depend on others that another value does not look at.
        names |= document.priced_by.get(place, frozenset())
        document.priced_by[place] = names
        if (key := _key(operation, variables, names)) is not None:
            if len(document.costs) >= MOST_COSTS:
                document.costs.clear()
            document.costs[place, key] = cost
        return cost

    async def _organisation_of(self, context: Context) -> UUID | None:
        now = monotonic()
        at_s, organisation = self._known.get(context.actor, (-KNOWN_FOR_S, None))
        if now - at_s >= KNOWN_FOR_S:
            membership = await context.membership()
            organisation = None if membership is None else membership.organisation_id
            self._known[context.actor] = (now, organisation)
            self._known.move_to_end(context.actor)
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return organisation


def extension_of(cost: int, state: RateLimit) -> dict[str, Any]:
    """Return what an answer tells about its cost."""
    return {
        "requested": cost,
        "limit": state.limit,
        "remaining": state.remaining,
        "resetAt": format_instant(state.reset_at.replace(microsecond=0)),
    }


def _key(operation: OperationDefinitionNode, variables: VariableValues, names: frozenset[str]) -> bytes | None:
    """Write what some variables were given; None where that is much, or may have been read in some other way."""
    if not names:
        return b""
    if operation.operation is not OperationType.QUERY:
        return None
    sources = {name: variables.sources[name].value for name in names if name in variables.sources}
    given = {name: value for name, value in sources.items() if value is not Undefined}
    if not are_plain(given):
        return None
    try:
        text = orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return None
    return text if len(text) <= MOST_KEY_BYTES else None
