"""The words of decisions: what they recommend, where they stand, how soon somebody should act."""

from enum import Enum


class DecisionAction(Enum):
    """What a decision recommends."""

    CONTINUE_MONITORING = "CONTINUE_MONITORING"
    INSPECT = "INSPECT"
    RESTORE_COOLING = "RESTORE_COOLING"
    REDUCE_LOAD = "REDUCE_LOAD"
    RAISE_COOLING = "RAISE_COOLING"
    SHED_LOAD = "SHED_LOAD"
    SHIFT_LOAD = "SHIFT_LOAD"
    SET_VALUE = "SET_VALUE"
    RECALIBRATE = "RECALIBRATE"
    REPLACE_SENSOR = "REPLACE_SENSOR"
    SUBSTITUTE_SENSOR = "SUBSTITUTE_SENSOR"
    INSUFFICIENT_HISTORY = "INSUFFICIENT_HISTORY"


class DecisionStatus(Enum):
    """Where a decision stands."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    SUPERSEDED = "SUPERSEDED"
    EXPIRED = "EXPIRED"


class Urgency(Enum):
    """How soon a person should act."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    IMMEDIATE = "IMMEDIATE"
