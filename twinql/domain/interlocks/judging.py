"""Asking every interlock about a command."""

from twinql.domain.interlocks.built_in import expiry, in_range, state_known, writable
from twinql.domain.interlocks.facts import Facts
from twinql.domain.interlocks.verdict import Request, Verdict


def judge(facts: Facts, request: Request) -> tuple[Verdict, ...]:
    """Ask every interlock, so that a caller sees all that stands in the way at once.

    Args:
        facts: What is known of the plant.
        request: What is asked.

    Returns:
        One verdict for each interlock, those that are built in first; EXPIRY only where the life is still to be judged.
    """
    target, desired = facts.target, request.desired
    verdicts = [writable(target), in_range(target, desired), state_known(target, desired)]
    if request.expires_in is not None:
        verdicts.append(expiry(request.expires_in))
    return tuple(verdicts)
