"""What somebody is told of alarms by e-mail: one letter, however many steps it tells of."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from twinql.domain.alarms.notices import Notice, instant
from twinql.domain.alarms.vocabulary import AlarmState, Severity
from twinql.domain.global_id import encode
from twinql.domain.spoken import amount

MOST_TOLD: Final = 50
"""How many steps a letter tells of in words; the others are counted."""
LONGEST_SUBJECT: Final = 150
_MOST_FACTS: Final = 5
_HAPPENED: Final = {
    "RAISED": "raised",
    "RAISED_AGAIN": "raised again",
    "ESCALATED": "escalated",
    "RETURNED": "ended",
    "UNSHELVED": "unshelved, and it holds",
    "RETURNED_TO_SERVICE": "returned to service, and it holds",
}
_ENDED_IN_SILENCE: Final = {
    "UNSHELVED": "ended while it was shelved",
    "RETURNED_TO_SERVICE": "ended while it was out of service",
}
_OVER: Final = frozenset({AlarmState.RETURNED_UNACKNOWLEDGED.value, AlarmState.NORMAL.value})
_WEIGHT: Final = {each.value: weight for weight, each in enumerate(Severity)}
_NOT_PRINTED: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter without its envelope.

    Attributes:
        key: The same for the same steps, in any order: by it a mail system knows a letter that it has.
        subject: One line.
        text: Plain text.
    """

    key: str
    subject: str
    text: str


def letter_of(notices: Sequence[Notice]) -> Letter:
    """Write a letter about one step or more, the gravest first; a step that two targets share is told once."""
    steps = {(each.alarm_id, each.sequence): each for each in notices}
    told = sorted(steps.values(), key=lambda each: (-_WEIGHT[each.severity], each.at, each.sequence))
    worst = told[0]
    subject = _headline(worst)
    if len(told) > 1:
        subject = f"{len(told)} alarms at {worst.organisation_name}, the gravest: {subject}"
    paragraphs = [_paragraph(each) for each in told[:MOST_TOLD]]
    if (left := len(told) - MOST_TOLD) > 0:
        paragraphs.append(f"And {left} more, none of them graver than {told[MOST_TOLD].severity}.")
    names = ", ".join(sorted({_line(each.target_name) for each in notices}))
    paragraphs.append(f"-- \nSent by TwinQL for {_line(worst.organisation_name)}, to: {names}. Nobody reads replies.")
    ids = sorted(str(each.id) for each in notices)
    key = ids[0] if len(ids) == 1 else hashlib.sha256("\n".join(ids).encode()).hexdigest()[:32]
    return Letter(key, shortened(subject), "\n\n".join(paragraphs) + "\n")


def trial_letter(name: str, *, key: str) -> Letter:
    """Write a letter of no alarm, to try a target out."""
    text = f"This is a test. {_line(name)} will be told of alarms at this address.\n"
    return Letter(key, "A test of alarms by TwinQL", text)


def shortened(subject: str) -> str:
    """Make one line of bounded length of any words: a line end in a name begins no header."""
    line = _line(subject)
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"


def _headline(notice: Notice) -> str:
    """Say it in a line; the message names the channel."""
    place = notice.asset_name or notice.site_name
    return f"{notice.severity} alarm {_happened(notice)}: {place}: {notice.message}"


def _happened(notice: Notice) -> str:
    silenced = notice.action in _ENDED_IN_SILENCE and notice.state in _OVER
    return (_ENDED_IN_SILENCE if silenced else _HAPPENED)[notice.action]


def _paragraph(notice: Notice) -> str:
    lines = [
        _line(_headline(notice)),
        f"  At {_line(notice.site_name)}, {_when(notice)}; {notice.state}.",
        *(f"  {_spoken(each)}" for each in notice.evidence[:_MOST_FACTS]),
        f"  {notice.cause} of channel {_line(notice.channel_key)}; alarm {encode('Alarm', notice.alarm_id)}.",
    ]
    return "\n".join(lines)


def _when(notice: Notice) -> str:
    """Write when it happened as the clocks of the site had it, and in UTC."""
    at = notice.observed_at or notice.at
    local = at.astimezone(ZoneInfo(notice.site_time_zone)).replace(tzinfo=None)
    return f"{local.isoformat(' ', 'seconds')} {notice.site_time_zone} ({instant(at)})"


def _spoken(fact: Mapping[str, Any]) -> str:
    unit = fact.get("unit")
    numbers = [
        f"{word} {amount(fact[name], unit)}"
        for word, name in (("found", "value"), ("compared with", "threshold"))
        if fact.get(name) is not None
    ]
    words = _line(str(fact.get("message") or fact.get("code") or ""))
    return f"{words} ({', '.join(numbers)})" if numbers else words


def _line(words: str) -> str:
    return _NOT_PRINTED.sub(" ", words).strip()
