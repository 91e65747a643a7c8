"""A few seconds of `make soak`: a real server that is broken under followers of all kinds, and loses nothing."""

import re
import subprocess
import sys
from pathlib import Path

from tests.served import ENV, ROOT


def test_followers_lose_and_double_nothing_while_everything_is_cut(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.soak", "--minutes", "0.07", "--followers", "10", "--cycles", "0"]
    done = subprocess.run(
        [*command, "--data", str(tmp_path)], cwd=ROOT, env=ENV, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("lost 0, missed 0, doubled 0, out of order 0, untrue 0\n")
    for what in (r"([\d,]+) readings", r"(\d+) faults of the server", r"(\d+) cuts of followers"):
        assert int(re.search(what, done.stdout)[1].replace(",", "")) > 0, done.stdout
