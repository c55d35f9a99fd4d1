"""Whatever a source sends, one bad item costs only itself, and the same again writes nothing."""

import json

import pytest

from events.models import Event, Listing, Series, Source
from quality.models import Finding
from scraping.models import Run
from tests.scraping.feeds import Publisher, calendar, vevent
from tests.scraping.readings import HOUR, NOW, add, assert_settled, assert_sound, read

pytestmark = pytest.mark.django_db

TEXTS = {
    "nul": "a\0b",
    "control": "a\x07b\x1bc",
    "surrogate": "x\ud800y",
    "long": "L" * 100_000,
    "right-to-left": "\u202eabc\u202c",
    "markup": "<script>alert(1)</script><b onclick=x>hi</b>&lt;img src=x onerror=alert(1)&gt;",
    "javascript": "javascript:alert(1)",
    "emoji": "🎉🎉",
    "stars": "★★★",
    "blank": "   ",
    "ampersands": "&" * 250,
    "ligatures": "ﷺ" * 200,
    "accents": "e" + "\u0301" * 5000,
    "semicolons": ";;;",
    "escaped": "https://klub.example/" + "|" * 1900,
    "bytes": "https://klub.example/" + "%FF" * 600,
    "bracket": "http://[::1",
    "umlauts": "https://" + "ü" * 80 + ".example/",
    "ours": "u1 @ 2026-12-06",
    "first year": "0001-01-01T00:00:00",
    "last year": "9999-12-31T23:59:59+00:00",
    "gap": "2027-03-28T02:30:00",
    "fold": "2026-10-25T02:30:00",
    "infinite": "1e400",
}
VALUES = {
    **TEXTS,
    "null": None,
    "large": 10**15,
    "huge": int("9" * 4000),
    "negative": -5,
    "nan": float("nan"),
    "infinity": float("inf"),
    "list": ["a", {"b": 1}],
    "object": {"@value": ["x"]},
    "true": True,
    "deep": [[[[[["x"]]]]]],
    "many": [f"Band {n}" for n in range(500)],
}


def json_event(number: int) -> dict:
    return {
        "@type": "MusicEvent",
        "@id": f"u{number}",
        "name": f"Konzert Nummer {number}",
        "startDate": f"2026-12-{5 + number % 20:02}T20:00:00+01:00",
        "url": f"https://klub.example/{number}",
        "location": {
            "@type": "Place",
            "name": "Klub Null",
            "address": {"streetAddress": "Gasse 1", "addressLocality": "Berlin", "addressCountry": "DE"},
        },
        "offers": {"price": "10", "priceCurrency": "EUR"},
    }


def page(*items: dict) -> str:
    blocks = (json.dumps(item).replace("</", "<\\/") for item in items)
    return "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks)


def spoilt(number: int, path: str, value: object) -> dict:
    """An event with one value, at a path as "location.name", replaced."""
    item = json_event(number)
    *parents, name = path.split(".")
    inner = item
    for parent in parents:
        inner = inner.setdefault(parent, {})
    inner[name] = value
    return item


def assert_only_the_bad_is_lost(source: Source, items: int) -> None:
    outcome = read(source)
    assert outcome.status == "changed", outcome.message
    assert outcome.run.fetched >= items
    assert not Finding.objects.filter(rule="item.refused").exists()
    good = {f"Konzert Nummer {number}" for number in range(4)}
    assert good <= set(Event.objects.public().values_list("title", flat=True))
    assert Listing.objects.count() >= items - 2  # of dates that can be read some are over
    assert_sound()
    assert_settled(source, NOW + HOUR)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "@id",
        "name",
        "startDate",
        "endDate",
        "url",
        "location",
        "location.name",
        "location.address",
        "location.address.addressLocality",
        "location.address.addressRegion",
        "location.address.addressCountry",
        "location.geo.latitude",
        "description",
        "offers",
        "offers.price",
        "offers.priceCurrency",
        "image",
        "performer",
        "organizer",
        "eventStatus",
        "inLanguage",
        "keywords",
        "duration",
        "superEvent",
        "subEvent",
        "eventSchedule",
    ],
)
def test_no_value_in_a_page_costs_more_than_its_item(publisher: Publisher, path: str) -> None:
    bad = [spoilt(100 + number, path, value) for number, value in enumerate(VALUES.values())]
    good = [json_event(number) for number in range(4)]
    publisher.body = page(*good[:2], *bad, *good[2:])
    assert_only_the_bad_is_lost(add(publisher), len(good) + len(bad))


SPOILT = [
    *(f"{name}:{text}" for name in ("UID", "SUMMARY", "LOCATION", "DESCRIPTION", "URL") for text in TEXTS.values()),
    *(f"{name}:{text}" for name in ("GEO", "STATUS", "CATEGORIES", "ORGANIZER") for text in TEXTS.values()),
    *(f"DTSTART:{text}" for text in ("a\0b", "x\ud800", "00010101T000000", "99991231T235959Z", "20270328T023000")),
    *(f"DTEND:{text}" for text in ("20200101T000000", "99991231T235959Z", "20261207T200000", "x\0", "20261205")),
    *(f"DURATION:{text}" for text in ("P99999D", "P3650D", "-PT5H", "PT30H")),
    "DTSTART;TZID=Nowhere/Land:20261205T200000",
    "DTSTART;TZID=Pacific/Kiritimati:20261205T200000",
    "DTSTART;TZID=(UTC-11:00) Far away:20261205T200000",
]


def test_no_line_of_a_calendar_costs_more_than_its_item(publisher: Publisher) -> None:
    good = [vevent(f"Konzert Nummer {n}", f"2026-12-{5 + n:02}T20:00") for n in range(4)]
    bad = []
    for number, line in enumerate(SPOILT):
        lines = vevent(f"Anderes {number}", "2026-12-09T20:00", uid=f"bad-{number}").split("\r\n")
        name = line.partition(":")[0].partition(";")[0]
        kept = [one for one in lines if not one.startswith((f"{name}:", f"{name};"))]
        bad.append("\r\n".join([*kept[:-1], line, kept[-1]]))
    publisher.body = calendar(*good[:2], *bad, *good[2:]).encode("utf-8", "surrogatepass")
    # some share an id or a place by now, some lie in other years
    assert_only_the_bad_is_lost(add(publisher), len(SPOILT) - 10)


def test_ids_that_differ_only_at_their_end_stay_apart(publisher: Publisher) -> None:
    publisher.publish(
        *(vevent(f"Konzert Nummer {n}", f"2026-12-{5 + n:02}T20:00", uid="u" * 400 + str(n)) for n in range(4)),
        vevent("Offene Bühne", "2026-12-02T20:00", uid="s" * 400, rrule="FREQ=WEEKLY"),
    )
    source = add(publisher)
    read(source)
    assert Event.objects.exclude(series=None).count() > 20
    assert Series.objects.count() == 1
    assert Event.objects.filter(series=None).count() == 4
    assert_settled(source, NOW + HOUR)


def test_ids_that_look_like_ours_are_not_taken_for_them(publisher: Publisher) -> None:
    ids = ("a", "a @ 2026-12-05", "a @ 2026-12-06")
    publisher.publish(*(vevent(f"Konzert Nummer {n}", f"2026-12-{5 + n:02}T20:00", uid=i) for n, i in enumerate(ids)))
    source = add(publisher)
    read(source)
    moved = [vevent(f"Konzert Nummer {n}", f"2026-12-{6 - n:02}T20:00", uid=i) for n, i in enumerate(ids)]
    publisher.publish(*moved)
    read(source, NOW + HOUR)
    assert list(Listing.objects.order_by("pk").values_list("title", flat=True)) == [
        f"Konzert Nummer {number}" for number in range(3)
    ]
    assert_settled(source, NOW + 2 * HOUR)


def test_what_cannot_be_read_of_an_answer_is_told_once_and_forgotten_when_it_is_gone(publisher: Publisher) -> None:
    good, cut = json_event(0), '<script type="application/ld+json">no json, but an event: {"@type" {{{</script>'
    publisher.body = page(good) + cut
    source = add(publisher)
    outcome = read(source)
    finding = Finding.objects.get(key="")
    assert finding.message in outcome.message
    assert_settled(source, NOW + HOUR)
    publisher.body = page(good)
    assert read(source, NOW + 2 * HOUR).status == "changed"
    assert not Finding.objects.filter(key="").exists()


def test_a_cut_answer_retires_nothing_not_even_when_it_comes_again(publisher: Publisher) -> None:
    whole = [vevent(f"Konzert Nummer {n}", f"2026-12-{5 + n:02}T20:00") for n in (0, 2, 1)]
    publisher.publish(*whole)
    source = add(publisher)
    read(source)
    publisher.body = calendar(*whole).partition("LOCATION")[0] + calendar(*whole[1:2]) + "\r\nBEGIN:VEVENT\r\nUID:x\r\n"
    for hours in (1, 8, 16):
        read(source, NOW + hours * HOUR)
    assert not Listing.objects.exclude(missing_since=None).exists()


def test_an_answer_that_is_doubted_is_told_once(publisher: Publisher) -> None:
    evenings = [vevent(f"Konzert Nummer {n}", f"2026-12-{n:02}T20:00") for n in range(5, 25)]
    publisher.publish(*evenings)
    source = add(publisher)
    read(source)
    publisher.publish(*evenings[:11], evenings[-1])
    outcome = read(source, NOW + HOUR)
    assert "8 of 20 events are missing" in outcome.message
    assert Finding.objects.get(key="").message == outcome.message
    runs = Run.objects.count()
    assert_settled(source, NOW + 9 * HOUR)
    assert Run.objects.count() == runs
    publisher.publish(*evenings)
    read(source, NOW + 10 * HOUR)
    assert not Finding.objects.filter(key="").exists()
