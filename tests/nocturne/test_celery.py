import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from celery import signals

from nocturne.celery import VISIBILITY_SECONDS, app


def test_what_the_schedule_names_is_a_task() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_no_task_runs_longer_than_its_message_stays_hidden() -> None:
    # what is acknowledged before it runs is not handed out again
    late = [task.time_limit or 0 for task in app.tasks.values() if task.acks_late]
    limits = [app.conf.task_time_limit, *late]
    assert len(late) > 10
    assert max(limits) < VISIBILITY_SECONDS


def test_a_process_that_only_sets_up_django_queues_tasks_with_our_broker() -> None:
    code = "import django; django.setup(); from celery import current_app; print(current_app.conf.broker_url)"
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "nocturne.settings"}
    root = Path(__file__).resolve().parents[2]
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=root, env=env, text=True)
    assert printed.strip() == os.environ["REDIS_URL"]


def test_a_worker_waits_longer_for_its_broker_than_a_request_of_a_visitor_does() -> None:
    workers: Any = SimpleNamespace(broker_transport_options=dict(app.conf.broker_transport_options))
    signals.celeryd_init.send(sender="worker@here", instance=None, conf=workers, options={})
    assert workers.broker_transport_options["socket_timeout"] > app.conf.broker_transport_options["socket_timeout"]
    assert workers.broker_transport_options["visibility_timeout"] == VISIBILITY_SECONDS
