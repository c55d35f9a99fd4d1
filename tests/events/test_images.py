"""Pictures that are kept: taken down, thrown away, and found again."""

import datetime as dt
import hashlib
import json
import os
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from events import illustration
from events.compose import compose
from events.images import keep, note, picture
from events.models import Event, Image, ImageAddress
from nocturne.cache import bump, generation
from nocturne.models import User
from tests.factories import make_event, make_listing, make_source
from tests.html import parsed

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path, time_machine) -> None:
    time_machine.move_to(NOW, tick=False)
    settings.MEDIA_ROOT = str(tmp_path / "media")


def kept(word: str = "a", **columns) -> Image:
    """A picture with its files, which nobody reads here."""
    digest = hashlib.sha256(word.encode()).hexdigest()
    image = keep(digest, width=1600, height=800, colour="#123456", files=[b"small", b"middle", b"large"])
    Image.objects.filter(pk=image.pk).update(**columns)
    return Image.objects.get(pk=image.pk)


def illustrated(word: str = "a", *, local: str = "2026-12-05T20:00", **columns) -> Event:
    """An event whose one listing names a picture that is kept."""
    event = make_event(f"Night of {word}", local=local)
    listing = make_listing(event, **columns)
    url = f"https://klub.example/{word}.jpg"
    listing.draft |= {"image_url": url}
    listing.save()
    note([url], now=NOW)
    ImageAddress.objects.filter(url=url).update(image=kept(word), state="kept", pending_since=None)
    compose([event.pk], now=NOW)
    event.refresh_from_db()
    return event


def files() -> set[str]:
    try:
        folders = default_storage.listdir("images")[0]
    except FileNotFoundError:
        return set()
    return {f"images/{one}/{name}" for one in folders for name in default_storage.listdir(f"images/{one}")[1]}


def age(days: int) -> None:
    """Make all that is stored so old."""
    then = NOW - dt.timedelta(days=days)
    for table in (Image, ImageAddress):
        table.objects.update(created_at=then)
    for name in files():
        os.utime(default_storage.path(name), (then.timestamp(), then.timestamp()))


def clean(*args: str) -> str:
    out = StringIO()
    call_command("cleanup_events", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_picture_that_is_taken_down_is_gone_from_pages_files_and_for_ever(
    admin_client: Client, django_capture_on_commit_callbacks
):
    event = illustrated()
    image, before = event.image, generation(event.city_id)
    assert len(files()) == 3
    path = "/admin/events/image/"
    rows = parsed(admin_client.get(path, {"q": f"https://x.example{picture(event).src}"}))
    assert len(rows.css("#result_list tbody tr")) == 1
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(path, {"action": "take_down", "_selected_action": image.pk}, follow=True)

    event.refresh_from_db()
    assert (event.image, files()) == (None, set())
    assert generation(event.city_id) != before
    assert "srcset" not in admin_client.get(event.get_absolute_url()).text
    assert admin_client.get(f"/media/{image.file(640)}").status_code == 404
    # the same bytes from somebody else
    assert kept("a").taken_down_at == NOW
    assert files() == set()
    note(["https://other.example/a.jpg"], now=NOW)
    ImageAddress.objects.filter(url="https://other.example/a.jpg").update(image=image, pending_since=NOW)
    other = make_event("Another night")
    listing = make_listing(other)
    listing.draft |= {"image_url": "https://other.example/a.jpg"}
    listing.save()
    assert illustration.illustrate(now=NOW) == 1
    other.refresh_from_db()
    assert other.image is None

    admin_client.post(path, {"action": "allow", "_selected_action": image.pk}, follow=True)
    row = ImageAddress.objects.get(image=image, host="klub.example")
    assert (row.state, row.next_at, row.image.taken_down_at) == ("waiting", NOW, None)


def test_the_same_file_of_a_more_trusted_source_is_from_there_once_it_is_fetched():
    event = illustrated(source=make_source(trust=40))
    better = make_listing(event, source=make_source(trust=80))
    better.draft |= {"image_url": "https://better.example/a.jpg"}
    better.save()
    note(["https://better.example/a.jpg"], now=NOW)
    compose([event.pk], now=NOW)
    event.refresh_from_db()
    assert event.provenance["picture"] != better.pk
    ImageAddress.objects.filter(host="better.example").update(image=event.image, state="kept", pending_since=NOW)
    illustration.illustrate(now=NOW)
    event.refresh_from_db()
    assert event.provenance["picture"] == better.pk
    assert compose([event.pk], now=NOW).changed == frozenset()


def test_killed_before_the_files_are_deleted_they_go_with_the_next_tick(monkeypatch, admin_user: User):
    image = illustrated().image
    with monkeypatch.context() as patched:
        patched.setattr(illustration, "delete_files", lambda image: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            illustration.take_down([image.pk], by=admin_user, now=NOW)
    assert len(files()) == 3
    illustration.delete_taken_down()
    assert files() == set()


def test_what_nobody_shows_any_more_is_thrown_away_and_what_is_on_stays():
    illustrated("old", local="2026-08-01T20:00")
    coming = illustrated("coming")
    illustrated("forbidden", source=make_source(images=False))
    age(100)
    assert "2 images would be thrown away." in clean("--dry-run")
    assert Image.objects.count() == 3
    assert "2 images thrown away." in clean()
    assert [*Image.objects.all()] == [coming.image]
    assert files() == set(coming.image.files)
    assert "0 images thrown away." in clean()


def test_files_without_a_row_are_found_unless_they_are_new_and_lost_files_are_fetched_anew():
    event = illustrated()
    row = kept("orphan")
    Image.objects.filter(pk=row.pk).delete()
    age(2)
    young = default_storage.save(f"{row.files[0]}.1.part", ContentFile(b"of a worker that writes now"))
    os.utime(default_storage.path(young), (NOW.timestamp(), NOW.timestamp()))
    default_storage.delete(event.image.files[1])
    assert "1 images would be thrown away." in clean("--dry-run")
    assert "1 images thrown away." in clean()
    assert files() == {event.image.files[0], event.image.files[2], young}
    illustration.illustrate(now=NOW)
    event.refresh_from_db()
    assert event.image is None
    assert ImageAddress.objects.get().next_at == NOW


def test_recomposing_changes_nothing(capsys):
    illustrated()
    call_command("recompose", "--dry-run")
    assert ", 0 would change." in capsys.readouterr().out


def test_a_file_that_is_half_written_is_none(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", lambda *args: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            default_storage.save("images/aa/b.webp", ContentFile(b"whole"))
    assert not default_storage.exists("images/aa/b.webp")
    for content in (b"one", b"two"):
        default_storage.save("images/aa/b.webp", ContentFile(content))
    assert default_storage.open("images/aa/b.webp").read() == b"two"


def test_lists_with_pictures_take_no_more_queries(client: Client):
    event = illustrated("0", local="2026-12-01T20:00")
    path = event.city.get_absolute_url()
    client.get(path)  # what is remembered of the city is the same for all pages
    Event.objects.update(title="Another title")  # so that one card is new, as there are several below
    with CaptureQueriesContext(connection) as few:
        assert client.get(path).text.count("srcset") == 1
    for word in "123456":
        illustrated(word, local="2026-12-01T20:00")
    bump(event.city_id)
    with CaptureQueriesContext(connection) as many:
        page = parsed(client.get(path))
    assert len(many) == len(few)
    pictures = page.css("li.card img")
    assert len(pictures) == 7
    assert {img.attributes["loading"] for img in pictures[1:]} == {"lazy"}
    assert all(img.attributes["src"].startswith("/media/images/") for img in pictures)


def test_programs_are_told_of_our_own_copy(client: Client):
    event = illustrated()
    large = f"http://127.0.0.1:8000/media/{event.image.file(1280)}"
    page = parsed(client.get(event.get_absolute_url()))
    assert page.css_first('meta[property="og:image"]').attributes["content"] == large
    assert json.loads(page.css_first('script[type="application/ld+json"]').text())["image"] == [large]
    feed = client.get(f"{event.city.get_absolute_url()}feed.json").json()
    assert feed["items"][0]["image"] == large
    assert "klub.example/a.jpg" not in page.html
