"""Every statement that TwinQL can send is understood by a migrated database."""

from dataclasses import fields
from importlib.resources import files
from itertools import product

import asyncpg
import pytest

from schema.declared import entity_of
from schema.orders import NameOrder, ReadingOrder
from twinql.api import make_schema
from twinql.domain.assets import MachineDefinition, MeterDefinition
from twinql.domain.decisions.measures import Actuator
from twinql.domain.decisions.standing import Standing
from twinql.domain.interlocks.facts import UnderWay
from twinql.domain.readings import FormerReading
from twinql.domain.sites import SiteDefinition
from twinql.storage.alarm_transitions import AlarmStep
from twinql.storage.commands import Transition
from twinql.storage.controls import Control
from twinql.storage.dispatch import Waiting
from twinql.storage.following import CostFollowed
from twinql.storage.read import Entity, PageRequest, Question, page_statement
from twinql.storage.read.entity import (
    BY_KEY,
    BY_VALIDITY,
    LATEST_CALIBRATION,
    LATEST_DONE_TASK,
    LATEST_VALID,
    MOST_SEVERE_ALARM,
    NEWEST_ALARM,
    NEWEST_COMMAND,
    NEWEST_DECISION,
    NEWEST_FORECAST,
    NEWEST_INTERLOCK,
    NEWEST_REJECTED,
    NEWEST_REVISION,
    NEWEST_STOP,
    NEWEST_TASK,
    TASK_DUE_FIRST,
)
from twinql.storage.read.pages import write_cursor
from twinql.storage.statements import load, load_known
from twinql.storage.verifying import Executed

NOUNS = sorted(path.name.removesuffix(".sql") for path in (files("twinql.storage") / "sql").iterdir())
STATEMENTS = [(noun, name) for noun in NOUNS for name in load(noun)]
FILLED = {
    ("sites", "definition"): SiteDefinition,
    ("assets", "meter_definition"): MeterDefinition,
    ("assets", "machine_definition"): MachineDefinition,
    ("corrections", "of_readings"): FormerReading,
    ("commands", "claim"): Waiting,
    ("device_keys", "unanswered"): Waiting,
    ("verifying", "executed"): Executed,
    ("controls", "controls"): Control,
    ("commands", "transitions"): Transition,
    ("interlocks", "under_way"): UnderWay,
    ("alarm_transitions", "newest"): AlarmStep,
    ("decisions", "standing"): Standing,
    ("decisions", "actuators"): Actuator,
    ("following", "costs"): CostFollowed,
}
BESIDE = {
    ("corrections", "of_readings"): {"place"},
    ("commands", "transitions"): {"command_id"},
    ("alarm_transitions", "newest"): {"alarm_id"},
    ("decisions", "standing"): {"channel_id"},
    ("decisions", "actuators"): {"near_id"},
}


def _declared() -> list[Entity]:
    kinds = [kind.definition for kind in make_schema().schema_converter.type_map.values()]
    classes = {getattr(kind, "origin", None) for kind in kinds}
    return sorted((entity_of(each) for each in classes if hasattr(each, "table")), key=lambda each: each.name)


ENTITIES = {entity.name: entity for entity in _declared()}
ORDERS = {
    **{
        (name, order.name): order.columns
        for name in ("Site", "Meter", "Machine", "Supplier", "Tariff", "AlarmRule", "AlarmTarget")
        for order in NameOrder
    },
    **{("Reading", order.name): order.columns for order in ReadingOrder},
    ("Channel", "BY_KEY"): BY_KEY,
    ("RejectedReading", "NEWEST"): NEWEST_REJECTED,
    ("Forecast", "NEWEST"): NEWEST_FORECAST,
    ("Decision", "NEWEST"): NEWEST_DECISION,
    ("Command", "NEWEST"): NEWEST_COMMAND,
    ("Interlock", "NEWEST"): NEWEST_INTERLOCK,
    ("EmergencyStop", "NEWEST"): NEWEST_STOP,
    ("TariffRevision", "NEWEST"): NEWEST_REVISION,
    ("TariffRevision", "LATEST"): LATEST_VALID,
    ("Agreement", "BY_VALIDITY"): BY_VALIDITY,
    ("Alarm", "NEWEST"): NEWEST_ALARM,
    ("Alarm", "MOST_SEVERE"): MOST_SEVERE_ALARM,
    ("Calibration", "LATEST"): LATEST_CALIBRATION,
    ("MaintenanceTask", "NEWEST"): NEWEST_TASK,
    ("MaintenanceTask", "LATEST_DONE"): LATEST_DONE_TASK,
    ("MaintenanceTask", "DUE_FIRST"): TASK_DUE_FIRST,
}


@pytest.fixture
async def connection(database_url):
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_every_named_statement_can_be_prepared(connection):
    assert len(STATEMENTS) > 50
    for noun, name in STATEMENTS:
        try:
            await connection.prepare(load(noun)[name])
        except asyncpg.PostgresError as error:
            pytest.fail(f"sql/{noun}.sql, {name}: {error}")


async def test_every_statement_over_readings_can_be_asked_as_of_a_time(connection):
    asked = [(noun, name) for noun in ("series", "prices", "metering") for name in load_known(noun)]
    assert len(asked) >= 8
    for noun, name in asked:
        usual = await connection.prepare(load(noun)[name])
        known = await connection.prepare(load_known(noun)[name])
        assert known.get_attributes() == usual.get_attributes()
        assert [each.name for each in known.get_parameters()] == [
            *(each.name for each in usual.get_parameters()),
            "timestamptz",
        ]
        # Where the readings of one channel are read, it is said up to where they may have been known.
        of_channels = load(noun)[name].count("channel_number = asked.number")
        assert of_channels == load_known(noun)[name].count("case when schedule") > 0


async def test_a_statement_fills_its_dataclass(connection):
    for (noun, name), kind in FILLED.items():
        prepared = await connection.prepare(load(noun)[name])
        columns = {attribute.name for attribute in prepared.get_attributes()}
        assert columns - BESIDE.get((noun, name), set()) == {each.name for each in fields(kind)}


async def test_every_declared_column_of_a_type_is_there(connection, subtests):
    assert len(ENTITIES) >= 8
    for name, entity in ENTITIES.items():
        with subtests.test(name):
            prepared = await connection.prepare(f"select {entity.selected} from {entity.table.source}")
            assert {attribute.name for attribute in prepared.get_attributes()} == set(entity.columns)


async def test_every_order_can_be_paged_both_ways(connection):
    sample = {"text": "a", "uuid": "0" * 32, "timestamptz": "2026-01-01 00:00:00+00", "date": "2026-01-01"}
    sample["text::severity"] = "HIGH"
    for ((name, _), columns), backward in product(ORDERS.items(), (False, True)):
        cursor = write_cursor([sample[each] for each in columns.types])
        for start in (None, cursor):
            page = PageRequest(5, start, backward)
            statement, values = page_statement(Question(ENTITIES[name], columns, page), [None])
            assert await connection.fetch(statement, *values) == []
