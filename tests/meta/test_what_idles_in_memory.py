"""An idle server keeps no library in memory that only some questions need; `tests/api/test_serve.py` weighs it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_application_loads_nothing_heavy() -> None:
    watch = (
        "import sys, twinql.app.application\n"
        "heavy = {'scipy.stats', 'scipy.optimize', 'scipy.signal', 'statsmodels', 'pandas', 'aiokafka'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", watch], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout == "[]\n"
