"""Starts what lives behind the graph, in order, and stops it in the opposite one: the place where all is wired."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from twinql.api import Engine, GraphEndpoint, Services, make_schema
from twinql.app.access import Access
from twinql.app.export import EXPORT_PATH, ReadingsExport
from twinql.app.metrics import Metrics
from twinql.auth import Caller, Gate
from twinql.auth.directory import open_directory
from twinql.background import Foreground
from twinql.context import Context
from twinql.delivery.webhook import Webhooks
from twinql.devices.command_webhooks import CommandWebhooks, sending_to_webhooks
from twinql.devices.demo import running_demo
from twinql.devices.dispatcher import Dispatcher, dispatching
from twinql.devices.kafka.announcer import Announcer
from twinql.devices.kafka.cluster import Cluster
from twinql.devices.kafka.readings import ReadingsFromKafka
from twinql.devices.kafka.service import speaking_kafka
from twinql.devices.mqtt import Mqtt, broker_of, speaking_mqtt
from twinql.devices.simulated_device import simulated_device
from twinql.domain.events import EventKind
from twinql.domain.identity import LOCAL_ORGANISATION, LOCAL_SUBJECT, Worker
from twinql.live import Feed, open_feed
from twinql.live.advisor import advising_for
from twinql.live.autopilot import piloting
from twinql.live.couriers import Couriers
from twinql.live.life_models import LifeModels
from twinql.live.load_advice import advising_on_loads
from twinql.live.notifier import Notifier, notifying
from twinql.live.ready import keeping_ready
from twinql.live.rounds import going_rounds
from twinql.live.watcher import Watcher, watching
from twinql.live.workshop import open_workshop
from twinql.settings import Settings
from twinql.storage.api_keys import find_key
from twinql.storage.database import Database
from twinql.storage.memberships import ensure_local_organisation

DEMO_PATIENCE_S = 20.0


@asynccontextmanager
async def twin(
    settings: Settings, access: Access, *, url: str, direct_url: str, metrics: Metrics
) -> AsyncIterator[ASGIApp]:
    """Run the twin for as long as the block lasts, and give its graph, with the export beside it.

    Args:
        settings: How this process was asked to run.
        access: Who may ask.
        url: Where requests find the database.
        direct_url: Where TwinQL's own work finds it: the same, past a pooler, or with another login.
        metrics: Where figures go.

    Raises:
        InvalidInputError: The trusted documents do not fit the schema.
        UnavailableError: The database cannot be reached.
    """
    engine = Engine.of(make_schema(), settings, introspection=access.introspection)
    async with AsyncExitStack() as living:
        database = await living.enter_async_context(
            Database.open(
                url,
                own_url=direct_url,
                pool_size=settings.pool_size,
                statement_timeout_s=settings.statement_timeout_s,
                queue_size=settings.queue_size,
                queue_wait_s=settings.queue_wait_s,
            )
        )
        retention = timedelta(hours=settings.feed_retention_hours)
        foreground = Foreground()
        feed = await living.enter_async_context(
            open_feed(database, direct_url, retention=retention, foreground=foreground)
        )
        _measure(metrics, database, feed)
        workshop = await living.enter_async_context(open_workshop())
        life_models = LifeModels()
        dispatcher = await living.enter_async_context(dispatching(database))
        # Another server may take on a command to a device of this one.
        feed.hint(EventKind.COMMANDS, dispatcher.nudge)
        if (broker := broker_of(settings)) is not None:
            mqtt = await living.enter_async_context(speaking_mqtt(broker, database, dispatcher))
            feed.hint(EventKind.ACCESS, mqtt.presence.look)
            _measure_mqtt(metrics, mqtt)
        if (cluster := Cluster.of(settings)) is not None:
            _measure_kafka(metrics, *await living.enter_async_context(speaking_kafka(cluster, database, direct_url)))
        hooks = Webhooks(private=settings.command_webhooks_private)
        sending = await living.enter_async_context(sending_to_webhooks(database, hooks))
        dispatcher.transports.append(sending)
        _measure_webhooks(metrics, sending)
        if settings.database_url is None:
            # Elsewhere people have issuers of their own, and `twinql org create` names the first.
            async with database.transaction(Worker("server")) as connection:
                organisation_id = await ensure_local_organisation(connection, LOCAL_ORGANISATION, LOCAL_SUBJECT)
            if settings.demo:
                await living.enter_async_context(_demo(settings, database, organisation_id, dispatcher))
        await living.enter_async_context(advising_for(database, workshop.of("advisor"), direct_url))
        await living.enter_async_context(piloting(database, workshop.of("autopilot"), feed))
        await living.enter_async_context(going_rounds(database, workshop))
        await living.enter_async_context(advising_on_loads(database, workshop.of("load advisor")))
        couriers = Couriers.of(settings)
        _measure_notifier(metrics, await living.enter_async_context(notifying(database, couriers)))
        _measure_watching(metrics, await living.enter_async_context(watching(direct_url, foreground=foreground)))
        await living.enter_async_context(keeping_ready(database, foreground))
        directory = await living.enter_async_context(
            open_directory(settings.supabase_url, settings.supabase_service_role_key)
        )

        def make_context(caller: Caller, request_id: str, client: str) -> Context:
            return Context(
                database=database,
                actor=caller.actor,
                now=datetime.now(UTC),
                feed=feed,
                request_id=request_id,
                client=client,
                commanded=dispatcher.nudge,
                organisations_open=settings.create_organisation,
                directory=directory,
                couriers=couriers,
                command_webhooks_private=settings.command_webhooks_private,
                workshop=workshop,
                life_models=life_models,
            )

        gate = Gate(access.issuers, partial(find_key, database), local=access.local)
        living.push_async_callback(gate.close)
        services = Services(
            engine,
            gate,
            make_context,
            lambda code: metrics.errors.labels(code).inc(),
            check_room=database.queue.check_room,
            foreground=foreground,
        )
        metrics.watch("twinql_event_streams", "Event streams that are open.", lambda: len(services.streams))
        graph = GraphEndpoint(services)
        export = Route(EXPORT_PATH, ReadingsExport(database, gate).answer)

        def either(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
            return (export if scope["path"] == EXPORT_PATH else graph)(scope, receive, send)

        yield either


@asynccontextmanager
async def _demo(
    settings: Settings, database: Database, organisation_id: UUID, dispatcher: Dispatcher
) -> AsyncIterator[None]:
    seed, days = settings.demo_seed, settings.demo_history_days
    async with (
        running_demo(database, organisation_id, seed=seed, history_days=days) as demo,
        simulated_device(demo, database) as device,
    ):
        dispatcher.transports.append(device)
        # Until the newest day is there, the first page that anybody sees would be empty.
        with suppress(TimeoutError):
            await asyncio.wait_for(demo.live.wait(), DEMO_PATIENCE_S)
        yield


def _measure(metrics: Metrics, database: Database, feed: Feed) -> None:
    pools = (database.users, database.pool)
    metrics.watch(
        "twinql_pool_size", "Database connections that are open.", lambda: sum(each.get_size() for each in pools)
    )
    metrics.watch(
        "twinql_pool_in_use",
        "Database connections in use.",
        lambda: sum(each.get_size() - each.get_idle_size() for each in pools),
    )
    metrics.watch("twinql_waiting", "Requests that wait for a database connection.", lambda: database.queue.waiting)
    metrics.watch_counts(
        "twinql_turned_away",
        "Operations that were turned away: FULL, too many waited; LATE, they waited for too long.",
        "reason",
        lambda: database.queue.turned_away,
    )
    metrics.watch("twinql_followers", "Subscriptions that follow the feed.", lambda: feed.followers)
    metrics.watch("twinql_feed_queued_bytes", "What waits for those subscriptions to be read.", lambda: feed.queued)
    metrics.watch(
        "twinql_feed_lag_seconds", "From a transaction's begin until the feed had read it.", lambda: feed.lag_s
    )
    metrics.watch_counts(
        "twinql_rows", "Rows offered to the database by this process.", "outcome", lambda: database.outcomes
    )


def _measure_mqtt(metrics: Metrics, mqtt: Mqtt) -> None:
    metrics.watch("twinql_mqtt_connected", "1 while MQTT is spoken with the broker.", mqtt.standing.is_set)
    metrics.watch_counts(
        "twinql_mqtt_refused",
        "Messages and readings of devices that were refused, by the reason.",
        "code",
        lambda: mqtt.refusals.counts,
    )


def _measure_notifier(metrics: Metrics, notifier: Notifier) -> None:
    metrics.watch(
        "twinql_notifications_waiting", "Notifications of alarms that wait, of all servers.", lambda: notifier.waiting
    )
    metrics.watch_counts(
        "twinql_notification_attempts",
        "Attempts of this process to tell somebody of an alarm; PENDING ones are tried again.",
        "status",
        lambda: notifier.outcomes,
    )


def _measure_kafka(metrics: Metrics, readings: ReadingsFromKafka, announcer: Announcer) -> None:
    metrics.watch_counts(
        "twinql_kafka_refused",
        "Records of readings that were refused as a whole, by the reason.",
        "code",
        lambda: readings.refused,
    )
    metrics.watch_counts(
        "twinql_kafka_announced",
        "What this process announced, by what it was; MISSED counts when the outbox no longer kept what followed.",
        "kind",
        lambda: announcer.counts,
    )


def _measure_webhooks(metrics: Metrics, sending: CommandWebhooks) -> None:
    metrics.watch_counts(
        "twinql_command_webhook_attempts",
        "Attempts of this process to send a command to a webhook; PENDING ones are tried again.",
        "outcome",
        lambda: sending.outcomes,
    )


def _measure_watching(metrics: Metrics, watcher: Watcher) -> None:
    metrics.watch(
        "twinql_watcher_lag_seconds",
        "Age of the newest readings that detectors have looked at, while more wait for them.",
        lambda: watcher.lag_s,
    )
    metrics.watch(
        "twinql_alarms_open", "Alarms that are open, told by the one process that watches.", lambda: watcher.open
    )
