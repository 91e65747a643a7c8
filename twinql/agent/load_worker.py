"""Keeps one core busy for a share of the time, at the lowest priority, until its standard input closes."""

import os
import sys
import threading
import time
from typing import Final

PERIOD_S: Final = 0.1


class Duty:
    """The share of the time that is to be spent, from 0 to 1, as the last line of a stream said."""

    def __init__(self) -> None:
        self.share, self.ended = 0.0, False

    def listen(self) -> None:
        """Take a share from each line; a closed stream ends all."""
        for line in sys.stdin:
            self.share = min(1.0, max(0.0, float(line)))
        self.ended = True


def main() -> None:
    """Work and rest in turns."""
    if hasattr(os, "nice"):
        os.nice(19)
    duty = Duty()
    threading.Thread(target=duty.listen, daemon=True).start()
    while not duty.ended:
        until = time.perf_counter() + PERIOD_S
        busy_until = until - PERIOD_S * (1 - duty.share)
        while time.perf_counter() < busy_until:
            pass
        time.sleep(max(0.0, until - time.perf_counter()))


if __name__ == "__main__":
    main()
