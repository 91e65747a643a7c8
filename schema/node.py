"""Whatever has a global id."""

import strawberry

from schema.declared import identity


@strawberry.interface(description="Whatever has a global id, by which it can be asked for again.")
class Node:
    """Relay's Node."""

    id: strawberry.ID = identity(description="Global id: opaque, never reused.")
