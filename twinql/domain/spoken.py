"""Numbers as people write them."""

from typing import Final

from twinql.domain.units import Unit

_SPANS: Final = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))
_FIGURES_FROM: Final = 1e4
_FIGURES_UNTIL: Final = 1e9


def amount(value: float, unit: str | None) -> str:
    """Write a number with its unit as people do: four figures, and spans of time in the unit that fits."""
    if unit == Unit.SECOND.name:
        for span_s, symbol in _SPANS:
            if abs(value) >= span_s:
                return (
                    f"{value / span_s:,.3g} {symbol}"
                    if abs(value) < 1000 * span_s
                    else f"{value / span_s:,.0f} {symbol}"
                )
    figures = f"{value:.0f}" if _FIGURES_FROM <= abs(value) < _FIGURES_UNTIL else f"{value:.4g}"
    return f"{figures} {symbol_of(unit)}".rstrip()


def span(seconds: float) -> str:
    """Write a length of time in the unit that fits."""
    return amount(seconds, Unit.SECOND.name)


def symbol_of(unit: str | None) -> str:
    """Return what stands behind a number of a unit; nothing for none, and for one that nobody knows."""
    return Unit[unit].symbol if unit is not None and unit in Unit.__members__ else ""
