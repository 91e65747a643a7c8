"""How far TwinQL may act: never further than the least of what people allowed, its hours and its budget."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from twinql.domain.automation.autonomy import (
    AutonomyLevel,
    AutonomySetting,
    AutonomyStanding,
    Course,
    SiteStanding,
    course_of,
)
from twinql.domain.automation.hours import Hours
from twinql.errors import InvalidInputError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
AUTO = AutonomySetting(level=AutonomyLevel.AUTO, commands_per_hour=2)


def course(level, *, asked=0, setting=AUTO):
    return course_of(AutonomyLevel[level], setting, asked_within_hour=asked, now=NOON, zone=BERLIN)


def test_nobody_who_says_nothing_lets_it_act():
    assert SiteStanding().level_for() is AutonomyLevel.ADVISE


@pytest.mark.parametrize(("site", "rule"), list(product(AutonomyLevel, AutonomyLevel)))
def test_the_lower_of_site_and_rule_is_in_effect_and_stopping_leaves_advice_at_most(site, rule):
    free = SiteStanding(setting=AutonomySetting(level=site))
    level = free.level_for(rule)
    assert level in {site, rule}
    assert level.rank == min(site.rank, rule.rank)
    for stopped in (replace(free, paused=True), replace(free, fell_back=True)):
        assert stopped.level_for(rule).rank == min(level.rank, AutonomyLevel.ADVISE.rank)
    assert free.level_for(rule, rule_fell_back=True).rank == min(level.rank, AutonomyLevel.ADVISE.rank)


def test_a_person_who_paused_it_is_told_before_that_it_fell_back():
    assert SiteStanding().standing is AutonomyStanding.AS_SET
    assert SiteStanding(fell_back=True).standing is AutonomyStanding.FELL_BACK
    assert SiteStanding(fell_back=True, paused=True).standing is AutonomyStanding.PAUSED


def test_each_level_has_its_course():
    seen = [course(each.name) for each in AutonomyLevel]
    assert seen == [Course.RECORD, Course.ADVISE, Course.ASK_FOR_APPROVAL, Course.ISSUE]


def test_the_budget_bounds_what_is_issued_and_what_is_to_be_approved():
    assert [course("AUTO", asked=each) for each in (1, 2, 3)] == [Course.ISSUE, *[Course.WAIT_FOR_BUDGET] * 2]
    assert course("APPROVE", asked=2) is Course.WAIT_FOR_BUDGET
    assert course("SHADOW", asked=2) is Course.RECORD
    assert course("AUTO", setting=replace(AUTO, commands_per_hour=0)) is Course.WAIT_FOR_BUDGET


def test_hours_bound_what_it_does_by_itself_by_the_clock_of_the_site():
    until_one = replace(AUTO, hours=Hours(first_minute=8 * 60, last_minute=13 * 60))  # 13:00 in Berlin is noon in UTC
    assert course("AUTO", setting=until_one) is Course.WAIT_FOR_HOURS
    assert course("APPROVE", setting=until_one) is Course.ASK_FOR_APPROVAL
    assert course("AUTO", setting=replace(until_one, hours=Hours(first_minute=13 * 60))) is Course.ISSUE


def test_outside_of_its_hours_auto_only_advises_and_nothing_less_changes():
    until_one = replace(AUTO, hours=Hours(first_minute=8 * 60, last_minute=13 * 60))  # as above
    site = SiteStanding(setting=until_one)
    assert site.level_at(NOON, BERLIN) is AutonomyLevel.ADVISE
    assert site.level_at(NOON, UTC) is AutonomyLevel.AUTO
    assert site.level_at(NOON, BERLIN, AutonomyLevel.APPROVE) is AutonomyLevel.APPROVE
    assert replace(site, paused=True).level_at(NOON, UTC) is AutonomyLevel.ADVISE


def test_no_command_at_all_is_no_budget_for_a_level_that_asks_for_commands():
    for level in AutonomyLevel:
        setting = AutonomySetting(level=level, commands_per_hour=0)
        if level.rank <= AutonomyLevel.ADVISE.rank:
            assert setting.checked() == setting
        else:
            with pytest.raises(InvalidInputError, match=f"nothing is asked for at {level.value}"):
                setting.checked()


@pytest.mark.parametrize("budget", [-1, 3601])
def test_a_budget_that_cannot_be_meant_is_refused(budget):
    with pytest.raises(InvalidInputError) as caught:
        AutonomySetting(commands_per_hour=budget).checked()
    assert caught.value.path == ("commandsPerHour",)
