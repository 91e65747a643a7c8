"""Questions about meters and machines."""

from typing import Annotated

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, Sought, entity_of, key_of, listed
from schema.lists import MachineConnection, MeterConnection
from schema.machine import Machine, machines_asked
from schema.meter import Meter, meters_asked
from schema.orders import NameOrder
from schema.site import OrderBy, WhichMachines, WhichMeters
from twinql.errors import InvalidInputError
from twinql.storage.read import PageRequest, Question, equals
from twinql.storage.read.entity import BY_NAME

MeterId = Annotated[strawberry.ID | None, strawberry.argument(description="The meter's id.")]
SerialNumber = Annotated[str | None, strawberry.argument(description="What is printed on the meter.")]
MachineId = Annotated[strawberry.ID, strawberry.argument(description="The machine's id.")]


@strawberry.type
class AssetQuery:
    """Root fields about meters and machines."""

    @listed(
        graphql_type=Meter | None,
        single=True,
        description="One meter, by its id or by its serial number; null where there is none that you may see.",
    )
    def meter(id: MeterId = None, serial_number: SerialNumber = None) -> Asked | Sought:
        """Ask for it."""
        if (id is None) == (serial_number is None):
            raise InvalidInputError("Name the meter by its id or by its serialNumber: one of the two.")
        if id is not None:
            return Sought(Meter, key_of(id, "Meter"))
        where = equals("serial_number", serial_number)
        return Asked(Meter, Question(entity_of(Meter), BY_NAME, PageRequest(1), where))

    @listed(graphql_type=MeterConnection, description="The meters of your organisation.")
    def meters(
        filter_: WhichMeters = None,
        order_by: OrderBy = NameOrder.NAME_ASC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for a page of them."""
        return meters_asked(filter_, order_by, page_of(first, after, last, before))

    @listed(
        graphql_type=Machine | None,
        single=True,
        description="One machine; null where there is none with this id that you may see.",
    )
    def machine(id: MachineId) -> Sought:
        """Ask for it."""
        return Sought(Machine, key_of(id, "Machine"))

    @listed(
        graphql_type=MachineConnection, description="The machines of your organisation, parts of machines included."
    )
    def machines(
        filter_: WhichMachines = None,
        order_by: OrderBy = NameOrder.NAME_ASC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for a page of them."""
        return machines_asked(filter_, order_by, page_of(first, after, last, before))
