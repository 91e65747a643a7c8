"""The memory that TwinQL takes while it answers with 50 MB."""

import json
from time import perf_counter

import httpx

from benchmarks.against.contenders import TWINQL, Place, forget_peak, peak_mb, settings, started, token_of, twinql
from benchmarks.against.data import HOURLY

MOST = 3.0
"""What may be added to the memory, in sizes of the answer."""
_DOCUMENT = """
{ meters(first: 200) { nodes { id channels(first: 1) { nodes { id readings(first: 1600) {
    nodes { id observedAt value quality } } } } } } }
"""
_PATIENCE_S = 180


def measure(place: Place) -> None:
    """Ask a fresh server once, and say what its memory rose to."""
    patient = settings(place) | {"TWINQL_STATEMENT_TIMEOUT_S": str(_PATIENCE_S)}
    with started(place, TWINQL, *twinql(identity=True), **patient) as (port, process):
        headers = {"authorization": f"Bearer {token_of(HOURLY)}", "content-type": "application/json"}
        body = json.dumps({"query": _DOCUMENT.replace("first: 200", "first: 1")})
        address = f"http://127.0.0.1:{port}/graphql"
        httpx.post(address, content=body, headers=headers, timeout=_PATIENCE_S).raise_for_status()
        forget_peak(process)
        before = peak_mb(process)
        began, size = perf_counter(), 0
        with httpx.stream(
            "POST", address, content=json.dumps({"query": _DOCUMENT}), headers=headers, timeout=_PATIENCE_S
        ) as answer:
            answer.raise_for_status()
            size = sum(len(piece) for piece in answer.iter_raw())
        took, added = perf_counter() - began, peak_mb(process) - before
    print(
        f"\nmemory: an answer of {size / 1e6:.1f} MB (320,000 readings) in {took:.1f} s raised TwinQL's memory from "
        f"{before:.0f} MB by {added:.0f} MB: {added / (size / 1e6):.2f} times the answer (asked ≤ {MOST:g})",
        flush=True,
    )
