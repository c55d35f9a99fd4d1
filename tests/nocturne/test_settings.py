import os
import runpy
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured

from nocturne import database, mailers, metrics, settings
from nocturne.variables import VARIABLES

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "s" * 25 + "k" * 25,
    "SITE_URL": "https://example.org",
    "DATABASE_URL": "postgresql://user:hidden@db.example.org/nocturne",
    "REDIS_URL": "redis://cache.example.org:6379/4",
}


def read(**variables: str) -> dict[str, Any]:
    """The settings under these variables and no others."""
    with mock.patch.dict(os.environ, {"ENV_FILE": os.devnull, **variables}, clear=True):
        return runpy.run_path(settings.__file__)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"])
def test_a_database_url_may_name_the_driver_of_another_stack(scheme: str) -> None:
    config = database.config(f"{scheme}://user:p%40ss@db.example.org:6543/events")
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["HOST"], config["PORT"], config["NAME"]) == ("db.example.org", 6543, "events")
    assert (config["USER"], config["PASSWORD"]) == ("user", "p@ss")


def test_a_database_url_may_name_a_unix_socket() -> None:
    config = database.config("postgresql+asyncpg://postgres@/nocturne?host=/var/run/a%20b&sslmode=disable")
    assert (config["HOST"], config["NAME"]) == ("/var/run/a b", "nocturne")
    assert config["OPTIONS"]["sslmode"] == "disable"
    assert "host" not in config["OPTIONS"]


@pytest.mark.parametrize("url", ["sqlite:///events.db", "mysql://user@host/events"])
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PostgreSQL is the one database"):
        database.config(url)


def test_production_starts_with_all_that_it_needs() -> None:
    found = read(**PRODUCTION)
    assert (found["DEBUG"], found["ALLOWED_HOSTS"], found["SECURE_SSL_REDIRECT"]) == (False, ["example.org"], True)


@pytest.mark.parametrize("name", ["SECRET_KEY", "SITE_URL", "DATABASE_URL", "REDIS_URL"])
def test_production_does_not_start_without(name: str) -> None:
    without = {key: value for key, value in PRODUCTION.items() if key != name}
    for variables in (without, {**without, name: ""}):
        with pytest.raises(
            ImproperlyConfigured, match=f"{name} is not set. Production needs it; see docs/configuration.md"
        ):
            read(**variables)


@pytest.mark.parametrize("name", ["SECRET_KEY", "ADMIN_API_KEY"])
@pytest.mark.parametrize("key", ["secret", "development-only-" + "0" * 50, "django-insecure-" + "0" * 50])
def test_production_does_not_start_with_a_key_that_can_be_guessed(name: str, key: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name} can be guessed"):
        read(**{**PRODUCTION, name: key})


def test_an_environment_that_is_none_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="must be development or production"):
        read(ENVIRONMENT="staging")


def test_broker_and_cache_have_databases_of_their_own() -> None:
    found = read(**PRODUCTION)
    assert found["CELERY_BROKER_URL"] == "redis://cache.example.org:6379/4"
    assert found["CACHES"]["default"]["LOCATION"] == "redis://cache.example.org:6379/5"


def test_mail_goes_to_a_folder_until_a_server_is_named() -> None:
    assert read(ENVIRONMENT="development")["MAILERS"]["default"]["BACKEND"].endswith("filebased.EmailBackend")
    found = read(**PRODUCTION, SMTP_HOST="smtp.example.org")["MAILERS"]["default"]
    assert found["BACKEND"].endswith("smtp.EmailBackend")
    assert found["OPTIONS"]["host"] == "smtp.example.org"


def test_a_provider_has_its_options_under_the_names_of_its_package() -> None:
    options = {
        "MAIL_PROVIDER": "SendGrid",
        "MAIL_PROVIDER_OPTIONS": "api_key=SG.a=b, tracking_webhook_verification_key=c",
    }
    found = read(**PRODUCTION, **options, MAIL_WEBHOOK_SECRET="user:secret")
    assert found["MAILERS"]["default"]["BACKEND"] == "anymail.backends.sendgrid.EmailBackend"
    assert found["ANYMAIL"] == {
        "SENDGRID_API_KEY": "SG.a=b",
        "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": "c",
        "SENDGRID_SEND_DEFAULTS": {"track_opens": False, "track_clicks": False},
        "WEBHOOK_SECRET": ["user:secret"],
    }
    by_smtp = read(**PRODUCTION, **options, SMTP_HOST="smtp.sendgrid.example")["MAILERS"]["default"]
    assert by_smtp["BACKEND"] == "nocturne.smtp.EmailBackend"


@pytest.mark.parametrize("variable", [{"MAIL_WEBHOOK_SECRET": "secret"}, {"MAIL_LOG_DAYS": "59"}])
def test_what_of_mail_cannot_be_is_refused(variable: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match=next(iter(variable))):
        read(**PRODUCTION, **variable)


def test_the_lists_of_addresses_are_read_in_both_versions() -> None:
    found = read(**PRODUCTION, IP_WHITELIST="192.0.2.7, 2001:db8::/32", IP_BLACKLIST="198.51.100.0/24")
    assert list(map(str, found["IP_WHITELIST"])) == ["192.0.2.7/32", "2001:db8::/32"]
    assert list(map(str, found["IP_BLACKLIST"])) == ["198.51.100.0/24"]
    assert read(**PRODUCTION)["IP_WHITELIST"] == []


@pytest.mark.parametrize(
    "variable",
    [
        {"IP_WHITELIST": "example.org"},
        {"IP_BLACKLIST": "192.0.2.7/24"},
        {"RATE_LIMIT_BURST": "-1"},
        {"TRUSTED_PROXIES": "-1"},
    ],
)
def test_what_of_limits_cannot_be_is_refused(variable: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match=next(iter(variable))):
        read(**PRODUCTION, **variable)


def test_behind_a_proxy_one_is_trusted_unless_there_are_more() -> None:
    assert read(**PRODUCTION)["TRUSTED_PROXIES"] == 0
    assert read(**PRODUCTION, BEHIND_PROXY="true")["TRUSTED_PROXIES"] == 1
    assert read(**PRODUCTION, BEHIND_PROXY="true", TRUSTED_PROXIES="2")["TRUSTED_PROXIES"] == 2


def test_the_language_is_one_that_has_a_catalogue() -> None:
    assert read(**PRODUCTION)["LANGUAGE_CODE"] == "en"
    assert read(**PRODUCTION, LANGUAGE_CODE="DE")["LANGUAGE_CODE"] == "de"
    with pytest.raises(ImproperlyConfigured, match="LANGUAGE_CODE is 'tlh': it must be one of en, de"):
        read(**PRODUCTION, LANGUAGE_CODE="tlh")


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ({"SMTP_PORT": "mail"}, "SMTP_PORT is 'mail': it must be a whole number."),
        ({"SCRAPE_HOURS": "six"}, "SCRAPE_HOURS is 'six': it must be a number."),
        ({"LOG_JSON": "perhaps"}, "LOG_JSON is 'perhaps': it must be true or false."),
        ({"SITE_URL": "example.org"}, "SITE_URL is 'example.org': it must be an address"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is 'loud': it must be DEBUG, INFO, WARNING, ERROR or CRITICAL."),
        ({"LOG_BACKUPS": "0"}, "LOG_BACKUPS is 0: it must be 1 or more."),
        ({"DIGEST_HOUR": "24"}, "DIGEST_HOUR is 24: it must be 23 or less."),
        ({"ALERT_DISK_PERCENT": "100.5"}, "ALERT_DISK_PERCENT is 100.5: it must be 100 or less."),
        ({"SCRAPE_MIN_MINUTES": "0"}, "SCRAPE_MIN_MINUTES is 0.0: it must be 1 or more."),
        ({"SCRAPE_MAX_DAYS": "nan"}, "SCRAPE_MAX_DAYS is 'nan': it must be a number."),
        ({"FETCH_SECONDS": "inf"}, "FETCH_SECONDS is 'inf': it must be a number."),
        ({"MEDIA_STORAGE_OPTIONS": "{"}, "MEDIA_STORAGE_OPTIONS is '{': it must be JSON"),
        ({"DB_POOL_SIZE": "twenty"}, "DB_POOL_SIZE is 'twenty': it must be a whole number."),
        ({"DB_POOL_MAX": "0"}, "DB_POOL_MAX is 0: it must be 1 or more."),
        ({"PAGE_CACHE_SECONDS": "3600"}, "PAGE_CACHE_SECONDS is 3600: it must be 900 or less."),
        ({"ALERT_P95_SECONDS": "3"}, "ALERT_P95_SECONDS is 3: it must be 0.2, 0.5, 1, 2, 5 or 10."),
        ({"REDIS_URL": "cache.example.org:6379"}, "REDIS_URL is not what it can be: it must be redis:// or rediss://"),
        ({"REDIS_URL": "redis://cache.example.org/events"}, "REDIS_URL is not what it can be"),
        ({"SMTP_HOST": "https://smtp.example.org"}, "it must be the name of a host alone, as smtp.example.org."),
        ({"SITE_URL": "https://example.org/events"}, "it must be an address without a path"),
        ({"ALLOWED_HOSTS": "https://example.org"}, "ALLOWED_HOSTS is 'https://example.org': it must be names of hosts"),
        ({"FETCH_ALLOW": "127.0.0.1"}, "FETCH_ALLOW is '127.0.0.1': it must be host:port, comma-separated"),
        ({"METRICS_WORKER_ADDRESS": "9100"}, "METRICS_WORKER_ADDRESS is '9100': it must be host:port"),
        ({"SMTP_HOST": "smtp.example.org:587"}, "SMTP_HOST is 'smtp.example.org:587': it must be the name of a host"),
        ({"DEFAULT_FROM_EMAIL": "Events"}, "DEFAULT_FROM_EMAIL is 'Events': it must be a mail address"),
        ({"ALERT_EMAILS": "ada@example.org, bert"}, "it must be mail addresses, comma-separated."),
        ({"MAIL_PROVIDER": "pigeon"}, "MAIL_PROVIDER is 'pigeon': it must be one of amazon_ses, brevo,"),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/nowhere/key"}, "SECRET_KEY_FILE names /nowhere/key"),
        (
            {"ADMIN_API_KEY_FILE": "/nowhere/key"},
            "ADMIN_API_KEY_FILE names /nowhere/key, which cannot be read",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(variable: dict[str, str], sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        read(**{**PRODUCTION, **variable})
    assert sentence in str(refused.value)


def test_what_can_be_is_taken_in_each_of_its_forms() -> None:
    found = read(
        **{**PRODUCTION, "REDIS_URL": "rediss://:hidden@cache.example.org/"},
        SMTP_HOST="2001:db8::25",
        ALLOWED_HOSTS=".example.org, [::1]",
        FETCH_ALLOW="127.0.0.1:9000, [::1]:9001",
        DEFAULT_FROM_EMAIL="Die Nächte <events@example.org>",
        ALERT_EMAILS="ada@example.org, bert@example.org",
        ALERT_P95_SECONDS="0.50",
        LOG_LEVEL="warning",
    )
    assert found["CELERY_BROKER_URL"] == "rediss://:hidden@cache.example.org/0"
    assert (found["SMTP_HOST"], found["DEFAULT_FROM_EMAIL"]) == ("2001:db8::25", "Die Nächte <events@example.org>")
    assert found["ALLOWED_HOSTS"] == [".example.org", "[::1]"]
    assert found["FETCH_ALLOW"] == ["127.0.0.1:9000", "[::1]:9001"]
    assert found["ALERT_EMAILS"] == ["ada@example.org", "bert@example.org"]
    assert (found["ALERT_P95_SECONDS"], found["LOG_LEVEL"]) == (0.5, "WARNING")


def test_the_seconds_of_an_alert_are_edges_that_are_counted() -> None:
    assert set(map(float, VARIABLES["ALERT_P95_SECONDS"].choices)) <= set(metrics.SECONDS)


def test_before_production_somebody_is_told_of_a_sender_that_mail_servers_refuse(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Nocturne <nocturne@localhost>"
    (told,) = mailers.check()
    assert (told.id, "DEFAULT_FROM_EMAIL" in told.msg) == ("nocturne.W002", True)
    settings.DEFAULT_FROM_EMAIL = "Events <events@example.org>"
    assert mailers.check() == []


def test_what_is_set_to_nothing_counts_as_not_set() -> None:
    found = read(**PRODUCTION, RATE_LIMIT_BURST="", ALLOWED_HOSTS="", MEDIA_ROOT="", LOG_DIR="")
    assert (found["RATE_LIMIT_BURST"], found["ALLOWED_HOSTS"]) == (10, ["example.org"])
    assert (found["MEDIA_ROOT"].endswith(".data/media"), found["LOG_DIR"]) == (True, "")


def test_a_secret_may_be_in_a_file_and_begin_with_any_sign(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("$" + "k" * 49 + "\n")
    without = {name: text for name, text in PRODUCTION.items() if name != "SECRET_KEY"}
    assert read(**without, SECRET_KEY_FILE=str(path))["SECRET_KEY"] == "$" + "k" * 49


def test_a_file_of_settings_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    path = tmp_path / "env"
    with pytest.raises(ImproperlyConfigured, match=f"The settings in {path} cannot be read: .*No such file"):
        read(**PRODUCTION, ENV_FILE=str(path))
    path.write_text("SITE_NAME=Nights\nSITE_URL=https://other.example\n")
    found = read(**PRODUCTION, ENV_FILE=str(path))
    assert (found["SITE_NAME"], found["SITE_URL"]) == ("Nights", "https://example.org")


def test_a_key_of_sendgrid_makes_it_the_provider() -> None:
    found = read(**PRODUCTION, SENDGRID_API_KEY="SG.key")
    assert found["MAILERS"]["default"]["BACKEND"] == "anymail.backends.sendgrid.EmailBackend"
    assert found["ANYMAIL"]["SENDGRID_API_KEY"] == "SG.key"
