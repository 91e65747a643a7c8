"""Says where each series of a file goes, so that a wrong guess is seen before anything is written."""

from datetime import timedelta

from twinql.domain.durations import format_duration
from twinql.domain.units import Unit
from twinql.files.creation import NewThing, Wishes, new_site_name
from twinql.files.matching import Match, Refusal


def target_of(found: Match, new: NewThing | None, refusal: Refusal | None, wishes: Wishes) -> str:
    """Say in a sentence where a series goes: channel, unit and kind, meter or machine, site, and which of them is new.

    Args:
        found: What exists of it.
        new: What is made for it.
        refusal: Why it goes nowhere.
        wishes: What the person says about new things.
    """
    called = found.name.reference
    if refusal is not None:
        return f"{called} goes nowhere: {refusal.message}"
    if new is not None:
        channel = new.channel
        how = _how(channel.unit, channel.kind.name, channel.resolution_s)
        site = f"the new site {new_site_name(found.name, wishes)!r}" if new.site is None else new.site.name
        return f"{called} goes to the new channel `{channel.key}` ({how}) of {_owner(found)} at {site}."
    if found.channel is None:
        return f"{called} goes nowhere."
    facts, owner = found.channel.facts, found.channel.owner or "the site itself"
    how = _how(Unit[facts.unit], facts.kind.name, facts.resolution_s)
    return f"{called} goes to the existing channel `{facts.key}` ({how}) of {owner} at {found.channel.site}."


def _owner(found: Match) -> str:
    name = found.name
    if not (name.meter or name.machine):
        return "the site itself"
    owner = f"meter {name.meter}" if name.meter else f"machine {name.machine}"
    return owner if found.asset else f"the new {owner}"


def _how(unit: Unit, kind: str, resolution_s: int | None) -> str:
    every = "" if resolution_s is None else f" every {format_duration(timedelta(seconds=resolution_s))}"
    return f"{unit.symbol or 'plain numbers'}, {kind}{every}"
