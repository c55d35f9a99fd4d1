"""Pictures on their way from a publisher to a page."""

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, field

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from events import images as keeping
from events.compose import compose
from events.editing import override
from events.illustration import MAX_TITLES
from events.images import note
from events.models import Event, Image, ImageAddress
from scraping import images
from scraping.models import OptOut
from scraping.tasks import images_due
from tests.factories import make_event, make_listing, make_source
from tests.html import parsed
from tests.scraping.pictures import drawn

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
PICTURE = drawn()
HASH = hashlib.sha256(PICTURE).hexdigest()


@dataclass
class Host:
    """A server of pictures: its answers by path, and what it was asked."""

    url: str
    files: dict[str, bytes | int | str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    robots: str = ""

    @property
    def name(self) -> str:
        return self.url.removeprefix("http://")

    def answer(self, request: Request) -> Response:
        if request.path == "/robots.txt":
            return Response(self.robots)
        self.asked.append((request.path, dict(request.headers)))
        found = self.files.get(request.path, 404)
        if isinstance(found, int):
            return Response(status=found)
        if isinstance(found, str):
            return Response(status=302, headers={"Location": found})
        etag = f'"{hashlib.sha256(found).hexdigest()[:8]}"'
        if request.headers.get("If-None-Match") == etag:
            return Response(status=304, headers={"ETag": etag})
        # what it is called is not believed
        return Response(found, headers={"ETag": etag, "Content-Type": "text/html"})


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path, time_machine) -> None:
    time_machine.move_to(NOW, tick=False)
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture
def host(httpserver: HTTPServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Host:
    cache.clear()
    settings.FETCH_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    monkeypatch.setattr("scraping.tasks.fetch_images.apply_async", lambda args, **options: images.fetch_images(*args))
    one = Host(httpserver.url_for("").rstrip("/"))
    httpserver.expect_request(re.compile(".*")).respond_with_handler(one.answer)
    return one


def shown(event: Event) -> str:
    """The hash of the picture that an event shows, "" for none."""
    event.refresh_from_db()
    return event.image.hash if event.image and keeping.picture(event) else ""


def listed(host: Host, path: str = "/a.jpg", title: str = "Jazz Night", **columns) -> Event:
    """An event whose one listing names a picture, as it is once a reading has saved it."""
    event = columns.pop("event", None) or make_event(title, **columns.pop("event_columns", {}))
    listing = make_listing(event, title=title, **columns)
    listing.draft |= {"image_url": host.url + path}
    listing.save()
    note([host.url + path], now=NOW)
    compose([event.pk], now=NOW)
    return event


def address(host: Host, path: str = "/a.jpg") -> ImageAddress:
    return ImageAddress.objects.get(url=host.url + path)


def stored() -> list[str]:
    try:
        folders = default_storage.listdir("images")[0]
    except FileNotFoundError:
        return []
    return [f"images/{folder}/{name}" for folder in folders for name in default_storage.listdir(f"images/{folder}")[1]]


def test_a_picture_is_kept_shown_and_served_from_our_own_origin(host, client: Client):
    host.files["/a.jpg"] = PICTURE
    event = listed(host)
    assert shown(event) == ""
    images_due()

    image = Image.objects.get()
    assert (image.hash, image.width, image.height, image.colour[0]) == (HASH, 800, 500, "#")
    assert sorted(stored()) == sorted(image.files)
    assert image.bytes == sum(default_storage.size(name) for name in image.files)
    assert shown(event) == HASH
    assert host.asked[0][1]["Accept"].startswith("image/")

    page = parsed(client.get(event.get_absolute_url()))
    [img] = page.css("main img, .sky img")
    widths = [part.split()[1] for part in img.attributes["srcset"].split(", ")]
    assert widths == ["320w", "640w", "800w"]
    assert (img.attributes["width"], img.attributes["height"], img.attributes["alt"]) == ("640", "400", "")
    answer = client.get(img.attributes["src"])
    assert answer.headers["Content-Type"] == "image/webp"
    assert b"".join(answer.streaming_content)[8:12] == b"WEBP"
    assert "immutable" in answer.headers["Cache-Control"]
    assert (answer.headers["Content-Security-Policy"], answer.headers["X-Content-Type-Options"]) == (
        "default-src 'none'; sandbox",
        "nosniff",
    )
    assert not answer.cookies
    again = client.get(img.attributes["src"], headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["images/aa/../../secret", "images/aa/" + "a" * 32 + "-99.webp", "x.webp", "images/"])
def test_no_other_file_is_served(client: Client, path):
    assert client.get(f"/media/{path}").status_code == 404


def test_the_same_bytes_from_two_publishers_are_one_picture(host, monkeypatch):
    host.files |= {"/a.jpg": PICTURE, "/b.jpg": PICTURE}
    one, two = listed(host), listed(host, "/b.jpg", "Another night")
    images.fetch_images(host.name)
    monkeypatch.setattr(images, "decode", None)  # not once more
    assert shown(one) == shown(two) == HASH
    assert Image.objects.count() == 1
    assert len(stored()) == 3


@pytest.mark.parametrize(
    ("answer", "kind", "again"),
    [
        (404, "http.404", 7 * 24 * 60),
        (500, "http.500", 15),
        (b"<svg/>", "image.svg", 7 * 24 * 60),
        (PICTURE[:2000], "image.broken", 7 * 24 * 60),
        ("http://10.0.0.1/a.jpg", "refused", 7 * 24 * 60),
        ("https://dice.fm/a.jpg", "terms", 7 * 24 * 60),
    ],
)
def test_what_cannot_be_had_is_told_and_tried_again_later(host, answer, kind, again):
    host.files["/a.jpg"] = answer
    event = listed(host)
    images.fetch_images(host.name)
    row = address(host)
    assert (row.error, row.failures, row.attempts, row.claim) == (kind, 1, 0, None)
    assert row.message
    assert 0.75 * again < (row.next_at - NOW).total_seconds() / 60 < 1.3 * again
    assert shown(event) == ""
    assert stored() == []


def test_robots_and_opt_outs_and_the_operator_are_obeyed(host):
    host.files["/a.jpg"] = PICTURE
    host.robots = "User-agent: *\nDisallow: /a.jpg"
    listed(host)
    images.fetch_images(host.name)
    assert (address(host).error, host.asked) == ("robots", [])

    other = make_source(url="https://klub.example/events.ics")
    listed(host, "/b.jpg", source=other)
    OptOut.objects.create(host="klub.example")
    listed(host, "/c.jpg", source=make_source(images=False))
    images.fetch_images(host.name)
    assert {address(host, path).state for path in ("/b.jpg", "/c.jpg")} == {"resting"}
    assert host.asked == []


def test_a_source_whose_pictures_may_not_be_shown_loses_them_at_once(host, admin_client: Client):
    host.files["/a.jpg"] = PICTURE
    event = listed(host)
    images.fetch_images(host.name)
    source = event.listings.get().source
    form = {"name": source.name, "url": source.url, "city": source.city_id, "trust": 50, "active": "on"}
    answer = admin_client.post(f"/admin/events/source/{source.pk}/change/", form | {"ids_stable": "on"})
    assert answer.status_code == 302, parsed(answer).css_first(".errornote")
    assert shown(event) == ""
    # and again, from what is still there
    admin_client.post(f"/admin/events/source/{source.pk}/change/", form | {"ids_stable": "on", "images": "on"})
    assert shown(event) == HASH


def test_it_is_asked_for_again_with_what_it_was_known_by(host):
    host.files["/a.jpg"] = PICTURE
    event = listed(host)
    images.fetch_images(host.name)
    ImageAddress.objects.update(next_at=NOW)
    images.fetch_images(host.name)
    assert "If-None-Match" in host.asked[1][1]
    assert shown(event) == HASH

    host.files["/a.jpg"] = drawn(colour="maroon")
    ImageAddress.objects.update(next_at=NOW)
    images.fetch_images(host.name)
    assert shown(event) not in ("", HASH)

    host.files["/a.jpg"] = 404  # withdrawn
    ImageAddress.objects.update(next_at=NOW)
    images.fetch_images(host.name)
    assert shown(event) == ""


def test_a_host_that_is_down_is_asked_once_and_what_was_kept_stays(host):
    host.files["/a.jpg"] = PICTURE
    event = listed(host)
    images.fetch_images(host.name)
    for path in ("/b.jpg", "/c.jpg"):
        listed(host, path)
        host.files[path] = 503
    ImageAddress.objects.update(next_at=NOW)
    host.files["/a.jpg"] = 503
    host.asked.clear()
    assert images.fetch_images(host.name) == 1
    assert images.due_hosts(NOW) == []
    assert len(host.asked) == 1
    assert shown(event) == HASH


def test_a_picture_that_kills_its_worker_does_not_loop(host, monkeypatch):
    host.files["/a.jpg"] = PICTURE
    listed(host)

    def killed(body: bytes) -> None:
        raise SystemExit

    monkeypatch.setattr(images, "decode", killed)
    for _attempt in range(images.MAX_ATTEMPTS):
        with pytest.raises(SystemExit):
            images.fetch_images(host.name)
        assert images.claim(host.name, NOW) is None  # it is claimed still
        ImageAddress.objects.update(claimed_until=NOW - dt.timedelta(seconds=1))
    images.fetch_images(host.name)
    assert address(host).error == "worker.died"
    assert images.due_hosts(NOW + dt.timedelta(days=1)) == []


def test_killed_between_its_files_and_its_row_it_is_kept_the_next_time(host, monkeypatch):
    host.files["/a.jpg"] = PICTURE
    event = listed(host)
    with monkeypatch.context() as patched:
        patched.setattr(Image.objects, "bulk_create", lambda *a, **k: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            images.fetch_images(host.name)
    assert len(stored()) == 3
    assert not Image.objects.exists()
    ImageAddress.objects.update(claimed_until=None)
    images.fetch_images(host.name)
    assert len(stored()) == 3
    assert shown(event) == HASH


def test_killed_before_its_events_show_it_the_next_tick_has_them_show_it(host, monkeypatch):
    host.files["/a.jpg"] = PICTURE
    event = listed(host)
    with monkeypatch.context() as patched:
        patched.setattr(images, "show", lambda: None)
        images.fetch_images(host.name)
    assert shown(event) == ""
    images_due()
    assert shown(event) == HASH
    assert not ImageAddress.objects.exclude(pending_since=None).exists()


def test_a_logo_is_not_the_picture_of_an_event(host):
    host.files["/logo.png"] = PICTURE
    source = make_source()
    few = [listed(host, "/logo.png", f"Jazz Night #{n}", source=source) for n in range(MAX_TITLES + 2)]
    images.fetch_images(host.name)
    assert {shown(event) for event in few} == {HASH}  # one series
    many = [listed(host, "/logo.png", f"{'ABCDEFG'[n]} quartet", source=source) for n in range(MAX_TITLES)]
    images_due()
    assert {shown(event) for event in few + many} == {""}
    assert Image.objects.get().generic


def test_an_editors_picture_goes_first(host):
    host.files |= {"/a.jpg": PICTURE, "/mine.jpg": drawn(colour="gold")}
    event = listed(host)
    images.fetch_images(host.name)
    override([event.pk], {"image_url": f"{host.url}/mine.jpg"}, now=NOW)
    assert shown(event) == ""  # it is wanted, and not here yet
    images.fetch_images(host.name)
    assert shown(event) == hashlib.sha256(host.files["/mine.jpg"]).hexdigest()
    override([event.pk], {"image_url": None}, now=NOW)
    assert shown(event) == HASH
