import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import example, given, settings

from events.drafts import EventDraft, Price, Problem, When, Where
from scraping.normalise import LENGTHS, normalise
from scraping.plain import plain_line, plain_text
from tests.scraping.arbitrary import DRAFTS

START = dt.datetime(2026, 12, 5, 20)
WHEN = When(start=START, timezone="Europe/Berlin")


def clean(**fields):
    return normalise(EventDraft(**{"title": "Jazz", "when": WHEN, **fields}), base_url="https://venue.example/program/")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("<b>Jazz</b> <i>Night</i>", "Jazz Night"),
        ("Jazz<script>alert(1)</script>", "Jazz"),
        ("I <3 Jazz", "I <3 Jazz"),
        ("  Jazz \n\t Night ", "Jazz Night"),
        ("Jazz\u202e\u200b\u0000\x07 Night\u2066", "Jazz Night"),
        ("\ufeffJazz\u00ad Night", "Jazz Night"),
        ("Familie \U0001f468\u200d\U0001f469\u200d\U0001f467", "Familie \U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("Cafe\u0301", "Café"),
        ("J\u0316\u0317\u0318\u0319a\u0316zz Cafe\u0301", "Jazz Café"),
        ("Jazz\u3164\u2800", "Jazz"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("5 &lt; 6 &gt; 4", "5 < 6 > 4"),
    ],
)
def test_a_line_is_plain_text(raw, expected):
    assert plain_line(raw) == expected


def test_paragraphs_stay_paragraphs_and_lines_lines():
    raw = (
        "<p>First &ndash; line<br>second</p>\r\n\r\n<div>Next<ul><li>one</li><li>two</li></ul></div><style>p {}</style>"
    )
    assert plain_text(raw).replace("\n\n", "|").splitlines() == ["First – line", "second|Next", "one", "two"]


@pytest.mark.parametrize(
    "label", ["View details", "BUY TICKETS", "Mehr erfahren", "En savoir plus", "(no title)", "Untitled event"]
)
def test_a_label_of_a_button_is_no_title(label):
    draft = clean(title=label)
    assert draft.title == ""
    assert [problem.code for problem in draft.problems] == ["title.label"]


@pytest.mark.parametrize(
    ("title", "expected", "status"),
    [
        ("CANCELLED: Jazz Night", "Jazz Night", "cancelled"),
        ("[Cancelled] Jazz Night", "Jazz Night", "cancelled"),
        ("*SOLD OUT* Jazz Night", "Jazz Night", "sold_out"),
        ("Jazz Night (SOLD OUT)", "Jazz Night", "sold_out"),
        ("Jazz Night - abgesagt!", "Jazz Night", "cancelled"),
        ("POSTPONED – Jazz Night", "Jazz Night", "postponed"),
        ("VERSCHOBEN: Jazz Night", "Jazz Night", "postponed"),
        ("Sold Out Dreams", "Sold Out Dreams", "scheduled"),
        ("Cancelled", "", "scheduled"),
        ("The Cancelled Comedy Hour", "The Cancelled Comedy Hour", "scheduled"),
    ],
)
def test_a_notice_in_the_title_becomes_the_status(title, expected, status):
    draft = clean(title=title)
    assert (draft.title, draft.status) == (expected, status)


def test_a_stated_status_is_stronger_than_the_title():
    assert clean(title="SOLD OUT: Jazz Night", status="cancelled").status == "cancelled"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://venue.example/jazz", "https://venue.example/jazz"),
        ("jazz", "https://venue.example/program/jazz"),
        ("/jazz?a=1&amp;b=2", "https://venue.example/jazz?a=1&b=2"),
        ("//cdn.example/jazz", "https://cdn.example/jazz"),
        ("www.other.example/x", "https://www.other.example/x"),
        ("https://venue.example/café night", "https://venue.example/caf%C3%A9%20night"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("mailto:jazz@venue.example", ""),
        ("https://user:secret@venue.example/", ""),
        ("http://[broken", ""),
        ("https://venue.example/" + "x" * 3000, ""),
        ("", ""),
    ],
)
def test_addresses_are_absolute_and_of_the_web(url, expected):
    assert clean(url=url).url == expected
    assert clean(image_url=url).image_url == expected


def test_a_refused_address_is_told():
    assert [problem.code for problem in clean(url="javascript:alert(1)").problems] == ["url.refused"]


def test_long_texts_are_cut_and_that_is_told():
    draft = clean(title="x" * 1000, description="y" * 30_000, where=Where(venue="z" * 500))
    assert [len(text) for text in (draft.title, draft.description, draft.where.venue)] == [
        LENGTHS["title"], LENGTHS["description"], LENGTHS["venue"],
    ]  # fmt: skip
    assert [problem.code for problem in draft.problems] == ["text.cut"] * 3


def test_an_unknown_price_stays_unknown():
    assert clean().price == Price()
    assert clean(price=Price(currency="EUR")).price == Price(currency="EUR")
    assert clean(price=Price(is_free=True)).price.is_free is True
    assert clean(price=Price(is_free=False)).price.is_free is None


def test_prices_are_consistent():
    price = clean(price=Price(minimum=Decimal(20), maximum=Decimal(10), currency=" eur ", is_free=True)).price
    assert price == Price(minimum=Decimal(10), maximum=Decimal(20), currency="EUR", is_free=False)
    zero = Decimal(0)
    assert clean(price=Price(minimum=zero, maximum=zero)).price.is_free is True


@pytest.mark.parametrize("amount", [Decimal(-1), Decimal("NaN"), Decimal("Infinity"), Decimal(10**9)])
def test_an_impossible_price_is_left_out_and_told(amount):
    draft = clean(price=Price(minimum=amount, maximum=amount, currency="EUR"))
    assert draft.price == Price(currency="EUR")
    assert [problem.code for problem in draft.problems] == ["price.unreadable"]


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(91.0, 0.0), (0.0, 0.0), (52.5, 200.0), (float("nan"), 1.0), (52.5, None)]
)
def test_coordinates_off_the_globe_are_left_out(latitude, longitude):
    where = clean(where=Where(venue="Club", latitude=latitude, longitude=longitude)).where
    assert (where.latitude, where.longitude) == (None, None)


def test_places_are_trimmed_and_countries_coded():
    where = clean(
        where=Where(venue=" Club ,", address="Street 1, ", country="Germany", latitude=52.5, longitude=13.4)
    ).where
    assert where == Where(venue="Club", address="Street 1", country="DE", latitude=52.5, longitude=13.4)
    assert clean(where=Where(venue="TBA")).where == Where(address="TBA")
    assert clean(where=Where(venue="TBA", address="Street 1")).where == Where(address="Street 1")


def test_an_end_that_cannot_be_is_left_out_and_told():
    for end, code in (
        (START - dt.timedelta(hours=1), "date.end-before-start"),
        (START.replace(year=2036), "date.too-long"),
    ):
        draft = clean(when=When(start=START, end=end))
        assert draft.when == When(start=START)
        assert [problem.code for problem in draft.problems] == [code]


def test_an_unreadable_date_stays_unreadable():
    problem = Problem(code="date.unreadable", message="No date.")
    draft = clean(when=None, problems=(problem,))
    assert (draft.when, draft.problems) == (None, (problem,))


def test_lists_and_labels_have_one_form():
    draft = clean(performers=(" A ", "A", "<b>B</b>", ""), categories=("Konzert", "nonsense"), language="de-DE")
    assert (draft.performers, draft.categories, draft.language) == (("A", "B"), ("music",), "de")


@given(draft=DRAFTS)
@example(draft=EventDraft(title="", when=None, instance="0" * 39 + " 0"))
@settings(max_examples=500, deadline=None)
def test_normalising_twice_changes_nothing_more(draft):
    once = normalise(draft, base_url="https://venue.example/")
    assert normalise(once, base_url="https://venue.example/") == once
    assert EventDraft.from_json(once.to_json()) == once


@pytest.mark.parametrize("hidden", ["\u200b", "\0", "&#8203;", "\u00ad", "&zwnj;"])
def test_markup_that_is_broken_by_what_nobody_sees_is_markup(hidden):
    once = normalise(EventDraft(title=f"Jazz <{hidden}b>live</b{hidden}> &lt;{hidden}i&gt;x", when=None))
    assert once.title == normalise(once).title == "Jazz live x"
