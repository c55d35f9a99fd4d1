import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[2]
KEYS = set(
    "target external_id title starts_at ends_at all_day time_known status venue address url price_min price_max "
    "currency is_free organizer description image_url category".split()
)
ICS = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
SUMMARY:Jäzz
DTSTART;TZID=Europe/Berlin:20261205T200000
LOCATION:Blue Note
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:No date
END:VEVENT
END:VCALENDAR
"""
PAGE = """<html><script type="application/ld+json">
{"@type": "MusicEvent", "name": "Rock", "startDate": "2026-12-06", "offers": {"price": 0}, "url": "rock"}
</script></html>"""


def preview(*targets, **options):
    out = io.StringIO()
    status = 0
    try:
        call_command("preview", *map(str, targets), "--from=2026-12-01", "--until=2027-01-01", stdout=out, **options)
    except SystemExit as done:
        status = done.code
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.ics").write_text(ICS, "utf-8")
    (tmp_path / "b.txt").write_text(PAGE, "utf-8")
    (tmp_path / "c.ics").write_text("nothing", "utf-8")
    return tmp_path


def test_each_event_is_a_line_with_the_keys_of_the_contract(files):
    status, (row,) = preview(files / "b.txt", timezone="Europe/Berlin")
    assert status == 0
    assert row.keys() == KEYS
    assert row["starts_at"] == "2026-12-06T00:00:00+01:00"
    assert (row["time_known"], row["is_free"], row["price_min"], row["category"]) == (False, True, 0, "music")


def test_what_cannot_be_read_is_an_error_line_and_the_rest_goes_on(files):
    status, rows = preview(files / "missing.ics", files / "c.ics", files / "a.ics", files / "b.txt")
    assert status == 1
    assert [row["target"].rpartition("/")[2] for row in rows if "error" in row] == ["missing.ics", "c.ics", "a.ics"]
    assert [row["title"] for row in rows if "error" not in row] == ["Jäzz", "Rock"]


def test_a_page_without_events_is_told_on_standard_error_only(tmp_path, capsys):
    (tmp_path / "empty.ics").write_text("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n", "utf-8")
    assert preview(tmp_path / "empty.ics") == (0, [])
    assert "no events from 2026-12-01 to 2027-01-01" in capsys.readouterr().err


def test_times_are_shown_on_the_clock_of_the_place(files):
    _, rows = preview(files / "a.ics", timezone="America/New_York")
    assert rows[0]["starts_at"] == "2026-12-05T20:00:00+01:00"


def test_a_city_gives_its_zone(files):
    _, (row,) = preview(files / "b.txt", city="de--berlin")
    assert row["starts_at"] == "2026-12-06T00:00:00+01:00"
    with pytest.raises(CommandError, match="no-such"):
        preview(files / "b.txt", city="no-such")


def test_an_unknown_zone_gets_a_sentence(files):
    with pytest.raises(CommandError, match="not a time zone"):
        preview(files / "b.txt", timezone="Mars/Olympus")


def test_it_runs_without_database_and_prints_utf_8_under_any_locale(files):
    command = [
        sys.executable,
        "manage.py",
        "preview",
        str(files / "a.ics"),
        "--from",
        "2026-12-01",
        "--until",
        "2027-01-01",
    ]
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "ENVIRONMENT": "development"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False, timeout=50)
    rows = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    assert (done.returncode, rows[0]["title"]) == (1, "Jäzz")
    assert "error" in rows[1]
