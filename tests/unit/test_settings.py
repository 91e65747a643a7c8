"""Settings are read from a mapping; what does not fit is named."""

from pathlib import Path

import pytest

from twinql.errors import InvalidInputError
from twinql.settings import Settings


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_env({})
    assert settings.port == 8000
    assert settings.data == Path(".twinql")
    assert settings.migration_url is None


def test_an_empty_value_means_the_default() -> None:
    assert Settings.from_env({"TWINQL_PORT": " ", "DATABASE_URL": ""}) == Settings()


def test_values_are_read_as_what_they_are() -> None:
    settings = Settings.from_env({"TWINQL_PORT": "9000", "TWINQL_DEMO": "No", "TWINQL_SHUTDOWN_GRACE_S": "2.5"})
    assert (settings.port, settings.demo, settings.shutdown_grace_s) == (9000, False, 2.5)


def test_the_direct_address_is_where_migrations_connect() -> None:
    pooled, direct = "postgresql://pooler:6543/db", "postgresql://host:5432/db"
    assert Settings.from_env({"DATABASE_URL": pooled}).migration_url == pooled
    assert Settings.from_env({"DATABASE_URL": pooled, "DIRECT_URL": direct}).migration_url == direct


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TWINQL_PORT", "http"),
        ("TWINQL_PORT", "0"),
        ("TWINQL_PORT", "65536"),
        ("TWINQL_DEMO", "maybe"),
        ("TWINQL_LOG_LEVEL", "loud"),
        ("TWINQL_SHUTDOWN_GRACE_S", "nan"),
        ("TWINQL_SHUTDOWN_GRACE_S", "-1"),
        ("DATABASE_URL", "mysql://host/db"),
    ],
)
def test_a_value_that_does_not_fit_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^{variable} does not fit: set it to .+\\.$"):
        Settings.from_env({variable: value})


def test_a_complaint_never_repeats_a_password() -> None:
    with pytest.raises(InvalidInputError) as caught:
        Settings.from_env({"DATABASE_URL": "mysql://me:secret@host/db"})
    assert "secret" not in caught.value.message


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("TWINQL_PORT=9001\nTWINQL_POOL_SIZE=3\n")
    monkeypatch.setenv("TWINQL_PORT", "9002")
    settings = Settings.load(tmp_path)
    assert (settings.port, settings.pool_size) == (9002, 3)


def test_origins_are_kept_as_browsers_send_them() -> None:
    settings = Settings.from_env({"TWINQL_ORIGINS": "https://App.example/, http://localhost:3000"})
    assert settings.origins == ("https://app.example", "http://localhost:3000")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TWINQL_ORIGINS", "*"),
        ("TWINQL_ORIGINS", "app.example"),
        ("TWINQL_ORIGINS", "https://app.example/path"),
        ("SUPABASE_URL", "http://project.supabase.co"),
        ("SUPABASE_JWT_SECRET", "short"),
        ("OIDC_ISSUER", "clerk"),
        ("TWINQL_COST_LIMIT", "0"),
    ],
)
def test_what_would_open_the_server_is_refused(variable: str, value: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^{variable} does not fit"):
        Settings.from_env({variable: value})


def test_an_issuer_keeps_its_slash() -> None:
    assert Settings.from_env({"OIDC_ISSUER": "https://tenant.auth0.com/"}).oidc_issuer == "https://tenant.auth0.com/"
