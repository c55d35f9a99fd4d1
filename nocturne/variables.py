"""Every variable of the environment that Nocturne reads: settings.py asks for them by name, nocturne/configuration.py
converts and judges them, and docs/configuration.md and .env.example are made of them (`make reference`).
"""

from dataclasses import dataclass
from typing import Any

_KIND_OF = {str: "text", int: "whole", float: "number", bool: "switch", list: "list"}


@dataclass(frozen=True, slots=True)
class Variable:
    """`default` is a value of the kind, None if settings.py works it out; `help` is a line of Markdown.

    `required` is by production; `development` is what development takes instead. `secret` ones may be given as a file.
    `example` is shown where there is no default. `empty` ones may be set to nothing, which others take as not set.
    `least` bounds numbers, `choices` texts.
    """

    name: str
    default: Any
    help: str
    kind: str = ""
    required: bool = False
    development: str = ""
    secret: bool = False
    example: str = ""
    empty: bool = False
    least: float | None = None
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.kind:
            object.__setattr__(self, "kind", _KIND_OF[type(self.default)])


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    variables: tuple[Variable, ...]


SECTIONS: tuple[Section, ...] = (
    Section(
        "The site",
        (
            Variable(
                "ENVIRONMENT",
                "production",
                "`production` or `development`. `manage.py` says `development` if nothing is set",
                choices=("development", "production"),
            ),
            Variable(
                "ENV_FILE",
                "",
                "another file than `.env` beside `manage.py` to read settings from; what the environment sets goes first",
            ),
            Variable(
                "OFFLINE_PAGES",
                True,
                "whether browsers keep the pages that they have seen, for when there is no network; switched off, what they kept is thrown away",
            ),
            Variable("COMMIT", "", "the commit that runs, for `/version`; images bring it, a clone knows it from git"),
            Variable("DEBUG", None, "on in development, off in production: leave it", kind="switch"),
            Variable("SITE_NAME", "Nocturne", "the name of the site"),
            Variable(
                "SITE_URL",
                "",
                "the site's address, as `https://events.example.org`; in links of mails, feeds and calendars",
                required=True,
                kind="address",
                development="http://127.0.0.1:8000",
                example="https://events.example.org",
            ),
            Variable(
                "LANGUAGE_CODE",
                "en",
                "the language of public pages, feeds and mails: `en`, or one that has a catalogue in `nocturne/locale/`, as `de`; dates, times and prices follow it",
            ),
            Variable(
                "SECRET_KEY",
                "",
                "at least 40 characters; signs sessions and links",
                required=True,
                secret=True,
                development="development-only-" + "0" * 50,
            ),
            Variable(
                "SECRET_KEY_FALLBACKS",
                [],
                "former keys, comma-separated, whose signatures still count, and by which erased addresses are recognised",
                secret=True,
            ),
        ),
    ),
    Section(
        "Addresses and limits",
        (
            Variable(
                "ALLOWED_HOSTS",
                None,
                "host names that are answered, comma-separated; the host of SITE_URL if empty",
                kind="list",
                example="events.example.org",
            ),
            Variable(
                "BEHIND_PROXY",
                False,
                "whether to believe the proxy's `X-Forwarded-Proto`, and the last address of its `X-Forwarded-For`",
            ),
            Variable(
                "TRUSTED_PROXIES",
                None,
                "how many proxies, one behind the other, append to `X-Forwarded-For`; 1 with BEHIND_PROXY, else 0",
                kind="whole",
                least=0,
            ),
            Variable(
                "ADMIN_REQUIRE_MFA",
                None,
                "whether the admin asks for a [second factor](operators.md#second-factors); on in production, off in development",
                kind="switch",
            ),
            Variable(
                "RATE_LIMIT_REQUESTS_PER_MINUTE",
                60,
                "pages that one address may ask for in any minute; [what else is counted](operators.md#limits) is in proportion. 0: any number",
                least=0,
            ),
            Variable("RATE_LIMIT_REQUESTS_PER_HOUR", 1000, "and in any hour. 0: any number", least=0),
            Variable(
                "RATE_LIMIT_BURST", 10, "and at once; one more as often as the minute allows. 0: any number", least=0
            ),
            Variable(
                "IP_WHITELIST",
                [],
                "addresses and networks that are never limited, as `192.0.2.7,2001:db8::/32`",
                kind="networks",
            ),
            Variable(
                "IP_BLACKLIST",
                [],
                "addresses and networks that are not answered, unless the other list has them",
                kind="networks",
            ),
            Variable(
                "ALLOWED_ORIGINS",
                [],
                "sites whose pages may read the API in their visitors' browsers, as `https://example.org`; none without it",
                kind="origins",
            ),
            Variable("ADMIN_API_KEY", "", "a key for the API; more can be made in the admin. Empty: none", secret=True),
        ),
    ),
    Section(
        "Database, cache and queue",
        (
            Variable(
                "DATABASE_URL",
                "",
                "`postgresql://user:password@host:port/name`; `?host=/dir` for a socket; `postgresql+asyncpg://` is understood",
                required=True,
                secret=True,
                development="postgresql://nobody@127.0.0.1:1/nocturne",
                example="postgresql://nocturne:password@127.0.0.1:5432/nocturne",
            ),
            Variable(
                "DB_POOL_SIZE",
                20,
                "[connections](operators.md#connections) to the database that the web processes of a machine keep open together",
                least=0,
            ),
            Variable("DB_POOL_MAX", 40, "and how many they have at most; each has its part of them", least=1),
            Variable(
                "DB_POOLER",
                False,
                "whether DATABASE_URL names a pooler that gives each transaction another session, as [PgBouncer](operators.md#pgbouncer)",
            ),
            Variable(
                "DB_CONN_MAX_AGE",
                60,
                "seconds that a process which has no pool, as a worker, keeps its connection to the database",
                least=0,
            ),
            Variable(
                "REDIS_URL",
                "",
                "`redis://:password@host:port`; the queue is in its first database, the cache in the next. `/8` at the end makes it 8 and 9",
                required=True,
                secret=True,
                development="redis://127.0.0.1:1",
                example="redis://127.0.0.1:6379",
            ),
            Variable("CACHE_PREFIX", "nocturne", "what the keys of the cache begin with"),
            Variable(
                "PAGE_CACHE_SECONDS",
                900,
                "seconds that a public page is kept if nothing on it changes, 900 at most; 0: each is rendered each time",
                least=0,
            ),
        ),
    ),
    Section(
        "Web processes",
        (
            Variable(
                "WEB_CONCURRENCY",
                None,
                "how many processes gunicorn has; if empty as many as there are processors, 2 at least, and no more than the connections of DB_POOL_MAX suffice for",
                kind="whole",
                least=1,
            ),
            Variable("WEB_THREADS", 4, "how many requests each of them answers at once", least=1),
        ),
    ),
    Section(
        "Static files",
        (
            Variable(
                "STATIC_CDN_URL",
                "",
                "a CDN that fetches `/static/` from this site, as `https://cdn.example.org`: pages then take scripts, styles, fonts and icons from there",
                kind="origin",
                example="https://cdn.example.org",
            ),
        ),
    ),
    Section(
        "Backups",
        (
            Variable(
                "BACKUP_DIR",
                "",
                "the folder that gets a dump of the database each day, from a worker; none if empty",
                example="/var/backups/nocturne",
            ),
            Variable("BACKUP_KEEP", 14, "how many dumps stay in it", least=1),
        ),
    ),
    Section(
        "Pictures",
        (
            Variable("MEDIA_ROOT", None, "the folder of the pictures of events; `.data/media` if empty", kind="text"),
            Variable(
                "MEDIA_STORAGE",
                "nocturne.files.FileStorage",
                "another of Django's storages, by its dotted name, as that of django-storages for S3",
            ),
            Variable("MEDIA_STORAGE_OPTIONS", {}, "its options as JSON", kind="json"),
        ),
    ),
    Section(
        "Mail",
        (
            Variable("DEFAULT_FROM_EMAIL", "Nocturne <nocturne@localhost>", "the sender of mail"),
            Variable("REPLY_TO_EMAIL", "", "where answers to mail go; to the sender's address if empty"),
            Variable(
                "SMTP_HOST",
                "",
                "the mail server. Empty: mail is written to `.data/mail/` instead",
                example="smtp.example.org",
            ),
            Variable("SMTP_PORT", 587, "with a user STARTTLS on 587; TLS on 465", least=1),
            Variable("SMTP_USER", "", "the user of the mail server, if it asks for one"),
            Variable("SMTP_PASSWORD", "", "and the password", secret=True),
            Variable("SENDGRID_API_KEY", "", "the key of SendGrid, which makes it the provider below", secret=True),
            Variable(
                "MAIL_PROVIDER",
                "",
                "the provider whose [reports](operators.md#what-comes-back) are taken, as `sendgrid`; without SMTP_HOST mail goes by its API",
                example="sendgrid",
            ),
            Variable(
                "MAIL_PROVIDER_OPTIONS",
                [],
                "what it needs, as `api_key=…,sender_domain=mg.example.org`",
                secret=True,
                example="api_key=...",
            ),
            Variable(
                "MAIL_WEBHOOK_SECRET",
                "",
                "`user:password` that its reports have to carry; without it none is taken",
                secret=True,
                example="user:password",
            ),
            Variable("MAIL_LOG_DAYS", 400, "days that mails stay in the ledger, 60 at least", least=60),
            Variable(
                "MAIL_RATE_PER_HOUR", 0, "mails an hour that the mail provider takes; 0 is without limit", least=0
            ),
        ),
    ),
    Section(
        "Digests",
        (
            Variable(
                "DIGEST_HOUR", 9, "at which hour of a subscriber's day the digest goes, by the city's clock", least=0
            ),
            Variable(
                "DIGEST_DRAFT_HOURS", 12.0, "how many hours before that of Monday it is drafted for editors", least=0
            ),
            Variable("DIGEST_BATCH", 10, "how many mails go at once, over one connection", least=1),
            Variable("DIGEST_PAUSE", 1.0, "seconds until the next of them", least=0),
        ),
    ),
    Section(
        "Collecting events",
        (
            Variable(
                "FETCH_ALLOW",
                [],
                "addresses that may be read although they are not public, exact `host:port`, comma-separated",
                example="127.0.0.1:9000",
            ),
            Variable(
                "FETCH_USER_AGENT",
                None,
                "what publishers see; `NocturneBot/0.1` with the address of the page for publishers if empty",
                kind="text",
            ),
            Variable(
                "FETCH_CONTACT",
                "",
                "the mail address on the page for publishers, for those who do not want to be read; the sender of mail if empty",
            ),
            Variable("FETCH_MAX_BYTES", 10_000_000, "the largest answer of a source, unpacked", least=1),
            Variable("FETCH_SECONDS", 30.0, "the longest that an answer may take", least=0.1),
            Variable(
                "FETCH_HOST_SECONDS",
                1.0,
                "seconds between two requests to one host, over all workers; its robots.txt may ask for more",
                least=0,
            ),
            Variable(
                "FETCH_PERMITTED_HOSTS",
                [],
                "hosts that may be read although their terms forbid it to programs, because their owner permits it to you; comma-separated",
            ),
            Variable(
                "SCRAPE_HOURS",
                6.0,
                "hours between the first two readings of a source; then it follows how often its answers change",
            ),
            Variable("SCRAPE_MIN_MINUTES", 30.0, "no source is read more often, unless somebody asks for it"),
            Variable("SCRAPE_MAX_DAYS", 7.0, "none is read less often"),
            Variable("SERIES_HORIZON_DAYS", 180, "how far ahead series are expanded", least=1),
        ),
    ),
    Section(
        "Matching and quality",
        (
            Variable("MATCH_TITLE_PERCENT", 85, "how alike titles have to be to be of one event"),
            Variable("MATCH_LOCATION_PERCENT", 70, "how alike places have to be"),
            Variable("MATCH_MINUTES", 60, "how far apart starts may be"),
            Variable("QUALITY_PUBLISH_SCORE", 50, "the score under which an event is held"),
            Variable(
                "SUBMISSIONS_TRUSTED_AFTER",
                2,
                "events of an address that editors must have published before what it sends in is listed without them; 0 is never",
                least=0,
            ),
        ),
    ),
    Section(
        "Trail",
        (Variable("TRAIL_DAYS", 730, "days that the trail keeps who changed what", least=1),),
    ),
    Section(
        "Logs",
        (
            Variable(
                "LOG_LEVEL",
                "INFO",
                "from which level on lines are logged",
                choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
            ),
            Variable(
                "LOG_DIR",
                None,
                "the folder of the [log files](operators.md#logs); `.data/logs` if it is not set, no files if it is set to nothing",
                kind="text",
                empty=True,
            ),
            Variable("LOG_JSON", False, "whether lines are JSON, on the console and in the files"),
            Variable("LOG_FILE_MB", 10.0, "megabytes at which a log file is put aside", least=0.001),
            Variable("LOG_BACKUPS", 5, "how many of those are kept of each log, 1 at least", least=1),
            Variable("SLOW_QUERY_SECONDS", 0.5, "database queries that take longer are logged; 0 is never"),
            Variable("SLOW_REQUEST_SECONDS", 2.0, "the same for requests"),
            Variable(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "",
                "an OpenTelemetry collector that gets all lines, too, by OTLP over HTTP, as `http://127.0.0.1:4318`",
                kind="address",
                example="http://127.0.0.1:4318",
            ),
            Variable(
                "OTEL_EXPORTER_OTLP_HEADERS",
                [],
                "headers for it, as `authorization=Basic%20…`, comma-separated",
                secret=True,
            ),
            Variable("OTEL_SERVICE_NAME", "nocturne", "how it names this site"),
        ),
    ),
    Section(
        "Health, metrics and alerts",
        (
            Variable(
                "ENABLE_METRICS",
                True,
                "whether anything is counted; without it there is no `/metrics` and no status page",
            ),
            Variable(
                "METRICS_ALLOW",
                None,
                "addresses and networks that may read `/metrics`; in development this computer, in production nobody if empty",
                kind="networks",
                example="10.0.0.0/8",
            ),
            Variable(
                "METRICS_TOKEN", "", "who says it as `Authorization: Bearer …` may read `/metrics`, too", secret=True
            ),
            Variable(
                "METRICS_DIR",
                None,
                "the folder in which the processes of a machine count together; `.data/metrics` if empty",
                kind="text",
            ),
            Variable(
                "METRICS_WORKER_ADDRESS",
                "",
                "`host:port` at which a worker answers Prometheus, to anybody: for machines that have workers and no web",
                example="10.0.0.7:9100",
            ),
            Variable("METRICS_RETENTION_HOURS", 24, "how long the status page looks back", least=1),
            Variable(
                "HEARTBEAT_URL",
                "",
                "asked once a minute as long as the site watches itself: the address of a service that tells when it stops",
                kind="url",
                secret=True,
                example="https://hc-ping.com/your-uuid",
            ),
            Variable("ALERT_EMAILS", [], "who gets alerts, comma-separated; all active superusers if empty"),
            Variable(
                "ALERT_WEBHOOK_URL",
                "",
                "gets alerts as JSON by POST",
                kind="url",
                secret=True,
                example="https://chat.example.org/hooks/abc",
            ),
            Variable("ALERT_REPEAT_HOURS", 1.0, "until an alert that lasts is told again", least=1),
            Variable(
                "ALERT_OPEN_AFTER", 2, "how many looks, one a minute, have to be bad until an alert opens", least=1
            ),
            Variable("ALERT_RESOLVE_AFTER", 3, "and how many in a row good until it is resolved", least=1),
            Variable("ALERT_ERROR_PERCENT", 10.0, "an alert if more requests than that fail within 5 minutes"),
            Variable("ALERT_ERROR_REQUESTS", 20, "of at least so many", least=1),
            Variable(
                "ALERT_P95_SECONDS", 5.0, "an alert if more than 5 % of them take longer: 0.2, 0.5, 1, 2, 5 or 10"
            ),
            Variable("ALERT_DISK_PERCENT", 90.0, "an alert if more of a disk is used"),
            Variable(
                "ALERT_WORKER_MINUTES", 3.0, "an alert if no worker, or no beat, is heard of for so long", least=1
            ),
            Variable("ALERT_SOURCE_FAILURES", 3, "an alert if so many readings of a source in a row fail", least=1),
            Variable("ALERT_DIGEST_HOURS", 3.0, "an alert if a digest is so late and not sent", least=0.1),
            Variable("ALERT_CITY_HOURS", 24.0, "an alert if a city has had no event to come for so long", least=0),
        ),
    ),
)

VARIABLES = {variable.name: variable for section in SECTIONS for variable in section.variables}
