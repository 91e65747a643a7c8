"""Which channels near a temperature move it, and how: found by their quantity, place and name, or as somebody says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final
from uuid import UUID

from twinql.domain.channels import ReadingKind
from twinql.domain.scenarios.scenario import ScenarioRefusal
from twinql.domain.thermal.drivers import Driver, DriverRole
from twinql.domain.thermal.refusal import RefusalCode
from twinql.domain.units import Quantity, Unit
from twinql.errors import InvalidInputError, RangeTooLargeError


class Place(Enum):
    """Where a channel stands, seen from the one in question."""

    OWN = "OWN"
    PART = "PART"
    PARENT = "PARENT"
    SITE = "SITE"
    ELSEWHERE = "ELSEWHERE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A channel that may move a temperature.

    Attributes:
        id: Its identity.
        number: Its number.
        name: What people call it, after the name of its asset where that is another one.
        words: Its key, its names and the role of its asset, to be searched.
        quantity: What it measures.
        unit: The unit of its values.
        kind: How its values are to be read.
        place: Where it stands.
        exports: Whether it measures what is given away.
        writable: Whether commands may set it.
        labels: Of a STATE channel: codes by the label of their state.
    """

    id: UUID
    number: int
    name: str
    words: str
    quantity: Quantity
    unit: Unit
    kind: ReadingKind
    place: Place
    exports: bool
    writable: bool
    labels: Mapping[str, float]

    @property
    def key(self) -> str:
        """The key under which it enters a heat balance: people read it beside the balance's parameters."""
        return self.name

    def holds(self) -> bool:
        """Say whether it stays as it was set until somebody or something sets it anew."""
        return self.kind is ReadingKind.STATE or self.writable


def check_state(candidate: Candidate, value: float, *path: str) -> None:
    """Refuse a number that is none of the states of a channel that has some.

    Raises:
        InvalidInputError: It is none; the path says where it stands.
    """
    if candidate.labels and value not in candidate.labels.values():
        states = ", ".join(f"{label} ({code:g})" for label, code in candidate.labels.items())
        raise InvalidInputError(f"{candidate.name} has no state {value:g}; its states are: {states}.", path=path)


def measured_instead(
    refusal: ScenarioRefusal, candidates: Sequence[Candidate], supposed: Sequence[UUID]
) -> ScenarioRefusal:
    """Name what is measured, where what is set has no effect: that is what moves a temperature."""
    wanted = {each.quantity for each in candidates if each.id in supposed and each.writable}
    others = [
        each.name for each in candidates if each.quantity in wanted and not each.writable and each.id not in supposed
    ]
    if refusal.code != RefusalCode.NO_EFFECT.value or not others:
        return refusal
    return replace(refusal, needed=f"Assume {' or '.join(others)} instead: that is measured, and what is set is not.")


_HEATS: Final = re.compile(r"heat|furnace|boiler|oven|warm", re.IGNORECASE)
_SURROUNDS: Final = re.compile(r"outside|outdoor|ambient|weather|cool|inlet|supply|hall|room|air", re.IGNORECASE)
_NEAR: Final = frozenset({Place.OWN, Place.PART, Place.PARENT})


def role_of(candidate: Candidate) -> DriverRole | None:
    """Say how a channel enters a heat balance by its quantity and name alone; None where it does not."""
    match candidate.quantity:
        case Quantity.TEMPERATURE:
            return DriverRole.SINK
        case Quantity.POWER | Quantity.IRRADIANCE | Quantity.LOAD:
            return None if candidate.exports else DriverRole.HEAT
        case Quantity.ROTATIONAL_SPEED | Quantity.SPEED:
            return DriverRole.FRICTION
        case Quantity.SWITCH | Quantity.FLOW:
            return DriverRole.HEAT if _HEATS.search(candidate.words) else DriverRole.FLOW
        case _:
            return None


def found(candidates: Sequence[Candidate]) -> dict[UUID, DriverRole]:
    """Choose the inputs that stand near enough to be one, each with its role.

    Power and speed are the machine's own: those of its parts act through what switches them. A temperature is one of
    the surroundings if it is the site's own, or is called so.
    """
    roles: dict[UUID, DriverRole] = {}
    for each in candidates:
        role = role_of(each)
        if role is not None and _fits(each, role) and each.kind is not ReadingKind.CUMULATIVE:
            roles[each.id] = role
    return roles


def nearest(
    candidates: Sequence[Candidate], roles: Mapping[UUID, DriverRole], named: Sequence[UUID], *, most: int
) -> dict[UUID, DriverRole]:
    """Keep what is named, and of what was found what stands nearest, as far as there is room.

    Raises:
        RangeTooLargeError: More are named than that.
    """
    if len(set(named)) > most:
        raise RangeTooLargeError(f"At most {most} channels are fitted at once, and {len(set(named))} are named.")
    order = list(Place)
    near = sorted(candidates, key=lambda each: (each.id not in named, order.index(each.place)))
    kept = [each.id for each in near if each.id in roles][:most]
    return {key: role for key, role in roles.items() if key in kept}


def _fits(candidate: Candidate, role: DriverRole) -> bool:
    if candidate.quantity is Quantity.TEMPERATURE:
        near = candidate.place is Place.OWN or candidate.place is Place.PART
        return candidate.place is Place.SITE or (near and bool(_SURROUNDS.search(candidate.words)))
    if candidate.quantity is Quantity.IRRADIANCE:
        return candidate.place in {Place.OWN, Place.SITE}
    if candidate.quantity is Quantity.SWITCH:
        return candidate.place in _NEAR
    # A speed that commands set is what is wanted, and not what turns.
    return candidate.place is Place.OWN and not (role is DriverRole.FRICTION and candidate.writable)


def drivers(
    candidates: Sequence[Candidate], roles: Mapping[UUID, DriverRole], sinks: Mapping[UUID, UUID]
) -> list[Driver]:
    """Make the inputs of a heat balance.

    Args:
        candidates: The channels.
        roles: Which of them are inputs, and how they enter.
        sinks: Of a flow: the temperature to which it opens a path.
    """
    keys = {each.id: each.key for each in candidates}
    return [
        Driver(each.key, roles[each.id], keys.get(sinks[each.id]) if each.id in sinks else None)
        for each in candidates
        if each.id in roles
    ]
