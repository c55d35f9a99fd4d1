"""What is counted: by view, never by path, over several processes, and not at all where that is switched off."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from django.test import Client

from nocturne import metrics

ROOT = Path(__file__).resolve().parent.parent.parent


def count(**labels: str) -> float:
    return metrics.REGISTRY.get_sample_value("nocturne_request_seconds_count", labels) or 0.0


def run(code: str, **environment: str) -> str:
    """What a process of its own prints."""
    given = {**os.environ, "DJANGO_SETTINGS_MODULE": "nocturne.settings", **environment}
    given.pop("PROMETHEUS_MULTIPROC_DIR", None)  # which a test in this process may have set
    code = textwrap.dedent(code)
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=given, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=50, check=True
    ).stdout


@pytest.mark.django_db
def test_requests_are_counted_by_view_method_and_class_of_status(client: Client) -> None:
    before = count(view="events:city", method="GET", status="4xx")
    client.get("/nowhere-at-all/")
    client.get("/nowhere-else/")
    assert count(view="events:city", method="GET", status="4xx") == before + 2
    assert not re.search("nowhere-(at-all|else)", str(list(metrics.REGISTRY.collect())))


def test_a_method_that_a_client_made_up_makes_no_metric(client: Client) -> None:
    client.generic("INVENTED", "/bot/")
    assert "INVENTED" not in str(list(metrics.REGISTRY.collect()))
    assert count(view="events:bot", method="other", status="4xx") >= 1


def test_nothing_is_counted_where_metrics_are_switched_off() -> None:
    printed = run(
        """
        import django
        django.setup()
        from django.test import Client
        from nocturne import metrics
        Client().get("/bot/", headers={"host": "localhost"})
        metrics.cache_hits.labels("page").inc()
        metrics.query_seconds.observe(1)
        print(len(list(metrics.REGISTRY.collect())))
        """,
        ENABLE_METRICS="false",
    )
    assert printed.strip() == "0"


COUNTING = """
    import os, signal, sys, time
    from nocturne.watching import folder
    assert folder.share(os.environ["METRICS_DIR"], "web")  # before anything is imported that counts
    import django
    django.setup()
    from nocturne import metrics
    metrics.scrapes.labels("done").inc()      # the parent's
    children = []
    for number in (1, 2):
        pid = os.fork()
        if pid == 0:
            metrics.scrapes.labels("done").inc(number)
            metrics.pool_in_use.set(number)
            os._exit(0) if number == 1 else os.kill(os.getpid(), 9)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    from nocturne.watching.exposition import exposed
    for when in ("before", "after", "again"):
        text = exposed().decode()
        wanted = ("nocturne_scrapes_total", "nocturne_pool_in_use ")
        print(when, *[line for line in text.splitlines() if line.startswith(wanted)])
        print(when, len(list((folder.Path(os.environ["METRICS_DIR"]) / "web").glob("counter_*"))))
        folder.sweep()
"""


def test_processes_count_together_and_what_ended_ones_counted_stays(tmp_path: Path) -> None:
    printed = run(COUNTING, METRICS_DIR=str(tmp_path)).splitlines()
    assert printed[0] == 'before nocturne_scrapes_total{outcome="done"} 4.0 nocturne_pool_in_use 3.0'
    assert printed[1] == "before 3"
    # the gauges of the dead are gone, their counts are added up in one file
    assert printed[2] == 'after nocturne_scrapes_total{outcome="done"} 4.0 nocturne_pool_in_use 0.0'
    assert printed[3] == "after 2"
    assert printed[4:] == [line.replace("after", "again") for line in printed[2:4]]


def test_the_folder_is_emptied_when_the_family_starts_and_nobody_of_it_lives(tmp_path: Path) -> None:
    run(COUNTING, METRICS_DIR=str(tmp_path))
    (tmp_path / "web" / f"counter_{os.getpid()}.db").write_bytes(b"")  # of one that lives
    printed = run(
        """
        import os
        from nocturne.watching import folder
        folder.share(os.environ["METRICS_DIR"], "web")
        print(*sorted(file.name for file in (folder.Path(os.environ["METRICS_DIR"]) / "web").glob("*.db")))
        """,
        METRICS_DIR=str(tmp_path),
    )
    assert printed.split() == [f"counter_{os.getpid()}.db"]


def test_a_child_that_closes_all_files_of_its_parent_counts_as_others_do(tmp_path: Path) -> None:
    printed = run(
        """
        import os
        from nocturne.watching import folder
        folder.share(os.environ["METRICS_DIR"], "worker")
        import django
        django.setup()
        from nocturne import metrics
        metrics.query_seconds.observe(1)
        pid = os.fork()
        if pid == 0:
            os.closerange(3, 1000)  # as Celery's beat does
            metrics.query_seconds.observe(1)
            metrics.scrapes.labels("done").inc()
            os._exit(0)
        print(os.waitpid(pid, 0)[1])
        from nocturne.watching.exposition import exposed
        print(*[line for line in exposed().decode().splitlines() if line.startswith("nocturne_query_seconds_count")])
        """,
        METRICS_DIR=str(tmp_path),
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/nowhere",
    )
    assert printed.splitlines() == ["0", "nocturne_query_seconds_count 2.0"]


def test_a_folder_that_cannot_be_written_to_leaves_each_process_to_itself(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    printed = run(
        """
        import os
        from nocturne.watching import folder
        print(folder.share(os.environ["METRICS_DIR"], "web"), folder.is_shared())
        """,
        METRICS_DIR=str(file),
    )
    assert printed.strip() == "False False"
