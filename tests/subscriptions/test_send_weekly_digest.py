import datetime as dt
import os
import signal
import subprocess
import sys
from collections import Counter
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone as clock

from nocturne import mail
from nocturne.models import EmailLog
from subscriptions import digests
from subscriptions.models import Digest, DigestItem
from tests.factories import make_city, make_event
from tests.mailservers import MailServer

from .issues import EARLIER, MONDAY, NINE, make_night, make_week
from .people import ADA, make_subscription

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

# Kills the process at the nth call of a function, before or after it did its work.
DIE_AT = """
import importlib, os, signal
import django
from django.conf import settings
django.setup()
options = {{"host": "127.0.0.1", "port": {port}, "timeout": 5}}
settings.MAILERS = {{"default": {{"BACKEND": "nocturne.smtp.EmailBackend", "OPTIONS": options}}}}
from django.core.management import call_command

module, _, owner = {module!r}.partition(":")
place = importlib.import_module(module)
place = getattr(place, owner) if owner else place
work, calls = getattr(place, {name!r}), 0

def mortal(*args, **kwargs):
    global calls
    calls += 1
    answer = work(*args, **kwargs) if {moment!r} == "after" else None
    if calls == {call}:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer if {moment!r} == "after" else work(*args, **kwargs)

setattr(place, {name!r}, mortal)
call_command("send_weekly_digest", send=True)
"""


@pytest.fixture(autouse=True)
def _at_once(settings: Any) -> None:
    settings.DIGEST_PAUSE = 0


def run(**options: Any) -> str:
    out = StringIO()
    call_command("send_weekly_digest", stdout=out, **options)
    return out.getvalue()


def test_without_send_it_says_what_would_go_to_how_many_and_writes_nothing(mail_server: MailServer) -> None:
    with time_machine.travel(EARLIER, tick=False) as at:
        make_night("A concert", 1, category="music")
        make_night("A show of pictures", -20, local_end=f"{MONDAY + dt.timedelta(days=9)}T20:00")
        make_subscription()
        make_subscription("bob@example.org", weekday=4)
        make_subscription("cat@example.org", search="category=books")
        at.move_to(NINE)
        said = run()
    assert "Berlin, week of 30 Nov 2026 (not drafted yet), 2 events:" in said
    assert "Tue 1 Dec  A concert" in said
    assert "until Wed 9 Dec  A show of pictures" in said
    assert "would go to 2 of 3 who have not had it (Monday 2, Friday 1)" in said
    assert not Digest.objects.exists()
    assert not EmailLog.objects.exists()
    assert mail_server.received == []


def test_with_send_it_goes_now_whatever_the_day_and_once(mail_server: MailServer) -> None:
    with time_machine.travel(EARLIER, tick=False) as at:
        make_week()
        make_subscription()
        make_subscription("bob@example.org", weekday=4)
        at.move_to(NINE + dt.timedelta(hours=1))
        assert "2 sent now; in all 2 sent" in run(send=True)
        assert "0 sent now; in all 2 sent" in run(send=True)
        make_subscription("cat@example.org")
        assert "1 sent now; in all 3 sent" in run(send=True, city="de--berlin")
        assert "would go to 0 of 0" in run()
    assert Counter(mail_server.recipients) == {ADA: 1, "bob@example.org": 1, "cat@example.org": 1}


def test_what_is_held_or_unknown_is_said(mail_server: MailServer) -> None:
    make_city("los-angeles", active=False)
    with pytest.raises(CommandError, match="There is no city 'xx--nowhere'"):
        run(city="xx--nowhere")
    with pytest.raises(CommandError, match="is not active"):
        run(city="ca--los-angeles", send=True)
    assert run() == "Nobody is subscribed, so there is nothing to send.\n"
    make_subscription()
    digest = digests.draft(make_city())
    digests.hold(digest, "Wait.")
    assert "is held: Wait." in run(send=True)
    assert mail_server.received == []


@pytest.mark.parametrize(
    ("module", "name", "call", "moment", "in_flight"),
    [
        ("nocturne.mail", "queue_all", 1, "after", 0),
        ("nocturne.claims:Claims", "begin", 7, "after", 1),
        ("nocturne.smtp:EmailBackend", "_hand_over", 12, "after", 1),
        ("subscriptions.sending", "_let_go", 1, "before", 0),
        *(
            pytest.param(*point, marks=pytest.mark.slow)
            for point in (
                ("subscriptions.digests", "_freeze", 1, "after", 0),
                ("nocturne.mail", "queue_all", 1, "before", 0),
                ("nocturne.claims:Claims", "begin", 7, "before", 1),
                ("nocturne.smtp:EmailBackend", "_announce", 7, "after", 1),
                ("nocturne.smtp:EmailBackend", "_hand_over", 12, "before", 1),
                ("nocturne.claims:Claims", "close", 1, "before", 1),
                ("nocturne.claims:Claims", "close", 1, "after", 0),
            )
        ),
    ],
)
def test_killed_anywhere_nobody_gets_two_and_nobody_is_left_out(
    mail_server: MailServer, module: str, name: str, call: int, moment: str, in_flight: int, settings: Any
) -> None:
    city = make_city()
    soon = clock.now().astimezone(city.zone) + dt.timedelta(days=2)
    make_event("Soon", local=f"{soon:%Y-%m-%d}T20:00", city=city)
    people = {f"reader-{n}@example.org" for n in range(24)}
    for person in people:
        make_subscription(person)
    code = DIE_AT.format(
        port=settings.MAILERS["default"]["OPTIONS"]["port"], module=module, name=name, call=call, moment=moment
    )
    worker = program("-c", code)
    said, _ = worker.communicate(timeout=60)
    assert worker.returncode == -signal.SIGKILL, said.decode()
    Digest.objects.update(claimed_until=clock.now() - dt.timedelta(seconds=1))
    run(send=True)
    got = Counter(mail_server.recipients)
    assert set(got.values()) == {1}
    stuck = EmailLog.objects.filter(state="sending")
    assert stuck.count() == in_flight
    assert set(got) | {row.address for row in stuck} == people
    # the one in flight may have arrived, is named, and is not sent again
    mail.settle(now=clock.now() + mail.ABANDONED * 2)
    assert EmailLog.objects.filter(state="uncertain").count() == in_flight
    run(send=True)
    assert Counter(mail_server.recipients) == got
    assert DigestItem.objects.count() == 1


def program(*arguments: str) -> subprocess.Popen[bytes]:
    """Python in a process of its own, on the database of this test."""
    values = connection.settings_dict
    host = values["HOST"]
    url = f"postgresql://{values['USER']}@{'' if host.startswith('/') else host}:{values['PORT']}".rstrip(":")
    url += f"/{values['NAME']}" + (f"?host={host}" if host.startswith("/") else "")
    own = {"DJANGO_SETTINGS_MODULE": "nocturne.settings", "DATABASE_URL": url, "DIGEST_PAUSE": "0"}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, **own, "SITE_URL": django_settings.SITE_URL},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_without_a_mail_server_it_is_written_to_files(settings: Any, tmp_path: Any) -> None:
    backend = "django.core.mail.backends.filebased.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"file_path": str(tmp_path)}}}
    with time_machine.travel(EARLIER, tick=False) as at:
        make_week()
        for n in range(12):
            make_subscription(f"reader-{n}@example.org")
        at.move_to(NINE)
        assert "12 sent now" in run(send=True)
    written = "".join(file.read_text() for file in tmp_path.iterdir())
    assert written.count("\nList-Id: <digest.berlin.nocturne.example>\n") == 12
