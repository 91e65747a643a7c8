"""`prisma generate` gives front ends a typed client, and it reads the tables that TwinQL migrated and filled."""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from tests.prisma_cli import ROOT, needs_prisma, prisma
from tests.world import make_world

MODULES = os.environ.get("PRISMA_CLIENT_MODULES", "")

pytestmark = [
    needs_prisma,
    pytest.mark.skipif(
        not MODULES,
        reason="The client's packages are not here: name a node_modules with @prisma/client, @prisma/adapter-pg, tsx, "
        "typescript and @types/node in PRISMA_CLIENT_MODULES",
    ),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A front end's project with the generated client and one page of code."""
    (tmp_path / "prisma").mkdir()
    shutil.copy(ROOT / "prisma" / "schema.prisma", tmp_path / "prisma")
    shutil.copy(ROOT / "prisma.config.ts", tmp_path)
    shutil.copy(ROOT / "tests" / "db" / "read_meters.ts", tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(Path(MODULES).resolve())
    return tmp_path


async def test_a_generated_client_reads_meters_and_their_readings(database_url: str, project: Path) -> None:
    world = await make_world(database_url, time_zone="Europe/Berlin")
    connection = await asyncpg.connect(database_url)
    try:
        number = await connection.fetchval("select number from channels where id = $1", world.channels["energy"])
        await connection.execute(
            "insert into readings (observed_at, value, channel_number, organisation_number) values ($1, 1.25, $2, $3)",
            datetime(2024, 1, 1, 0, 30, tzinfo=UTC),
            number,
            world.number,
        )
    finally:
        await connection.close()

    generated = prisma("generate", "--no-hints", url=database_url, cwd=project)
    assert generated.returncode == 0, generated.stdout
    checked = run(project, "tsc", *TYPE_CHECK, url=database_url)
    assert checked.returncode == 0, checked.stdout
    answer = run(project, "tsx", "read_meters.ts", url=database_url)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == [
        {
            "serialNumber": "M-1",
            "name": "Main meter",
            "timeZone": "Europe/Berlin",
            "unit": "KILOWATT_HOUR",
            "readings": [["2024-01-01T00:30:00.000Z", 1.25]],
        }
    ]


TYPE_CHECK = (
    *("--noEmit", "--strict", "--skipLibCheck", "--target", "es2023"),
    *("--module", "esnext", "--moduleResolution", "bundler", "--types", "node", "read_meters.ts"),
)


def run(project: Path, program: str, *arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / "node_modules" / ".bin" / program, *arguments],
        cwd=project,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
