"""A device that speaks MQTT 5 with TwinQL, does nothing twice and nothing that has expired. Needs paho-mqtt.

What it has done stands in a journal (SQLite), written in the same transaction as the doing; so whoever sends a command
again, because nobody knows whether it arrived, is told what became of it.
"""

import json
import os
import sqlite3
import ssl
import sys
import threading
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

SAYS_AGAIN_FOR = timedelta(minutes=10)
"""How long it tells again, whenever it comes back, what it has done: a broker that is killed forgets what it took."""
SAYS_AGAIN_AFTER_S = 1.0
NOBODY_LISTENS = 16
SESSION_KEPT_S = 3600
"""How long the broker keeps commands for it while it is away."""


class Device:
    """A device with a journal."""

    def __init__(self, topic, journal, act):
        """Open the journal; `act(db, command)` does what is asked, and raises ValueError where it cannot be done."""
        self.topic, self.act, self.unheard = topic, act, {}
        self.db = sqlite3.connect(journal, check_same_thread=False)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = full")
        self.db.execute("create table if not exists journal (id text primary key, status text, detail text, at text)")
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, topic.rsplit("/", 1)[1], protocol=mqtt.MQTTv5)
        self.client.will_set(f"{topic}/availability", json.dumps({"status": "OFFLINE"}), qos=1, retain=True)
        self.client.reconnect_delay_set(1, 30)
        self.client.on_connect = lambda *_: self.client.subscribe(f"{topic}/commands", qos=1)
        self.client.on_subscribe = lambda *_: self._appear()
        self.client.on_publish = lambda _client, _data, mid, reason, _properties: self._answered(mid, reason)
        self.client.on_message = lambda _client, _data, message: self._obey(message)

    def connect(self, host, port):
        """Connect; a session that is kept lets commands wait for a device that is away for a moment."""
        kept = Properties(PacketTypes.CONNECT)
        kept.SessionExpiryInterval = SESSION_KEPT_S
        self.client.connect_async(host, port, keepalive=15, clean_start=False, properties=kept)

    def say(self, what, *, retain=False, **message):
        """Publish; nothing but whether it is there is ever retained."""
        sent = self.client.publish(f"{self.topic}/{what}", json.dumps(message), qos=1, retain=retain)
        self.unheard[sent.mid] = lambda: self.say(what, retain=retain, **message)

    def _answered(self, mid, reason):
        """Say again later what the broker took and nobody listened to: TwinQL is away, and the broker forgot it."""
        again = self.unheard.pop(mid, None)
        if reason.value == NOBODY_LISTENS and again is not None:
            threading.Timer(SAYS_AGAIN_AFTER_S, again).start()

    def record(self, channel, value):
        """Tell what a channel reads now."""
        reading = {"channelId": channel, "observedAt": datetime.now(UTC).isoformat(), "value": value}
        self.say("readings", readings=[reading])

    def _appear(self):
        """Say that it is there once it listens, and what it has done lately: that may have been lost."""
        self.say("availability", retain=True, status="ONLINE", journal=True)
        since = (datetime.now(UTC) - SAYS_AGAIN_FOR).isoformat()
        for done in self.db.execute("select id, status, detail, at from journal where at > ?", [since]).fetchall():
            self._report(*done)

    def _obey(self, message):
        """Do what is asked, unless it was done or has expired; the broker is answered after that.

        The broker drops what expires on its way; this clock tells of what waited here.
        """
        command = json.loads(message.payload)
        done = self.db.execute("select id, status, detail, at from journal where id = ?", [command["commandId"]])
        if (entry := done.fetchone()) is not None:
            self._report(*entry)
            return
        now = datetime.now(UTC)
        status, detail = "EXECUTED", None
        with self.db:
            if message.retain or datetime.fromisoformat(command["expiresAt"]) <= now:
                status, detail = "REJECTED", "It had expired before it arrived."
            else:
                try:
                    self.act(self.db, command)
                except ValueError as error:
                    status, detail = "FAILED", str(error)
            entry = (command["commandId"], status, detail, now.isoformat())
            self.db.execute("insert into journal values (?, ?, ?, ?)", entry)
        self._report(*entry)
        if status == "EXECUTED":
            self.record(command["channelId"], command["desired"])

    def _report(self, command, status, detail, at):
        self.say("reports", commandId=command, status=status, detail=detail, at=at)


if __name__ == "__main__":  # TWINQL_TOPIC is twinql/v1/ORGANISATION/DEVICE; its API key is the password for the broker
    host, _, port = os.environ["MQTT_HOST"].partition(":")
    device = Device(os.environ["TWINQL_TOPIC"], "journal.sqlite", lambda _db, command: print("Doing", command))
    device.client.username_pw_set(device.topic.rsplit("/", 1)[1], os.environ["TWINQL_KEY"])
    if host not in {"localhost", "127.0.0.1"}:
        device.client.tls_set_context(ssl.create_default_context())
    device.connect(host, int(port or 8883))
    for pair in sys.argv[1:]:  # CHANNEL=VALUE: what it reads now, for a channel has to be read before it is set
        channel, value = pair.split("=")
        device.record(channel, float(value))
    device.client.loop_forever(retry_first_connection=True)
