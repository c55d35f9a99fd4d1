"""Settings: read from the environment and nothing else; `.env` beside manage.py is read into it if it is there.

ENVIRONMENT is "production" unless something says otherwise; manage.py says "development" if nothing does.
"""

import ipaddress
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from nocturne import logs

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / ".data"

env = environ.Env()
environ.Env.read_env(os.environ.get("ENV_FILE") or BASE_DIR / ".env")

ENVIRONMENT = env.str("ENVIRONMENT", default="production")
if ENVIRONMENT not in ("development", "production"):
    raise ImproperlyConfigured(f"ENVIRONMENT is {ENVIRONMENT!r}: it must be development or production.")
DEVELOPMENT = ENVIRONMENT == "development"


def required(name: str, *, development: str) -> str:
    """The value of a variable, which only development may leave out."""
    value = env.str(name, default="") or (development if DEVELOPMENT else "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. Production needs it; see docs/operators.md.")
    return value


DEBUG = env.bool("DEBUG", default=DEVELOPMENT)
SECRET_KEY = required("SECRET_KEY", development="development-only-" + "0" * 50)
if not DEVELOPMENT and (len(SECRET_KEY) < 40 or SECRET_KEY.startswith("development-only-")):
    raise ImproperlyConfigured(
        "SECRET_KEY can be guessed: take what `python -c 'import secrets; print(secrets.token_urlsafe(50))'` prints."
    )
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_NAME = env.str("SITE_NAME", default="Nocturne")
SITE_URL = required("SITE_URL", development="http://127.0.0.1:8000").rstrip("/")
if urlsplit(SITE_URL).scheme not in ("http", "https") or not urlsplit(SITE_URL).hostname:
    raise ImproperlyConfigured(f"SITE_URL is {SITE_URL!r}: it must be the site's address, as https://example.org.")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEVELOPMENT else [urlsplit(SITE_URL).hostname]
)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "anymail",
    "nocturne",
    "events",
    "quality",
    "scraping",
    "subscriptions",
]

MIDDLEWARE = [
    "nocturne.logs.web.request_id",
    "django.middleware.security.SecurityMiddleware",
    # in development the files are served from where they lie
    *([] if DEVELOPMENT else ["whitenoise.middleware.WhiteNoiseMiddleware"]),
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    # before all that asks the cache or the database
    "nocturne.traffic.middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "nocturne.urls"
WSGI_APPLICATION = "nocturne.wsgi.application"
AUTH_USER_MODEL = "nocturne.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- database, cache and broker -------------------------------------------------------------------


def database(url: str) -> dict[str, Any]:
    """Django's settings of a database URL; `postgresql+asyncpg://`, as other stacks spell it, is understood."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme.split("+")[0] in ("postgres", "postgresql"):
        url = f"postgresql://{rest}"
    config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    if config.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must be postgresql://…: PostgreSQL is the one database.")
    config["CONN_MAX_AGE"] = env.int("DB_CONN_MAX_AGE", default=60)
    config["CONN_HEALTH_CHECKS"] = True
    options = config.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 5)
    if "host" in options:  # ?host=/dir is how a URL names a Unix socket
        config["HOST"] = options.pop("host")
    return config


# Commands that need no database (lint, types, preview) run without the variables; nothing listens there.
DATABASES = {"default": database(required("DATABASE_URL", development="postgresql://nobody@127.0.0.1:1/nocturne"))}
REDIS_URL = required("REDIS_URL", development="redis://127.0.0.1:1")


def redis_database(number: int) -> str:
    """REDIS_URL with a database number: 0 broker, 1 cache. A number that the URL names is the first of them."""
    base, _, path = REDIS_URL.partition("://")[2].partition("/")
    scheme = REDIS_URL.partition("://")[0]
    first = int(path) if path.isdigit() else 0
    return f"{scheme}://{base}/{first + number}"


CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": redis_database(1),
        "KEY_PREFIX": env.str("CACHE_PREFIX", default="nocturne"),
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": 0.3,
            "SOCKET_TIMEOUT": 0.3,
            "IGNORE_EXCEPTIONS": True,  # a page is slower without the cache, never broken
        },
    }
}

# --- time, language, static files ------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
# The language of the site and its mails, for all visitors: that of the code, or one that has a catalogue.
LOCALE_PATHS = [BASE_DIR / "nocturne" / "locale"]
_LOCALES = sorted(path.parents[1].name for path in LOCALE_PATHS[0].glob("*/LC_MESSAGES/django.mo"))
LANGUAGES = [(code, code) for code in ("en", *(name.lower().replace("_", "-") for name in _LOCALES))]
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en").strip().lower().replace("_", "-")
if (LANGUAGE_CODE, LANGUAGE_CODE) not in LANGUAGES:
    raise ImproperlyConfigured(
        f"LANGUAGE_CODE is {LANGUAGE_CODE!r}: it must be one of {', '.join(code for code, _ in LANGUAGES)}."
    )
# what a text says without a scheme, as "www.klub.example", is linked with this one
URLIZE_ASSUME_HTTPS = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(DATA_DIR / "media"))
STATICFILES_FINDERS = [
    *(["nocturne.dev.finders.InsideFinder"] if DEVELOPMENT else []),
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    # Pictures of events. Another storage, as that of django-storages, has its options as JSON.
    "default": {
        "BACKEND": env.str("MEDIA_STORAGE", default="nocturne.files.FileStorage"),
        "OPTIONS": env.json("MEDIA_STORAGE_OPTIONS", default={}),
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- security -------------------------------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not DEVELOPMENT
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEVELOPMENT
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies, one behind the other, have written the last addresses of X-Forwarded-For.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=int(BEHIND_PROXY))

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# What is counted to limit it; while the cache is away nothing is.
RATELIMIT_IP_META_KEY = "nocturne.client.client_ip"
RATELIMIT_FAIL_OPEN = True

# Pages and calls of the API that one address may ask for in any minute, in any hour, and at once; nocturne/traffic.py
# has what is counted apart, in proportion. 0: without that limit.
RATE_LIMIT_REQUESTS_PER_MINUTE = env.int("RATE_LIMIT_REQUESTS_PER_MINUTE", default=60)
RATE_LIMIT_REQUESTS_PER_HOUR = env.int("RATE_LIMIT_REQUESTS_PER_HOUR", default=1000)
RATE_LIMIT_BURST = env.int("RATE_LIMIT_BURST", default=10)
for _name in ("RATE_LIMIT_REQUESTS_PER_MINUTE", "RATE_LIMIT_REQUESTS_PER_HOUR", "RATE_LIMIT_BURST", "TRUSTED_PROXIES"):
    if globals()[_name] < 0:
        raise ImproperlyConfigured(f"{_name} must be 0 or more.")


def networks(name: str, listed: list[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The addresses and networks that the variable of this name lists."""
    try:
        return [ipaddress.ip_network(part.strip()) for part in listed if part.strip()]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}. Write them as 192.0.2.7,198.51.100.0/24.") from error


# Who is never limited, and who is not answered; the first goes before the second.
IP_WHITELIST = networks("IP_WHITELIST", env.list("IP_WHITELIST", default=[]))
IP_BLACKLIST = networks("IP_BLACKLIST", env.list("IP_BLACKLIST", default=[]))

LOGIN_REDIRECT_URL = "admin:index"  # where signing in leads if the address asked for is not of this site

# The key of the operator's own programs; more can be made in the admin. Empty: no such key.
ADMIN_API_KEY = env.str("ADMIN_API_KEY", default="")

# --- mail -----------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Nocturne <nocturne@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
REPLY_TO_EMAIL = env.str("REPLY_TO_EMAIL", default="")  # the sender's own address if empty
MAIL_DIR = DATA_DIR / "mail"
SMTP_HOST = env.str("SMTP_HOST", default="")
SMTP_PORT = env.int("SMTP_PORT", default=587)
SMTP_USER = env.str("SMTP_USER", default="")
# A provider of django-anymail, by the name it has there, as sendgrid: what it reports of our mail is taken, and without
# SMTP_HOST mail goes by its API. Its options are key=value, comma-separated.
MAIL_PROVIDER = env.str("MAIL_PROVIDER", default="").strip().lower()
MAIL_WEBHOOK_SECRET = env.str("MAIL_WEBHOOK_SECRET", default="")
if MAIL_WEBHOOK_SECRET and not all(MAIL_WEBHOOK_SECRET.partition(":")):
    raise ImproperlyConfigured("MAIL_WEBHOOK_SECRET must be user:password, as it stands in the webhook's address.")
ANYMAIL: dict[str, Any] = {
    **{
        f"{MAIL_PROVIDER}_{name.strip()}".upper(): value.strip()
        for name, _, value in (option.partition("=") for option in env.list("MAIL_PROVIDER_OPTIONS", default=[]))
    },
    "WEBHOOK_SECRET": [MAIL_WEBHOOK_SECRET] if MAIL_WEBHOOK_SECRET else [],
}
if MAIL_PROVIDER in ("mailgun", "mailjet", "mandrill", "postmark", "sendgrid", "sparkpost"):  # they would, otherwise
    ANYMAIL[f"{MAIL_PROVIDER}_SEND_DEFAULTS".upper()] = {"track_opens": False, "track_clicks": False}
# Days that the ledger of mail is kept; it has addresses in it.
MAIL_LOG_DAYS = env.int("MAIL_LOG_DAYS", default=400)
if MAIL_LOG_DAYS < 60:
    raise ImproperlyConfigured("MAIL_LOG_DAYS must be 60 or more: what is not confirmed yet, and digests, need it.")
if SMTP_HOST:
    MAILERS = {
        "default": {
            "BACKEND": "nocturne.smtp.EmailBackend",
            "OPTIONS": {
                "host": SMTP_HOST,
                "port": SMTP_PORT,
                "username": SMTP_USER,
                "password": env.str("SMTP_PASSWORD", default=""),
                "use_tls": SMTP_PORT == 587 and bool(SMTP_USER),
                "use_ssl": SMTP_PORT == 465,
                "timeout": 10,
            },
        }
    }
elif MAIL_PROVIDER:
    MAILERS = {"default": {"BACKEND": f"anymail.backends.{MAIL_PROVIDER}.EmailBackend", "OPTIONS": {}}}
else:
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(MAIL_DIR)},
        }
    }

# Mails an hour that the provider takes; digests wait for it, over all workers. 0: without limit.
MAIL_RATE_PER_HOUR = env.int("MAIL_RATE_PER_HOUR", default=0)

# The weekly digest: at which hour of a subscriber's day it goes, by the city's clock; how many hours before the first
# of them it is drafted for editors; how many mails go at once, and seconds until the next.
DIGEST_HOUR = env.int("DIGEST_HOUR", default=9)
DIGEST_DRAFT_HOURS = env.float("DIGEST_DRAFT_HOURS", default=12)
DIGEST_BATCH = env.int("DIGEST_BATCH", default=10)
DIGEST_PAUSE = env.float("DIGEST_PAUSE", default=1)

# --- background work --------------------------------------------------------------------------------

CELERY_BROKER_URL = redis_database(0)

# --- collecting events ------------------------------------------------------------------------------

# Addresses that the guarded client may reach although they are not public: exact host:port, comma-separated.
FETCH_ALLOW = [address.strip() for address in env.list("FETCH_ALLOW", default=[])]
FETCH_USER_AGENT = env.str(
    "FETCH_USER_AGENT", default=f"NocturneBot/0.1 (+{SITE_URL or 'https://nocturne.example'}/bot/)"
)
# Where publishers write who do not want to be read; the sender of our mail if empty.
FETCH_CONTACT = env.str("FETCH_CONTACT", default="")
FETCH_MAX_BYTES = env.int("FETCH_MAX_BYTES", default=10_000_000)
FETCH_SECONDS = env.float("FETCH_SECONDS", default=30)
# Seconds between two requests to one host, over all workers; its robots.txt may ask for more.
FETCH_HOST_SECONDS = env.float("FETCH_HOST_SECONDS", default=1)
# Hosts that may be read although their terms forbid it to programs, because their owner permits it.
FETCH_PERMITTED_HOSTS = [host.strip().lower() for host in env.list("FETCH_PERMITTED_HOSTS", default=[])]
# Hours between the first two readings of a source. From then on it follows how often its answers change, within
# these bounds.
SCRAPE_HOURS = env.float("SCRAPE_HOURS", default=6)
SCRAPE_MIN_MINUTES = env.float("SCRAPE_MIN_MINUTES", default=30)
SCRAPE_MAX_DAYS = env.float("SCRAPE_MAX_DAYS", default=7)
SERIES_HORIZON_DAYS = env.int("SERIES_HORIZON_DAYS", default=180)

# --- matching and quality ---------------------------------------------------------------------------

MATCH_TITLE_PERCENT = env.int("MATCH_TITLE_PERCENT", default=85)
MATCH_LOCATION_PERCENT = env.int("MATCH_LOCATION_PERCENT", default=70)
MATCH_MINUTES = env.int("MATCH_MINUTES", default=60)
QUALITY_PUBLISH_SCORE = env.int("QUALITY_PUBLISH_SCORE", default=50)

# --- logs -------------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
    raise ImproperlyConfigured(f"LOG_LEVEL is {LOG_LEVEL!r}: it must be DEBUG, INFO, WARNING, ERROR or CRITICAL.")
# Files beside the console, one a subject; empty: none.
LOG_DIR = env.str("LOG_DIR", default=str(DATA_DIR / "logs"))
LOG_JSON = env.bool("LOG_JSON", default=False)
LOG_FILE_MB = env.float("LOG_FILE_MB", default=10)
LOG_BACKUPS = env.int("LOG_BACKUPS", default=5)
if LOG_FILE_MB <= 0 or LOG_BACKUPS < 1:
    raise ImproperlyConfigured("LOG_FILE_MB must be above 0, and LOG_BACKUPS 1 or more: else files would never end.")
# What takes longer is told, with view and route or task; 0: never.
SLOW_QUERY_SECONDS = env.float("SLOW_QUERY_SECONDS", default=0.5)
SLOW_REQUEST_SECONDS = env.float("SLOW_REQUEST_SECONDS", default=2)
# An OpenTelemetry collector that takes OTLP over HTTP; its headers are key=value, comma-separated.
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
if OTEL_EXPORTER_OTLP_ENDPOINT and not OTEL_EXPORTER_OTLP_ENDPOINT.startswith(("http://", "https://")):
    raise ImproperlyConfigured("OTEL_EXPORTER_OTLP_ENDPOINT must be an address, as http://127.0.0.1:4318.")
OTEL_EXPORTER_OTLP_HEADERS = env.list("OTEL_EXPORTER_OTLP_HEADERS", default=[])
OTEL_SERVICE_NAME = env.str("OTEL_SERVICE_NAME", default="nocturne")
LOGGING = logs.configuration(
    level=LOG_LEVEL,
    json=LOG_JSON,
    folder=LOG_DIR,
    max_bytes=int(LOG_FILE_MB * 1_000_000),
    backups=LOG_BACKUPS,
    collector={
        "endpoint": OTEL_EXPORTER_OTLP_ENDPOINT,
        "headers": {
            name.strip(): unquote(value.strip())
            for name, _, value in (header.partition("=") for header in OTEL_EXPORTER_OTLP_HEADERS)
        },
        "service": OTEL_SERVICE_NAME,
    }
    if OTEL_EXPORTER_OTLP_ENDPOINT
    else None,
)
