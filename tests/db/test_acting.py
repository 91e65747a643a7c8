"""Nobody's name is taken for SQL: who reads is written into the text that begins, as constants."""

import json
from uuid import UUID, uuid4

import asyncpg
import pytest

from twinql.domain.identity import API_KEY_ISSUER, Device, User
from twinql.storage.database import Database

SETTINGS = """
select json_build_object(
    'role', current_user, 'claims', current_setting('request.jwt.claims'), 'organisation',
    current_setting('twinql.organisation'), 'timeout', current_setting('statement_timeout')
)::text
"""
NAMES = [
    "it's",
    "''",
    "\\",
    "\\'; reset role; select '",
    "'; commit; begin; set local role = 'postgres'; --",
    "E'\\047",
    '"}\\u0000\\"',
    "\0",
    "$1 $$ {} {0} %s /* -- \n\r\t\v",
    "\uff07\u02bc\u2019é🏭\u202e\U0010ffff",
    "a" * 2_000,
]


@pytest.fixture(params=["on", "off"])
async def database(request, database_url):
    """A database whose plain constants take backslashes for themselves, or for the beginning of something."""
    owner = await asyncpg.connect(database_url)
    name = await owner.fetchval("select quote_ident(current_database())")
    await owner.execute(f"alter database {name} set standard_conforming_strings = {request.param}")
    await owner.close()
    async with Database.open(database_url, pool_size=1) as database:
        yield database


@pytest.mark.parametrize("organisation", [None, UUID(int=7)])
async def test_whatever_somebody_is_called_they_read_as_themselves_alone(database, organisation):
    for name in NAMES:
        user = User(f"https://{name}", name, organisation)
        told = json.loads(await database.value(user, SETTINGS, ()))
        assert told["role"] == "authenticated"
        assert json.loads(told["claims"]) == {"iss": user.issuer, "sub": name, "role": "authenticated"}
        assert told["organisation"] == str(organisation or "")
        assert told["timeout"] == "30s"
        async with database.transaction(user, readonly=True) as connection:
            assert json.loads(await connection.fetchval(SETTINGS)) == told
        async with database.transaction(user) as connection:
            assert json.loads(await connection.fetchval(SETTINGS)) == told


async def test_those_who_take_turns_on_a_connection_read_as_themselves(database):
    user, device = User("https://one", "o'one"), Device(uuid4())
    for _ in range(2):
        ours, theirs = [json.loads(await database.value(each, SETTINGS, ())) for each in (user, device)]
        assert json.loads(ours["claims"])["sub"] == "o'one"
        assert (theirs["role"], theirs["organisation"]) == ("twinql_device", "")
        assert json.loads(theirs["claims"]) == {
            "iss": API_KEY_ISSUER,
            "sub": str(device.key_id),
            "role": "twinql_device",
        }


async def test_what_fails_leaves_nothing_behind(database):
    with pytest.raises(asyncpg.DivisionByZeroError):
        await database.value(User("https://one", "one"), "select 1 / $1::int", (0,))
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await database.value(User("https://one", "one"), "create temporary table t (i int)", ())
    async with database.users.acquire() as connection:
        assert not connection.is_in_transaction()
        assert await connection.fetchval("select current_setting('request.jwt.claims', true)") in {None, ""}
