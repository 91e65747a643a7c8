"""Which rule holds: the narrowest, else what is built in; and what rules say of limits."""

from uuid import uuid4

from twinql.domain.alarms.policy import BUILT_IN, STANDARD, Place, Rule, bounds_under, policies_of, sensitivity_under
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.channels import ReadingKind
from twinql.domain.detection.finding import Bounds, Cause, Watched
from twinql.domain.detection.limits import LimitDetector

PLACE = Place(channel_id=uuid4(), asset_id=uuid4(), site_id=uuid4())


def rule(cause=Cause.LIMIT_HIGH, **others):
    how = {"site_id": None, "asset_id": None, "channel_id": None, "enabled": True, "severity": Severity.LOW}
    how |= {"limit_value": None, "deadband": None, "sensitivity": 1.0, "on_delay_s": 5, "off_delay_s": 7}
    return Rule(id=uuid4(), cause=cause, **(how | others))


def test_every_cause_is_in_the_published_table():
    assert set(BUILT_IN) == set(Cause)
    assert policies_of(PLACE, []) == STANDARD
    assert all(each.enabled and each.rule is None for each in STANDARD.values())


def test_the_narrowest_rule_holds_whatever_their_order():
    of_all, of_site = rule(), rule(site_id=PLACE.site_id)
    of_asset, of_channel = rule(asset_id=PLACE.asset_id), rule(channel_id=PLACE.channel_id)
    widening = [of_channel, of_asset, of_site, of_all]
    for count in range(4):
        left = widening[count:]
        for order in (left, left[::-1]):
            assert policies_of(PLACE, order)[Cause.LIMIT_HIGH].rule is left[0]
    assert policies_of(PLACE, widening)[Cause.LIMIT_LOW] == STANDARD[Cause.LIMIT_LOW]


def test_a_rule_for_another_place_does_not_hold():
    others = [rule(site_id=uuid4()), rule(asset_id=uuid4()), rule(channel_id=uuid4())]
    assert policies_of(PLACE, others) == STANDARD
    of_site_itself = Place(channel_id=uuid4(), asset_id=None, site_id=PLACE.site_id)
    assert policies_of(of_site_itself, others) == STANDARD


def test_a_rule_says_how_much_it_matters_how_long_to_wait_and_whether_at_all():
    held = policies_of(PLACE, [rule(enabled=False, severity=Severity.CRITICAL)])[Cause.LIMIT_HIGH]
    assert (held.enabled, held.severity, held.on_delay_s, held.off_delay_s) == (False, Severity.CRITICAL, 5, 7)


def test_limits_of_rules_stand_instead_of_the_channels_own():
    own = Bounds(low=5.0, high=70.0, deadband=1.0)
    held = policies_of(PLACE, [rule(limit_value=80.0, deadband=3.0), rule(Cause.LIMIT_HIGH_HIGH, limit_value=90.0)])
    under = bounds_under(held, own)
    assert (under.low, under.high, under.high_high, under.deadband) == (5.0, 80.0, 90.0, 1.0)
    assert under.deadbands == {Cause.LIMIT_HIGH: 3.0}
    assert bounds_under(STANDARD, own) is own


def test_a_limits_own_deadband_is_that_of_its_limit_alone():
    bounds = Bounds(low=5.0, high=80.0, deadband=1.0, deadbands={Cause.LIMIT_HIGH: 3.0})
    kind = ReadingKind.INSTANTANEOUS
    watched = Watched(kind, "TEMPERATURE", "DEGREE_CELSIUS", resolution_s=1.0, zone="UTC", bounds=bounds)
    detector = LimitDetector.of(watched)
    values = [81.0, 78.0, 76.5, 4.0, 5.5, 6.5]
    told = [[(each.cause, each.holds) for each in detector.update(at, value)] for at, value in enumerate(values)]
    high, low = Cause.LIMIT_HIGH, Cause.LIMIT_LOW
    assert told == [[(high, True)], [], [(high, False)], [(low, True)], [], [(low, False)]]


def test_how_readily_a_cause_is_found_is_told_where_it_is_not_as_usual():
    held = policies_of(PLACE, [rule(Cause.SPIKE, sensitivity=0.5), rule(Cause.DIP), rule(sensitivity=2.0)])
    assert sensitivity_under(held) == {Cause.SPIKE: 0.5}
