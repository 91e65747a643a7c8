"""What devices say of their commands, whichever way it reaches TwinQL."""

from datetime import datetime

from twinql.domain.command_reports import DeviceReport, ReportOutcome, Step, hear
from twinql.domain.commands import UNSENT, CommandStatus
from twinql.domain.identity import Device, Worker, subject_of
from twinql.storage.database import Connection
from twinql.storage.dispatch import send_or_reject
from twinql.storage.statements import load

_TAKEN_BY = "worker:reports"


async def take_report(
    connection: Connection, report: DeviceReport, *, device: Device | Worker, now: datetime
) -> ReportOutcome:
    """Add what a device says to the life of a command, unless it is old news or cannot be.

    A command that waits is handed over to the device that speaks of it first, so that of several devices and
    dispatchers one gets it. The life is held until the transaction ends.

    Args:
        connection: One of TwinQL's own work: what a device may speak of is asked here, by its key.
        report: What it says.
        device: The key with which it came; a transport of TwinQL's own, which answers for its devices itself.
        now: The present; nothing rests on the device's own clock.

    Returns:
        What became of it; UNKNOWN where there is no such command to a channel of the device, or its key is no longer
        good.
    """
    key = device.key_id if isinstance(device, Device) else None
    held = await connection.fetchrow(load("commands")["held_for_report"], report.command_id, key, now)
    if held is None:
        return ReportOutcome.UNKNOWN
    name = f"device:{subject_of(device)}"
    life = [
        Step(CommandStatus(row["status"]), row["actor"])
        for row in await connection.fetch(load("commands")["transitions"], [report.command_id])
    ]
    if held["is_over"] and life[-1].status in UNSENT:
        return ReportOutcome.FINISHED
    heard = hear(life, report.status, name, is_due=held["is_due"])
    for status in heard.steps:
        if status is CommandStatus.SENT:
            taken = "Its device took it."
            if not await send_or_reject(connection, report.command_id, now=now, actor=_TAKEN_BY, detail=taken):
                return ReportOutcome.FINISHED
            continue
        detail = report.detail if status is report.status else None
        await connection.execute(load("commands")["move"], report.command_id, status.value, now, name, detail)
    return heard.outcome
