"""Who is asking, whoever issued their token; and an organisation that always keeps an OWNER."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.tenants import make_tenant
from tests.world import ISSUER, make_world
from twinql.domain.audit import AuditEntry, AuditOutcome
from twinql.domain.identity import Device, User, Worker
from twinql.domain.membership import Belonging, Membership, Role
from twinql.domain.secrets import API_KEY, INVITATION, hash_of, prefix_of, secret_of
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from twinql.storage import audit, invitations
from twinql.storage.api_keys import create_key, find_key, revoke_key
from twinql.storage.memberships import (
    add_member,
    change_role,
    create_organisation,
    membership_of,
    my_memberships,
    remove_member,
)

NOW = datetime.now(UTC)
SUPABASE = ("https://abc.supabase.co/auth/v1", "3f2b0c1e-5a8f-4b53-9c68-0e7b8f0f6f11")
CLERK = ("https://clerk.example.com", "user_2abcDEF0123456789xyz")
KINDE = ("https://acme.kinde.com", "kp_0123456789abcdef0123456789abcdef")


@pytest.fixture
async def world(database_url):
    return await make_world(database_url)


async def in_force(database, actor, *, headers=None):
    async with database.transaction(actor) as connection:
        if headers is not None:
            await connection.execute("select set_config('request.headers', $1, true)", json.dumps(headers))
        return await membership_of(connection)


@pytest.mark.parametrize(("issuer", "subject"), [SUPABASE, CLERK, KINDE])
async def test_a_member_is_known_by_issuer_and_subject_whatever_they_look_like(database, world, issuer, subject):
    async with database.transaction(world.owner) as connection:
        await add_member(connection, world.organisation, issuer, subject, Role.OPERATOR)
    found = Membership(world.organisation, world.number, Role.OPERATOR)
    assert await in_force(database, User(issuer, subject)) == found
    async with database.transaction(User(issuer, subject)) as connection:
        assert await connection.fetchval("select count(*) from channels") == len(world.channels)
        # Supabase's own question is answered where it makes sense, and without an error where it does not.
        expected = UUID(subject) if issuer == SUPABASE[0] else None
        assert await connection.fetchval("select auth.uid()") == expected
    for stranger in (User(issuer, subject.upper()), User(ISSUER, subject), User(issuer + "/", subject)):
        assert await in_force(database, stranger) is None


async def test_a_member_of_several_organisations_says_for_which_they_act(database, database_url, world):
    rival = await make_world(database_url, "Rival")
    both = User(*CLERK)
    for each, role in ((world, Role.VIEWER), (rival, Role.OPERATOR)):
        async with database.transaction(each.owner) as connection:
            await add_member(connection, each.organisation, *CLERK, role)
    assert await in_force(database, both) is None
    for each, role in ((world, Role.VIEWER), (rival, Role.OPERATOR)):
        found = Membership(each.organisation, each.number, role)
        assert await in_force(database, User(*CLERK, organisation=each.organisation)) == found
        # PostgREST and Supabase's own functions say it by the header.
        assert await in_force(database, both, headers={"x-organisation": str(each.organisation)}) == found
    # What TwinQL was told wins over a header.
    told = User(*CLERK, organisation=world.organisation)
    assert await in_force(database, told, headers={"x-organisation": str(rival.organisation)}) == Membership(
        world.organisation, world.number, Role.VIEWER
    )
    async with database.transaction(both) as connection:
        assert await my_memberships(connection) == [
            Belonging(world.organisation, "Acme", Role.VIEWER),
            Belonging(rival.organisation, "Rival", Role.OPERATOR),
        ]


@pytest.mark.parametrize(
    "named", ["0b0e5b7c-90b5-4a0a-8d0b-2f3d2f6a4f10", "no uuid", "'; drop table sites; --", "a" * 10_000]
)
async def test_an_organisation_to_which_one_does_not_belong_gives_nothing(database, world, named):
    found = await in_force(database, world.owner, headers={"x-organisation": named})
    assert found is None
    async with database.transaction(User(ISSUER, "acme-owner", organisation=uuid4())) as connection:
        assert await connection.fetchval("select count(*) from sites") == 0


async def test_a_device_is_in_the_organisation_of_its_key_and_has_no_role(database, database_url):
    owner = await asyncpg.connect(database_url)
    tenant = await make_tenant(database_url, owner, "Acme")
    await owner.close()
    found = await in_force(database, Device(tenant.key))
    assert found == Membership(tenant.world.organisation, tenant.world.number, None, tenant.key)
    assert await in_force(database, Device(uuid4())) is None


async def test_an_issuer_of_devices_vouches_for_no_member(database, world):
    async with database.transaction(world.owner) as connection:
        with pytest.raises(InvalidInputError, match="issuer"):
            await add_member(connection, world.organisation, "twinql:api-key", str(uuid4()), Role.OWNER)


async def test_an_organisation_keeps_an_owner(database, world):
    for last in (change_role, remove_member):
        more = (Role.VIEWER,) if last is change_role else ()
        with pytest.raises(ConflictError, match="at least one OWNER"):
            async with database.transaction(world.owner) as connection:
                await last(connection, world.organisation, ISSUER, "acme-owner", *more)
    async with database.transaction(world.owner) as connection:
        await change_role(connection, world.organisation, ISSUER, "acme-viewer", Role.OWNER)
        await remove_member(connection, world.organisation, ISSUER, "acme-owner")
    assert await in_force(database, world.owner) is None
    assert (await in_force(database, world.viewer)).role is Role.OWNER


async def test_an_owner_may_be_replaced_in_any_order_within_one_transaction(database, world):
    del world
    async with database.transaction(Worker("test")) as connection:
        await connection.execute("delete from memberships where role = 'OWNER'")
        await connection.execute("update memberships set role = 'OWNER'")
    with pytest.raises(asyncpg.CheckViolationError) as told:
        async with database.transaction(Worker("test")) as connection:
            await connection.execute("delete from memberships where role = 'OWNER'")
    assert told.value.constraint_name == "memberships_keep_an_owner"


async def test_of_two_owners_who_leave_at_once_one_stays(database, world):
    async with database.transaction(world.owner) as connection:
        await change_role(connection, world.organisation, ISSUER, "acme-viewer", Role.OWNER)
    gate = asyncio.Barrier(2)

    async def leave(user):
        async with database.transaction(user) as connection:
            await connection.execute("delete from memberships where subject = $1", user.subject)
            await gate.wait()  # both are gone, and neither sees that the other is

    ended = await asyncio.gather(leave(world.owner), leave(world.viewer), return_exceptions=True)
    assert sorted(type(each) for each in ended if each is not None) == [asyncpg.CheckViolationError]
    async with database.transaction(Worker("test")) as connection:
        assert await connection.fetchval("select count(*) from memberships where role = 'OWNER'") == 1


async def test_a_deleted_organisation_takes_its_owners_along(database):
    made = await create_organisation(database, "Short-lived", *CLERK)
    async with database.transaction(Worker("test")) as connection:
        await connection.execute("delete from organisations where id = $1", made)
    assert await in_force(database, User(*CLERK)) is None


async def test_members_are_managed_by_an_owner(database, world):
    for user in (world.operator, world.viewer, User(ISSUER, "stranger")):
        with pytest.raises(ForbiddenError):
            async with database.transaction(user) as connection:
                await add_member(connection, world.organisation, *CLERK, Role.VIEWER)
        with pytest.raises(NotFoundError):
            async with database.transaction(user) as connection:
                await change_role(connection, world.organisation, ISSUER, user.subject, Role.OWNER)
    with pytest.raises(ConflictError, match="a member already"):
        async with database.transaction(world.owner) as connection:
            await add_member(connection, world.organisation, ISSUER, "acme-viewer", Role.OWNER)
    with pytest.raises(NotFoundError):
        async with database.transaction(world.owner) as connection:
            await remove_member(connection, world.organisation, ISSUER, "stranger")


async def invited(database, world, *, role=Role.OPERATOR, lasts=timedelta(days=1)):
    secret = secret_of(INVITATION, uuid4().bytes * 2)
    async with database.transaction(world.owner) as connection:
        made = await invitations.create(
            connection,
            organisation_id=world.organisation,
            email="kim@example.org",
            role=role,
            secret_hash=hash_of(secret),
            invited_by=world.owner.subject,
            expires_at=NOW + lasts,
        )
    return made, hash_of(secret)


async def test_an_invitation_makes_a_member_once(database, world):
    _, secret = await invited(database, world)
    assert await invitations.accept(database, secret, *KINDE, NOW) == world.organisation
    assert (await in_force(database, User(*KINDE))).role is Role.OPERATOR
    assert await invitations.accept(database, secret, *CLERK, NOW) is None
    assert await in_force(database, User(*CLERK)) is None


async def test_an_invitation_never_lowers_a_role(database, world):
    _, secret = await invited(database, world, role=Role.VIEWER)
    await invitations.accept(database, secret, ISSUER, world.owner.subject, NOW)
    assert (await in_force(database, world.owner)).role is Role.OWNER


async def test_an_invitation_that_ended_or_was_taken_back_or_never_was_makes_nobody_a_member(database, world):
    made, secret = await invited(database, world)
    assert await invitations.accept(database, secret, *KINDE, NOW + timedelta(days=2)) is None
    for user, taken_back in ((world.operator, False), (world.owner, True)):
        async with database.transaction(user) as connection:
            assert await invitations.revoke(connection, made) == taken_back
    assert await invitations.accept(database, secret, *KINDE, NOW) is None
    assert await invitations.accept(database, bytes(32), *KINDE, NOW) is None
    with pytest.raises(InvalidInputError, match="ends in the future"):
        await invited(database, world, lasts=-timedelta(days=1))


async def keyed(database, world, *, user=None, channels=("temperature",), **more):
    text = secret_of(API_KEY, uuid4().bytes * 2)
    async with database.transaction(user or world.owner) as connection:
        key = await create_key(
            connection,
            organisation_id=world.organisation,
            name=more.pop("name", "Press 4"),
            channels=[world.channels[each] if isinstance(each, str) else each for each in channels],
            hash=hash_of(text),
            prefix=prefix_of(text),
            expires_at=more.pop("expires_at", None),
            created_by=(user or world.owner).subject,
        )
    return key, hash_of(text)


async def test_a_key_is_found_by_its_hash_until_it_is_revoked(database, world):
    key, kept = await keyed(database, world)
    found = await find_key(database, kept)
    assert (found.key_id, found.organisation_id, found.expires_at) == (key, world.organisation, None)
    assert await find_key(database, bytes(32)) is None
    for user, revoked in ((world.operator, False), (world.owner, True), (world.owner, True)):
        async with database.transaction(user) as connection:
            assert await revoke_key(connection, key) == revoked
    assert await find_key(database, kept) is None


async def test_the_use_of_a_key_is_noted_at_most_once_a_minute(database, world):
    key, kept = await keyed(database, world, expires_at=NOW + timedelta(hours=1))
    used = "select last_used_at from api_keys where id = $1"
    async with database.transaction(world.owner) as connection:
        assert await connection.fetchval(used, key) is None
    await find_key(database, kept)
    first = await database.pool.fetchval(used, key)
    await find_key(database, kept)
    assert await database.pool.fetchval(used, key) == first
    await database.pool.execute("update api_keys set last_used_at = last_used_at - interval '61 s'")
    await find_key(database, kept)
    assert await database.pool.fetchval(used, key) > first


async def test_a_key_is_made_by_an_owner_for_channels_of_their_own(database, database_url, world):
    rival = await make_world(database_url, "Rival")
    with pytest.raises(ForbiddenError):
        await keyed(database, world, user=world.operator)
    for foreign in (rival.channels["temperature"], uuid4()):
        with pytest.raises(NotFoundError, match="no such channel"):
            await keyed(database, world, channels=("temperature", foreign))
    with pytest.raises(InvalidInputError, match="ends in the future"):
        await keyed(database, world, expires_at=NOW - timedelta(hours=1))
    with pytest.raises(InvalidInputError, match="1 to 200"):
        await keyed(database, world, name=" ")
    key, _ = await keyed(database, world, channels=("temperature", "temperature", "price"))
    async with database.transaction(Device(key)) as connection:
        assert await connection.fetchval("select count(*) from channels") == 2


async def test_every_change_of_who_may_do_what_is_told_and_only_that(database, world):
    kinds = """
    select array_agg(kind || ' ' || organisation_number order by position) from twinql_private.outbox where id > $1
    """
    newest = "select coalesce(max(id), 0) from twinql_private.outbox"
    key, kept = await keyed(database, world)

    async def told_by(work):
        last = await database.pool.fetchval(newest)
        await work
        return await database.pool.fetchval(kinds, last)

    async def as_owner(statement, *values):
        async with database.transaction(world.owner) as connection:
            await connection.execute(statement, *values)

    access = [f"ACCESS {world.number}"]
    insert = "insert into memberships (organisation_id, issuer, subject, role) values ($1, 'i', 's', 'VIEWER')"
    assert await told_by(as_owner(insert, world.organisation)) == access
    assert await told_by(as_owner("update memberships set role = 'OPERATOR' where subject = 's'")) == access
    assert await told_by(as_owner("delete from memberships where subject = 's'")) == access
    assert await told_by(find_key(database, kept)) is None
    assert await told_by(as_owner("update api_keys set name = 'Other'")) is None
    assert await told_by(as_owner("update api_keys set revoked_at = now() where id = $1", key)) == access


async def test_the_audit_log_is_written_for_all_and_read_by_the_owner(database, world):
    entry = AuditEntry(
        world.organisation,
        ISSUER,
        "acme-viewer",
        "192.0.2.1",
        "r-1",
        "createSite",
        None,
        AuditOutcome.FORBIDDEN,
        ("FORBIDDEN",),
    )
    await audit.note(database, entry)
    read = "select subject, client, outcome::text, codes from audit_log"
    async with database.transaction(world.owner) as connection:
        assert tuple(await connection.fetchrow(read)) == ("acme-viewer", "192.0.2.1", "FORBIDDEN", ["FORBIDDEN"])
    async with database.transaction(world.operator) as connection:
        assert await connection.fetch(read) == []


async def test_a_database_remembers_no_organisation_without_a_name(database):
    with pytest.raises(InvalidInputError, match="1 to 200"):
        await create_organisation(database, "  ", *CLERK)
