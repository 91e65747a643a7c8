"""Linear algebra keeps to one core."""

import os
import subprocess
import sys


def test_linear_algebra_keeps_to_one_core_unless_somebody_says_otherwise() -> None:
    said = "import os, sys, twinql.cli; print(os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules)"
    for given, expected in ((None, "1"), ("4", "4")):
        environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
        environment |= {} if given is None else {"OPENBLAS_NUM_THREADS": given}
        done = subprocess.run([sys.executable, "-c", said], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.split() == [expected, "False"]
