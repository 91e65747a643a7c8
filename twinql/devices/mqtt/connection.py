"""A connection to an MQTT broker that the event loop drives, good until it is lost; the next one is another object.

A broker that comes back delivers anew what was not acknowledged, so an acknowledgement is for its own connection alone,
and nothing that one connection left unsent is sent by the next: a command might have expired meanwhile.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from twinql.errors import ForbiddenError, UnavailableError

KEEPALIVE_S: Final = 30
SESSION_KEPT_S: Final = 7 * 86_400
"""How long the broker keeps what came for a server that is away. [s]"""
MOST_UNANSWERED: Final = 500
"""Messages that the broker is asked to send at most before one of them is acknowledged; mosquitto sends more."""
LARGEST_BYTES: Final = 262_144
_ANSWERS_WITHIN_S: Final = 5.0
_NOBODY_LISTENS: Final = 0x10
_ERRORS_FROM: Final = 0x80


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is, and who TwinQL is to it.

    Attributes:
        host: Its name or address.
        port: Its TCP port.
        tls: Whether it is spoken to by TLS.
        client_id: The name under which it keeps what came meanwhile; each server needs its own.
        username: The name to log in by.
        password: The password for it.
        ca_file: Certificates of those who may vouch for it; None for those that this computer trusts.
        shared: Whether several servers share what comes, so that each message goes to one of them.
    """

    host: str
    port: int
    tls: bool
    client_id: str
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    shared: bool = False


@dataclass(slots=True)
class Message:
    """Something that came.

    Attributes:
        topic: Where it was published.
        payload: What was.
        retained: Whether the broker had kept it and nobody says it now.
        mid: The number for its acknowledgement; 0 where none is expected.
        link: The connection that it came by.
    """

    topic: str
    payload: bytes
    retained: bool
    mid: int
    link: "Link"

    def acknowledge(self) -> None:
        """Tell the broker to forget it; without effect once the connection is lost: then it comes again."""
        if self.mid:
            self.link.acknowledge(self.mid)


Take = Callable[[Message], None]


class Link:
    """One connection. Made by `linked`."""

    def __init__(self, broker: Broker, take: Take) -> None:
        """Prepare it."""
        self.lost = asyncio.Event()
        """Set once it is."""
        self.why_lost = ""
        self._loop = asyncio.get_running_loop()
        self._take = take
        self._waiting: dict[tuple[str, int], asyncio.Future[ReasonCode]] = {}
        self._fd = -1
        self._paused = False
        self._broker = broker
        client = paho.Client(CallbackAPIVersion.VERSION2, broker.client_id, protocol=paho.MQTTv5, manual_ack=True)
        client.connect_timeout = _ANSWERS_WITHIN_S
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if broker.tls:
            client.tls_set_context(ssl.create_default_context(cafile=broker.ca_file))
        client.on_connect = lambda *about: self._answered(("connect", 0), about[3])
        client.on_subscribe = lambda *about: self._answered(("subscribe", about[2]), max(about[3], key=_value))
        client.on_unsubscribe = lambda *about: self._answered(("unsubscribe", about[2]), max(about[3], key=_value))
        client.on_publish = lambda *about: self._answered(("publish", about[2]), about[3])
        client.on_disconnect = lambda *about: self._lose(str(about[3]))
        client.on_message = self._came
        client.max_inflight_messages_set(MOST_UNANSWERED)
        self._client = client

    async def open(self, filters: Sequence[str], others: Sequence[str] = ()) -> None:
        """Connect, subscribe to some topics, and no longer to others to which a former run may have.

        Raises:
            UnavailableError: The broker is not there, or does not answer.
            ForbiddenError: The broker refuses.
        """
        asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.SessionExpiryInterval = SESSION_KEPT_S
        asked.ReceiveMaximum = MOST_UNANSWERED
        asked.MaximumPacketSize = LARGEST_BYTES
        broker = self._broker
        connected = self._expect(("connect", 0))
        try:
            await asyncio.to_thread(
                self._client.connect, broker.host, broker.port, KEEPALIVE_S, clean_start=False, properties=asked
            )
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise UnavailableError(f"The MQTT broker cannot be reached: {error}.") from error
        self._attach()
        await self._answer(connected, "connect to the broker")
        if others:
            _, mid = self._client.unsubscribe(list(others))
            await self._answer(self._expect(("unsubscribe", mid or 0)), "end a subscription")
        _, mid = self._client.subscribe([(each, SubscribeOptions(qos=1)) for each in filters])
        await self._answer(self._expect(("subscribe", mid or 0)), "subscribe to the topics of devices")

    async def publish(self, topic: str, payload: bytes, *, expires_in_s: int) -> bool:
        """Hand a message to the broker, wait until it has it, and return whether it knows of anybody who listens.

        Raises:
            UnavailableError: Nobody knows whether the broker has it.
            ForbiddenError: The broker refused it.
        """
        if self.lost.is_set():
            raise UnavailableError("The connection to the MQTT broker is lost.")
        about = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        about.ContentType = "application/json"
        about.MessageExpiryInterval = expires_in_s
        said = self._client.publish(topic, payload, qos=1, properties=about)
        reason = await self._answer(self._expect(("publish", said.mid)), "publish there")
        return reason.value != _NOBODY_LISTENS

    def acknowledge(self, mid: int) -> None:
        """Acknowledge a message of this connection."""
        if not self.lost.is_set():
            self._client.ack(mid, 1)

    async def keep_alive(self) -> None:
        """Keep the connection alive until it is lost."""
        while not self.lost.is_set():
            self._client.loop_misc()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.lost.wait(), 1.0)

    def pause(self) -> None:
        """Read no more for now: what comes waits in the network and with the broker."""
        if not self._paused and self._fd >= 0:
            self._paused = True
            self._loop.remove_reader(self._fd)

    def resume(self) -> None:
        """Read on."""
        if self._paused and self._fd >= 0:
            self._paused = False
            self._loop.add_reader(self._fd, self._read)
            self._loop.call_soon(self._read)  # of what TLS has decrypted already the loop would not tell

    def close(self) -> None:
        """Leave; the broker keeps what comes meanwhile."""
        if not self.lost.is_set():
            self._client.disconnect()
            self._client.loop_write()  # it closes the socket once this is written
        if (socket := self._client.socket()) is not None:
            self._detach()
            socket.close()
        self._lose("closed")

    def _attach(self) -> None:
        socket = self._client.socket()
        if socket is None:
            raise UnavailableError("The MQTT broker has closed the connection.")
        self._fd = socket.fileno()
        self._client.on_socket_close = lambda *_: self._detach()
        self._client.on_socket_register_write = lambda *_: self._loop.add_writer(self._fd, self._client.loop_write)
        self._client.on_socket_unregister_write = lambda *_: self._stop_writing()
        self._loop.add_reader(self._fd, self._read)
        if self._client.want_write():
            self._loop.add_writer(self._fd, self._client.loop_write)

    def _read(self) -> None:
        """Read a packet; of TLS also what is decrypted already, of which the loop would not tell again."""
        if self._paused or self._fd < 0:
            return
        self._client.loop_read()
        socket: Any = self._client.socket()
        if isinstance(socket, ssl.SSLSocket) and socket.pending():
            self._loop.call_soon(self._read)

    def _detach(self) -> None:
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            self._stop_writing()
            self._fd = -1

    def _stop_writing(self) -> None:
        if self._fd >= 0:
            self._loop.remove_writer(self._fd)

    def _came(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        self._take(Message(topic, bytes(message.payload), message.retain, message.mid if message.qos else 0, self))

    def _expect(self, what: tuple[str, int]) -> "asyncio.Future[ReasonCode]":
        self._waiting[what] = awaited = self._loop.create_future()
        return awaited

    async def _answer(self, awaited: "asyncio.Future[ReasonCode]", what: str) -> ReasonCode:
        try:
            reason = await asyncio.wait_for(awaited, _ANSWERS_WITHIN_S)
        except TimeoutError:
            raise UnavailableError(f"The MQTT broker does not answer whether TwinQL may {what}.") from None
        if reason.value >= _ERRORS_FROM:
            raise ForbiddenError(f"The MQTT broker does not let TwinQL {what}: {reason}.")
        return reason

    def _answered(self, what: tuple[str, int], reason: ReasonCode) -> None:
        awaited = self._waiting.pop(what, None)
        if awaited is not None and not awaited.done():
            awaited.set_result(reason)

    def _lose(self, why: str) -> None:
        if self.lost.is_set():
            return
        self.why_lost = why
        self.lost.set()
        for awaited in self._waiting.values():
            if not awaited.done():
                awaited.set_exception(UnavailableError(f"The connection to the MQTT broker is lost: {why}."))
                awaited.exception()  # whoever waits is told; where nobody does, nothing is to be said
        self._waiting.clear()


def _value(reason: ReasonCode) -> int:
    return reason.value


@asynccontextmanager
async def linked(broker: Broker, filters: Sequence[str], take: Take, others: Sequence[str] = ()) -> AsyncIterator[Link]:
    """Be connected, and give what comes on some topics to `take`, for as long as the block lasts.

    Args:
        broker: Which one.
        filters: The topics.
        take: Called with each message, in the event loop; it raises nothing.
        others: Topics to which a former run may have subscribed, and which the broker shall forget.

    Raises:
        UnavailableError: The broker is not there, or does not answer.
        ForbiddenError: The broker refuses.
    """
    link = Link(broker, take)
    try:
        await link.open(filters, others)
        alive = asyncio.create_task(link.keep_alive(), name="mqtt keepalive")
        try:
            yield link
        finally:
            alive.cancel()
            await asyncio.gather(alive, return_exceptions=True)
    finally:
        link.close()
