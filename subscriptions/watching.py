"""Which meters' costs somebody follows, and what of the feed concerns them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from twinql.context import Context
from twinql.domain.events import EventKind, Following
from twinql.errors import InvalidInputError
from twinql.live import Batch
from twinql.storage.following import CostFollowed, costs_followed

MOST_METERS = 1_000


class CostWatch:
    """Meters whose costs are followed, looked up anew whenever one of them may have changed."""

    def __init__(
        self, context: Context, organisation_number: int, meters: Sequence[UUID], sites: Sequence[UUID]
    ) -> None:
        """Start knowing nothing; `look` is called before anything else.

        Args:
            context: Whoever follows.
            organisation_number: Their organisation.
            meters: Those that are followed by themselves.
            sites: Those whose meters are followed; neither means all of the organisation.
        """
        self._context = context
        self._organisation_number = organisation_number
        self._named = meters
        self._sites = sites
        self._rests_on_it: Mapping[int, set[UUID]] = {}
        self._idle: set[int] = set()
        """Channels of these meters on which no cost depends."""
        self.meters: Mapping[UUID, CostFollowed] = {}
        """Those that are followed now, by name."""
        self.due: set[UUID] = set()
        """Those of which the cost is to be told."""

    @property
    def following(self) -> Following:
        """What of the feed may concern them: all channels of theirs, made later or not, and prices that they pay."""
        return Following(
            self._organisation_number,
            channels=frozenset(self._rests_on_it),
            assets=frozenset(self.meters),
            beside=frozenset({EventKind.METERING}),
        )

    async def look(self) -> None:
        """Find out which meters there are now, and on which channels their costs depend; new meters are due.

        Raises:
            InvalidInputError: They are too many.
        """
        async with self._context.reading() as connection:
            found = await costs_followed(
                connection, meters=self._named, sites=self._sites, everything=not (self._named or self._sites)
            )
        if len(found) > MOST_METERS:
            raise InvalidInputError(
                f"The costs of {MOST_METERS:,} meters at most are followed at once, and these are {len(found):,}; "
                "name fewer in meterIds or siteIds.",
                path=["filter"],
            )
        rests_on_it: defaultdict[int, set[UUID]] = defaultdict(set)
        for each in found:
            for number in each.numbers:
                rests_on_it[number].add(each.id)
        former = self.meters.keys()
        self.meters, self._rests_on_it = {each.id: each for each in found}, rests_on_it
        self._idle -= rests_on_it.keys()
        self.due |= self.meters.keys() - former
        self.due &= self.meters.keys()

    async def take(self, batch: Batch) -> None:
        """Learn what happened: the meters that it concerns are due, and all of them after a gap."""
        numbers = {each.channel_number for each in batch.readings} | {each.channel_number for each in batch.ranges}
        numbers -= self._idle
        if not (numbers or batch.ids or batch.gap):
            return
        await self.look()
        self._idle |= numbers - self._rests_on_it.keys()
        concerned = {meter for number in numbers for meter in self._rests_on_it.get(number, ())} | set(batch.ids)
        self.due |= self.meters.keys() if batch.gap else concerned & self.meters.keys()
