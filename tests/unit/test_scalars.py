"""What callers write for exact numbers and days, and how they are written back."""

from datetime import date
from decimal import Decimal

import pytest

from schema.scalars import SCALARS, plain
from twinql.errors import InvalidInputError


@pytest.mark.parametrize("text", ["0.1", "-12.50", "+3", "0" * 18 + "." + "9" * 18])
def test_an_exact_number_is_read_as_it_is_written(text):
    assert SCALARS[Decimal].parse_value(text) == Decimal(text)


@pytest.mark.parametrize("wrong", ["", "1,5", "1e3", "NaN", "Infinity", "1_000", " 1", "1.", "٣", "1" * 19, 0.25, 1])
def test_what_is_no_exact_number_is_refused_in_a_sentence(wrong):
    with pytest.raises(InvalidInputError) as refused:
        SCALARS[Decimal].parse_value(wrong)
    assert refused.value.message.endswith(".")


def test_no_number_is_written_with_an_exponent():
    written = SCALARS[Decimal].serialize
    assert [written(Decimal(each)) for each in ("1E+3", "0E-8", "12.50", "-0.000001")] == [
        "1000", "0.00000000", "12.50", "-0.000001",
    ]  # fmt: skip
    assert [written(plain(Decimal(each))) for each in ("1.000000", "250.100000", "1000")] == ["1", "250.1", "1000"]
    assert plain(None) is None


def test_a_day_is_written_as_it_is_read():
    scalar = SCALARS[date]
    assert scalar.serialize(scalar.parse_value("2028-02-29")) == "2028-02-29"


@pytest.mark.parametrize(
    "wrong",
    [
        "2026-02-29",
        "2026-3-1",
        "20260301",
        "2026-W10-1",
        "0000-01-01",
        "1899-12-31",
        "2200-01-01",
        "2026-03-01T00:00:00Z",
        1,
    ],
)
def test_what_is_no_day_is_refused_in_a_sentence(wrong):
    with pytest.raises(InvalidInputError) as refused:
        SCALARS[date].parse_value(wrong)
    assert refused.value.message.endswith(".")
