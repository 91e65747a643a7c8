"""Shows how far long work has come, as suits whoever looks: a bar, lines, or nothing."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]


@contextmanager
def shown(how: str, title: str) -> Iterator[Progress | None]:
    """Show progress on stderr while the block lasts.

    Args:
        how: `bar`, `lines`, `none`, or `auto`: a bar on a terminal, nothing elsewhere.
        title: What is being done.
    """
    if how == "bar" or (how == "auto" and sys.stderr.isatty()):
        with _bar(title) as progress:
            yield progress
    elif how == "lines":
        yield lambda done, total: print(f"{title}: {done:,} of {total:,}", file=sys.stderr, flush=True)
    else:
        yield None


@contextmanager
def _bar(title: str) -> Iterator[Progress]:
    from rich.console import Console  # noqa: PLC0415 - only terminals need it, and it takes a while
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
