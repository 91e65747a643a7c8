"""`twinql org` and `twinql member`, as whoever runs the database types them."""

import asyncio

import pytest

from twinql.cli import main
from twinql.domain.identity import LOCAL_ISSUER, User
from twinql.storage.database import Database
from twinql.storage.memberships import membership_of

PROJECT = "https://abc.supabase.co"
NAMES = ("DATABASE_URL", "DIRECT_URL", "SUPABASE_URL", "SUPABASE_JWT_SECRET", "OIDC_ISSUER", "OIDC_AUDIENCE")


@pytest.fixture
def twinql(database_url, monkeypatch, capsys, tmp_path):
    """Type a command with settings, and get its exit code, its lines and its complaint."""
    monkeypatch.chdir(tmp_path)

    async def run(*arguments, **settings):
        for name in NAMES:
            monkeypatch.setenv(name, settings.get(name, database_url if name == "DATABASE_URL" else ""))
        code = await asyncio.to_thread(main, list(arguments))
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err

    return run


async def roles(url, issuer, *subjects):
    async with Database.open(url) as database:
        found = []
        for subject in subjects:
            async with database.transaction(User(issuer, subject)) as connection:
                membership = await membership_of(connection)
                found.append(membership.role.value if membership and membership.role else None)
    return found


async def test_the_first_organisation_and_its_members_with_the_issuer_of_the_settings(twinql, database_url):
    issuer = f"{PROJECT}/auth/v1"
    assert (await twinql("org", "list"))[1] == ["There is no organisation yet."]
    code, said, _ = await twinql(
        "org", "create", "Acme Works", "--owner", "11111111-1111-4111-8111-111111111111", SUPABASE_URL=PROJECT
    )
    assert code == 0
    assert said[0].endswith(f"11111111-1111-4111-8111-111111111111 of {issuer} is its OWNER.")
    code, said, _ = await twinql("member", "add", "Acme Works", "user_2abc", "--role", "operator", SUPABASE_URL=PROJECT)
    assert (code, said) == (0, [f"user_2abc of {issuer} is OPERATOR of Acme Works."])
    assert await roles(database_url, issuer, "11111111-1111-4111-8111-111111111111", "user_2abc", "nobody") == [
        "OWNER",
        "OPERATOR",
        None,
    ]
    _, (line,), _ = await twinql("org", "list")
    assert line.endswith("2 members  Acme Works")
    assert (await twinql("member", "list", line.split()[0]))[1] == [
        f"OWNER     11111111-1111-4111-8111-111111111111  ({issuer})",
        f"OPERATOR  user_2abc  ({issuer})",
    ]


@pytest.mark.parametrize(
    ("settings", "issuer"),
    [
        ({"OIDC_ISSUER": "https://clerk.example", "OIDC_AUDIENCE": "twinql"}, "https://clerk.example"),
        ({"SUPABASE_URL": PROJECT}, f"{PROJECT}/auth/v1"),
    ],
)
async def test_the_issuer_is_the_one_that_is_set(twinql, settings, issuer):
    _, said, _ = await twinql("org", "create", "Acme", "--owner", "kp_1", **settings)
    assert said[0].endswith(f"kp_1 of {issuer} is its OWNER.")


async def test_an_issuer_that_cannot_be_told_is_one_sentence(twinql):
    code, _, complaint = await twinql("org", "create", "Acme", "--owner", "me")
    assert code == 1
    assert complaint == (
        "twinql: Say who vouches for them with --issuer, the `iss` of their tokens: "
        "neither SUPABASE_URL nor OIDC_ISSUER is set.\n"
    )
    code, _, _ = await twinql("org", "create", "Acme", "--owner", "me", "--issuer", "https://issuer.test")
    assert code == 0


async def test_the_embedded_database_is_started_migrated_and_vouches_by_itself(twinql, tmp_path):
    code, said, _ = await twinql(
        "org", "create", "Home", "--owner", "me", "--data", str(tmp_path / "data"), DATABASE_URL=""
    )
    assert code == 0
    assert said[-1].endswith(f"me of {LOCAL_ISSUER} is its OWNER.")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ("member", "add", "Nowhere", "me", "--role", "VIEWER"),
            "No organisation is called 'Nowhere'; see `twinql org list`.",
        ),
        (("org", "create", " ", "--owner", "me"), "An organisation's name has 1 to 200 characters; choose another."),
        (("org", "create", "A", "--owner", ""), "A subject has 1 to 255 characters: it is the `sub` of their token."),
        (("org",), "the following arguments are required: ACTION. `twinql org --help` lists what fits."),
    ],
)
async def test_what_does_not_fit_is_one_sentence(twinql, arguments, complaint):
    code, said, told = await twinql(*arguments, SUPABASE_URL=PROJECT)
    assert (code, said, told) == (1, [], f"twinql: {complaint}\n")


async def test_a_role_is_changed_a_membership_ended_and_the_last_owner_kept(twinql, database_url):
    issuer, last = f"{PROJECT}/auth/v1", "An organisation keeps at least one OWNER; make somebody else OWNER first."
    await twinql("org", "create", "Acme", "--owner", "me", SUPABASE_URL=PROJECT)
    assert (await twinql("org", "list"))[1][0].endswith("   1 member   Acme")
    await twinql("member", "add", "Acme", "you", "--role", "VIEWER", SUPABASE_URL=PROJECT)
    for arguments in (("set", "Acme", "me", "--role", "VIEWER"), ("remove", "Acme", "me")):
        assert await twinql("member", *arguments, SUPABASE_URL=PROJECT) == (1, [], f"twinql: {last}\n")
    code, said, _ = await twinql("member", "set", "Acme", "you", "--role", "owner", SUPABASE_URL=PROJECT)
    assert (code, said) == (0, [f"you of {issuer} is OWNER of Acme."])
    code, said, _ = await twinql("member", "remove", "Acme", "me", SUPABASE_URL=PROJECT)
    assert (code, said) == (0, [f"me of {issuer} is no member of Acme any more."])
    assert await roles(database_url, issuer, "me", "you") == [None, "OWNER"]
    _, _, told = await twinql("member", "remove", "Acme", "me", SUPABASE_URL=PROJECT)
    assert told == "twinql: There is no such member; look them up in the list of members.\n"


async def test_nobody_is_added_twice_and_names_that_are_shared_are_told_apart_by_id(twinql):
    for _ in range(2):
        await twinql("org", "create", "Twins", "--owner", "me", SUPABASE_URL=PROJECT)
    _, _, told = await twinql("member", "list", "Twins")
    assert told == "twinql: 2 organisations are called 'Twins': name one by its id.\n"
    _, lines, _ = await twinql("org", "list")
    _, _, told = await twinql("member", "add", lines[0].split()[0], "me", "--role", "VIEWER", SUPABASE_URL=PROJECT)
    assert told == "twinql: They are a member already; change their role instead.\n"
