"""Root fields of Subscription, one feed per module."""
