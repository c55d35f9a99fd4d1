"""Background work: celery -A nocturne worker, and celery -A nocturne beat.

The schedule only asks the database what is due, so that a beat that forgets, or a second one, does no harm.
"""

import os
from typing import Any

from celery import Celery, signals
from celery.schedules import crontab
from kombu import Queue

from nocturne.logs import worker as logs
from nocturne.watching import worker as watching

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nocturne.settings")

# A worker serves both unless -Q names one, as that of the scrapers does: readings wait for publishers, and mail is not
# to wait for readings.
QUEUES = ("celery", "scraping")
PREFIX = "nocturne:"  # of all keys of the queue

# Longer than any task may run: a task whose message is not acknowledged until then is run again.
VISIBILITY_SECONDS = 900

watching.connect()
app = Celery("nocturne")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    timezone="UTC",
    task_queues=[Queue(name, routing_key=name) for name in QUEUES],
    task_default_queue=QUEUES[0],
    task_routes={
        # somebody waits for it, or it is short
        "scraping.send_submission_mail": {"queue": "celery"},
        "scraping.tidy_submissions": {"queue": "celery"},
        "scraping.*": {"queue": "scraping"},
    },
    # A task that a worker died over is run again: each claims its work in the database first.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_soft_time_limit=540,
    task_time_limit=600,
    worker_max_tasks_per_child=200,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_SECONDS,
        # abandoned messages come back 10 seconds after the timeout; with the defaults it takes 100
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        # who queues something while the broker is away hears so at once
        "max_retries": 2,
        "interval_start": 0,
        "interval_step": 0.1,
        # a visitor's request waits no longer for a broker that hangs; workers, who wait for work, do
        "socket_timeout": 1,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "global_keyprefix": PREFIX,
    },
    # It remembers nothing: the default one keeps a file, which some Pythons cannot lock on some file systems.
    beat_scheduler="celery.beat:Scheduler",
    beat_schedule={
        # A tick that waited longer than to the next one is dropped.
        "scrape what is due": {"task": "scraping.scrape_due", "schedule": 60.0, "options": {"expires": 55}},
        "look where editors wait": {"task": "scraping.discover_waiting", "schedule": 60.0, "options": {"expires": 55}},
        "tidy submissions": {"task": "scraping.tidy_submissions", "schedule": 60.0, "options": {"expires": 55}},
        "fetch pictures": {"task": "scraping.images_due", "schedule": 60.0, "options": {"expires": 55}},
        # At 02:00 UTC and on: a task that finds its work done ends at once, so that no missed moment matters.
        "audit quality": {
            "task": "quality.audit_due",
            "schedule": crontab(minute="*/10"),
            "options": {"expires": 590},
        },
        "back up": {"task": "nocturne.backup_due", "schedule": crontab(minute="*/10"), "options": {"expires": 590}},
        "archive what is over": {
            "task": "events.cleanup_events",
            "schedule": crontab(minute=0, day_of_week="sunday"),
            "options": {"expires": 3590},
        },
        "tidy subscriptions and mail": {"task": "subscriptions.tidy", "schedule": 60.0, "options": {"expires": 55}},
        "forget sessions": {"task": "nocturne.forget", "schedule": crontab(minute=20), "options": {"expires": 3590}},
        "remind those who go": {"task": "subscriptions.remind", "schedule": 300.0, "options": {"expires": 290}},
        "tell those who go": {"task": "subscriptions.tell_of_changes", "schedule": 60.0, "options": {"expires": 55}},
        "send the digests": {"task": "subscriptions.digests_due", "schedule": 15.0, "options": {"expires": 14}},
    },
)
app.autodiscover_tasks()


@signals.celeryd_init.connect(weak=False)
def be_patient(conf: Any, **_: Any) -> None:
    """Of workers: a question for work is answered late when there is none."""
    conf.broker_transport_options = {**conf.broker_transport_options, "socket_timeout": 30}


logs.connect()
