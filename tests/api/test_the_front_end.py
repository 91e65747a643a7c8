"""The front end of docs/clients.md is generated, compiled, built and used as it stands there."""

import asyncio
import base64
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from graphql import build_schema, parse, validate

from tests.issuer import Issuer, published
from tests.served import ROOT, Served, served, twinql
from twinql.domain.identity import LOCAL_ORGANISATION

DOCUMENT = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^```(?:tsx?|graphql)\n(?://|#) (\S+)\n(.*?)^```$", DOCUMENT, flags=re.DOTALL | re.MULTILINE))
# What create-next-app makes, and the strictest reading of it.
BESIDE = {
    "tsconfig.json": """{
  "compilerOptions": {
    "target": "ES2022", "lib": ["dom", "dom.iterable", "ES2022"], "module": "esnext", "moduleResolution": "bundler",
    "jsx": "react-jsx", "noEmit": true, "isolatedModules": true, "esModuleInterop": true, "resolveJsonModule": true,
    "strict": true, "noUncheckedIndexedAccess": true, "exactOptionalPropertyTypes": true, "skipLibCheck": true
  },
  "include": ["**/*.ts", "**/*.tsx"],
  "exclude": ["node_modules"]
}
""",
    "app/layout.tsx": """export default function Layout({ children }: { children: React.ReactNode }) {
  return <html lang="en"><body>{children}</body></html>;
}
""",
}
VARIABLES = {
    "NEXT_PUBLIC_SUPABASE_KEY": "sb_publishable_of_no_project",
    "NEXT_PUBLIC_TWINQL_SOCKET": "wss://twin.example/graphql",
    "NEXT_TELEMETRY_DISABLED": "1",
}

needs_front_end = pytest.mark.skipif(
    not (os.environ.get("NODE_FRONT_END") and shutil.which("node")),
    reason="Next.js is not here: name a folder of node_modules that has it in NODE_FRONT_END (.ci/clients makes one)",
)


class FrontEnd:
    """The files of the document in a folder of their own, beside the packages that they need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in {**FILES, **BESIDE}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        shutil.copy(ROOT / "schema.graphql", folder)

    def run(self, program: str, *arguments: str, **variables: str) -> str:
        """Run a program of a package, and return what it says; it must end well."""
        done = subprocess.run(
            self._command(program, *arguments),
            cwd=self.folder, env=_environment(variables), capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def served(self, **variables: str) -> Iterator[str]:
        """Serve what was built, and give its address."""
        with subprocess.Popen(
            self._command("next", "start", "--hostname", "127.0.0.1", "--port", "0"),
            cwd=self.folder, env=_environment(variables), stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            try:
                assert process.stdout
                said = ""
                while not (found := re.search(r"http://127\.0\.0\.1:\d+", said)) or "Ready" not in said:
                    line = process.stdout.readline()
                    assert line, said
                    said += line
                yield found[0]
            finally:
                process.terminate()
                process.wait(30)

    @property
    def manifest(self) -> Path:
        """Where the code generator writes what the front end asks."""
        return self.folder / "graph" / "persisted-documents.json"

    @staticmethod
    def _command(program: str, *arguments: str) -> list[str]:
        return [str(Path(os.environ["NODE_FRONT_END"]) / ".bin" / program), *arguments]


def _environment(variables: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], **VARIABLES, **variables}


@pytest.fixture(scope="module")
def front_end() -> Iterator[FrontEnd]:
    # Next.js takes no packages from outside its own tree.
    with TemporaryDirectory(dir=Path(os.environ["NODE_FRONT_END"]).parent, prefix="front-end-") as folder:
        made = FrontEnd(Path(folder))
        made.run("graphql-codegen", "--config", "codegen.ts")
        yield made


def test_every_block_of_code_is_taken_for_a_file_and_its_operations_fit_the_schema() -> None:
    assert len(FILES) == len(re.findall(r"^```(?:tsx?|graphql)$", DOCUMENT, flags=re.MULTILINE)) > 7
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    assert [validate(schema, parse(text)) for name, text in FILES.items() if name.endswith(".graphql")] == [[]]


@needs_front_end
def test_no_type_is_left_to_chance(front_end: FrontEnd) -> None:
    generated = (front_end.folder / "graph" / "graphql.ts").read_text(encoding="utf-8")
    operations = generated[generated.index("export type MetersQueryVariables") :]
    assert re.search(r"observedAt: string\b", operations)
    assert not re.search(r": (any|unknown)\b", operations.partition("export class")[0])
    front_end.run("tsc", "--project", ".")


class Site:
    """The page, for whoever has a session of Supabase Auth in a cookie."""

    def __init__(self, address: str, issuer: Issuer, running: Served) -> None:
        self.address, self.issuer, self.running = address, issuer, running

    def page(self, **claims: Any) -> httpx.Response:
        """Ask for it with a session."""
        return httpx.get(self.address, cookies=self.session(**claims), timeout=30)

    def session(self, **claims: Any) -> dict[str, str]:
        """Make the cookie that Supabase's own packages write."""
        token = self.issuer.token(**claims)
        session = {"access_token": token, "refresh_token": "none", "token_type": "bearer", "user": {"id": "5f1c"}}
        session |= {"expires_in": 3600, "expires_at": int(time.time()) + 3600}
        written = base64.urlsafe_b64encode(json.dumps(session).encode()).decode().rstrip("=")
        return {"sb-127-auth-token": f"base64-{written}"}

    def ask(self, document: str, **variables: Any) -> Any:
        """Ask TwinQL as this machine's own user."""
        asked = {"query": document, "variables": variables}
        answer = self.running.client.post("/graphql", json=asked).json()
        assert "errors" not in answer, answer
        return answer["data"]


@pytest.fixture(scope="module")
def site(front_end: FrontEnd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as living:
        issuer = living.enter_context(published())
        folder = tmp_path_factory.mktemp("twinql") / "data"
        settings = {"SUPABASE_URL": issuer.url, "TWINQL_TRUSTED_DOCUMENTS": str(front_end.manifest)}
        running = living.enter_context(served(folder, **settings, TWINQL_DEMO_HISTORY_DAYS="2"))
        member = ("member", "add", LOCAL_ORGANISATION, issuer.claims()["sub"], "--role", "viewer")
        added = twinql(*member, "--issuer", issuer.name, "--data", str(folder), cwd=folder.parent)
        assert added.returncode == 0, added.stderr
        front_end.run("next", "build", NEXT_PUBLIC_SUPABASE_URL=issuer.url)
        graph = f"http://127.0.0.1:{running.port}/graphql"
        address = living.enter_context(front_end.served(NEXT_PUBLIC_SUPABASE_URL=issuer.url, TWINQL_URL=graph))
        yield Site(address, issuer, running)


@needs_front_end
def test_a_session_in_a_cookie_becomes_a_page_of_what_its_user_may_see(site: Site) -> None:
    page = site.page()
    assert page.status_code == 200
    assert "House electricity meter" in page.text
    assert "House electricity meter" not in site.page(aud="another audience").text


@needs_front_end
def test_without_a_session_the_page_sends_to_where_one_signs_in(site: Site) -> None:
    answer = httpx.get(site.address, timeout=30)
    assert (answer.status_code, answer.headers["location"]) == (307, "/sign-in")


@needs_front_end
def test_its_route_passes_a_stream_on_with_the_token_of_the_session_and_the_last_id(site: Site) -> None:
    address, query = f"{site.address}/feed", "subscription { readingsRecorded(filter: {}) { readings { value } } }"
    asked: Any = {"params": {"query": query}, "headers": {"accept": "text/event-stream"}, "timeout": 30}
    with httpx.stream("GET", address, cookies=site.session(), **asked) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert any(line.startswith("id: ") for line in answer.iter_lines())
    asked["headers"]["last-event-id"] = "nonsense"
    assert "This is no cursor" in httpx.get(address, cookies=site.session(), **asked).text
    assert httpx.get(address, **asked).status_code == 401


@needs_front_end
def test_its_documents_are_trusted_by_the_names_that_the_code_generator_gave_them(
    site: Site, front_end: FrontEnd
) -> None:
    manifest = json.loads(front_end.manifest.read_text(encoding="utf-8"))
    (name,) = (name for name, text in manifest.items() if text.startswith("query Meters"))
    assert name in (front_end.folder / "graph" / "graphql.ts").read_text(encoding="utf-8")
    answer = site.running.client.get("/graphql", params={"documentId": name})
    assert "House electricity meter" in answer.text
    known = {"if-none-match": answer.headers["etag"]}
    assert site.running.client.get("/graphql", params={"documentId": name}, headers=known).status_code == 304


SITE = "{ sites(first: 1) { nodes { id } } }"
PROBE = """
mutation ($site: ID!) {
  createChannel(
    input: {
      siteId: $site, key: "probe", name: "Probe", kind: INSTANTANEOUS, quantity: TEMPERATURE, unit: DEGREE_CELSIUS
    }
  ) { channel { id } }
}
"""
RECORD = """
mutation ($channel: ID!, $at: DateTime!, $value: Float!) {
  recordReadings(input: { readings: [{ channelId: $channel, observedAt: $at, value: $value }] }) {
    summary { recorded }
  }
}
"""


class Follower:
    """The document's `follow` under Node, which asks for every token that it needs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        self._input, self._output = process.stdin, process.stdout
        self.values: list[float] = []

    async def until_it_wants_a_token(self) -> None:
        while (said := await self._said()) != "token":
            self._take(said)

    async def until_caught_up_with(self, *values: float) -> None:
        while (said := await self._said()) is not None:
            self._take(said)
            if said["caughtUp"] and self.values == [*values]:
                return

    def give(self, token: str) -> None:
        self._input.write(f"{token}\n".encode())

    async def _said(self) -> Any:
        return json.loads(await self._output.readline())

    def _take(self, said: Any) -> None:
        self.values += [each["value"] for each in said["readings"]]


@needs_front_end
async def test_a_follower_whose_token_ends_goes_on_with_a_new_one_and_misses_nothing(
    site: Site, front_end: FrontEnd
) -> None:
    front_end.run("tsc", "lib/follow.ts", "--outDir", "lib", "--module", "commonjs", "--target", "es2022")
    channel = site.ask(PROBE, site=site.ask(SITE)["sites"]["nodes"][0]["id"])["createChannel"]["channel"]["id"]

    def record(value: int) -> None:
        at = f"2026-03-01T00:00:{value:02}Z"
        assert site.ask(RECORD, channel=channel, at=at, value=value)["recordReadings"]["summary"]["recorded"] == 1

    document = FILES["app/meters.graphql"].replace("cursor", "cursor caughtUp")
    process = await asyncio.create_subprocess_exec(
        *("node", str(Path(__file__).with_name("follow_on.mjs")), str(front_end.folder / "lib" / "follow.js")),
        *(f"ws://127.0.0.1:{site.running.port}/graphql", document[document.index("subscription") :]),
        json.dumps({"filter": {"channelIds": [channel]}}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    follower = Follower(process)
    async with asyncio.timeout(60):
        await follower.until_it_wants_a_token()
        follower.give(site.issuer.token(exp=int(time.time()) + 5))
        await follower.until_caught_up_with()
        record(1)
        await follower.until_caught_up_with(1)
        await follower.until_it_wants_a_token()  # the first one has ended
        record(2)
        record(3)
        follower.give(site.issuer.token())
        await follower.until_caught_up_with(1, 2, 3)
        record(4)
        await follower.until_caught_up_with(1, 2, 3, 4)
    process.terminate()
    await process.wait()
