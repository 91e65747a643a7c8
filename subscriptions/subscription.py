"""The root of all subscriptions."""

import strawberry

from subscriptions.readings import ReadingSubscription


@strawberry.type(name="Subscription", description="All that can be followed.")
class Subscription(ReadingSubscription):
    """The fields of its nouns."""
