import pytest

from twinql.domain.wording import LONGEST_REASON, check_reason
from twinql.errors import InvalidInputError


def test_a_reason_of_a_thousand_characters_fits_and_a_longer_one_is_refused() -> None:
    check_reason(None)
    check_reason("a" * LONGEST_REASON)
    with pytest.raises(InvalidInputError, match="at most 1,000 characters"):
        check_reason("a" * (LONGEST_REASON + 1))
