"""Finds the unit that a file or a person means, and never guesses one."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from fractions import Fraction
from functools import cache

from twinql.domain.unit_facts import measure, measured
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError

_OTHER_WORDS = {
    "1": Unit.ONE,
    "degC": Unit.DEGREE_CELSIUS,
    "deg C": Unit.DEGREE_CELSIUS,
    "Celsius": Unit.DEGREE_CELSIUS,
    "degF": Unit.DEGREE_FAHRENHEIT,
    "deg F": Unit.DEGREE_FAHRENHEIT,
    "Fahrenheit": Unit.DEGREE_FAHRENHEIT,
    "pct": Unit.PERCENT,
    "MVAr": Unit.MEGAVAR,
    "MVArh": Unit.MEGAVAR_HOUR,
    "HCF": Unit.HUNDRED_CUBIC_FEET,
    "cu ft": Unit.CUBIC_FOOT,
    "CFM": Unit.CUBIC_FOOT_PER_MINUTE,
    "USgal": Unit.US_GALLON,
    "1/min": Unit.REVOLUTION_PER_MINUTE,
    "rev/min": Unit.REVOLUTION_PER_MINUTE,
    "U/min": Unit.REVOLUTION_PER_MINUTE,
    **dict.fromkeys(("cent/kWh", "cents/kWh", "c/kWh", "p/kWh", "pence/kWh"), Unit.CENT_PER_KILOWATT_HOUR),
}
_UNCLEAR = {
    **dict.fromkeys(
        ("gal", "gals", "gallon", "gallons"), "A gallon is a US or an imperial one; write US gal or imp gal."
    ),
    **dict.fromkeys(("gpm",), "A gallon is a US or an imperial one; write US gal/min, or convert to L/min."),
    **dict.fromkeys(("mbtu", "mmbtus"), "An M before BTU is a thousand to some and a million to others; write MMBTU."),
}
_CURRENCY = re.compile(
    "AUD|BGN|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HUF|INR|ISK|JPY|KRW|MXN|NOK|NZD|PLN|RON|SEK|SGD|TRY|USD|ZAR|[€£$¥¤]"
)
_BY_SYMBOL = {**{unit.symbol: unit for unit in Unit if unit.symbol}, **_OTHER_WORDS}
# An M is a million and an m a thousandth before these: whoever writes all letters alike has said neither.
_TOLD_BY_CASE = frozenset(
    f"{m}{unit}" for m in "mM" for unit in ("W", "Wh", "J", "V", "A", "VA", "VAr", "VArh", "var", "varh", "Pa")
)
_LOOSELY = {symbol.casefold(): unit for symbol, unit in _BY_SYMBOL.items() if symbol not in _TOLD_BY_CASE}
_FACTOR = r"[A-Za-z°µ%]+(?:_[A-Za-z]+)*(?:\^?-?[123])?"
_PLAIN = re.compile(rf"{_FACTOR}(?:\*{_FACTOR})*(?:/{_FACTOR})?")
_CARBON = re.compile(r"[ _]?CO[2₂](?:eq|e)?(?=/|$)")
_CUBED = re.compile(r"\b(cubic|square)[ _]([A-Za-z]+)", re.IGNORECASE)
_SPELLINGS = str.maketrans({"²": "^2", "³": "^3", "·": "*", "⋅": "*"})


def unit_named(text: str) -> Unit:
    """Find the unit that a file or a person means by its name or its symbol, such as kWh, KILOWATT_HOUR or liters/hour.

    Upper and lower case are told apart only where it matters: mW is not MW.

    Raises:
        InvalidInputError: No unit is called that, or more than one; the message says what is meant most likely.
    """
    wanted = " ".join(text.split())
    found = _BY_SYMBOL.get(wanted) or _by_name(wanted) or _LOOSELY.get(wanted.casefold())
    if found is not None:
        return found
    spelled = _spelled(wanted)
    for factor in re.split(r"[*/]", spelled):
        if factor.casefold() in _UNCLEAR:
            raise InvalidInputError(f"{wanted!r} is unclear. {_UNCLEAR[factor.casefold()]}", path=("unit",))
    found = _BY_SYMBOL.get(spelled) or _by_pint(spelled)
    if found is not None:
        return found
    raise InvalidInputError(f"{wanted[:60]!r} is no unit that TwinQL knows; {_hint(wanted)}", path=("unit",))


def told_by_case(text: str) -> tuple[str, ...]:
    """Return what a text could mean that is no unit as it is written, but would be in other letters: mwh, MWh or mWh.

    Empty where it is a unit, and where upper and lower case do not matter.
    """
    wanted = " ".join(text.split())
    alike = [symbol for symbol in _BY_SYMBOL if symbol in _TOLD_BY_CASE and symbol.casefold() == wanted.casefold()]
    if not alike or wanted in _BY_SYMBOL:
        return ()
    symbol = _BY_SYMBOL[alike[0]].symbol
    return symbol, symbol[0].swapcase() + symbol[1:]


def _by_name(wanted: str) -> Unit | None:
    return Unit.__members__.get(re.sub(r"[ -]", "_", wanted).upper())


def _spelled(wanted: str) -> str:
    """Write a unit as pint reads it; without what carbon is counted in, and with any currency as a currency."""
    bare = _CUBED.sub(lambda found: f"{found[2]}^{3 if found[1].casefold() == 'cubic' else 2}", _CARBON.sub("", wanted))
    money, slash, per = bare.partition("/")
    if slash and _CURRENCY.fullmatch(money):
        bare = f"currency/{per}"
    return re.sub(r" *([*/]) *| +", lambda gap: gap[1] or "*", bare.translate(_SPELLINGS).replace("**", "^"))


def _by_pint(spelled: str) -> Unit | None:
    """Find the unit that pint understands, if it is written in the words of which TwinQL's own units are made.

    So N·m is no joule, and rad/s no hertz, although pint finds them alike.
    """
    if not _PLAIN.fullmatch(spelled):
        return None
    import pint  # noqa: PLC0415 - as in `registry`

    try:
        found = measured(re.sub(r"(?<=[A-Za-z])(-?[123])", r"^\1", spelled))
    except (pint.errors.PintError, ValueError):
        return None
    return _by_words().get((found.dimensions, found.words), {}).get((found.scale, found.offset))


@cache
def _by_words() -> Mapping[tuple[str, frozenset[str]], Mapping[tuple[Fraction, Fraction], Unit]]:
    """Return the units that may be written in some words, by what they measure; numbers alone have no words."""
    measures = {unit: measure(unit.name) for unit in Unit}
    found = {}
    for written, its in measures.items():
        alike = {
            (each.scale, each.offset): unit for unit, each in measures.items() if unit.dimension == written.dimension
        }
        if its.words:
            found[its.dimensions, its.words] = alike
    return found


def _hint(wanted: str) -> str:
    alike = [symbol for symbol in _BY_SYMBOL if symbol.casefold() == wanted.casefold()]
    if not alike:
        words = {**{unit.name.replace("_", " ").casefold(): unit.symbol or unit.name for unit in Unit}}
        words |= {symbol.casefold(): symbol for symbol in _BY_SYMBOL if len(symbol) > 1}
        close = get_close_matches(wanted[:60].casefold().replace("_", " "), words, n=3)
        alike = list(dict.fromkeys(words[each] for each in close))
    if not alike:
        return "write its symbol, such as kWh, m³ or °C, or its name, such as KILOWATT_HOUR."
    return f"did you mean {' or '.join([', '.join(alike[:-1]), alike[-1]] if alike[1:] else alike)}?"
