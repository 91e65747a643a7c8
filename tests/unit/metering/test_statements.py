"""What people say of a register, held against what can be true."""

from datetime import UTC, datetime, timedelta

import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.metering.intervals import RegisterEventType
from twinql.domain.metering.statements import RegisterStatement, Shown, Surroundings, check_statement
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def refusal(final, start, kind=RegisterEventType.ROLLOVER, *, before=700.0, after=760.0, maximum=None):
    """Return which field is refused; None where the statement is taken."""
    around = Surroundings(
        kind=ReadingKind.CUMULATIVE,
        unit=Unit.KILOWATT_HOUR,
        maximum=maximum,
        before=Shown(NOON - timedelta(hours=1), before),
        after=Shown(NOON + timedelta(hours=1), after),
    )
    said = RegisterStatement(at=NOON, type=kind, final=final, start=start)
    try:
        check_statement(said, around, now=NOON + timedelta(days=1))
    except InvalidInputError as error:
        return error.path
    return None


@pytest.mark.parametrize(
    ("final", "start", "before", "after", "refused"),
    [
        (99_999.0, 0.0, 99_800.0, 12.0, None),
        (800.0, 0.0, 700.0, 760.0, ("finalValue",)),
        (99_999.0, 0.0, 99_999.5, 12.0, ("finalValue",)),
        (99_999.0, 13.0, 99_800.0, 12.0, ("startValue",)),
        (100_001.0, 0.0, 99_800.0, 12.0, ("finalValue",)),
    ],
)
def test_a_register_rolls_over_near_its_declared_end_alone(final, start, before, after, refused):
    assert refusal(final, start, before=before, after=after, maximum=100_000.0) == refused


def test_without_a_declared_end_any_end_is_believed_that_the_readings_allow():
    assert refusal(999.0, 0.0, before=990.0, after=5.0) is None
    assert refusal(0.0, 5.0, before=0.0, after=5.0) == ("startValue",), "it would begin above where it ended"


@pytest.mark.parametrize("kind", [RegisterEventType.RESET, RegisterEventType.EXCHANGE])
def test_no_register_shows_less_than_nothing(kind):
    assert refusal(800.0, -5.0, kind) == ("startValue",)
    assert refusal(800.0, 0.0, kind) is None
