"""Tokens of real keys, and everything that only looks like one."""

import asyncio
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest

from tests.attacks import attacks, forged_like
from tests.issuer import Issuer, published
from twinql.auth import Gate, development_issuer, issuers_of
from twinql.auth.gate import LOOKUPS
from twinql.auth.key_set import BURST, FRESH_S, KeySet
from twinql.auth.tokens import verify
from twinql.auth.verifier import Verifier
from twinql.domain import global_id
from twinql.domain.identity import LOCAL_ISSUER, LOCAL_SUBJECT, Device, User
from twinql.domain.secrets import API_KEY, hash_of, secret_of
from twinql.errors import InvalidInputError, UnauthenticatedError, UnavailableError
from twinql.settings import Settings

SECRET = "a shared secret, long enough for every algorithm that shares one"

ACME = UUID("5f1c9d4e-7c4a-4a0e-9d4b-0d7f6f1a2b3c")


@pytest.fixture
def issuer():
    with published() as issuer:
        yield issuer


async def _no_key(_hash):
    return None


@asynccontextmanager
async def gate_of(*, local=False, find_key=_no_key, **settings):
    gate = Gate(issuers_of(Settings(**settings)), find_key, local=local)
    async with aclosing(_Closing(gate)):
        yield gate


class _Closing:
    def __init__(self, gate: Gate) -> None:
        self.aclose = gate.close


async def subject(gate: Gate, token: str) -> str:
    caller = await gate.admit(f"Bearer {token}", None)
    assert isinstance(caller.actor, User)
    assert caller.expires_at is not None
    return caller.actor.subject


async def refused(gate: Gate, token: str) -> UnauthenticatedError:
    with pytest.raises(UnauthenticatedError) as caught:
        await gate.admit(f"Bearer {token}", None)
    return caught.value


async def test_a_supabase_project_with_signing_keys(issuer):
    issuer.add("second", "RS256")
    async with gate_of(supabase_url=issuer.url) as gate:
        for kid in ("first", "second"):
            assert await subject(gate, issuer.token(kid)) == issuer.claims()["sub"]


async def test_an_older_supabase_project_with_a_shared_secret(issuer):
    async with gate_of(supabase_url=issuer.url, supabase_jwt_secret=SECRET) as gate:
        assert await subject(gate, jwt.encode(issuer.claims(), SECRET, "HS256")) == issuer.claims()["sub"]
        # While a project moves from the one to the other, both kinds come.
        assert await subject(gate, issuer.token()) == issuer.claims()["sub"]
        await refused(gate, jwt.encode(issuer.claims(), SECRET, "HS512"))
        await refused(gate, jwt.encode(issuer.claims(), SECRET + "!", "HS256"))


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "user_2abcDEF3ghi", "azp": "https://app.example", "sid": "sess_1", "role": None},
        {"sub": "kp_0123456789abcdef", "org_code": "org_1", "aud": ["twinql", "other"], "role": None},
        {"sub": "auth0|507f1f77bcf86cd799439020", "scope": "openid", "role": None},
    ],
    ids=["Clerk", "Kinde", "Auth0"],
)
async def test_any_issuer_that_speaks_openid_connect(issuer, claims):
    async with gate_of(oidc_issuer=issuer.name, oidc_audience="twinql") as gate:
        assert await subject(gate, issuer.token(**{"aud": "twinql", **claims})) == claims["sub"]


async def test_each_attack_is_refused_and_none_told_from_another(issuer, subtests):
    async with gate_of(supabase_url=issuer.url) as gate:
        told = set()
        for name, token in attacks(issuer):
            with subtests.test(name):
                told.add((await refused(gate, token)).message)
        assert len(told) == 1
        assert await subject(gate, issuer.token())


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic QTpC", "bearer\tx", "Bearer ü"])
async def test_whoever_sends_no_token_is_refused(issuer, authorization):
    async with gate_of(supabase_url=issuer.url) as gate:
        with pytest.raises(UnauthenticatedError):
            await gate.admit(authorization, None)


async def test_this_machine_s_own_user_needs_no_token_but_a_token_is_verified(issuer):
    async with gate_of(local=True, supabase_url=issuer.url) as gate:
        assert (await gate.admit(None, None)).actor == User(LOCAL_ISSUER, LOCAL_SUBJECT)
        await refused(gate, "hello")


async def test_a_development_token_is_good_where_its_secret_is(issuer):
    token = jwt.encode(issuer.claims(iss=LOCAL_ISSUER, aud="twinql", sub="me"), SECRET, "HS256")
    own = development_issuer(SECRET)
    assert await subject(Gate({own.name: own}, _no_key, local=True), token) == "me"
    async with gate_of(supabase_url=issuer.url) as gate:
        await refused(gate, token)


@pytest.mark.parametrize("named", [str(ACME), global_id.encode("Organisation", ACME), "nonsense"])
async def test_an_organisation_is_named_by_any_of_its_ids(named):
    async with gate_of(local=True) as gate:
        key = UUID(int=0) if named == "nonsense" else ACME
        assert (await gate.admit(None, named)).actor == User(LOCAL_ISSUER, LOCAL_SUBJECT, key)


async def test_a_device_is_known_by_its_key():
    class Found:
        key_id = UUID(int=7)
        expires_at = None

    asked, text = [], secret_of(API_KEY, bytes(32))

    async def find(digest: bytes):
        asked.append(digest)
        return Found

    async with gate_of(find_key=find) as gate:
        caller = await gate.admit(f"Bearer {text}", "anything")
        for other in (text[:-1], text + "A", text[:-1] + ".", "twinql_invite_" + text[7:]):
            await refused(gate, other)
    assert caller.actor == Device(UUID(int=7))
    assert asked == [hash_of(text)]


async def test_strangers_with_many_keys_leave_the_database_to_others():
    running, most = 0, 0

    async def find(_hash):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    async with gate_of(find_key=find) as gate:
        await asyncio.gather(*(refused(gate, secret_of(API_KEY, bytes([n] * 32))) for n in range(50)))
    assert most == LOOKUPS


async def test_keys_are_fetched_anew_for_a_name_that_is_not_known(issuer):
    async with gate_of(supabase_url=issuer.url) as gate:
        await subject(gate, issuer.token())
        issuer.add("second", "ES256")
        issuer.forget("first")
        assert await subject(gate, issuer.token("second"))
        assert issuer.asked == 2
        # What the issuer has withdrawn is refused from then on.
        await refused(gate, issuer.token("first"))


async def test_a_flood_of_unknown_names_asks_the_issuer_only_now_and_then(issuer):
    async with gate_of(supabase_url=issuer.url) as gate:
        await asyncio.gather(*(refused(gate, issuer.token(headers={"kid": f"k{n}"})) for n in range(50)))
        for n in range(50):
            await refused(gate, issuer.token(headers={"kid": f"later{n}"}))
        assert issuer.asked <= BURST
        assert await subject(gate, issuer.token())


async def test_an_outage_of_the_issuer_is_lived_through_on_the_keys_that_are_known(issuer):
    now = 0.0
    keys = KeySet(issuer.name, f"{issuer.name}/.well-known/jwks.json", clock=lambda: now)
    issuer.away = True
    with pytest.raises(UnavailableError):
        await keys.find("first")
    issuer.away = False
    assert await keys.find("first") is not None
    issuer.away = True
    now = FRESH_S * 3
    assert await keys.find("first") is not None
    assert await keys.find("unknown") is None
    await keys.close()


async def test_a_discovery_document_of_somebody_else_is_not_believed(issuer):
    async with gate_of(oidc_issuer=issuer.name + "/", oidc_audience="twinql") as gate:
        with pytest.raises(UnavailableError):
            await gate.admit(f"Bearer {issuer.token(iss=issuer.name + '/', aud='twinql')}", None)


async def test_claims_and_headers_of_any_other_shape_are_refused_and_break_nothing(issuer):
    shapes = (
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "1",
        "NaN",
        [],
        ["x"],
        {},
        {"x": 1},
        10**400,
        "\ud800",
        float("inf"),
        float("nan"),
    )
    past = [True, 0, -1, 1.5, "1"]
    good = {"sub": ["1", "NaN"], "nbf": past, "iat": past, "exp": [10**400]}
    async with gate_of(supabase_url=issuer.url) as gate:
        for name in ("iss", "sub", "aud", "exp", "nbf", "iat", "role"):
            for shape in shapes:
                token = forged_like(issuer, **{name: shape})
                if shape in good.get(name, ()):
                    continue
                assert await refused(gate, token), (name, shape)


async def test_an_issuer_that_has_withdrawn_all_its_keys_is_believed(issuer):
    now = 0.0
    keys = KeySet(issuer.name, f"{issuer.name}/.well-known/jwks.json", clock=lambda: now)
    assert await keys.find("first") is not None
    issuer.forget("first")
    assert await keys.find("second") is None
    assert await keys.find("first") is None
    await keys.close()


async def test_keys_that_are_no_public_keys_for_signatures_are_left_out(issuer):
    weak = Issuer(1)
    issuer.published += [
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0", "alg": "HS256"},
        {**weak.published[0], "kid": "cipher", "use": "enc"},
        {**weak.published[0], "kid": "odd", "alg": "HS256"},
        {"kty": "EC", "crv": "P-256", "kid": "broken", "x": "AA", "y": "AA"},
        "nonsense",
    ]
    keys = KeySet(issuer.name, f"{issuer.name}/.well-known/jwks.json")
    assert await keys.find("first") is not None
    for kid in ("shared", "cipher", "odd", "broken"):
        assert await keys.find(kid) is None
    await keys.close()


async def test_a_token_is_verified_once_until_it_expires_or_its_key_is_withdrawn(issuer, monkeypatch):
    verified = []

    async def counted(token, issuers):
        verified.append(token)
        return await verify(token, issuers)

    monkeypatch.setattr("twinql.auth.verifier.verify", counted)
    monkeypatch.setattr("twinql.auth.verifier.MOST", 2)
    now = datetime.now(UTC)
    issuers = issuers_of(Settings(supabase_url=issuer.url))
    verifier = Verifier(issuers, clock=lambda: now)
    first, second, third = (issuer.token(sub=sub) for sub in ("first", "second", "third"))
    for token in (first, second, first, second, first, third, first):
        await verifier.verify(token)
    assert verified == [first, second, third]
    assert (await verifier.verify(second)).subject == "second"  # forgotten, as the one that was used longest ago
    assert verified == [first, second, third, second]
    # What was found good is refused as soon as its key is known to be withdrawn.
    issuer.add("newer", "ES256")
    issuer.forget("first")
    assert (await verifier.verify(issuer.token("newer"))).kid == "newer"
    with pytest.raises(UnauthenticatedError):
        await verifier.verify(second)
    last = issuer.token("newer", exp=int(now.timestamp()) + 60)
    await verifier.verify(last)
    endless = issuer.token("newer", exp=10**12)
    assert (await verifier.verify(endless)) == (await verifier.verify(endless))
    await verifier.verify(last)
    count, now = len(verified), now + timedelta(seconds=91)
    await verifier.verify(last)
    assert len(verified) == count + 1
    for each in issuers.values():
        await each.keys.close()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"supabase_jwt_secret": SECRET}, "needs SUPABASE_URL"),
        ({"oidc_issuer": "https://clerk.example"}, "go together"),
        ({"oidc_audience": "twinql"}, "go together"),
    ],
)
def test_settings_that_go_together_are_asked_for_together(settings, sentence):
    with pytest.raises(InvalidInputError, match=sentence):
        issuers_of(Settings(**settings))
