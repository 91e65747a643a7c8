"""The front end of docs/clients.md is generated, compiled and built as it stands there."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from graphql import build_schema, parse, validate

ROOT = Path(__file__).resolve().parents[2]
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
        command = [str(Path(os.environ["NODE_FRONT_END"]) / ".bin" / program), *arguments]
        env = {"PATH": os.environ["PATH"], **VARIABLES, **variables}
        done = subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=180, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


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


@needs_front_end
def test_documents_are_named_by_what_they_hold(front_end: FrontEnd) -> None:
    manifest = json.loads((front_end.folder / "graph" / "persisted-documents.json").read_text(encoding="utf-8"))
    assert len(manifest) == 2
    for name, text in manifest.items():
        assert name == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@needs_front_end
def test_next_builds_the_page(front_end: FrontEnd) -> None:
    built = front_end.run("next", "build", NEXT_PUBLIC_SUPABASE_URL="https://project.supabase.co")
    assert re.search(r"ƒ /\s", built), built  # rendered for each request
    assert "Proxy" in built
