"""Remaining useful life: how long until a failure, learned from how others of the same kind went to theirs."""
