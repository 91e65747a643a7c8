"""A server that demands tokens, with a real issuer beside it: who is answered, and how everybody else is refused."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.attacks import attacks
from tests.issuer import Issuer, published
from tests.production import PAGE, Production, production, told
from tests.served import twinql
from twinql.api.sockets.connection import MOST_BEFORE_ACK
from twinql.domain.identity import User
from twinql.domain.secrets import API_KEY, hash_of, prefix_of, secret_of
from twinql.storage.api_keys import create_key, revoke_key
from twinql.storage.database import Database

EXPORT = "/export/readings.csv"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with published() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def running(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("production")
    with production(folder, issuer.name, issuer.claims()["sub"], SUPABASE_URL=issuer.url) as running:
        yield running


def key_of(running: Production, owner: User, *, revoked: bool) -> str:
    """Make an API key for the one channel."""
    text = secret_of(API_KEY, bytes([revoked] * 32))

    async def make() -> None:
        async with Database.open(running.url, pool_size=1) as database, database.transaction(owner) as connection:
            key_id = await create_key(
                connection,
                organisation_id=running.organisation,
                name="gateway",
                channels=[running.channel_key],
                hash=hash_of(text),
                prefix=prefix_of(text),
                expires_at=None,
                created_by=owner.subject,
            )
            if revoked:
                assert await revoke_key(connection, key_id)

    asyncio.run(make())
    return text


def owner(issuer: Issuer) -> User:
    return User(issuer.name, issuer.claims()["sub"])


def refusal(answer: Any) -> Any:
    """Return all that tells one refusal from another, its request id aside."""
    (error,) = answer.json()["errors"]
    error["extensions"].pop("requestId", None)
    return answer.status_code, answer.headers["www-authenticate"], error


def test_each_attack_is_refused_over_http_with_the_same_answer(
    running: Production, issuer: Issuer, subtests: pytest.Subtests
) -> None:
    expected = refusal(running.ask(None))
    assert expected[:2] == (401, "Bearer")
    assert expected[2]["extensions"]["code"] == "UNAUTHENTICATED"
    tokens = [*attacks(issuer), ("a revoked device key", key_of(running, owner(issuer), revoked=True))]
    for name, token in tokens:
        with subtests.test(name):
            assert refusal(running.ask(f"Bearer {token}")) == expected
            answer = running.server.client.get(EXPORT, headers={"authorization": f"Bearer {token}"})
            assert refusal(answer) == expected
    assert running.role(issuer.token()) == "OWNER"


def test_each_attack_is_refused_on_a_socket_with_the_same_close(
    running: Production, issuer: Issuer, subtests: pytest.Subtests
) -> None:
    reasons = set()
    for name, token in attacks(issuer):
        with subtests.test(name), running.socket(f"Bearer {token}") as socket:
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=10)
            assert closed.value.rcvd
            if len(token) > MOST_BEFORE_ACK:  # it is not even read
                assert closed.value.rcvd.code == 4400
                continue
            assert closed.value.rcvd.code == 4403
            reasons.add(closed.value.rcvd.reason)
    assert len(reasons) == 1


def test_the_log_says_why_and_never_shows_a_token(running: Production, issuer: Issuer) -> None:
    token, unknown = issuer.token(exp=1), secret_of(API_KEY, b"a" * 32)
    for each in (token, unknown):
        assert running.ask(f"Bearer {each}").status_code == 401
    log = (running.server.folder.parent / "serve.log").read_text()
    assert "ExpiredSignatureError" in log
    assert "no API key in force" in log
    assert token.split(".")[1] not in log
    assert token.split(".")[2] not in log
    assert unknown not in log


def test_a_device_is_let_in_by_its_key(running: Production, issuer: Issuer) -> None:
    running.record(key_of(running, owner(issuer), revoked=False), 7)


def test_a_valid_token_without_a_membership_is_answered_and_sees_nothing(running: Production, issuer: Issuer) -> None:
    stranger = f"Bearer {issuer.token(sub='somebody-else')}"
    answer = running.ask(stranger, "{ sites(first: 1) { nodes { id } } }")
    assert (answer.status_code, answer.json()["data"]) == (200, {"sites": {"nodes": []}})


def test_keys_are_rotated_while_a_feed_runs(tmp_path: Path) -> None:
    with published() as issuer:
        subject, before = issuer.claims()["sub"], issuer.token()
        with production(tmp_path, issuer.name, subject, SUPABASE_URL=issuer.url) as its, its.following(before) as feed:
            issuer.add("second", "RS256")
            its.record(issuer.token("second"), 1)
            # The issuer withdraws a key, publishes another and goes away: who was let in stays in, and so do its users.
            issuer.forget("second")
            issuer.add("third", "ES256")
            its.record(issuer.token("third"), 2)
            issuer.away = True
            assert its.ask(f"Bearer {issuer.token('second')}").status_code == 401
            its.record(before, 3)
            assert [told(feed)["readings"] for _ in range(3)] == [[{"value": value}] for value in (1, 2, 3)]


def test_a_socket_closes_when_its_token_expires(running: Production, issuer: Issuer) -> None:
    expires = int(datetime.now(UTC).timestamp()) + 2
    with running.following(issuer.token(exp=expires)) as feed:
        with pytest.raises(ConnectionClosed) as closed:
            feed.recv(timeout=30)
        assert closed.value.rcvd
        assert (closed.value.rcvd.code, "expired" in closed.value.rcvd.reason) == (4403, True)
        assert datetime.now(UTC).timestamp() >= expires


def test_pages_of_the_origins_in_the_setting_may_ask_and_read_the_answer(running: Production, issuer: Issuer) -> None:
    client = running.server.client
    wanted = "authorization,content-type,x-organisation,x-request-id,graphql-require-preflight,apollo-require-preflight"
    preflight = {"access-control-request-method": "POST", "access-control-request-headers": wanted}
    allowed = client.options("/graphql", headers={"origin": PAGE, **preflight})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, PAGE)
    assert set(wanted.split(",")) <= set(allowed.headers["access-control-allow-headers"].lower().split(","))
    for authorization, status in ((f"Bearer {issuer.token()}", 200), ("Bearer nonsense", 401)):
        sent = {"origin": PAGE, "authorization": authorization}
        answer = client.post("/graphql", json={"query": "{ __typename }"}, headers=sent)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, PAGE)
        exposed = answer.headers["access-control-expose-headers"].lower().replace(" ", "").split(",")
        assert {"x-request-id", "etag", "retry-after"} <= set(exposed)
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://evil.example", "null", PAGE + ":8443", "http:"])
def test_other_pages_are_refused_by_the_name_of_the_setting(running: Production, issuer: Issuer, origin: str) -> None:
    token = f"Bearer {issuer.token()}"
    answer = running.server.client.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"origin": origin, "authorization": token}
    )
    assert (answer.status_code, "TWINQL_ORIGINS" in answer.text) == (403, True)
    assert "access-control-allow-origin" not in answer.headers
    with pytest.raises(InvalidStatus) as refused, running.socket(token, origin=origin):
        pass
    assert refused.value.response.status_code == 403
    assert "TWINQL_ORIGINS" in json.loads(refused.value.response.body)["errors"][0]["message"]


def test_its_own_pages_may_ask_under_whatever_name_it_has(running: Production, issuer: Issuer) -> None:
    sent = {"origin": "https://twin.example", "host": "twin.example", "authorization": f"Bearer {issuer.token()}"}
    answer = running.server.client.post("/graphql", json={"query": "{ __typename }"}, headers=sent)
    assert answer.status_code == 200
    with running.socket(sent["authorization"], origin=PAGE) as socket:
        assert json.loads(socket.recv(timeout=10)) == {"type": "connection_ack"}


def test_strangers_learn_that_it_lives_and_not_what_it_does(running: Production) -> None:
    client, stranger = running.server.client, {"x-forwarded-for": "203.0.113.7", "host": "twin.example"}
    assert client.get("/healthz", headers=stranger).json() == {"alive": True}
    assert client.get("/readyz", headers=stranger).json() == {"ready": True}
    answer = client.get("/metrics", headers=stranger)
    assert (answer.status_code, "TWINQL_METRICS" in answer.text) == (403, True)
    assert "twinql_rows" in client.get("/metrics").text


def test_no_organisation_is_made_where_nobody_is_this_machine_s_own_user(running: Production, issuer: Issuer) -> None:
    assert running.role(issuer.token()) == "OWNER"

    async def names() -> list[str]:
        async with Database.open(running.url, pool_size=1) as database:
            return [row["name"] for row in await database.pool.fetch("select name from organisations")]

    assert asyncio.run(names()) == ["Acme"]


def test_a_development_token_is_worth_nothing(running: Production, tmp_path: Path) -> None:
    token = twinql("token", "--data", str(tmp_path / "data"), cwd=tmp_path).stdout.strip()
    assert running.ask(f"Bearer {token}").status_code == 401
