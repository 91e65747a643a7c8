"""What is said to Kafka and heard from it, without one: settings, records of readings, announcements."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from twinql.devices.kafka.cluster import Cluster
from twinql.domain.announcements import command_announcement, decision_announcement
from twinql.domain.device_messages import organisation_of
from twinql.domain.global_id import encode
from twinql.errors import InvalidInputError
from twinql.settings import Settings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
THING = {
    "id": UUID(int=1), "organisation_id": UUID(int=2), "site_id": UUID(int=3), "asset_id": UUID(int=4),
    "asset_kind": "MACHINE", "channel_id": UUID(int=5), "channel_key": "speed", "channel_unit": "ONE",
}  # fmt: skip
COMMAND = THING | {
    "decision_id": None, "desired": 1.0, "action": "ON", "status": "QUEUED", "requested_by": "user:ann", "reason": None,
    "requested_at": NOON, "not_before": None, "expires_at": NOON,
    "transitions": [
        {"status": "REQUESTED", "at": "2026-03-02T13:00:00+01:00", "actor": "user:ann", "detail": None},
        {"status": "QUEUED", "at": "2026-03-02T12:00:00+00:00", "actor": "worker:commands", "detail": None},
    ],
}  # fmt: skip
DECISION = THING | {
    "rule": "LIMIT", "action": "INSPECT", "status": "OPEN", "urgency": "LOW", "confidence": None, "reasons": [],
    "proposal": {
        "channel_id": str(UUID(int=6)), "desired": 2.0, "action": None, "expires_in_s": 300, "expect": None
    },
    "made_at": NOON, "valid_until": None, "settled_at": None, "settled_by": None, "settled_reason": None,
}  # fmt: skip


def test_without_brokers_there_is_no_cluster():
    assert Cluster.of(Settings.from_env({"KAFKA_READINGS_TOPIC": "readings"})) is None


def test_a_cluster_is_what_the_settings_say():
    said = {"KAFKA_BOOTSTRAP_SERVERS": "a:9092, b:9093", "KAFKA_SECURITY": "sasl_ssl", "KAFKA_GROUP": "plant-1"}
    with pytest.raises(InvalidInputError, match="KAFKA_USERNAME"):
        Cluster.of(Settings.from_env(said))
    cluster = Cluster.of(Settings.from_env(said | {"KAFKA_USERNAME": "me", "KAFKA_PASSWORD": "the word"}))
    assert (cluster.servers, cluster.security, cluster.mechanism) == ("a:9092,b:9093", "SASL_SSL", "SCRAM-SHA-512")
    assert (cluster.group, cluster.readings) == ("plant-1", None)
    assert "the word" not in repr(cluster)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka"),
        ("KAFKA_BOOTSTRAP_SERVERS", "a:9092,,"),
        ("KAFKA_READINGS_TOPIC", "a topic"),
        ("KAFKA_SECURITY", "tls"),
        ("KAFKA_SASL_MECHANISM", "md5"),
    ],
)
def test_a_setting_that_does_not_fit_names_its_variable(variable, value):
    with pytest.raises(InvalidInputError, match=f"^{variable} does not fit"):
        Settings.from_env({variable: value})


@pytest.mark.parametrize(
    "record", [b"", b"[]", b"{}", b'{"organisationId": 7}', b'{"organisationId": "x"}', b"\xff", b"null"]
)
def test_a_record_that_names_no_organisation_is_refused(record):
    with pytest.raises(InvalidInputError):
        organisation_of(record)


def test_a_command_is_told_with_its_whole_life_and_the_ids_of_the_graph():
    told = command_announcement(COMMAND)
    said = json.loads(told.value)
    assert told.key == encode("Channel", UUID(int=5)).encode()
    assert said["id"] == encode("Command", UUID(int=1))
    assert said["channel"] == {"id": told.key.decode(), "key": "speed", "unit": "ONE"}
    assert said["asset"] == encode("Machine", UUID(int=4))
    assert [(each["sequence"], each["at"]) for each in said["transitions"]] == [
        (1, "2026-03-02T12:00:00Z"),
        (2, "2026-03-02T12:00:00Z"),
    ]
    assert str(UUID(int=2)) not in told.value.decode()


def test_a_decision_without_a_channel_is_told_under_its_asset():
    told = decision_announcement(DECISION | {"channel_id": None, "proposal": None})
    assert told.key == encode("Machine", UUID(int=4)).encode()
    assert json.loads(told.value)["channel"] is None
    proposed = json.loads(decision_announcement(DECISION).value)["proposal"]
    assert proposed == {
        "channel": encode("Channel", UUID(int=6)), "desired": 2.0, "action": None, "expiresInSeconds": 300.0
    }  # fmt: skip
