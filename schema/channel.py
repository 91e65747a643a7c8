"""Channels: the measured and controlled quantities of assets and sites."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema.channel_alarms import ChannelAlarms
from schema.channel_control import ControlledChannel
from schema.channel_diagnosis import ChannelDiagnosis
from schema.channel_forecasts import ChannelForecasts
from schema.channel_limits import STATE, ChannelState, Limits, PlausibilityLimits, TargetBand, states_of
from schema.charts_passed import OF_CHANNEL, OF_REGISTER, write_series, write_statistics
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, embedded, entity_of, hidden, listed, to_one
from schema.energy_interval import EnergyIntervals, Source, intervals_for
from schema.interlock import interlocks_of
from schema.lists import ReadingConnection, RegisterEventConnection
from schema.node import Node
from schema.orders import ReadingOrder
from schema.passed import passed
from schema.period import AsOf, DuringPeriod, PeriodInput
from schema.reading import Reading, readings_asked
from schema.register_event import register_events_asked
from schema.scalars import plain
from schema.series import AtMost, ByAggregate, Gap, InBuckets, InUnit, Series, Statistics, gas_behind, series_for
from schema.stored_parts import objects_of
from schema.viewer_can import IN_USE, is_true, viewer_can
from twinql.context import Info
from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.membership import Role
from twinql.domain.series import USUAL_POINTS, Subject, Wish
from twinql.domain.units import Quantity, Unit
from twinql.storage.completeness import gaps_of
from twinql.storage.counting import AsDeclared
from twinql.storage.read import PageRequest, Question, Table, contains, equals, is_set, json_text, period
from twinql.storage.read.entity import BY_KEY, CHANNELS
from twinql.storage.series import statistics_of

if TYPE_CHECKING:
    from schema.asset import Asset
    from schema.site import Site

WithinPeriod = Annotated[PeriodInput | None, strawberry.argument(description="Only of this period; null for all.")]
InOrder = Annotated[ReadingOrder, strawberry.argument(description="In which order.")]
MOST_READINGS = 2_000
"""How many readings a page may hold."""


_SYMBOLS = {each.value: each.symbol for each in Unit}


def _seconds(value: int | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


@strawberry.type(
    description="One measured or controlled quantity of an asset or of a site: a register, a sensor, a setpoint."
)
class Channel(Node, ControlledChannel, ChannelAlarms, ChannelDiagnosis, ChannelForecasts):
    """A channel."""

    table: ClassVar[Table] = CHANNELS
    row_id: strawberry.Private[UUID] = hidden("id")
    site_id: strawberry.Private[UUID] = hidden()
    zone: strawberry.Private[str] = hidden("(select s.time_zone from sites as s where s.id = channels.site_id)")
    resolution_s: strawberry.Private[int | None] = hidden("resolution_seconds")
    asset_id: strawberry.Private[UUID | None] = hidden()
    key: str = column(description="A short name, unique on its asset or site, such as spindle_temperature.")
    name: str = column(description="What people call it.")
    quantity: Quantity = column("quantity::text", description="What it measures or controls.")
    unit: Unit = column("unit::text", description="The unit of its values.")
    unit_symbol: str = column(
        "unit::text",
        read=lambda unit: Unit(unit).symbol,
        written=lambda sql: json_text.enum(sql, _SYMBOLS),
        description="The unit as people write it, such as °C.",
    )
    kind: ReadingKind = column("kind::text", description="How its values are to be read.")
    direction: FlowDirection | None = column(
        "direction::text", description="Which way it counts; null where nothing flows."
    )
    resolution: timedelta | None = column(
        "resolution_seconds",
        read=_seconds,
        written=json_text.duration,
        description="Time between two readings when all is well, and the length of an INTERVAL; null if unset.",
    )
    interlocks = interlocks_of(
        "row_id",
        "channel_id",
        description="What commands to it must pass, beside what is built in, newest first. What excludes it, and was "
        "laid down for another channel, is listed there.",
    )
    schedule: bool = column(description="Whether its readings may lie in the future, as prices and plans do.")
    states: list[ChannelState] = column(
        read=states_of,
        stored=objects_of("states", STATE),
        description="The states of a STATE channel; else empty.",
    )
    register_maximum: float | None = column(
        description="Where a CUMULATIVE register starts again from zero, in the unit; null where it never does."
    )
    multiplier: Decimal = column(
        read=plain,
        written=json_text.plain_decimal,
        description="What a value is multiplied by to give what flowed, above zero: the ratio of current and voltage "
        "transformers, the worth of a pulse. Readings and series show values as they were read; consumption, intervals "
        "and costs count it in.",
    )
    register: str | None = column(
        description="Which register of its meter a CUMULATIVE channel is, such as day or night: named ones of one "
        "direction add up, and a tariff's band can be for one of them. Null where the meter has one."
    )
    limits: Limits = embedded(Limits, description="Alarm limits.")
    target: TargetBand = embedded(TargetBand, description="The band in which its values should be.")
    plausibility: PlausibilityLimits = embedded(PlausibilityLimits, description="What cannot be right.")
    created_at: datetime = column(description="When it was made.")
    archived_at: datetime | None = column(description="When it was taken out of use; null while in use.")
    viewer_can_update: bool = viewer_can(
        Role.OWNER, description="Whether you may change it, and take it out of use and back."
    )
    viewer_can_record_reading: bool = viewer_can(
        Role.OPERATOR,
        device=True,
        when=IN_USE,
        description="Whether you may record readings of it: it is in use, and your role or API key allows it.",
    )
    viewer_can_issue_command: bool = viewer_can(
        Role.OPERATOR,
        when=is_true("writable") & IN_USE,
        description="Whether you may command it: it is writable and in use, and your role allows it.",
    )
    site: Annotated["Site", strawberry.lazy("schema.site")] = to_one(
        "schema.site:Site", "site_id", description="The site to which it belongs."
    )
    asset: Annotated["Asset", strawberry.lazy("schema.asset")] | None = to_one(
        "schema.asset:Asset",
        "asset_id",
        description="The meter or machine to which it belongs; null for what belongs to the site itself.",
    )

    @listed("number", graphql_type=Reading | None, single=True, description="The newest reading; null where none is.")
    def latest(as_of: AsOf = None) -> Asked:
        """Ask for the newest reading."""
        return readings_asked(PageRequest(1), as_of=as_of)

    @listed(
        "number",
        graphql_type=ReadingConnection,
        description="Its readings one by one. Charts use `series`.",
    )
    def readings(
        during: WithinPeriod = None,
        order_by: InOrder = ReadingOrder.NEWEST_FIRST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        *,
        as_of: AsOf = None,
    ) -> Asked:
        """Ask for a page of readings."""
        page = page_of(first, after, last, before, usual=100, most=MOST_READINGS)
        where = () if during is None else period(*during.bounds(), at="r.observed_at", kind="c.kind")
        return readings_asked(page, where, order=order_by.columns, as_of=as_of)

    @listed(
        "row_id",
        graphql_type=RegisterEventConnection,
        description="What happened to a register, newest first; what was taken back is among it, and says so.",
    )
    def register_events(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        return register_events_asked(page_of(first, after, last, before, usual=10, most=100))

    @strawberry.field(
        description="What it counted from one reading to the next, exactly and with its evidence: what ends in the "
        "period, in the order of time. Null unless it is INTERVAL or CUMULATIVE, and amounts of it add up."
    )
    async def intervals(
        self, info: Info, during: DuringPeriod, first: First = None, after: After = None, *, as_of: AsOf = None
    ) -> EnergyIntervals | None:
        """Read a page of them, for all channels that ask alike at once."""
        page = page_of(first, after, None, None, usual=100, most=MOST_READINGS)
        if self.kind not in {ReadingKind.INTERVAL, ReadingKind.CUMULATIVE} or not self.quantity.additive:
            return None
        counter = AsDeclared.of(self.subject(), Fraction(self.multiplier))
        source = Source(self.row_id, self.number, self.kind is ReadingKind.INTERVAL, as_of)
        return await intervals_for(info, counter, source, during.countable(), page)

    @strawberry.field(
        description="Its readings in columns, for charts: one by one, or divided into buckets by the site's clock. "
        "Nothing is left out unsaid: a line of too many points is downsampled, and says so; too many buckets are the "
        "error RANGE_TOO_LARGE. Null beside an error alone.",
        metadata=passed(write_series, *OF_CHANNEL, *OF_REGISTER),
    )
    async def series(
        self,
        info: Info,
        during: DuringPeriod,
        *,
        bucket: InBuckets = None,
        aggregate: ByAggregate = None,
        unit: InUnit = None,
        max_points: AtMost = USUAL_POINTS,
        as_of: AsOf = None,
    ) -> Series | None:
        """Read it, for all channels that ask alike at once."""
        first, last = during.countable()
        wish = Wish(first, last, bucket, aggregate, max_points, as_of)
        return await series_for(info, self.subject(), wish, unit)

    @strawberry.field(
        description="What its usable readings of a period say together, in its own unit or another. Null beside an "
        "error alone.",
        metadata=passed(write_statistics, *OF_CHANNEL),
    )
    async def statistics(
        self, info: Info, during: DuringPeriod, *, unit: InUnit = None, as_of: AsOf = None
    ) -> Statistics | None:
        """Work it out, for all channels that ask alike at once."""
        first, last = during.countable()
        loader = info.context.batch(
            ("statistics", first, last, as_of),
            lambda connection, keys: statistics_of(connection, first, last, keys, as_of=as_of),
        )
        subject = self.subject()
        gas = await gas_behind(info, subject, unit)
        return Statistics.of(await loader.load(subject), subject, unit or subject.unit, gas)

    @strawberry.field(
        description="Where readings are missing in a period, by its resolution, which it must have. What lies ahead "
        "is not missing yet. At most 1,000. Null where the channel has no resolution: then no reading is ever due."
    )
    async def gaps(self, info: Info, during: DuringPeriod, as_of: AsOf = None) -> list[Gap] | None:
        """Find them, for all channels that ask alike at once."""
        first, last = during.countable()
        now = info.context.now
        if self.resolution_s is None:
            return None
        loader = info.context.batch(
            ("gaps", first, last, as_of),
            lambda connection, keys: gaps_of(connection, first, last, now, keys, as_of=as_of),
        )
        return [Gap.of(each) for each in await loader.load(self.subject())]

    def subject(self) -> Subject:
        """Say what aggregating must know of it."""
        return Subject(
            number=self.number,
            kind=self.kind,
            quantity=self.quantity,
            unit=self.unit,
            time_zone=self.zone,
            resolution_s=self.resolution_s,
            register_maximum=self.register_maximum,
            schedule=self.schedule,
        )


@strawberry.input(description="Which channels are wanted; what is left out does not matter.")
class ChannelFilter:
    """Conditions that all hold."""

    quantity: Quantity | None = strawberry.field(default=None, description="Only of this quantity.")
    kind: ReadingKind | None = strawberry.field(default=None, description="Only of this kind.")
    writable: bool | None = strawberry.field(default=None, description="Only those that commands may set, or may not.")
    search: str | None = strawberry.field(default=None, description="Only where the key or name contains this text.")
    archived: bool | None = strawberry.field(
        default=False, description="False: those in use. True: those that are archived. Null: both."
    )


def channels_asked(parent: str, chosen: ChannelFilter | None, page: PageRequest) -> Asked:
    """Return the question for the channels under a parent column."""
    chosen = chosen or ChannelFilter()
    where = (
        *equals("quantity", chosen.quantity and chosen.quantity.value, "quantity"),
        *equals("kind", chosen.kind and chosen.kind.value, "reading_kind"),
        *equals("writable", chosen.writable, "bool"),
        *contains(("key", "name"), chosen.search),
        *is_set("archived_at", wanted=chosen.archived),
    )
    return Asked(Channel, Question(entity_of(Channel), BY_KEY, page, where, parent=parent))
