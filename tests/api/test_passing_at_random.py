"""Random queries give the same answer, whether the database writes it or Python resolves it."""

import os
from dataclasses import replace
from datetime import timedelta
from random import Random

import orjson
import pytest

from schema.declared import LISTED, RELATION, declarations
from schema.passed import PASSED
from schema.stored_parts import STORED
from schema.viewer_can import PERMITTED
from tests.api.noon import NOW
from tests.asking import boundless
from tests.filled import TEXTS, TIMES, fill, ids_of
from tests.random_operations import Operations
from tests.random_values import Known
from twinql.api.operation import Asked, RequestError
from twinql.context import Context
from twinql.domain.identity import Device
from twinql.live.service import open_feed
from twinql.storage.database import Database

OPERATIONS = int(os.environ.get("TWINQL_TEST_OPERATIONS", "80"))
SEED = int(os.environ.get("TWINQL_TEST_SEED", "8"))
"""For many more, from a seed of one's own: TWINQL_TEST_OPERATIONS=5000 TWINQL_TEST_SEED=9 pytest tests/api/…"""
NOT_ASKED = "rateLimit"
"""What is another at each time."""


@pytest.fixture
async def filled(database_url, schema, workshop, monkeypatch):
    """What is known of two organisations, and who asks, all at the same present."""
    fresh = Context.fresh
    monkeypatch.setattr(Context, "fresh", lambda context: replace(fresh(context), now=NOW))
    own, other = await fill(database_url)
    async with (
        Database.open(database_url, pool_size=4) as database,
        open_feed(database, database_url, retention=timedelta(hours=1)) as feed,
    ):
        known = Known(await ids_of(database_url, schema._schema, own, other), TEXTS, TIMES)
        context = Context(database, own.world.owner, NOW, feed, workshop=workshop)
        actors = [*[own.world.owner] * 5, own.world.viewer, Device(own.key), other.world.owner]
        yield known, [replace(context, actor=each) for each in actors]


def is_declared(core, type_, name):
    """Say whether the database may write a field: it is declared as data."""
    definition = type_.fields[name].extensions.get("strawberry-definition")
    if definition is None or {PASSED, STORED, PERMITTED, LISTED, RELATION} & set(definition.metadata):
        return True
    declared = declarations(type_.extensions["strawberry-definition"].origin)
    if not declared:
        return type_ is not core.query_type
    column = declared.get(definition.python_name)
    return column is not None and (getattr(column, "read", None) is None or column.written is not None)


def weigher(core, python):
    """Say how readily a field is asked for, if what takes Python is asked for so readily."""

    def weigh(type_name, name):
        if name == NOT_ASKED:
            return 0
        return 1 if is_declared(core, core.type_map[type_name], name) else python

    return weigh


async def answer_of(engine, context, written):
    """Return whether the database wrote an answer as a whole, and what the answer is, in any order of its errors."""
    try:
        operation = await engine.prepare(Asked(written.document, variables=written.variables), context)
    except RequestError as error:
        return False, ("refused", error.errors)
    answer = await engine.execute(operation, context)
    whole = isinstance(answer.data, orjson.Fragment)
    data = orjson.loads(orjson.dumps(answer.data))
    return whole, (data, told(data, answer.errors or ()))


def told(data, errors):
    """Return where in an answer errors are told, and which, if that is sure.

    Where a value may not be null, the object around it is null instead: of several errors in it, any one is told.
    """
    places = set()
    for error in errors:
        found, place = data, []
        for key in error.get("path", ()):
            if found is None:
                break
            found = found[key]
            place.append(key)
        sure = len(place) == len(error["path"])
        places.add((str(place), (error["extensions"]["code"], error["message"]) if sure else None))
    return sorted(places, key=str)


def same(one, other):
    """Say whether two values of JSON are the same, in their order; numbers are compared as numbers."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other


# Where an error empties what is around it, graphql-core lets go of what it had begun there.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_random_queries_are_answered_alike(filled, schema, caplog):
    known, contexts = filled
    core = schema._schema
    engine, plain = boundless(schema), boundless(schema, pass_through=False)
    random = Random(SEED)
    wholes = 0
    for number in range(OPERATIONS):
        operations = Operations(core, known, weigher(core, random.choice([0, 0, 0.05])), random)
        written = operations.query(most=random.choice([2, 5, 10]))
        context = random.choice(contexts)
        _, expected = await answer_of(plain, context, written)
        whole, found = await answer_of(engine, context, written)
        known.learn(expected[0])
        assert same(found, expected), (number, written.document, written.variables)
        wholes += whole
    assert wholes > OPERATIONS / 3
    assert "could not be passed on" not in caplog.text
