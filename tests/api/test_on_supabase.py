"""The steps of docs/supabase.md lead from a database such as Supabase's to an answered query."""

import asyncio
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest

from tests.issuer import Issuer, published
from tests.served import ROOT, served, twinql
from twinql.storage.embedded import EmbeddedPostgres

DOCUMENT = (ROOT / "docs" / "supabase.md").read_text(encoding="utf-8")
(GIVE_A_LOGIN,) = re.findall(r"^ *(alter role .*;)$", DOCUMENT, flags=re.MULTILINE)
(MAKE_AN_ORGANISATION,) = re.findall(r"^ *twinql (org create .*)$", DOCUMENT, flags=re.MULTILINE)
((QUERY, ANSWER),) = re.findall(r"-d '(\{\"query\".*)'\n *```\n\n *```json\n *(.*)\n", DOCUMENT)
# What a project has before anything is done: an owner who is no superuser, roles that he may hand on, the schema auth.
PROJECT = """
drop role twinql_server;
create role owner login createrole createdb bypassrls password 'owner';
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
grant anon, authenticated, service_role to owner with admin option;
create database project owner owner
"""
IN_THE_PROJECT = """
create schema auth;
create function auth.jwt() returns jsonb language sql stable
    return coalesce(nullif(current_setting('request.jwt.claim', true), ''),
                    nullif(current_setting('request.jwt.claims', true), ''))::jsonb;
create function auth.uid() returns uuid language sql stable return (auth.jwt() ->> 'sub')::uuid;
grant usage on schema auth to anon, authenticated, service_role, owner with grant option;
create publication supabase_realtime;
alter publication supabase_realtime owner to owner
"""


class Project:
    """A database as Supabase hands it over, and an issuer in the place of Supabase Auth."""

    def __init__(self, root_url: str, issuer: Issuer) -> None:
        at = root_url.partition("@")[2].partition("/")[0]
        self.issuer = issuer
        self.owner_url = f"postgresql://owner:owner@{at}/project"
        self.server_url = f"postgresql://twinql_server:{quote('ANOTHER PASSWORD')}@{at}/project"
        for statement in PROJECT.split(";"):
            _run(root_url, statement)
        _run(f"{root_url.rpartition('/')[0]}/project", IN_THE_PROJECT)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("project")
    with EmbeddedPostgres.start(folder / "postgres", fast=True) as server, published() as issuer:
        yield Project(server.url, issuer)


def test_the_steps_lead_to_an_answered_query(project: Project, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": project.owner_url, "DIRECT_URL": project.owner_url}
    migrated = twinql("migrate", cwd=tmp_path, **settings)
    assert migrated.returncode == 0, migrated.stderr
    _run(project.owner_url, GIVE_A_LOGIN)

    hint = "hint  The login of DATABASE_URL is held by no row-level security"
    assert hint in twinql("doctor", cwd=tmp_path, **settings).stdout

    settings |= {"DATABASE_URL": project.server_url, "SUPABASE_URL": project.issuer.url}
    looked_at = twinql("doctor", cwd=tmp_path, **settings).stdout
    assert "ok    The database answers" in looked_at
    assert hint not in looked_at
    lacking = twinql("doctor", cwd=tmp_path, **settings | {"DIRECT_URL": ""}).stdout
    assert "HELP  DIRECT_URL is missing: the login of DATABASE_URL may not" in lacking
    made = twinql(*shlex.split(MAKE_AN_ORGANISATION), cwd=tmp_path, **settings)
    assert made.returncode == 0, made.stderr

    with served(tmp_path / "data", **settings) as running:
        asked = {"content": QUERY, "headers": {"content-type": "application/json"}}
        assert running.client.post("/graphql", **asked).status_code == 401
        asked["headers"]["authorization"] = f"Bearer {project.issuer.token()}"
        assert running.client.post("/graphql", **asked).json()["data"] == json.loads(ANSWER)["data"]


def _run(url: str, statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(statements)
        await connection.close()

    asyncio.run(run())
