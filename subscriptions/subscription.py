"""The root of all subscriptions."""

import strawberry

from subscriptions.commands import CommandSubscription
from subscriptions.costs import CostSubscription
from subscriptions.decisions import DecisionSubscription
from subscriptions.readings import ReadingSubscription


@strawberry.type(name="Subscription", description="All that can be followed.")
class Subscription(ReadingSubscription, CommandSubscription, DecisionSubscription, CostSubscription):
    """The fields of its nouns."""
