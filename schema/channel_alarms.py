"""What is wrong with channels, and what their sensors were compared with."""

import strawberry

from schema.alarm_list import alarms_of
from schema.anomaly import anomalies_of_past
from schema.calibration import Calibration, calibrations_asked
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, listed
from schema.effective_rule import effective_rules
from schema.lists import CalibrationConnection
from schema.maintenance_task import maintenance_tasks_of
from twinql.storage.read import PageRequest


@strawberry.type
class ChannelAlarms:
    """The part of a channel that speaks of its alarms and calibrations."""

    alarms = alarms_of("row_id", "channel_id", description="What is or was wrong with it.")
    alarm_rules = effective_rules()
    anomalies = anomalies_of_past()
    maintenance_tasks = maintenance_tasks_of(
        "row_id", "channel_id", description="What is to be done to its sensor, and what was done."
    )

    @listed(
        "row_id",
        graphql_type=CalibrationConnection,
        description="When its sensor was compared with a reference, the last time first.",
    )
    def calibrations(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        return calibrations_asked(page_of(first, after, last, before, usual=10, most=100))

    @listed(
        "row_id",
        graphql_type=Calibration | None,
        single=True,
        description="The calibration that counts: the one that was performed last, valid or not. Null where none is.",
    )
    def calibration() -> Asked:
        """Ask for the last one."""
        return calibrations_asked(PageRequest(1))
