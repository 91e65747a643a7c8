"""What is answered by one statement, and what of the documented queries is not, and why."""

import re
from contextlib import suppress
from datetime import date

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, OperationType, parse
from graphql.execution.values import VariableValues

from schema.passed import NotPassedError
from tests.served import ROOT
from twinql.api.passing.planner import Planner
from twinql.domain.global_id import encode
from twinql.storage.months import MONTHS

MORE = """
with a as (
    insert into assets (organisation_id, site_id, kind, name)
    select organisation_id, id, 'METER', 'meter ' || n from sites, generate_series(1, $1::int) as n
    returning id, organisation_id, site_id, name
),
m as (
    insert into meters (id, organisation_id, serial_number, commodity)
    select id, organisation_id, name, 'ELECTRICITY' from a
)
insert into channels (organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind)
select o.id, o.number, a.site_id, a.id, key, key, quantity::quantity, unit::unit, kind::reading_kind
from a join organisations as o on o.id = a.organisation_id, (values
    ('inlet', 'TEMPERATURE', 'KELVIN', 'INSTANTANEOUS'), ('day', 'ENERGY', 'KILOWATT_HOUR', 'CUMULATIVE'),
    ('night', 'ENERGY', 'WATT_HOUR', 'CUMULATIVE')
) as c (key, quantity, unit, kind)
"""
READINGS = """
insert into readings (observed_at, value, channel_number, organisation_number)
select timestamptz '2026-03-01' + n * interval '1 hour', n, number, organisation_number
from channels, generate_series(0, 5) as n
"""
NESTED = """
query ($bucket: Bucket, $kind: ReadingKind) {
  meters(first: 100) { nodes { name channels(filter: {kind: $kind}) { nodes {
    key
    latest { value observedAt }
    series(during: {from: "2026-03-01T00:00:00Z", until: "2026-03-02T00:00:00Z"}, bucket: $bucket) { values }
  } } } }
}
"""
PLACES = """
{ sites { nodes { machines { nodes {
  name parts { nodes { name site { name } } }
  channels(first: 5) { totalCount edges { cursor node { key asset { name } } } pageInfo { hasNextPage } }
  alarms { nodes { evidence { code value } viewerCanAcknowledge channel { name } } }
  decisions { nodes { reasons { message value } alternatives { action } expectedImpact { energyKwh } } }
} } } } }
"""


@pytest.mark.parametrize("number", [1, 40])
@pytest.mark.parametrize("given", [{}, {"bucket": "PT1H"}, {"bucket": "PT30M", "kind": "CUMULATIVE"}])
async def test_whatever_the_number_of_meters_their_channels_are_read_by_one_statement(asker, number, given):
    pool = asker.context.database.pool
    await pool.execute(MORE, number)
    await pool.execute("select twinql.prepare_readings('2026-03-01', '2026-03-01')")
    await pool.execute(READINGS)
    await asker.ask(NESTED, **given)  # which zones there are is learned once
    statements = [each for each in await asker.statements(NESTED, **given) if "twinql.membership" not in each]
    assert len(statements) == 1
    meters = (await asker.ask(NESTED, **given))["meters"]["nodes"]
    assert len(meters) == number + 1
    read = [each for meter in meters for each in meter["channels"]["nodes"]]
    assert {each["latest"]["value"] for each in read} == {5}
    assert sum(len(each["series"]["values"]) for each in read) >= 5 * len(read)


async def test_relations_of_relations_are_read_by_one_statement(asker):
    statements = [each for each in await asker.statements(PLACES) if "twinql.membership" not in each]
    assert len(statements) == 1


async def test_a_statement_follows_the_months_that_are_known_and_keeps_its_parameters(asker, monkeypatch):
    document = """query ($id: ID!, $kind: ReadingKind) { meter(id: $id) {
      channels(first: 3, filter: {quantity: TEMPERATURE, search: "e"}) { nodes { readings(first: 2) { totalCount } } }
      others: channels(first: 2, filter: {kind: $kind}) { nodes { readings(first: 2) { nodes { value } } } }
    } }"""
    meter = encode("Meter", asker.world.meter)
    expected = await asker.ask(document, id=meter)
    for first, end in (date(2020, 1, 1), date(2021, 1, 1)), (date(2019, 1, 1), date(2022, 1, 1)):
        monkeypatch.setattr(MONTHS, "run", (first, end))
        for _ in range(2):
            (statement,) = await asker.statements(document, id=meter, kind="INTERVAL")
            assert f"'{first} 00:00:00+00'" in statement
            assert f"'{end} 00:00:00+00'" in statement
            assert ("2020-01-01" in statement) == (first.year == 2020)
            assert await asker.ask(document, id=meter) == expected


PYTHON = {
    "examples.graphql Week": {"Meter.consumption"},
    "examples.graphql Cost": {"Meter.cost"},
    "examples.graphql Tariff": {"TariffRevision.terms"},
    "examples.graphql Compare": {"Meter.cost"},
    "examples.graphql Forecast": {"Channel.forecast", "Channel.forecastRefusal"},
    "examples.graphql Autonomy": {"Site.autonomy"},
    "examples.graphql Maintenance": {"Machine.maintenance"},
    "examples.graphql WhatIsDue": {"Site.rotation"},
    "access.md Me": {"Query.viewer"},
    "access.md Members": {"Query.viewer"},
    "alarms.md alarms": {"Alarm.transitions", "Evidence.readings"},
    "autonomy.md site": {"Site.autonomy"},
    "diagnosis.md channel": {"Channel.health", "Channel.traits"},
    "forecasts.md channel": {"Channel.forecast", "Channel.forecastRefusal", "Meter.forecast", "Meter.forecastScores"},
    "maintenance.md machine": {"Machine.remainingUsefulLife"},
    "metering.md Bill": {"Meter.cost"},
    "tariffs.md Revisions": {"TariffRevision.terms"},
    "tariffs.md Compare": {"Meter.cost"},
}
"""Fields that take Python, by documented query; all others are one statement."""


def documented():
    """Give every query of the documents and of GraphiQL's first tab, by its place and name."""
    for path in (
        ROOT / "twinql" / "app" / "examples.graphql",
        ROOT / "README.md",
        *sorted((ROOT / "docs").glob("*.md")),
    ):
        text = path.read_text()
        for block in [text] if path.suffix == ".graphql" else re.findall(r"```graphql\n(.*?)```", text, re.DOTALL):
            if re.match(r"(query|fragment|mutation|subscription|\{|#)", block):
                document = parse(block)
                for operation in document.definitions:
                    if isinstance(operation, OperationDefinitionNode) and operation.operation is OperationType.QUERY:
                        yield path.name, operation, document


def test_documented_queries_are_one_statement_but_for_what_takes_python(schema, monkeypatch):
    field, python = Planner._field, set()

    def tried(planner, place, type_, details):
        try:
            return field(planner, place, type_, details)
        except NotPassedError:
            python.add(f"{type_.name}.{details[0].node.name.value}")
            return "''"

    monkeypatch.setattr(Planner, "_field", tried)
    found = {}
    for name, operation, document in documented():
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        with suppress(NotPassedError):
            Planner(schema, schema._schema, operation, fragments, VariableValues({}, {})).operation()
        if python:
            found[f"{name} {operation.name.value if operation.name else next_of(operation)}"] = set(python)
        python.clear()
    assert found == PYTHON


def next_of(operation):
    """Return the first field of an operation that has no name."""
    return operation.selection_set.selections[0].name.value
