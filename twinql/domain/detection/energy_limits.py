"""The numbers that decide what is found in energy per interval; docs/accuracy.md says how they were chosen.

All compare a channel with its own past, so none has a unit of energy and none belongs to a kind of meter.
"""

from typing import Final

HOUR_S: Final = 3_600.0
DAY_S: Final = 86_400.0
HISTORY_DAYS: Final = 90
"""Over how many observed days a channel's extremes are remembered."""
WARM_UP_DAYS: Final = 21
"""With fewer observed days than these nothing statistical is found."""
RANK: Final = 3
"""A channel's high is this-largest of its daily extremes: two days of faults nobody noticed do not move it."""
SEASON_WEEKS: Final = 13
"""Over how many observed weeks the extremes of a time of day are remembered."""
SEASON_RANK: Final = 2
"""The high of a time of day is this-largest of its weekly extremes."""
SEASON_SLOTS: Final = 8
"""Times of day that are told apart, on weekdays and on weekends; each is compared together with its two neighbours."""
OFTEN: Final = 3
"""What was found this often within `OFTEN_WITHIN` is the new normal, and counts with all its weight from then on."""
OFTEN_WITHIN: Final = 7
"""[observed days, or weeks for a time of day]"""
GROWTH: Final = 1.1
"""What is found counts in the channel's memory with at most this multiple of the high that it exceeded."""

SPIKE_OVER: Final = 1.35
"""SPIKE: above this multiple of the channel's high."""
SPIKE_OVER_SEASON: Final = 1.5
"""SPIKE: or above this multiple of the high of its time of day, and of `SPIKE_OVER_AT_LEAST` of the channel's high."""
SPIKE_OVER_AT_LEAST: Final = 1.1
TAMPER_OVER: Final = 8.0
"""OUTLIER_TAMPER: above this multiple of the channel's high: no load does that, but a wrong unit or register does."""

LOW_SHARE: Final = 0.1
"""A reading is low at or below this share of the low of its time of day; where that low is zero, at zero."""
DIP_READINGS: Final = 1
"""DIP: more than so many low readings one after the other, ..."""
DIP_RUN: Final = 1.6
"""... and more than this multiple of the longest run of low readings that is usual."""
TAMPER_LOW_DAYS: Final = 3.0
"""OUTLIER_TAMPER: a dip that lasts so long. [d]"""
TAMPER_SHARE: Final = 0.25
"""OUTLIER_TAMPER: base load and median have both fallen below this share of what is usual."""

STUCK_READINGS: Final = 14
"""STUCK: more than so many equal readings one after the other, ..."""
STUCK_HOURS: Final = 3.0
"""... over at least this time, ... [h]"""
STUCK_RUN: Final = 2.0
"""... and more than this multiple of the longest run of equal readings that is usual."""

SWINGS: Final = ((3, 1.5, 0.85), (4, 1.5, 0.65), (5, 1.5, 0.5))
"""RAPID_CHANGE: so many changes one after the other in alternating directions, the smallest of which is larger than
this multiple of what is usual, and than this share of the channel's high."""

LEVEL_HOURS: Final = 48.0
"""LEVEL_SHIFT: over how long the level is taken; [h]"""
LEVEL_READINGS: Final = 14
"""... over at least so many readings; ..."""
LEVEL_READING_S: Final = 1_800.0
"""... readings that come more often count with their mean over this time. [s]"""
LEVEL_DAYS: Final = 60
"""The usual level is the median of so many days; ..."""
LEVEL_DAYS_LEAST: Final = 14
"""... of at least so many."""
LEVEL_FACTOR: Final = 1.6
"""LEVEL_SHIFT: base load and median are both this many times the usual, or less than its inverse, ..."""
LEVEL_BEYOND: Final = 1.25
"""... and the shift is so many times the largest (as logarithm) that is usual."""
LEVEL_BACK: Final = 0.6
"""The shift has ended where it is below this share of what it was found at (as logarithm)."""
LEVEL_ACCEPTED_DAYS: Final = 14.0
"""After so long the new level is taken as the usual one, and the shift has ended. [d]"""
LEVEL_SOFT: Final = 0.05
"""Both levels count with this share of the usual median added, so that a base load near zero is no infinite ratio."""

QUIET_READINGS: Final = 4
"""SPIKE, RAPID_CHANGE and outliers have ended after so many readings without: what flickers is one finding."""
HOLE_STEPS: Final = 1.5
"""A longer time between two readings, in steps, is a hole: nothing is compared across it."""
FORGET_DAYS: Final = 7.0
"""After a hole this long the usual level is learned anew. [d]"""
