"""The live feed of twins: what happens to a meter or machine, of every kind, in one order."""

from collections.abc import AsyncIterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

import strawberry
from strawberry.types.nodes import SelectedField, Selection

from schema.alarm_list import AlarmFilter, AlarmOrder, alarms_asked
from schema.command import CommandFilter, commands_asked
from schema.decision import DecisionFilter, decisions_asked
from schema.declared import Asked
from schema.feed import FeedGap, TwinUpdated
from schema.scalars import Cursor as CursorText
from subscriptions.filters import twins_wanted
from subscriptions.following import After, place_of, rows_of, subscription
from subscriptions.known import KnownChannels
from subscriptions.told import Told
from twinql.context import Context, Info
from twinql.domain.events import EventKind
from twinql.domain.membership import Role
from twinql.live import Batch
from twinql.storage.read import PageRequest

Twins = Annotated[
    list[strawberry.ID],
    strawberry.argument(
        description="Meters and machines, 1 to 1,000; channels made later on them belong to them. Their parts are "
        "twins of their own: name those too that matter."
    ),
]


_LISTS: Final = frozenset({"readings", "ranges", "alarms", "decisions", "commands"})


@strawberry.type
class TwinSubscription:
    """Root fields about whole twins."""

    @subscription(
        needs=Role.VIEWER,
        description="Everything that happens to meters and machines, in the order in which it was committed: their "
        "readings, alarms, decisions and commands. What you do not select is not waited for. What cannot be told is a "
        "`gap`.",
    )
    async def twin_updated(self, info: Info, asset_ids: Twins, after: After = None) -> AsyncIterable[TwinUpdated]:
        """Look up what is wanted; then follow."""
        place = await place_of(info.context, after)
        following = await twins_wanted(info, asset_ids)
        rows, selected = _Rows.of(asset_ids), _selected(info)
        known = KnownChannels(info.context, following)

        async def told(batch: Batch) -> TwinUpdated | None:
            event = await _told(info.context, batch, rows, known)
            something = any(getattr(event, name) for name in selected)
            # What is of other twins, or hidden from whoever follows, does not even show that it happened.
            return event if something or event.gap or batch.kind is None else None

        return Told(info.context, following, told, same=(rows, selected), after=place, apart=True)


@dataclass(frozen=True, slots=True)
class _Rows:
    """How the rows of each kind are asked for."""

    alarms: Asked
    decisions: Asked
    commands: Asked

    @classmethod
    def of(cls, asset_ids: list[strawberry.ID]) -> Self:
        one = PageRequest(1)
        return cls(
            alarms_asked(AlarmFilter(asset_ids=asset_ids), AlarmOrder.NEWEST_FIRST, one, parent="id"),
            decisions_asked(DecisionFilter(asset_ids=asset_ids), one, parent="id"),
            commands_asked(CommandFilter(asset_ids=asset_ids), one, parent="id"),
        )


def _selected(info: Info) -> frozenset[str]:
    """Say which lists of an event are asked for; all of them where none is, as by whoever only keeps the cursor."""

    def names(selections: Sequence[Selection]) -> Iterator[str]:
        for each in selections:
            if isinstance(each, SelectedField):
                yield each.name
            else:
                yield from names(each.selections)

    asked = (name for field in info.selected_fields for name in names(field.selections))
    return _LISTS.intersection(asked) or _LISTS


async def _told(context: Context, batch: Batch, rows: _Rows, known: KnownChannels) -> TwinUpdated:
    context.renew()
    readings, ranges = await known.shown(batch)

    async def wanted(kind: EventKind, asked: Asked) -> list[Any]:
        return await rows_of(context, asked, batch.ids) if batch.kind is kind else []

    return TwinUpdated(
        cursor=CursorText(context.feed.write_cursor(batch.cursor)),
        readings=readings,
        ranges=ranges,
        alarms=await wanted(EventKind.ALARMS, rows.alarms),
        decisions=await wanted(EventKind.DECISIONS, rows.decisions),
        commands=await wanted(EventKind.COMMANDS, rows.commands),
        caught_up=batch.caught_up,
        gap=FeedGap.of(batch.gap, context.feed),
    )
