"""The real Prisma CLI for tests: PRISMA_CLI names its command, such as `npx prisma@7` or a path to its binary."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

needs_prisma = pytest.mark.skipif(
    not os.environ.get("PRISMA_CLI"), reason="Prisma's CLI is not here: name its command in PRISMA_CLI"
)


def prisma(
    *arguments: str, url: str = "", shadow_url: str = "", data: Path | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run Prisma's CLI on a database, or on that of a data folder, and give what it said on either stream."""
    addresses = {
        "DATABASE_URL": url,
        "DIRECT_URL": url,
        "SHADOW_DATABASE_URL": shadow_url,
        "TWINQL_DATA": str(data or ""),
    }
    return subprocess.run(
        [*shlex.split(os.environ["PRISMA_CLI"]), *arguments],
        cwd=cwd,
        env={**os.environ, **addresses, "CHECKPOINT_DISABLE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def scratch_project(folder: Path) -> Path:
    """Lay a project of Prisma's without models into a folder, and give its folder of migrations."""
    migrations = folder / "prisma" / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "migration_lock.toml").write_text('provider = "postgresql"\n')
    (folder / "prisma" / "schema.prisma").write_text('datasource db {\n  provider = "postgresql"\n}\n')
    (folder / "prisma.config.ts").write_text((ROOT / "prisma.config.ts").read_text(encoding="utf-8"))
    return migrations


def write_migration(migrations: Path, name: str, sql: str) -> None:
    """Write one migration."""
    (migrations / name).mkdir()
    (migrations / name / "migration.sql").write_text(sql)
