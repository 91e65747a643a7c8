"""The root of all subscriptions."""

import strawberry

from subscriptions.alarms import AlarmSubscription
from subscriptions.commands import CommandSubscription
from subscriptions.costs import CostSubscription
from subscriptions.decisions import DecisionSubscription
from subscriptions.readings import ReadingSubscription
from subscriptions.twins import TwinSubscription


@strawberry.type(name="Subscription", description="All that can be followed.")
class Subscription(
    ReadingSubscription,
    CommandSubscription,
    DecisionSubscription,
    AlarmSubscription,
    CostSubscription,
    TwinSubscription,
):
    """The fields of its nouns."""
