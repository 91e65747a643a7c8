"""Decides where every row of a parsed file goes, and makes what is missing for it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import numpy as np
from numpy.typing import NDArray

from twinql.domain.channels import ChannelFacts, ReadingKind
from twinql.domain.durations import format_duration
from twinql.domain.plausibility import OLDEST_US
from twinql.domain.readings import Floats, Instants, ReadingBatch, RejectionCode, from_us
from twinql.domain.units import Unit, convert
from twinql.errors import InvalidInputError
from twinql.files.assumptions import SECOND_US, kind_of, quantity_of, usual_steps_s, words_of
from twinql.files.creation import NewThing, Wishes, make, new_site_name, plan, zone_text
from twinql.files.destination import Destination
from twinql.files.layout import Stamp
from twinql.files.matching import Directory, Match, Refusal, complete, convertible, look_up, match, stated_unit
from twinql.files.parse import ParsedFile
from twinql.files.series import SeriesName
from twinql.files.whereabouts import target_of
from twinql.storage.channels import facts_by_id
from twinql.storage.database import Connection
from twinql.storage.targets import OrganisationTarget

_NAMED = 3
LATEST_US = 7_258_118_400_000_000  # 2200-01-01, well within the calendar


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the rows of a file go.

    Attributes:
        names: The words of each series, completed.
        channels: The channels.
        batch: The rows, ready to be recorded: `channel` is -1 where there is none.
        refusals: Why a series has no channel.
        targets: Where each series goes, a sentence for each.
        notes: What was assumed, in sentences.
    """

    names: tuple[SeriesName, ...]
    channels: Sequence[ChannelFacts]
    batch: ReadingBatch
    refusals: Mapping[int, Refusal]
    targets: tuple[str, ...]
    notes: tuple[str, ...]


async def plan_file(
    destination: Destination,
    parsed: ParsedFile,
    wishes: Wishes,
    *,
    columns_are_meters: bool | None = None,
    dry_run: bool = False,
) -> Plan:
    """Find the channel of every series, and make those that are missing where that is wished.

    Raises:
        InvalidInputError: Not one series has a channel.
    """
    names = complete(parsed.series, stem=wishes.stem, columns_are_meters=columns_are_meters)
    organisation = destination.organisation
    async with destination.database.transaction(destination.actor, readonly=dry_run) as connection:
        directory = await look_up(connection, organisation, names)
        matches, things, refusals = _decide(names, parsed, directory, wishes)
        if names and len(refusals) == len(names):
            raise _nothing_fits(refusals, names)
        made = {} if dry_run else await make(connection, organisation, things, wishes)
        facts = await _facts(connection, organisation, made, things)
    channels: list[ChannelFacts] = []
    channel_of = np.full(len(names), -1, dtype=np.int32)
    places: dict[UUID, int] = {}
    for series, found in enumerate(matches):
        chosen = found.channel.facts if found.channel else facts.get(series)
        if chosen is not None and series not in refusals:
            if chosen.id not in places:
                places[chosen.id] = len(channels)
                channels.append(chosen)
            channel_of[series] = places[chosen.id]
    notes = [*_new_notes(things, wishes), *_stamp_notes(parsed, channels, wishes)]
    batch, unit_notes = _batch(parsed, matches, channels, channel_of)
    targets = tuple(
        target_of(found, things.get(series), refusals.get(series), wishes) for series, found in enumerate(matches)
    )
    return Plan(names, channels, batch, refusals, targets, (*notes, *unit_notes))


def _decide(
    names: Sequence[SeriesName], parsed: ParsedFile, directory: Directory, wishes: Wishes
) -> tuple[list[Match], dict[int, NewThing], dict[int, Refusal]]:
    steps = usual_steps_s(parsed.time_us, parsed.series_of)
    common_step = Counter(steps.values()).most_common(1)
    kinds = _kinds(names, parsed, wishes.stem)
    matches, things, refusals = [], {}, {}
    for series, (name, _, values) in enumerate(_by_series(names, parsed)):
        kind = kinds[series]
        found = match(name, directory, kind=kind, stem=wishes.stem)
        refusal = found.refusal
        if refusal is None and found.channel is None:
            step_s = steps.get(series) or (common_step[0][0] if common_step else None)
            new = plan(found, wishes, directory.sites, kind=kind, step_s=step_s, value=values)
            if isinstance(new, Refusal):
                refusal = new
            else:
                things[series] = new
        elif refusal is None and found.channel is not None and found.unit is not None:
            refusal = _misfit(found.unit, found.channel.facts)
        if refusal is not None:
            refusals[series] = refusal
        matches.append(found)
    return matches, things, refusals


def _kinds(names: Sequence[SeriesName], parsed: ParsedFile, stem: str) -> list[ReadingKind | None]:
    """Say how each series is to be read: as the file says, else as most series of its column look like being read."""
    votes: dict[str, Counter[ReadingKind]] = {}
    for name, times, values in _by_series(names, parsed):
        unit = stated_unit(name)
        words = words_of(name.channel, name.column, stem)
        looks = kind_of(quantity_of(words, None if isinstance(unit, Refusal) else unit), times, values)
        if looks is not None:
            votes.setdefault(name.channel or name.column, Counter())[looks] += 1
    usual = {column: count.most_common(1)[0][0] for column, count in votes.items()}
    return [ReadingKind.__members__.get(name.kind.upper(), usual.get(name.channel or name.column)) for name in names]


def _by_series(names: Sequence[SeriesName], parsed: ParsedFile) -> Iterable[tuple[SeriesName, Instants, Floats]]:
    order = np.argsort(parsed.series_of, kind="stable")
    edges = np.searchsorted(parsed.series_of[order], np.arange(len(names) + 1))
    for series, name in enumerate(names):
        rows = order[edges[series] : edges[series + 1]]
        yield name, parsed.time_us[rows], parsed.value[rows]


def _misfit(unit: Unit, channel: ChannelFacts) -> Refusal | None:
    if convertible(unit, Unit[channel.unit]):
        return None
    message = (
        f"{unit.symbol or unit.name} does not fit the channel {channel.key}, which is in {channel.unit}: say --unit."
    )
    return Refusal(RejectionCode.UNIT_MISMATCH, message)


def _nothing_fits(refusals: Mapping[int, Refusal], names: Sequence[SeriesName]) -> InvalidInputError:
    """Say in one sentence why no row has anywhere to go, after the first series."""
    first = refusals[min(refusals)].message
    others = len(names) - 1
    if not others:
        return InvalidInputError(first)
    return InvalidInputError(f"{first} {others:,} more series {'has' if others == 1 else 'have'} no place either.")


async def _facts(
    connection: Connection, organisation: OrganisationTarget, made: Mapping[int, UUID], things: Mapping[int, NewThing]
) -> dict[int, ChannelFacts]:
    """Return the facts of new channels by series; of those that a dry run does not make, as they would be."""
    if made:
        found = await facts_by_id(connection, set(made.values()))
        return {series: found[channel] for series, channel in made.items()}
    return {
        series: ChannelFacts(
            id=uuid4(),
            number=-1 - series,
            organisation_number=organisation.number,
            key=thing.channel.key,
            kind=thing.channel.kind,
            quantity=thing.channel.quantity.value,
            unit=thing.channel.unit.value,
            resolution_s=thing.channel.resolution_s,
        )
        for series, thing in things.items()
    }


def _batch(
    parsed: ParsedFile, matches: Sequence[Match], channels: Sequence[ChannelFacts], channel_of: NDArray[np.int32]
) -> tuple[ReadingBatch, list[str]]:
    """Shift starts to ends, convert units, and point every row at its channel."""
    shift_us = np.zeros(len(matches), dtype=np.int64)
    value, notes = parsed.value, []
    groups: dict[tuple[Unit, Unit], list[int]] = {}
    for series, found in enumerate(matches):
        if channel_of[series] < 0:
            continue
        facts = channels[channel_of[series]]
        if facts.kind is ReadingKind.INTERVAL and parsed.stamp is Stamp.START:
            shift_us[series] = (facts.resolution_s or 0) * SECOND_US
        if found.unit is not None and found.unit is not Unit[facts.unit]:
            groups.setdefault((found.unit, Unit[facts.unit]), []).append(series)
    for (source, target), series_list in groups.items():
        rows = np.isin(parsed.series_of, series_list)
        value = np.where(rows, convert(value, source=source, target=target), value)
        notes.append(f"Values in {source.symbol} were converted to {target.symbol}, the unit of their channels.")
    channel = channel_of[parsed.series_of].astype(np.int32) if len(matches) else np.zeros(0, dtype=np.int32)
    observed_us = parsed.time_us + (shift_us[parsed.series_of] if len(matches) else 0)
    return ReadingBatch(channel, observed_us, value, parsed.quality), notes


def _new_notes(things: Mapping[int, NewThing], wishes: Wishes) -> list[str]:
    """Say what is new, things that are alike in one sentence."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for thing in things.values():
        name = thing.match.name
        kind = "" if thing.match.asset else ("meter" if name.meter else "machine" if name.machine else "")
        called = name.meter or name.machine or name.site
        alike.setdefault((kind, thing.channel.key, thing.description), []).append(called)
    together: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (kind, key, description), names in alike.items():
        together.setdefault((kind, description, tuple(names)), []).append(key)
    notes = []
    for (kind, description, these), keys in together.items():
        new = f"new {kind}{'s' * (len(these) > 1)} " if kind else ""
        channels = f"channels {_some(keys)} are" if len(keys) > 1 else f"channel `{keys[0]}` is"
        notes.append(f"For {new}{_some(these)} the {channels} made: {description}.")
    sites = {new_site_name(thing.match.name, wishes) for thing in things.values() if thing.site is None}
    zone = zone_text(wishes.time_zone)
    notes.extend(
        f"The site {site!r} is made, in the time zone {zone}; --site names another, new or existing."
        for site in sorted(sites)
    )
    return notes


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:_NAMED]) + (f" and {len(words) - _NAMED} more" if len(words) > _NAMED else "")


def _stamp_notes(parsed: ParsedFile, channels: Sequence[ChannelFacts], wishes: Wishes) -> list[str]:
    lengths = {facts.resolution_s for facts in channels if facts.kind is ReadingKind.INTERVAL}
    if not lengths:
        return ["Times name instants: --stamp start changes nothing here."] if parsed.stamp is Stamp.START else []
    interval = format_duration(timedelta(seconds=lengths.pop() or 0)) if len(lengths) == 1 else "interval"
    if parsed.stamp is Stamp.START:
        return [f"Times name the START of their {interval}; each reading is kept under its end."]
    if parsed.stamp is None and all(name.channel_id and name.kind for name in parsed.series):
        return []  # an export of TwinQL, which says itself what its times name
    if parsed.stamp is Stamp.END:
        return [f"Times name the END of their {interval}."]
    return [
        f"Times are taken to name the END of their {interval}; if they name its start, say --stamp start."
        + (" They begin at midnight, as starts do: look again." if _begins_at_midnight(parsed, wishes) else "")
    ]


def _begins_at_midnight(parsed: ParsedFile, wishes: Wishes) -> bool:
    """Say whether the first local time of the file is a midnight, as the first start of a day is and no first end."""
    if wishes.time_zone is None or not len(parsed.time_us):
        return False
    first_us = int(parsed.time_us.min().clip(OLDEST_US, LATEST_US))
    shown = from_us(first_us).astimezone(wishes.time_zone)
    return (shown.hour, shown.minute, shown.second) == (0, 0, 0)
