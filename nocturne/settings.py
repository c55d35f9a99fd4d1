"""Settings: made of the environment and nothing else; `.env` beside manage.py is read into it if it is there.

Which variables there are, with their defaults and bounds, is in nocturne/variables.toml.

ENVIRONMENT is "production" unless something says otherwise; manage.py says "development" if nothing does.
"""

from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Lost
from redis.retry import Retry

from nocturne import database, logs, mailers
from nocturne.configuration import read_file, value

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / ".data"

read_file(BASE_DIR / ".env")

ENVIRONMENT = value("ENVIRONMENT")
DEVELOPMENT = ENVIRONMENT == "development"
DEBUG = value("DEBUG", default=DEVELOPMENT)
SECRET_KEY = value("SECRET_KEY")
# The key of the operator's own programs; more can be made in the admin. Empty: no such key.
ADMIN_API_KEY = value("ADMIN_API_KEY")
for _name, _key, _least in (("SECRET_KEY", SECRET_KEY, 40), ("ADMIN_API_KEY", ADMIN_API_KEY, 20)):
    if not DEVELOPMENT and _key and (len(_key) < _least or _key.startswith(("development-only-", "django-insecure-"))):
        raise ImproperlyConfigured(
            f"{_name} can be guessed: take what `python -c 'import secrets; print(secrets.token_urlsafe(50))'` prints."
        )
SECRET_KEY_FALLBACKS = value("SECRET_KEY_FALLBACKS")
SITE_NAME = value("SITE_NAME")
# one line in the environment, several on the page
IMPRINT = value("IMPRINT").replace("\\n", "\n")
PRIVACY_NOTE = value("PRIVACY_NOTE").replace("\\n", "\n")
SITE_URL = value("SITE_URL")
OFFLINE_PAGES = value("OFFLINE_PAGES")
ALLOWED_HOSTS = value(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEVELOPMENT else [urlsplit(SITE_URL).hostname]
)

INSTALLED_APPS = [
    "nocturne.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "anymail",
    "allauth.account",
    "allauth.mfa",
    "nocturne",
    "events",
    "quality",
    "scraping",
    "subscriptions",
]

MIDDLEWARE = [
    "nocturne.logs.web.request_id",
    "nocturne.permissions.middleware",
    "nocturne.watching.names.middleware",
    "django.middleware.security.SecurityMiddleware",
    # in development the files are served from where they lie
    *([] if DEVELOPMENT else ["whitenoise.middleware.WhiteNoiseMiddleware"]),
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "nocturne.metrics.middleware",
    "nocturne.cors.middleware",
    # before all that asks the cache or the database
    "nocturne.traffic.middleware",
    "nocturne.problems.middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "nocturne.trail.web.middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "nocturne.accounts.marker.middleware",
    "allauth.account.middleware.AccountMiddleware",
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

# Commands that need no database (lint, types, preview) run without the variables; nothing listens there.
DATABASES = {"default": database.config(value("DATABASE_URL"))}
REDIS_URL = value("REDIS_URL")


def redis_database(number: int) -> str:
    """REDIS_URL with a database number: 0 broker, 1 cache. A number that the URL names is the first of them."""
    base, _, path = REDIS_URL.partition("://")[2].partition("/")
    scheme = REDIS_URL.partition("://")[0]
    first = int(path) if path.isdigit() else 0
    return f"{scheme}://{base}/{first + number}"


CACHES = {
    "default": {
        "BACKEND": "nocturne.fallback.FallbackCache",
        "LOCATION": redis_database(1),
        "KEY_PREFIX": value("CACHE_PREFIX"),
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": 0.3,
            "SOCKET_TIMEOUT": 0.3,
            # JSON, so that nothing that lies in Valkey is ever unpickled
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "COMPRESSOR": "django_redis.compressors.zlib.ZlibCompressor",
            "CONNECTION_POOL_KWARGS": {
                "max_connections": 100,
                # what was lost, as by a restart, is made anew at once; what hangs is not asked a second time
                "retry": Retry(NoBackoff(), 1, supported_errors=(Lost,)),
            },
        },
    }
}
PAGE_CACHE_SECONDS = value("PAGE_CACHE_SECONDS")
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.W001"]  # it knows django-redis by the name of its class alone

# --- time, language, static files ------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
# The language of the site and its mails, for all visitors: that of the code, or one that has a catalogue.
LOCALE_PATHS = [BASE_DIR / "nocturne" / "locale"]
_LOCALES = sorted(path.parents[1].name for path in LOCALE_PATHS[0].glob("*/LC_MESSAGES/django.mo"))
LANGUAGES = [(code, code) for code in ("en", *(name.lower().replace("_", "-") for name in _LOCALES))]
LANGUAGE_CODE = value("LANGUAGE_CODE").lower().replace("_", "-")
if (LANGUAGE_CODE, LANGUAGE_CODE) not in LANGUAGES:
    raise ImproperlyConfigured(
        f"LANGUAGE_CODE is {LANGUAGE_CODE!r}: it must be one of {', '.join(code for code, _ in LANGUAGES)}."
    )
# what a text says without a scheme, as "www.klub.example", is linked with this one
URLIZE_ASSUME_HTTPS = True

STATIC_CDN_URL = value("STATIC_CDN_URL")
STATIC_URL = f"{STATIC_CDN_URL}/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = value("MEDIA_ROOT", default=str(DATA_DIR / "media"))
STATICFILES_FINDERS = [
    *(["nocturne.dev.finders.InsideFinder"] if DEVELOPMENT else []),
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    # Pictures of events. Another storage, as that of django-storages, has its options as JSON.
    "default": {
        "BACKEND": value("MEDIA_STORAGE"),
        "OPTIONS": value("MEDIA_STORAGE_OPTIONS"),
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "nocturne.files.StaticStorage"
    },
}

# --- security -------------------------------------------------------------------------------------

_OWN = [CSP.SELF, *([STATIC_CDN_URL] if STATIC_CDN_URL else [])]
SECURE_CSP = {
    "default-src": _OWN,
    "script-src": _OWN,
    "style-src": _OWN,
    "img-src": [*_OWN, "data:"],
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
# balancers and Prometheus ask machine by machine, without TLS
SECURE_REDIRECT_EXEMPT = [r"^health(/|$)", r"^metrics$"]
BEHIND_PROXY = value("BEHIND_PROXY")
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies, one behind the other, have written the last addresses of X-Forwarded-For.
TRUSTED_PROXIES = value("TRUSTED_PROXIES", default=int(BEHIND_PROXY))

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# What is counted to limit it; while the cache is away each process counts for itself.
RATELIMIT_IP_META_KEY = "nocturne.client.client_ip"
RATELIMIT_FAIL_OPEN = True

# Pages and calls of the API that one address may ask for in any minute, in any hour, and at once; nocturne/traffic.py
# has what is counted apart, in proportion. 0: without that limit.
RATE_LIMIT_REQUESTS_PER_MINUTE = value("RATE_LIMIT_REQUESTS_PER_MINUTE")
RATE_LIMIT_REQUESTS_PER_HOUR = value("RATE_LIMIT_REQUESTS_PER_HOUR")
RATE_LIMIT_BURST = value("RATE_LIMIT_BURST")

# Who is never limited, and who is not answered; the first goes before the second.
IP_WHITELIST = value("IP_WHITELIST")
IP_BLACKLIST = value("IP_BLACKLIST")

# Signing in: by a code in a mail (nocturne/accounts); passwords open the admin in development only. allauth brings the
# second factor and the order of the steps. Our views count tries, which nobody does while the cache is away.
LOGIN_URL = "account_login"
CSRF_FAILURE_VIEW = "nocturne.accounts.pages.stale_form"
LOGIN_REDIRECT_URL = "admin:index"  # of the admin's own form, if the address asked for is not of this site
ADMIN_REQUIRE_MFA = value("ADMIN_REQUIRE_MFA", default=not DEVELOPMENT)
ACCOUNT_ADAPTER = "nocturne.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # the code has shown that the address is right
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_RATE_LIMITS = False
MFA_ADAPTER = "nocturne.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # half minutes that a phone's clock may be wrong
MFA_REAUTHENTICATION_REQUIRED = False  # nocturne.accounts.factors.recently does it
MFA_FORMS = {"authenticate": "nocturne.accounts.factors.AuthenticateForm"}

ALLOWED_ORIGINS = value("ALLOWED_ORIGINS")

# --- mail -----------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = value("DEFAULT_FROM_EMAIL")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
REPLY_TO_EMAIL = value("REPLY_TO_EMAIL")  # the sender's own address if empty
MAIL_DIR = DATA_DIR / "mail"
SMTP_HOST = value("SMTP_HOST")
# A provider of django-anymail, by the name it has there, as sendgrid: what it reports of our mail is taken, and without
# SMTP_HOST mail goes by its API. Its options are key=value, comma-separated.
SENDGRID_API_KEY = value("SENDGRID_API_KEY")
MAIL_PROVIDER = (value("MAIL_PROVIDER") or ("sendgrid" if SENDGRID_API_KEY else "")).lower()
MAIL_WEBHOOK_SECRET = value("MAIL_WEBHOOK_SECRET")
if MAIL_WEBHOOK_SECRET and not all(MAIL_WEBHOOK_SECRET.partition(":")):
    raise ImproperlyConfigured("MAIL_WEBHOOK_SECRET must be user:password, as it stands in the webhook's address.")
ANYMAIL: dict[str, Any] = {
    **({"SENDGRID_API_KEY": SENDGRID_API_KEY} if SENDGRID_API_KEY else {}),
    **{
        f"{MAIL_PROVIDER}_{option.strip()}".upper(): setting.strip()
        for option, _, setting in (pair.partition("=") for pair in value("MAIL_PROVIDER_OPTIONS"))
    },
    "WEBHOOK_SECRET": [MAIL_WEBHOOK_SECRET] if MAIL_WEBHOOK_SECRET else [],
}
if MAIL_PROVIDER in ("mailgun", "mailjet", "mandrill", "postmark", "sendgrid", "sparkpost"):  # they would, otherwise
    ANYMAIL[f"{MAIL_PROVIDER}_SEND_DEFAULTS".upper()] = {"track_opens": False, "track_clicks": False}
# Days that the ledger of mail is kept; it has addresses in it, and what is not confirmed yet, and digests, need it.
MAIL_LOG_DAYS = value("MAIL_LOG_DAYS")
MAILERS = mailers.config(MAIL_PROVIDER, folder=MAIL_DIR)

# Mails an hour that the provider takes; digests wait for it, over all workers. 0: without limit.
MAIL_RATE_PER_HOUR = value("MAIL_RATE_PER_HOUR")

# The weekly digest: at which hour of a subscriber's day it goes, by the city's clock; how many hours before the first
# of them it is drafted for editors; how many mails go at once, and seconds until the next.
DIGEST_HOUR = value("DIGEST_HOUR")
DIGEST_DRAFT_HOURS = value("DIGEST_DRAFT_HOURS")
DIGEST_BATCH = value("DIGEST_BATCH")
DIGEST_PAUSE = value("DIGEST_PAUSE")

# --- background work --------------------------------------------------------------------------------

CELERY_BROKER_URL = redis_database(0)

# --- web processes ----------------------------------------------------------------------------------

# gunicorn.conf.py reads them; without a number there are as many processes as there are processors.
WEB_CONCURRENCY = value("WEB_CONCURRENCY")
WEB_THREADS = value("WEB_THREADS")

# --- collecting events ------------------------------------------------------------------------------

# Addresses that the guarded client may reach although they are not public: exact host:port, comma-separated.
FETCH_ALLOW = value("FETCH_ALLOW")
FETCH_USER_AGENT = value("FETCH_USER_AGENT", default=f"NocturneBot/0.1 (+{SITE_URL}/bot/)")
# Where publishers write who do not want to be read; the sender of our mail if empty.
FETCH_CONTACT = value("FETCH_CONTACT")
FETCH_MAX_BYTES = value("FETCH_MAX_BYTES")
FETCH_SECONDS = value("FETCH_SECONDS")
# Seconds between two requests to one host, over all workers; its robots.txt may ask for more.
FETCH_HOST_SECONDS = value("FETCH_HOST_SECONDS")
# Hosts that may be read although their terms forbid it to programs, because their owner permits it.
FETCH_PERMITTED_HOSTS = [host.lower() for host in value("FETCH_PERMITTED_HOSTS")]
# Hours between the first two readings of a source. From then on it follows how often its answers change, within
# these bounds.
SCRAPE_HOURS = value("SCRAPE_HOURS")
SCRAPE_MIN_MINUTES = value("SCRAPE_MIN_MINUTES")
SCRAPE_MAX_DAYS = value("SCRAPE_MAX_DAYS")
SERIES_HORIZON_DAYS = value("SERIES_HORIZON_DAYS")

# --- matching and quality ---------------------------------------------------------------------------

MATCH_TITLE_PERCENT = value("MATCH_TITLE_PERCENT")
MATCH_LOCATION_PERCENT = value("MATCH_LOCATION_PERCENT")
MATCH_MINUTES = value("MATCH_MINUTES")
QUALITY_PUBLISH_SCORE = value("QUALITY_PUBLISH_SCORE")
SUBMISSIONS_TRUSTED_AFTER = value("SUBMISSIONS_TRUSTED_AFTER")

# --- backups ----------------------------------------------------------------------------------------

BACKUP_DIR = value("BACKUP_DIR")
BACKUP_KEEP = value("BACKUP_KEEP")

# --- the trail --------------------------------------------------------------------------------------

TRAIL_DAYS = value("TRAIL_DAYS")

# --- logs -------------------------------------------------------------------------------------------

LOG_LEVEL = value("LOG_LEVEL")
# Files beside the console, one a subject; empty: none.
LOG_DIR = value("LOG_DIR", default=str(DATA_DIR / "logs"))
LOG_JSON = value("LOG_JSON")
LOG_FILE_MB = value("LOG_FILE_MB")
LOG_BACKUPS = value("LOG_BACKUPS")
# What takes longer is told, with view and route or task; 0: never.
SLOW_QUERY_SECONDS = value("SLOW_QUERY_SECONDS")
SLOW_REQUEST_SECONDS = value("SLOW_REQUEST_SECONDS")
# An OpenTelemetry collector that takes OTLP over HTTP; its headers are key=value, comma-separated.
OTEL_EXPORTER_OTLP_ENDPOINT = value("OTEL_EXPORTER_OTLP_ENDPOINT")
OTEL_EXPORTER_OTLP_HEADERS = value("OTEL_EXPORTER_OTLP_HEADERS")
OTEL_SERVICE_NAME = value("OTEL_SERVICE_NAME")
LOGGING = logs.configuration(
    level=LOG_LEVEL,
    json=LOG_JSON,
    folder=LOG_DIR,
    max_bytes=int(LOG_FILE_MB * 1_000_000),
    backups=LOG_BACKUPS,
    collector={
        "endpoint": OTEL_EXPORTER_OTLP_ENDPOINT,
        "headers": {
            name.strip(): unquote(held.strip())
            for name, _, held in (header.partition("=") for header in OTEL_EXPORTER_OTLP_HEADERS)
        },
        "service": OTEL_SERVICE_NAME,
    }
    if OTEL_EXPORTER_OTLP_ENDPOINT
    else None,
)

# --- health, metrics and alerts -----------------------------------------------------------------------

ENABLE_METRICS = value("ENABLE_METRICS")
METRICS_ALLOW = value("METRICS_ALLOW", default=[ip_network("127.0.0.1"), ip_network("::1")] if DEVELOPMENT else [])
METRICS_TOKEN = value("METRICS_TOKEN")
METRICS_DIR = value("METRICS_DIR", default=str(DATA_DIR / "metrics"))
METRICS_WORKER_ADDRESS = value("METRICS_WORKER_ADDRESS")
METRICS_RETENTION_HOURS = value("METRICS_RETENTION_HOURS")
HEARTBEAT_URL = value("HEARTBEAT_URL")
ALERT_EMAILS = value("ALERT_EMAILS")
ALERT_WEBHOOK_URL = value("ALERT_WEBHOOK_URL")
ALERT_REPEAT_HOURS = value("ALERT_REPEAT_HOURS")
ALERT_OPEN_AFTER = value("ALERT_OPEN_AFTER")
ALERT_RESOLVE_AFTER = value("ALERT_RESOLVE_AFTER")
ALERT_ERROR_PERCENT = value("ALERT_ERROR_PERCENT")
ALERT_ERROR_REQUESTS = value("ALERT_ERROR_REQUESTS")
ALERT_P95_SECONDS = value("ALERT_P95_SECONDS")
ALERT_DISK_PERCENT = value("ALERT_DISK_PERCENT")
ALERT_WORKER_MINUTES = value("ALERT_WORKER_MINUTES")
ALERT_SOURCE_FAILURES = value("ALERT_SOURCE_FAILURES")
ALERT_DIGEST_HOURS = value("ALERT_DIGEST_HOURS")
ALERT_CITY_HOURS = value("ALERT_CITY_HOURS")
