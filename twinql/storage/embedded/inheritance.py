"""Descriptors that say that this very process is alive, and that a forked child must therefore not hold open."""

import contextlib
import os

_ours: set[int] = set()


def keep_from_children(descriptor: int) -> int:
    """Remember a descriptor, so that a child made by fork closes it; a program started by exec never gets it."""
    _ours.add(descriptor)
    return descriptor


def close(descriptor: int) -> None:
    """Close a remembered descriptor; in a forked child, where that is done already, do nothing."""
    if descriptor in _ours:
        _ours.remove(descriptor)
        os.close(descriptor)


def _close_in_child() -> None:
    for descriptor in _ours:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _ours.clear()


os.register_at_fork(after_in_child=_close_in_child)
