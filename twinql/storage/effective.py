"""The limits that count for channels: their own, or those that alarm rules set instead."""

from collections.abc import Sequence
from dataclasses import replace

from twinql.domain.alarms.policy import Place, bounds_under, policies_of
from twinql.domain.detection.finding import Bounds
from twinql.domain.diagnosis.sheet import Sheet
from twinql.storage.alarm_policies import laid_down
from twinql.storage.database import Connection


async def under_rules(connection: Connection, sheets: Sequence[Sheet]) -> list[Sheet]:
    """Return channels with the limits by which alarms are raised now, in one statement for all of them."""
    places = [Place(sheet.id, sheet.asset_id, sheet.site_id) for sheet in sheets]
    found = []
    for sheet, place, rules in zip(sheets, places, await laid_down(connection, places), strict=True):
        under = bounds_under(policies_of(place, (each.rule for each in rules)), Bounds(*sheet.limits))
        found.append(replace(sheet, limits=(under.low_low, under.low, under.high, under.high_high)))
    return found
