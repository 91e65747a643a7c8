"""Everything that whoever runs TwinQL may set, read once from the environment and the file `.env`."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values

from twinql.errors import InvalidInputError

Reader = Callable[[str], Any]

# Numpy reads it once, when it is loaded. Arrays are small here: threads of linear algebra would wait for one another on
# cores that are busy with requests, and take several times as long as one alone.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _whole(least: int, most: int) -> Reader:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise InvalidInputError(f"a whole number from {least} to {most}")
        return number

    return read


def _seconds(most: float) -> Reader:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0 < number <= most:
            raise InvalidInputError(f"a number of seconds above 0 and up to {most:g}")
        return number

    return read


def _one_of(*choices: str) -> Reader:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise InvalidInputError(f"one of {', '.join(choices)}")
        return text.lower()

    return read


def _yes_or_no(text: str) -> bool:
    answers = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}
    if text.lower() not in answers:
        raise InvalidInputError("true or false")
    return answers[text.lower()]


def _postgres_url(text: str) -> str:
    if not text.startswith(("postgresql://", "postgres://")):
        raise InvalidInputError("an address like postgresql://user:password@host:5432/database")
    return text


def _smtp_url(text: str) -> str:
    fits = re.fullmatch(r"smtps?://([^@/?#\s]+@)?[^@/?#\s]+/?", text)
    if not fits or not _has_host(text):
        raise InvalidInputError("an address like smtp://user:password@host:587, or smtps://user:password@host:465")
    return text


def _mqtt_url(text: str) -> str:
    if not re.fullmatch(r"mqtts?://[^@/?#\s]+/?", text) or not _has_host(text):
        raise InvalidInputError("an address like mqtt://host:1883, or mqtts://host:8883 for TLS")
    return text


def _servers(text: str) -> str:
    servers = [each.strip() for each in text.split(",")]
    if not all(re.fullmatch(r"[A-Za-z0-9.\-_\[\]:]+:[0-9]{1,5}", each) for each in servers):
        raise InvalidInputError("brokers like kafka-1:9092,kafka-2:9092")
    return ",".join(servers)


def _topic(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", text):
        raise InvalidInputError("1 to 249 letters, digits, dots, hyphens or underscores")
    return text


def _client_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,60}", text):
        raise InvalidInputError("1 to 60 letters, digits, dots, hyphens or underscores")
    return text


def _has_host(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _secret(text: str) -> str:
    if len(text.encode()) < 32:  # noqa: PLR2004 - what HS256 asks for (RFC 7518, 3.2)
        raise InvalidInputError("the project's JWT secret, which has at least 32 bytes")
    return text


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not parts.hostname or parts.query or parts.fragment or not (parts.scheme == "https" or local):
        raise InvalidInputError("an address like https://name.example (http only for this machine)")
    return text.rstrip("/")


def _issuer(text: str) -> str:
    _web_address(text)
    return text  # compared to the letter with the `iss` of tokens, which may end with a slash


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(each.strip().lower().rstrip("/") for each in text.split(",") if each.strip())
    for each in origins:
        parts = urlsplit(each)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or "*" in each:
            raise InvalidInputError("web origins with commas between them, like https://app.example")
    return origins


def _setting(variable: str, read: Reader, *, default: Any) -> Any:
    return field(default=default, metadata={"variable": variable, "read": read})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this process was asked to run. docs/settings.md says what each field is for."""

    database_url: str | None = _setting("DATABASE_URL", _postgres_url, default=None)
    direct_url: str | None = _setting("DIRECT_URL", _postgres_url, default=None)
    data: Path = _setting("TWINQL_DATA", Path, default=Path(".twinql"))  # noqa: RUF009 - a Path never changes
    supabase_url: str | None = _setting("SUPABASE_URL", _web_address, default=None)
    supabase_jwt_secret: str | None = _setting("SUPABASE_JWT_SECRET", _secret, default=None)
    supabase_service_role_key: str | None = _setting("SUPABASE_SERVICE_ROLE_KEY", str, default=None)
    oidc_issuer: str | None = _setting("OIDC_ISSUER", _issuer, default=None)
    oidc_audience: str | None = _setting("OIDC_AUDIENCE", str, default=None)
    origins: tuple[str, ...] | None = _setting("TWINQL_ORIGINS", _origins, default=None)
    create_organisation: bool = _setting("TWINQL_CREATE_ORGANISATION", _yes_or_no, default=False)
    introspection: str = _setting("TWINQL_INTROSPECTION", _one_of("auto", "everyone", "members"), default="auto")
    metrics: str = _setting("TWINQL_METRICS", _one_of("local", "everyone"), default="local")
    trusted_documents: Path | None = _setting("TWINQL_TRUSTED_DOCUMENTS", Path, default=None)  # noqa: RUF009
    trusted_only: bool = _setting("TWINQL_TRUSTED_ONLY", _yes_or_no, default=False)
    cost_limit: int = _setting("TWINQL_COST_LIMIT", _whole(100, 10**9), default=250_000)
    cost_budget: int = _setting("TWINQL_COST_BUDGET", _whole(100, 10**9), default=2_500_000)
    url: str = _setting("TWINQL_URL", _web_address, default="http://127.0.0.1:8000/graphql")
    token: str | None = _setting("TWINQL_TOKEN", str, default=None)
    host: str = _setting("TWINQL_HOST", str, default="127.0.0.1")
    port: int = _setting("TWINQL_PORT", _whole(1, 65535), default=8000)
    pool_size: int = _setting("TWINQL_POOL_SIZE", _whole(1, 500), default=10)
    queue_size: int = _setting("TWINQL_QUEUE_SIZE", _whole(0, 100_000), default=500)
    queue_wait_s: float = _setting("TWINQL_QUEUE_WAIT_S", _seconds(600), default=2.0)
    statement_timeout_s: float = _setting("TWINQL_STATEMENT_TIMEOUT_S", _seconds(3600), default=15.0)
    shutdown_grace_s: float = _setting("TWINQL_SHUTDOWN_GRACE_S", _seconds(600), default=10.0)
    log_level: str = _setting("TWINQL_LOG_LEVEL", _one_of("debug", "info", "warning", "error"), default="info")
    log_format: str = _setting("TWINQL_LOG_FORMAT", _one_of("auto", "text", "json"), default="auto")
    alarm_webhooks_private: bool = _setting("ALARM_WEBHOOKS_PRIVATE", _yes_or_no, default=False)
    command_webhooks_private: bool = _setting("COMMAND_WEBHOOKS_PRIVATE", _yes_or_no, default=False)
    smtp_url: str | None = _setting("SMTP_URL", _smtp_url, default=None)
    smtp_from: str | None = _setting("SMTP_FROM", str, default=None)
    mqtt_url: str | None = _setting("MQTT_URL", _mqtt_url, default=None)
    mqtt_username: str | None = _setting("MQTT_USERNAME", str, default=None)
    mqtt_password: str | None = _setting("MQTT_PASSWORD", str, default=None)
    mqtt_ca_file: Path | None = _setting("MQTT_CA_FILE", Path, default=None)  # noqa: RUF009 - as above
    mqtt_client_id: str = _setting("MQTT_CLIENT_ID", _client_id, default="twinql")
    mqtt_shared: bool = _setting("MQTT_SHARED", _yes_or_no, default=False)
    kafka_bootstrap_servers: str | None = _setting("KAFKA_BOOTSTRAP_SERVERS", _servers, default=None)
    kafka_group: str = _setting("KAFKA_GROUP", _topic, default="twinql")
    kafka_readings_topic: str | None = _setting("KAFKA_READINGS_TOPIC", _topic, default=None)
    kafka_rejected_topic: str | None = _setting("KAFKA_REJECTED_TOPIC", _topic, default=None)
    kafka_decisions_topic: str | None = _setting("KAFKA_DECISIONS_TOPIC", _topic, default=None)
    kafka_commands_topic: str | None = _setting("KAFKA_COMMANDS_TOPIC", _topic, default=None)
    kafka_security: str = _setting(
        "KAFKA_SECURITY", _one_of("plaintext", "ssl", "sasl_plaintext", "sasl_ssl"), default="plaintext"
    )
    kafka_sasl_mechanism: str = _setting(
        "KAFKA_SASL_MECHANISM", _one_of("plain", "scram-sha-256", "scram-sha-512"), default="scram-sha-512"
    )
    kafka_username: str | None = _setting("KAFKA_USERNAME", str, default=None)
    kafka_password: str | None = _setting("KAFKA_PASSWORD", str, default=None)
    kafka_ca_file: Path | None = _setting("KAFKA_CA_FILE", Path, default=None)  # noqa: RUF009 - as above
    demo: bool = _setting("TWINQL_DEMO", _yes_or_no, default=True)
    demo_seed: int = _setting("TWINQL_DEMO_SEED", _whole(0, 2**32 - 1), default=1)
    demo_history_days: int = _setting("TWINQL_DEMO_HISTORY_DAYS", _whole(1, 730), default=60)
    feed_retention_hours: int = _setting("TWINQL_FEED_RETENTION_HOURS", _whole(1, 8760), default=6)
    publish_readings: bool = _setting("TWINQL_PUBLISH_READINGS", _yes_or_no, default=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str | None]) -> Self:
        """Read the settings from variables; an empty or missing one keeps its default.

        Raises:
            InvalidInputError: A value does not fit; the message names the variable and what would.
        """
        values = {}
        for each in fields(cls):
            variable = each.metadata["variable"]
            text = (env.get(variable) or "").strip()
            if not text:
                continue
            try:
                values[each.name] = each.metadata["read"](text)
            except InvalidInputError as error:
                raise InvalidInputError(
                    f"{variable} does not fit: set it to {error.message}.", path=[variable]
                ) from None
        return cls(**values)

    @classmethod
    def load(cls, directory: Path | None = None) -> Self:
        """Read the environment of this process over the file `.env` of a directory, the current one by default."""
        return cls.from_env({**dotenv_values((directory or Path.cwd()) / ".env"), **os.environ})

    @property
    def migration_url(self) -> str | None:
        """Where migrations and LISTEN connect: DIRECT_URL, else DATABASE_URL; None means the embedded database."""
        return self.direct_url or self.database_url
