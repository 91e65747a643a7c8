"""`twinql token`: tokens for development, good on the data folder that made them and nowhere else."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.issuer import forged
from tests.served import Served, served, twinql
from twinql.domain.identity import LOCAL_ISSUER
from twinql.storage.embedded import token_secret

ELSEWHERE = "postgresql://me@db.example/db"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("tokens") / "data", "--no-demo") as running:
        yield running


def minted(folder: Path, *arguments: str) -> str:
    run = twinql("token", "--data", str(folder), *arguments, cwd=folder.parent)
    assert (run.returncode, run.stderr) == (0, "")
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", run.stdout), "nothing but the token is printed"
    return run.stdout.strip()


def viewer(server: Served, token: str | None) -> Any:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    answer = server.client.post("/graphql", json={"query": "{ viewer { subject role } }"}, headers=headers)
    return answer.json()["data"]["viewer"] if answer.status_code == 200 else answer.status_code


def test_it_speaks_for_whomever_it_names_on_a_server_of_the_same_folder(server: Served) -> None:
    assert viewer(server, None) == {"subject": "owner", "role": "OWNER"}
    assert viewer(server, minted(server.folder)) == {"subject": "owner", "role": "OWNER"}
    assert (viewer(server, minted(server.folder, "--subject", "Zoë")) or {}).get("role") is None


def test_a_token_that_is_sent_is_verified_even_where_none_is_needed(server: Served, tmp_path: Path) -> None:
    of_another_folder = minted(tmp_path / "data")
    claims = jwt.decode(minted(server.folder), options={"verify_signature": False})
    secret = token_secret(server.folder)
    refused = [
        of_another_folder,
        "nonsense",
        forged(claims, {"alg": "none"}, None),
        jwt.encode({**claims, "exp": 1}, secret, "HS256"),
        jwt.encode({**claims, "aud": "other"}, secret, "HS256"),
        jwt.encode({**claims, "iss": "https://evil.test"}, secret, "HS256"),
        jwt.encode(claims, secret * 2, "HS512"),
    ]
    assert {viewer(server, each) for each in refused} == {401}
    assert viewer(server, jwt.encode(claims, secret, "HS256"))


def test_its_secret_is_for_its_owner_alone(server: Served) -> None:
    (kept,) = (each for each in server.folder.iterdir() if "token" in each.name)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.stat().st_uid == os.getuid()


def test_a_secret_that_many_make_at_once_is_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: token_secret(tmp_path / "data"), range(32)))
    assert len(made) == 1
    assert len(made.pop()) >= 32
    assert len(list((tmp_path / "data").iterdir())) == 1


def test_how_long_it_is_good_can_be_said(tmp_path: Path) -> None:
    claims = jwt.decode(minted(tmp_path / "data", "--expires", "PT15M"), options={"verify_signature": False})
    assert (claims["exp"] - claims["iat"], claims["iss"]) == (900, LOCAL_ISSUER)


@pytest.mark.parametrize(
    ("arguments", "env", "sentence"),
    [
        ((), {"DATABASE_URL": ELSEWHERE}, "DATABASE_URL names another"),
        ((), {"DIRECT_URL": ELSEWHERE}, "names another"),
        (("--subject", ""), {}, "1 to 255"),
        (("--subject", "a\nb"), {}, "1 to 255"),
        (("--subject", "s" * 256), {}, "1 to 255"),
        (("--expires", "PT0S"), {}, "--expires"),
        (("--expires", "P366D"), {}, "--expires"),
        (("--expires", "soon"), {}, "PT15M"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], env: dict[str, str], sentence: str
) -> None:
    run = twinql("token", "--data", str(tmp_path / "data"), *arguments, cwd=tmp_path, **env)
    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (1, "", 1)
    assert sentence in run.stderr
    assert not (tmp_path / "data").exists()
