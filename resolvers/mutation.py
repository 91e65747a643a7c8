"""The root of all changes."""

import strawberry

from resolvers.recording import RecordingMutation


@strawberry.type(name="Mutation", description="All that can be changed.")
class Mutation(RecordingMutation):
    """The mutations of its nouns."""
