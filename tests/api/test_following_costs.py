"""`costUpdated`, run on the executable schema and over a real socket, over a real database."""

import asyncio
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.asking import answer_of, boundless, followed
from tests.charged import Charged, dynamic
from tests.charging import flat
from tests.edge import bearer, open_edge
from tests.feeds import A_DAY, PATIENCE_S, Site, begun
from tests.talk import NEWER, OLDER
from twinql.context import Context
from twinql.domain import global_id
from twinql.domain.cursor import Cursor
from twinql.domain.events import EventKind, Following
from twinql.domain.identity import User
from twinql.domain.tariffs.terms import Band, Window
from twinql.live import open_feed
from twinql.live.parts import Waiting
from twinql.storage.database import Database

FOLLOW = """
subscription($filter: CostFilter!, $after: Cursor, $fill: Fill! = NONE) {
  costUpdated(filter: $filter, after: $after, fill: $fill) {
    cursor
    caughtUp
    gap { from to reason }
    costs { meter { name } cost { total currency until problems { code } } refusal }
  }
}
"""


class Watch:
    """Follows what the meters of a site cost; `took` is set whenever a follower takes what it was told."""

    def __init__(self, charged, database, feed, engine, *, took):
        self.charged, self.site, self.world = charged, charged.site, charged.world
        self.database, self.feed, self.engine = database, feed, engine
        self.took = took

    @property
    def own(self):
        return {"meterIds": [global_id.encode("Meter", self.world.meter)]}

    @asynccontextmanager
    async def follow(self, wanted=None, *, actor=None, after=None, fill="NONE"):
        """Follow, and hand out a function that waits for the next event."""
        context = Context(self.database, actor or self.world.viewer, datetime.now(UTC), feed=self.feed)
        variables = {"filter": self.own if wanted is None else wanted, "after": after, "fill": fill}
        async with aclosing(await followed(self.engine, context, FOLLOW, variables)) as stream:

            async def next_event():
                async with asyncio.timeout(PATIENCE_S):
                    return await anext(stream)

            yield next_event

    async def caught_up(self):
        """Wait until the feed has told its followers everything that was committed."""
        newest = await self.site.connection.fetchval(
            "select max(position) from twinql_private.outbox where organisation_number = $1 and kind <> 'ACCESS'",
            self.world.number,
        )
        everything = Following(self.world.number, everything=True, beside=frozenset({EventKind.METERING}))
        with self.feed.follow(everything) as witness:
            async with asyncio.timeout(PATIENCE_S):
                while self.feed.at.position < newest:
                    await anext(witness)

    async def taken(self):
        """Wait until followers have taken what they were told, too."""
        await self.caught_up()
        async with asyncio.timeout(PATIENCE_S):
            while any(each.waiting for each in self.feed.groups):
                self.took.clear()
                await self.took.wait()


@pytest.fixture
async def watch(database_url, schema, monkeypatch):
    async with (
        Site.open(database_url) as site,
        Database.open(database_url, pool_size=4) as database,
        open_feed(database, database_url, retention=A_DAY) as feed,
    ):
        await begun(feed)
        took, take = asyncio.Event(), Waiting.take

        def taken(*arguments, **how):
            found = take(*arguments, **how)
            took.set()
            return found

        monkeypatch.setattr(Waiting, "take", taken)
        charged = Charged(site)
        await charged.begin()
        yield Watch(charged, database, feed, boundless(schema), took=took)


@pytest.fixture
async def tariff(watch):
    """The meter is charged 0.25 EUR for each kWh."""
    made = await watch.charged.tariff(flat(Decimal("0.25")))
    await watch.charged.agree(made)
    return made


def event_of(answer):
    assert answer.errors is None, answer.errors
    return answer.data["costUpdated"]


def totals(answer):
    """Return what each meter cost, by name."""
    return {each["meter"]["name"]: each["cost"] and each["cost"]["total"] for each in event_of(answer)["costs"]}


def cost_of(answer):
    """Return what the one meter cost, and why that is not all."""
    (told,) = event_of(answer)["costs"]
    return told["cost"]["total"], {each["code"] for each in told["cost"]["problems"]}


@pytest.mark.usefixtures("tariff")
async def test_the_total_is_told_at_once_and_moves_as_readings_arrive(watch):
    await watch.charged.count(1, 2, back=2)
    async with watch.follow() as told:
        first = event_of(await told())
        assert (first["caughtUp"], first["gap"]) == (True, None)
        (meter,) = first["costs"]
        assert meter["meter"] == {"name": "Main meter"}
        assert (meter["cost"]["total"], meter["cost"]["currency"], meter["refusal"]) == ("0.75", "EUR", None)
        await watch.charged.count(4, back=1)
        second = event_of(await told())
        assert second["costs"][0]["cost"]["total"] == "1.75"
        assert second["costs"][0]["cost"]["until"] > meter["cost"]["until"]
        assert second["cursor"] != first["cursor"]
        await watch.charged.count(0.5)
        assert totals(await told()) == {"Main meter": "1.88"}


@pytest.mark.usefixtures("tariff")
async def test_a_correction_of_a_reading_moves_the_total_back(watch):
    await watch.charged.count(1, 2)
    async with watch.follow() as told:
        assert totals(await told()) == {"Main meter": "0.75"}
        await watch.charged.pool.execute(
            "update readings set value = 1 where channel_number = $1 and value = 2", watch.site.numbers["energy"]
        )
        assert totals(await told()) == {"Main meter": "0.50"}
        await watch.charged.pool.execute("delete from readings where value = 1")
        assert totals(await told()) == {"Main meter": "0.00"}


async def test_a_revision_of_the_tariff_and_the_end_of_an_agreement_are_told(watch, tariff):
    await watch.charged.count(1, 2)
    async with watch.follow() as told:
        await told()
        await watch.charged.revise(tariff, flat(Decimal("0.30")))
        assert totals(await told()) == {"Main meter": "0.90"}
        await watch.charged.pool.execute("delete from agreements")
        (without,) = event_of(await told())["costs"]
        assert without["cost"] is None
        assert "agreement" in without["refusal"]


async def test_prices_are_followed_from_when_a_tariff_speaks_of_them(watch, tariff):
    await watch.charged.count(1, 2)
    async with watch.follow() as told:
        await told()
        await watch.charged.revise(tariff, dynamic(watch.world.channels["price"]))
        assert cost_of(await told()) == ("0.00", {"MISSING_READINGS", "MISSING_PRICE"})
        await watch.charged.count(0.10, 0.20, channel="price")
        assert cost_of(await told()) == ("0.50", {"MISSING_READINGS"})
        await watch.charged.count(3, back=2)
        assert totals(await told()) == {"Main meter": "0.50"}
        await watch.charged.count(-0.10, channel="price", back=2)
        assert totals(await told()) == {"Main meter": "0.20"}


async def test_a_channel_that_no_cost_rested_on_is_followed_once_one_does(watch, tariff):
    await watch.charged.count(1, 2)
    spot = await watch.charged.channel(
        "spot", meter=watch.world.meter, quantity="PRICE", unit="CURRENCY_PER_KILOWATT_HOUR", kind="INSTANTANEOUS"
    )
    async with watch.follow() as told:
        await told()
        waiting = asyncio.ensure_future(told())
        await watch.charged.count(0.10, channel=spot, back=2)
        await watch.taken()
        await watch.charged.revise(tariff, dynamic(spot))
        assert cost_of(await waiting)[0] == "0.10"
        await watch.charged.count(0.30, channel=spot, back=1)
        assert cost_of(await told())[0] == "0.70"


async def test_a_meter_that_counts_otherwise_from_now_on_is_told(watch, tariff):
    await watch.charged.revise(tariff, flat(Decimal("0.50")))
    await watch.charged.count(1, 2)
    async with watch.follow() as told:
        assert totals(await told()) == {"Main meter": "1.50"}
        await watch.charged.pool.execute("update channels set multiplier = 40 where key = 'energy'")
        assert totals(await told()) == {"Main meter": "60.00"}


async def test_a_meter_read_by_hand_has_the_total_that_was_previewed_where_both_spread_it(watch):
    afternoon = Band("afternoon", [Window(first_minute=12 * 60, last_minute=24 * 60)], price=Decimal("0.30"))
    await watch.charged.agree(await watch.charged.tariff(afternoon, flat(Decimal("0.10"))))
    await watch.charged.by_its_register()
    await watch.charged.count(100, channel="register", back=96)
    dry = """
    mutation ($input: RecordReadingsInput!) {
      recordReadings(input: $input) { effects(fill: LINEAR) { cost { total problems { code } } } }
    }
    """
    row = {
        "channelId": global_id.encode("Channel", watch.world.channels["register"]),
        "observedAt": watch.charged.latest.isoformat(),
        "value": 148,
    }
    context = Context(watch.database, watch.world.operator, datetime.now(UTC), feed=watch.feed)
    answer = await answer_of(watch.engine, context, dry, {"input": {"readings": [row], "dryRun": True}})
    (effect,) = answer.data["recordReadings"]["effects"]
    assert Decimal(effect["cost"]["total"]) > 4
    async with watch.follow() as undated, watch.follow(fill="LINEAR") as spread:
        await undated()
        await spread()
        await watch.charged.count(148, channel="register")
        assert cost_of(await undated()) == ("0.00", {"MISSING_READINGS", "UNDATED_ENERGY"})
        assert cost_of(await spread()) == (
            effect["cost"]["total"],
            {each["code"] for each in effect["cost"]["problems"]},
        )


@pytest.mark.usefixtures("tariff")
async def test_an_event_of_a_register_makes_its_energy_known(watch):
    await watch.charged.by_its_register()
    await watch.charged.count(100, 104, 1, 2, channel="register")
    async with watch.follow() as told:
        assert cost_of(await told()) == ("1.25", {"MISSING_READINGS", "UNKNOWN_ENERGY"})
        await watch.charged.exchange(final=106, start=0, back=1.5)
        assert cost_of(await told()) == ("2.00", {"MISSING_READINGS"})


async def test_what_concerns_no_cost_is_not_told(watch, tariff):
    await watch.charged.count(1)
    async with watch.follow() as told:
        await told()
        await watch.charged.count(7, channel="temperature")
        await watch.charged.count(7, channel="price")
        other, energy = await watch.charged.another("Other")
        await watch.charged.agree(tariff, meter=other)
        await watch.charged.count(9, channel=energy)
        await watch.caught_up()
        await watch.charged.count(1, back=1)
        # Anything else would have come before it, without the new reading in it.
        assert totals(await told()) == {"Main meter": "0.50"}


async def test_what_happens_while_nobody_listens_is_told_in_one_event(watch, tariff):
    await watch.charged.count(1, back=9)
    async with watch.follow() as told:
        before = event_of(await told())
        for back in range(8, 2, -1):
            await watch.charged.count(1, back=back)
        await watch.charged.revise(tariff, flat(Decimal("0.50")))
        await watch.caught_up()
        assert totals(await told()) == {"Main meter": "3.50"}
        await watch.charged.count(1)
        assert totals(await told()) == {"Main meter": "4.00"}
    async with watch.follow(after=before["cursor"]) as told:
        again = event_of(await told())
        assert (again["costs"][0]["cost"]["total"], again["caughtUp"], again["gap"]) == ("4.00", True, None)


@pytest.mark.usefixtures("tariff")
async def test_after_a_reconnect_the_total_goes_on_from_where_it_stands(watch):
    await watch.charged.count(1, back=3)
    async with watch.follow() as told:
        cursor = event_of(await told())["cursor"]
    await watch.charged.count(2, back=2)
    async with watch.follow(after=cursor) as told:
        back = event_of(await told())
        assert ([each["cost"]["total"] for each in back["costs"]], back["caughtUp"]) == (["0.75"], True)
        await watch.charged.count(4, back=1)
        assert totals(await told()) == {"Main meter": "1.75"}


@pytest.mark.usefixtures("tariff")
async def test_a_gap_is_told_with_every_total(watch):
    await watch.charged.count(1)
    strange = Cursor(watch.feed.at.epoch, watch.feed.at.position + 5)
    async with watch.follow(after=watch.feed.write_cursor(strange)) as told:
        event = event_of(await told())
    assert event["gap"]["reason"] == "FEED_RESET"
    assert [each["cost"]["total"] for each in event["costs"]] == ["0.25"]


async def test_the_meters_of_a_site_are_followed_and_those_made_later_too(watch, tariff):
    await watch.charged.another("Beneath", parent=watch.world.meter)
    await watch.charged.count(1)
    async with watch.follow({"siteIds": [global_id.encode("Site", watch.world.site)]}) as told:
        assert totals(await told()) == {"Main meter": "0.25"}
        later, energy = await watch.charged.another("Annex")
        assert totals(await told()) == {"Annex": None}
        await watch.charged.agree(tariff, meter=later)
        assert totals(await told()) == {"Annex": "0.00"}
        await watch.charged.count(2, channel=energy)
        assert totals(await told()) == {"Annex": "0.50"}
        await watch.charged.revise(tariff, flat(Decimal(1)))
        assert totals(await told()) == {"Annex": "2.00", "Main meter": "1.00"}


async def test_a_site_without_meters_is_told_so_at_once(watch):
    await watch.charged.pool.execute("update assets set archived_at = now() where id = $1", watch.world.meter)
    async with watch.follow({}) as told:
        event = event_of(await told())
    assert (event["costs"], event["caughtUp"]) == ([], True)


@pytest.mark.parametrize(
    ("wanted", "how", "code", "sentence"),
    [
        ({"meterIds": ["nonsense"]}, {}, "BAD_USER_INPUT", "no id of TwinQL"),
        ({"meterIds": []}, {}, "BAD_USER_INPUT", "1 to 1,000 ids"),
        ({"siteIds": [global_id.encode("Meter", Site.NOWHERE)]}, {}, "BAD_USER_INPUT", "id of a Site is needed"),
        ({"meterIds": [global_id.encode("Meter", Site.NOWHERE)]}, {}, "NOT_FOUND", "no meter with the id at"),
        ({"siteIds": [global_id.encode("Site", Site.NOWHERE)]}, {}, "NOT_FOUND", "no site with the id at"),
        ({}, {"after": "nonsense"}, "BAD_USER_INPUT", "no cursor of a feed"),
        ({}, {"actor": User("https://issuer.test", "nobody")}, "FORBIDDEN", "No organisation is in force"),
    ],
)
async def test_what_cannot_be_followed_is_refused_with_one_sentence(watch, wanted, how, code, sentence):
    async with watch.follow(wanted, **how) as told:
        (error,) = (await told()).errors
    assert error["extensions"]["code"] == code
    assert sentence in error["message"]
    assert watch.feed.followers == 0


async def test_more_meters_than_are_worked_out_at_once_are_refused(watch, monkeypatch):
    monkeypatch.setattr("subscriptions.watching.MOST_METERS", 1)
    await watch.charged.another("Second")
    async with watch.follow({}) as told:
        (error,) = (await told()).errors
    assert "1 meters at most are followed at once, and these are 2" in error["message"]


async def test_what_belongs_to_another_organisation_is_not_found(watch, database_url):
    async with Site.open(database_url, "Other") as other:
        for foreign in (
            {"meterIds": [global_id.encode("Meter", other.world.meter)]},
            {"siteIds": [global_id.encode("Site", other.world.site)]},
        ):
            async with watch.follow(foreign) as told:
                (error,) = (await told()).errors
            assert error["extensions"]["code"] == "NOT_FOUND"


async def test_a_form_shows_what_the_total_will_be_and_the_page_beside_it_then_does(database_url, schema):
    record = """
    mutation ($input: RecordReadingsInput!) {
      recordReadings(input: $input) { outcomes { outcome } effects { consumptionAdded costAdded cost { total } } }
    }
    """
    async with open_edge(database_url, schema) as edge, edge.connect() as page, edge.connect() as form:
        charged = Charged(edge.site)
        await charged.begin()
        await charged.by_its_register()
        await charged.agree(await charged.tariff(flat(Decimal("0.25"))))
        await charged.count(4_217.3, 4_220.8, channel="register", back=1)
        await page.greet(Authorization=bearer("acme-viewer"))
        await page.ask("total", FOLLOW, filter={"meterIds": [global_id.encode("Meter", edge.world.meter)]})
        assert (await page.hear())["payload"]["data"]["costUpdated"]["costs"][0]["cost"]["total"] == "0.88"
        await form.greet(Authorization=bearer("acme-operator"))
        row = {
            "channelId": global_id.encode("Channel", edge.world.channels["register"]),
            "observedAt": charged.latest.isoformat(),
        }

        async def typed(value, *, dry_run):
            await form.ask("form", record, input={"readings": [{**row, "value": value}], "dryRun": dry_run})
            told, _ = await form.told("form")
            return told["payload"]["data"]["recordReadings"]

        (first,) = (await typed(4_222, dry_run=True))["effects"]
        assert first == {"consumptionAdded": "1.2", "costAdded": "0.30", "cost": {"total": "1.18"}}
        (second,) = (await typed(4_222.8, dry_run=True))["effects"]
        assert second == {"consumptionAdded": "2", "costAdded": "0.50", "cost": {"total": "1.38"}}
        assert (await typed(4_222.8, dry_run=False)) == {"outcomes": [{"outcome": "RECORDED"}], "effects": []}
        # Nothing was told of what was only typed.
        assert (await page.hear())["payload"]["data"]["costUpdated"]["costs"][0]["cost"]["total"] == "1.38"


async def test_a_device_follows_no_costs_and_is_told_no_effects(database_url, schema):
    async with open_edge(database_url, schema) as edge, edge.connect() as talk:
        charged = Charged(edge.site)
        await charged.begin()
        _, text = await edge.key("energy")
        await talk.greet(Authorization=f"Bearer {text}")
        await talk.ask("follow", FOLLOW, filter={})
        (error,) = await talk.told("follow")
        assert error["payload"][0]["extensions"]["code"] == "FORBIDDEN"
        row = {
            "channelId": global_id.encode("Channel", edge.world.channels["energy"]),
            "observedAt": charged.latest.isoformat(),
            "value": 1,
        }
        effects = "mutation ($input: RecordReadingsInput!) { recordReadings(input: $input) { effects { unit } } }"
        await talk.ask("effects", effects, input={"readings": [row], "dryRun": True})
        told, _ = await talk.told("effects")
        assert told["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("protocol", [NEWER, OLDER])
async def test_a_total_moves_over_a_socket_until_its_follower_leaves_the_organisation(database_url, schema, protocol):
    async with open_edge(database_url, schema) as edge:
        charged = Charged(edge.site)
        await charged.begin()
        tariff = await charged.tariff(flat(Decimal("0.25")))
        await charged.agree(tariff)
        own = {"meterIds": [global_id.encode("Meter", edge.world.meter)]}
        async with edge.connect(protocol) as talk:
            await talk.greet(Authorization=bearer("acme-viewer"))
            await talk.ask("total", FOLLOW, filter=own)

            async def total():
                event = (await talk.hear())["payload"]["data"]["costUpdated"]
                return event["costs"][0]["cost"]["total"], event["cursor"]

            assert (await total())[0] == "0.00"
            await charged.count(1, back=3)
            assert (await total())[0] == "0.25"
            await charged.revise(tariff, flat(Decimal("0.40")))
            told, cursor = await total()
            assert told == "0.40"
        await charged.count(1, back=2)
        async with edge.connect(protocol) as talk:
            await talk.greet(Authorization=bearer("acme-viewer"))
            await talk.ask("total", FOLLOW, filter=own, after=cursor)
            assert (await total())[0] == "0.80"
            await edge.sql("delete from memberships where subject = 'acme-viewer'")
            await charged.count(1, back=1)
            assert (await talk.closed())[0] == 4403
            assert talk.before_the_end == []
    assert edge.feed.followers == 0


async def test_nothing_is_left_of_those_who_followed(watch, tariff):
    for _ in range(10):
        async with watch.follow() as told:
            await told()
            await watch.charged.revise(tariff, dynamic(watch.world.channels["price"]))
            await told()
        assert not watch.feed.groups
