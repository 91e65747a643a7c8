from datetime import timedelta

from twinql.domain.freshness import oldest_allowed

MINUTE = timedelta(minutes=1)


def test_a_reading_is_fresh_for_three_resolutions_and_at_least_five_minutes() -> None:
    assert oldest_allowed(900.0) == 45 * MINUTE
    assert oldest_allowed(100.0) == 5 * MINUTE
    assert oldest_allowed(2.0) == 5 * MINUTE


def test_a_channel_without_a_resolution_is_fresh_for_five_minutes() -> None:
    assert oldest_allowed(None) == 5 * MINUTE


def test_what_people_say_holds_also_where_it_is_less() -> None:
    assert oldest_allowed(900.0, MINUTE) == MINUTE
    assert oldest_allowed(None, 60 * MINUTE) == 60 * MINUTE
