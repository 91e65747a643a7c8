"""A proposal and what became of it are stored as JSON, and read as they were."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import pytest

from twinql.domain.decisions.recommendation import Proposal, RealisedImpact
from twinql.domain.verification import EffectDirection, Expectation

FALLS = Expectation(uuid4(), EffectDirection.FALLS, 3.0, None, timedelta(seconds=45), ((0.0, 60.0), (45.0, 65.0)))
REACHES = Expectation(uuid4(), EffectDirection.REACHES, None, 1.0, timedelta(minutes=2))


@pytest.mark.parametrize("expect", [FALLS, REACHES, None])
def test_a_proposal_is_read_as_it_was_stored(expect):
    proposal = Proposal(uuid4(), 7000.0, None, 120.0, expect)
    assert Proposal.of(orjson.loads(orjson.dumps(proposal.as_json()))) == proposal


def test_a_realised_impact_is_read_as_it_was_stored():
    found = RealisedImpact(datetime(2026, 3, 2, 12, tzinfo=UTC), limit_crossed=False, extreme_value=61.5, avoided=8.5)
    assert RealisedImpact.of(orjson.loads(orjson.dumps(found.as_json()))) == found
