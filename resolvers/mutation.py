"""The root of all changes."""

import strawberry

from resolvers.channels import ChannelMutation
from resolvers.commands import CommandMutation
from resolvers.decisions import DecisionMutation
from resolvers.machines import MachineMutation
from resolvers.meters import MeterMutation
from resolvers.recording import RecordingMutation
from resolvers.sites import SiteMutation


@strawberry.type(name="Mutation", description="All that can be changed.")
class Mutation(
    RecordingMutation,
    SiteMutation,
    MeterMutation,
    MachineMutation,
    ChannelMutation,
    DecisionMutation,
    CommandMutation,
):
    """The mutations of its nouns."""
