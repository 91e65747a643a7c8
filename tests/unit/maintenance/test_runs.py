"""For how long things ran."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from twinql.domain.maintenance.runs import Renewal, Run, runs_between

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
BUILT, BROKE, RENEWED = (
    Renewal(UUID(int=day), NEW_YEAR + timedelta(days=day), failed)
    for day, failed in ((0, False), (40, True), (70, False))
)


def test_a_run_goes_from_one_renewal_to_the_next():
    first, second, third, last = runs_between([BUILT, BROKE, RENEWED])
    assert (first.began, first.ended, first.length_s, first.complete) == (None, BUILT, None, False)
    assert (second.length_s, second.complete) == (40 * 86_400, True)
    assert (third.length_s, third.complete) == (30 * 86_400, False)  # it was renewed before it could fail
    assert (last.began, last.ended, last.length_s, last.complete) == (RENEWED, None, None, False)


def test_a_first_failure_ends_a_run_that_nobody_saw_begin():
    first, _ = runs_between([BROKE])
    assert not first.complete


def test_a_run_ends_when_it_failed_and_the_next_one_begins_when_it_was_mended():
    stood_still = Renewal(UUID(int=9), NEW_YEAR + timedelta(days=40), True, NEW_YEAR + timedelta(days=33))
    _, run, now = runs_between([BUILT, stood_still])
    assert (run.ended_at, run.length_s) == (NEW_YEAR + timedelta(days=33), 33 * 86_400)
    assert (now.began.at, now.ended_at) == (NEW_YEAR + timedelta(days=40), None)


def test_what_was_never_renewed_has_one_run_without_edges():
    assert runs_between([]) == [Run(None, None)]
