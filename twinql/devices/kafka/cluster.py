"""Where a Kafka cluster is and who TwinQL is to it. Its client is loaded where settings name one, and not before."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from twinql.errors import InvalidInputError
from twinql.settings import Settings


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kafka cluster, and what TwinQL does with it.

    Attributes:
        servers: Some of its brokers, host:port with commas between them.
        group: The consumer group in which all servers of TwinQL share the readings.
        readings: The topic that readings come from; None where none do.
        rejected: The topic to which records go that cannot be read at all; None where they are only counted and logged.
        decisions: The topic to which decisions are announced; None where they are not.
        commands: The topic to which commands are announced; None where they are not.
        security: How brokers are spoken to: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
        mechanism: How TwinQL logs in by SASL.
        username: The name to log in by.
        password: The password for it.
        ca_file: Certificates of those who may vouch for the brokers; None for those that this computer trusts.
    """

    servers: str
    group: str = "twinql"
    readings: str | None = None
    rejected: str | None = None
    decisions: str | None = None
    commands: str | None = None
    security: str = "PLAINTEXT"
    mechanism: str = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Return the cluster that settings name; None where they name none.

        Raises:
            InvalidInputError: The settings do not fit together.
        """
        if settings.kafka_bootstrap_servers is None:
            return None
        security = settings.kafka_security.upper()
        if security.startswith("SASL") and (settings.kafka_username is None or settings.kafka_password is None):
            raise InvalidInputError("KAFKA_SECURITY asks for a login: set KAFKA_USERNAME and KAFKA_PASSWORD.")
        return cls(
            servers=settings.kafka_bootstrap_servers,
            group=settings.kafka_group,
            readings=settings.kafka_readings_topic,
            rejected=settings.kafka_rejected_topic,
            decisions=settings.kafka_decisions_topic,
            commands=settings.kafka_commands_topic,
            security=security,
            mechanism=settings.kafka_sasl_mechanism.upper(),
            username=settings.kafka_username,
            password=settings.kafka_password,
            ca_file=settings.kafka_ca_file,
        )

    def producer(self) -> Any:
        """Make a producer: what it has sent is on every in-sync replica, once and in order."""
        from aiokafka import AIOKafkaProducer  # noqa: PLC0415 - only for those who have Kafka

        return AIOKafkaProducer(**self._how(), acks="all", enable_idempotence=True, linger_ms=5)

    def consumer(self) -> Any:
        """Make a consumer of readings: its place is where TwinQL says, and transactions that failed are not seen."""
        from aiokafka import AIOKafkaConsumer  # noqa: PLC0415 - only for those who have Kafka

        return AIOKafkaConsumer(
            self.readings,
            **self._how(),
            group_id=self.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )

    def _how(self) -> Mapping[str, Any]:
        context = ssl.create_default_context(cafile=self.ca_file) if self.security.endswith("SSL") else None
        return {
            "bootstrap_servers": self.servers.split(","),
            "client_id": "twinql",
            "security_protocol": self.security,
            "ssl_context": context,
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }
