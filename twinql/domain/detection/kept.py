"""Findings as a memory keeps them."""

from typing import Any

from twinql.domain.detection.finding import Cause, Fact, Finding


def to_memory(finding: Finding) -> dict[str, Any]:
    """Return a finding in numbers, texts, lists and mappings."""
    return {
        "cause": finding.cause.value,
        "at": finding.at_s,
        "holds": finding.holds,
        "score": finding.score,
        "facts": [
            [each.code, each.message, each.value, each.threshold, each.unit, each.first_s, each.last_s]
            for each in finding.facts
        ],
    }


def of_memory(kept: dict[str, Any]) -> Finding:
    """Return the finding that `to_memory` wrote."""
    facts = tuple(Fact(*each) for each in kept["facts"])
    return Finding(Cause(kept["cause"]), kept["at"], holds=kept["holds"], score=kept["score"], facts=facts)
