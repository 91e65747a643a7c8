"""What Schemathesis is told of TwinQL's scalars and codes, and one more thing that it looks for."""

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes
from schemathesis.specs.graphql import validation

INSTANTS = ("2026-11-20T00:00:00Z", "2026-11-21T10:00:00+01:00", "1990-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
DURATIONS = ("PT15M", "PT1H", "P1D", "P7D", "PT0S", "-PT1H", "P999999999D", "P1Y")
DAYS = ("2026-03-01", "0001-01-01", "9999-12-31", "2026-02-29", "2026-3-1")
ZONES = ("Europe/Berlin", "UTC", "Asia/Kathmandu", "Mars/Olympus", "../etc/passwd", "")
SCALARS = {
    "DateTime": st.sampled_from(INSTANTS) | st.datetimes().map(lambda time: time.isoformat() + "Z"),
    "Duration": st.sampled_from(DURATIONS) | st.integers(0, 10**12).map(lambda seconds: f"PT{seconds}S"),
    "Date": st.sampled_from(DAYS) | st.dates().map(str),
    "Decimal": st.decimals().map(str),
    "TimeZone": st.sampled_from(ZONES),
    "Cursor": st.nothing(),
    "JSON": st.nothing(),
}
for _name, _strategy in SCALARS.items():
    schemathesis.graphql.scalar(_name, (_strategy | st.text(max_size=20)).map(nodes.String))


# It knows the codes of Apollo's server alone, and takes every other refusal of a field for a failure of the server.
validation.CLIENT_ERROR_MARKERS |= {"FORBIDDEN", "NOT_FOUND", "CONFLICT", "RANGE_TOO_LARGE", "COST_LIMIT_EXCEEDED"}


@schemathesis.check
def nothing_is_internal(_context, response, _case):
    """Fail on what TwinQL itself calls a defect, or on an answer without a code for each error."""
    for error in response.json().get("errors") or ():
        assert error["extensions"]["code"] not in {"INTERNAL", "TIMEOUT", "UNAVAILABLE"}, error
