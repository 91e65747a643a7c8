"""The six reads: what each contender is asked for them, and the facts that its answer must hold.

TwinQL and the baseline are asked the same documents. PostGraphile's graph is made of the tables, so its documents are
its own, for the same facts; it has no columns of a channel, so that it gives objects where the others give columns, and
no days in the time zone of a site.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from benchmarks.against.data import FIRST, HOURLY, LAST, TEN_MINUTES
from twinql.domain.global_id import decode_as, encode

HOUR_US = 3_600_000_000
YEAR = {"from": "2024-12-31T23:00:00Z", "until": "2025-12-31T23:00:00Z"}
"""A year by the clock in Amsterdam, with both of its changes."""
THOUSAND_HOURS = {"from": "2025-11-20T08:00:00Z", "until": "2026-01-01T00:00:00Z"}
Facts = Any


@dataclass(frozen=True, slots=True)
class Read:
    """One read.

    Attributes:
        key: Its short name.
        title: What people call it.
        organisation: Whose meters are read.
        document: For TwinQL and the baseline; `$id` is a meter where it names one.
        facts: The facts of their answer, from its `data`.
        postgraphile: The document for PostGraphile; None where it has no way to say it.
        postgraphile_facts: The facts of its answer.
        variables: Further variables for TwinQL and the baseline.
        least: What is asked of TwinQL: of PostGraphile's rate, and of the bare rate.
    """

    key: str
    title: str
    organisation: str
    document: str
    facts: Callable[[Any], Facts]
    postgraphile: str | None
    postgraphile_facts: Callable[[Any], Facts] | None
    least: tuple[float, float] | None
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def of_one_meter(self) -> bool:
        """Whether it names a meter, another one each time."""
        return "$id" in self.document

    def asked(self, meter: UUID) -> dict[str, Any]:
        """Return the body of a request to TwinQL or the baseline."""
        return _body(self.document, {"id": encode("Meter", meter), **self.variables} if self.of_one_meter else {})

    def asked_of_postgraphile(self, meter: UUID) -> dict[str, Any]:
        """Return the body of a request to PostGraphile."""
        assert self.postgraphile
        return _body(self.postgraphile, {"id": str(meter)} if self.of_one_meter else {})


def _body(document: str, variables: dict[str, Any]) -> dict[str, Any]:
    return {"query": document, **({"variables": variables} if variables else {})}


def microseconds(text: str) -> int:
    """Read a time as microseconds since the first of the year."""
    return round((datetime.fromisoformat(text) - FIRST).total_seconds() * 1e6)


def _key(global_id: str) -> str:
    return str(decode_as(global_id, "Meter", "Channel").key)


def _meter(data: Any) -> Facts:
    meter = data["meter"]
    return _key(meter["id"]), meter["name"], meter["serialNumber"], meter["commodity"], microseconds(meter["createdAt"])


def _pg_meter(data: Any) -> Facts:
    meter = data["meterByRowId"]
    asset = meter["assetByRowIdAndOrganisationIdAndKind"]
    return meter["rowId"], asset["name"], meter["serialNumber"], meter["commodity"], microseconds(asset["createdAt"])


def _readings(nodes: Any) -> Facts:
    return [(microseconds(each["observedAt"]), each["value"], each.get("quality")) for each in nodes]


def _channels(meter: Any, name: str) -> Facts:
    """Name the meter, and of its channels the id, the unit and the readings of a field."""
    return [
        _key(meter["id"]),
        meter["name"],
        [(_key(each["id"]), each.get("unit"), _of_field(each, name)) for each in meter["channels"]["nodes"]],
    ]


def _of_field(channel: Any, name: str) -> Facts:
    if name == "readings":
        return _readings(channel["readings"]["nodes"])
    if name == "latest":
        return _readings([channel["latest"]])
    series = channel["series"]
    columns = zip(series["starts"], series["values"], series["quality"], strict=True)
    return [(microseconds(start) + HOUR_US, value, quality) for start, value, quality in columns]


def _pg_channels(asset: Any) -> Facts:
    channels = asset["channelsByAssetIdAndOrganisationId"]["nodes"]
    return [
        asset["rowId"],
        asset["name"],
        [(each["rowId"], each.get("unit"), _readings(each["readingsByChannelNumber"]["nodes"])) for each in channels],
    ]


def _pg_ascending(data: Any) -> Facts:
    key, name, channels = _pg_channels(data["assetByRowId"])
    return [key, name, [(channel, unit, readings[::-1]) for channel, unit, readings in channels]]


def _each(name: str) -> Callable[[Any], Facts]:
    return lambda data: [_channels(each, name) for each in data["meters"]["nodes"]]


def _pg_each(data: Any) -> Facts:
    return [_pg_channels(each) for each in data["allAssets"]["nodes"]]


def _days(data: Any) -> Facts:
    (channel,) = data["meter"]["channels"]["nodes"]
    series = channel["series"]
    return [
        (microseconds(start), round(value, 6)) for start, value in zip(series["starts"], series["values"], strict=True)
    ]


def _objects(more: str, channel: str, readings: str) -> str:
    return f"{{ id name{more} channels(first: 1) {{ nodes {{ id{channel} {readings} }} }} }}"


def _pg_objects(channel: str, first: int, reading: str) -> str:
    return (
        f"{{ rowId name channelsByAssetIdAndOrganisationId(first: 1, orderBy: KEY_ASC) {{ nodes {{ rowId{channel} "
        f"readingsByChannelNumber(first: {first}, orderBy: OBSERVED_AT_DESC) {{ nodes {{ {reading} }} }} }} }} }}"
    )


_PG_THOUSAND = (
    f"query($id: UUID!) {{ assetByRowId(rowId: $id) {_pg_objects(' unit', 1000, 'observedAt value quality')} }}"
)
READS = (
    Read(
        "meter",
        "one meter by id",
        HOURLY,
        "query($id: ID!) { meter(id: $id) { id name serialNumber commodity createdAt } }",
        _meter,
        "query($id: UUID!) { meterByRowId(rowId: $id) { rowId serialNumber commodity "
        "assetByRowIdAndOrganisationIdAndKind { name createdAt } } }",
        _pg_meter,
        (1.2, 0.75),
    ),
    Read(
        "rows",
        "one meter + 1,000 readings as objects",
        HOURLY,
        "query($id: ID!) { meter(id: $id) "
        + _objects("", " unit", "readings(first: 1000) { nodes { observedAt value quality } }")
        + " }",
        lambda data: _channels(data["meter"], "readings"),
        _PG_THOUSAND,
        lambda data: _pg_channels(data["assetByRowId"]),
        (3, 0.85),
    ),
    Read(
        "columns",
        "the same as a columnar series",
        HOURLY,
        "query($id: ID!, $during: PeriodInput!) { meter(id: $id) "
        + _objects("", " unit", "series(during: $during, maxPoints: 1000) { starts values quality }")
        + " }",
        lambda data: _channels(data["meter"], "series"),
        _PG_THOUSAND,
        _pg_ascending,
        (5, 0.85),
        {"during": THOUSAND_HOURS},
    ),
    Read(
        "fifty",
        "50 meters with 24 readings each",
        HOURLY,
        "{ meters(first: 50) { nodes "
        + _objects("", "", "readings(first: 24) { nodes { observedAt value } }")
        + " } }",
        _each("readings"),
        f"{{ allAssets(first: 50, orderBy: NAME_ASC) {{ nodes {_pg_objects('', 24, 'observedAt value')} }} }}",
        _pg_each,
        (3, 0.85),
    ),
    Read(
        "latest",
        "100 meters with latest values",
        HOURLY,
        "{ meters(first: 100) { nodes " + _objects("", "", "latest { observedAt value }") + " } }",
        _each("latest"),
        f"{{ allAssets(first: 100, orderBy: NAME_ASC) {{ nodes {_pg_objects('', 1, 'observedAt value')} }} }}",
        _pg_each,
        (2, 0.8),
    ),
    Read(
        "year",
        "one meter's year by DAY",
        TEN_MINUTES,
        "query($id: ID!, $during: PeriodInput!) { meter(id: $id) { channels(first: 1) { nodes { "
        "series(during: $during, bucket: DAY) { starts values } } } } }",
        _days,
        None,
        None,
        None,
        {"during": YEAR},
    ),
)
assert LAST.isoformat() == "2026-01-01T00:00:00+00:00"
