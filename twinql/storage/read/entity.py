"""What a type of the graph is read from: a table, the columns it needs, and the orders it can be listed in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from twinql.storage.known import newest_known, readings_known
from twinql.storage.read.conditions import Condition


@dataclass(frozen=True, slots=True)
class Table:
    """Where rows come from.

    Attributes:
        source: What stands after `from`, with its own parameters from `$1` on; every column name in it must be
            unambiguous.
        key: The column that names a row.
        key_type: Its Postgres type.
        values: Its parameters.
    """

    source: str
    key: str = "id"
    key_type: str = "uuid"
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """An order of rows in which no two are equal.

    Attributes:
        columns: What is compared, most significant first, never null; the last one tells any two rows of a list apart.
        types: Their Postgres types, as a cursor is read back.
        descending: Whether the greatest comes first.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """A type of the graph, as the read path sees it.

    Attributes:
        name: The name of the type.
        table: Where its rows come from.
        columns: SQL expression by the name under which the row carries it.
    """

    name: str
    table: Table
    columns: Mapping[str, str]

    @property
    def selected(self) -> str:
        """The list that stands after `select`."""
        return ", ".join(
            name if name == expression else f"{expression} as {name}" for name, expression in self.columns.items()
        )


METERS = Table("assets join meters using (id, organisation_id, kind)")
MACHINES = Table("assets join machines using (id, organisation_id, kind)")
ASSETS = Table(
    "assets left join meters using (id, organisation_id, kind) left join machines using (id, organisation_id, kind)"
)
ORGANISATIONS = Table("organisations")
SITES = Table("sites")
CHANNELS = Table("channels")
READINGS = Table(
    "readings as r join channels as c on c.number = r.channel_number and c.organisation_number = r.organisation_number",
    key="r.channel_number",
    key_type="int4",
)
READINGS_ALONE = "readings as r"
"""The readings of a channel that was seen, where nothing of the channel is wanted."""
REJECTED_READINGS = Table("rejected_readings")
FORECASTS = Table("forecasts")
DECISIONS = Table("decisions")
COMMANDS = Table("commands join (select id as target_id, asset_id from channels) as target on target_id = channel_id")
COMMAND_SCHEDULES = Table("command_schedules")
# Keys as twinql.domain.membership.member_key makes them.
MEMBERS = Table(
    "(select md5(concat_ws(E'\\n', organisation_id, issuer, subject))::uuid as id, organisation_id, issuer, subject,"
    " role, created_at from memberships) as members"
)
INVITATIONS = Table("invitations")
API_KEYS = Table("api_keys")
COMMAND_WEBHOOKS = Table("command_webhooks")
CHANNELS_OF_API_KEYS = Table(
    "channels join (select api_key_id, channel_id from api_key_channels) as opened on opened.channel_id = channels.id"
)
AUDIT_LOG = Table("audit_log")
SUPPLIERS = Table("suppliers")
TARIFFS = Table("tariffs")
TARIFF_REVISIONS = Table("tariff_revisions")
AGREEMENTS = Table("agreements")
REGISTER_EVENTS = Table("register_events")
ALARMS = Table("alarms")
ALARM_RULES = Table("alarm_rules")
ALARM_NOTIFICATIONS = Table("alarm_notifications join alarm_transitions using (alarm_id, sequence, organisation_id)")
ALARM_TARGETS = Table("alarm_targets")
CALIBRATIONS = Table("calibrations")
MAINTENANCE_TASKS = Table(
    "(select t.*, coalesce(a.site_id, c.site_id) as site_id from maintenance_tasks as t"
    " left join assets as a on a.id = t.asset_id left join channels as c on c.id = t.channel_id) as maintenance_tasks"
)
SCENARIOS = Table("scenarios")
AUTOMATION_RULES = Table("automation_rules")
DEFERRABLE_LOADS = Table("deferrable_loads")
LOAD_PLANS = Table("load_plans")
INTERLOCKS = Table("interlocks")
EMERGENCY_STOPS = Table("emergency_stops")


def readings_as_of(as_of: datetime) -> Table:
    """Return the readings as they were known at a time; their columns are those of `READINGS`.

    A reading and its channel are of one organisation. That is not asked again here: the planner, which knows nothing of
    the two tables together, would expect it of one row in 200 and sort the rest.
    """
    source = f"{readings_known(1)} as r join channels as c on c.number = r.channel_number"
    return replace(READINGS, source=source, values=(as_of,))


def may_be_known(as_of: datetime) -> Condition:
    """Ask that readings of the parent lie where they may have been known at a time."""
    return Condition(f"r.observed_at <= {newest_known('parent.key', '{}')}", (as_of,))


BY_NAME = Order(("name", "id"), ("text", "uuid"))
BY_NAME_DESCENDING = Order(("name", "id"), ("text", "uuid"), descending=True)
NEWEST_READING = Order(("r.observed_at",), ("timestamptz",), descending=True)
OLDEST_READING = Order(("r.observed_at",), ("timestamptz",))
BY_KEY = Order(("key", "id"), ("text", "uuid"))
NEWEST_REJECTED = Order(("rejected_at", "id"), ("timestamptz", "uuid"), descending=True)
BY_CREATION = Order(("created_at", "id"), ("timestamptz", "uuid"))
BY_CREATION_DESCENDING = Order(("created_at", "id"), ("timestamptz", "uuid"), descending=True)
NEWEST_FORECAST = Order(("issued_at", "id"), ("timestamptz", "uuid"), descending=True)
NEWEST_DECISION = Order(("made_at", "id"), ("timestamptz", "uuid"), descending=True)
NEWEST_COMMAND = Order(("requested_at", "id"), ("timestamptz", "uuid"), descending=True)
COMMAND_DUE_FIRST = Order(
    ("coalesce(not_before, requested_at)", "requested_at", "id"), ("timestamptz", "timestamptz", "uuid")
)
NEWEST_AUDITED = Order(("at", "id"), ("timestamptz", "uuid"), descending=True)
NEWEST_REGISTER_EVENT = Order(("at", "id"), ("timestamptz", "uuid"), descending=True)
NEWEST_REVISION = Order(("recorded_at", "id"), ("timestamptz", "uuid"), descending=True)
LATEST_VALID = Order(("valid_from", "id"), ("date", "uuid"), descending=True)
BY_VALIDITY = Order(("coalesce(valid_from, '-infinity')", "id"), ("date", "uuid"))
NEWEST_ALARM = Order(("raised_at", "id"), ("timestamptz", "uuid"), descending=True)
# As the table has it, by weight: the column of the same name that is told is a text.
MOST_SEVERE_ALARM = Order(
    ("alarms.severity", "raised_at", "id"), ("text::severity", "timestamptz", "uuid"), descending=True
)
LATEST_CALIBRATION = Order(
    ("performed_at", "recorded_at", "id"), ("timestamptz", "timestamptz", "uuid"), descending=True
)
NEWEST_TASK = Order(("created_at", "id"), ("timestamptz", "uuid"), descending=True)
NEWEST_INTERLOCK = Order(("created_at", "id"), ("timestamptz", "uuid"), descending=True)
NEWEST_STOP = Order(("triggered_at", "id"), ("timestamptz", "uuid"), descending=True)
LATEST_DONE_TASK = Order(("coalesce(done_at, '-infinity')", "id"), ("timestamptz", "uuid"), descending=True)
TASK_DUE_FIRST = Order(("coalesce(scheduled_for, due_at, 'infinity')", "id"), ("timestamptz", "uuid"))
