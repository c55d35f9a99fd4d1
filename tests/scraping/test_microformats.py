import pytest

from events.drafts import Where
from tests.scraping.reading import drafts, reading, starts

HCALENDAR = """
<div class="vevent">
  <h1 class="summary">Jazz Night</h1>
  <abbr class="dtstart" title="2026-12-05T20:00:00">Saturday at 8</abbr>
  <abbr class="dtend" title="2026-12-05T23:00">11</abbr>
  <div class="location vcard"><span class="fn org">Blue Note</span>
    <div class="adr"><span class="street-address">Hauptstr. 1</span> <span class="locality">Berlin</span></div>
    <a class="url" href="/venues/1">venue</a>
  </div>
  <div class="description"><p>Three players.</p></div>
  <a class="url" href="https://venue.example/jazz">more</a>
</div>
"""
H_EVENT = """
<article class="h-event"><a class="p-name u-url" href="/jazz">Jazz Night</a>
<time class="dt-start" datetime="2026-12-05T20:00+01:00">8pm</time>
<span class="p-location h-card"><b class="p-name">Blue Note</b></span><p class="p-category">Concert</p></article>
"""


def test_hcalendar_is_read_with_all_that_it_states():
    (draft,) = drafts(f"<html>{HCALENDAR}</html>")
    assert (draft.title, draft.url) == ("Jazz Night", "https://venue.example/jazz")
    assert (draft.when.start.isoformat(), draft.when.end.isoformat()) == ("2026-12-05T20:00:00", "2026-12-05T23:00:00")
    assert draft.where == Where(venue="Blue Note", address="Hauptstr. 1", locality="Berlin")
    assert "Three players." in draft.description


def test_h_event_is_read():
    (draft,) = drafts(f"<html>{H_EVENT}</html>")
    assert (draft.title, draft.url, draft.where.venue) == ("Jazz Night", "/jazz", "Blue Note")
    assert (draft.when.timezone, draft.when.start.hour) == ("UTC", 19)
    assert "Concert" in draft.categories


@pytest.mark.parametrize(
    "start",
    [
        '<time class="dtstart">2026-12-05 20:00</time>',
        '<span class="dtstart"><span class="value-title" title="2026-12-05T20:00"></span></span>',
        '<span class="dtstart"><b class="value">2026-12-05</b> at <b class="value">20:00</b></span>',
        '<span class="dtstart"><time datetime="2026-12-05T20:00">8</time></span>',
        '<span class="dtstart">5 December 2026, 8pm</span>',
    ],
)
def test_a_start_is_read_in_each_of_its_forms(start):
    page = f'<html><div class="vevent"><b class="summary">Jazz</b>{start}</div></html>'
    assert starts(drafts(page)) == ["2026-12-05T20:00"]


def test_identical_events_are_one_and_others_each_by_itself():
    assert len(drafts(f"<html>{HCALENDAR}{HCALENDAR}</html>")) == 1
    assert len(drafts(f"<html>{HCALENDAR}{HCALENDAR.replace('05T', '06T')}</html>")) == 2


def test_class_names_without_a_date_are_layout():
    found = reading('<html><div class="vevent"><b class="summary">Jazz</b></div></html>')
    assert found.drafts == ()


def of(body):
    return drafts(f"<!DOCTYPE html><html><body>{body}</body></html>")


def test_the_name_of_an_author_is_not_that_of_the_event():
    author = '<div class="p-author h-card"><a class="p-name u-url" href="/ada">Ada</a></div>'
    event = '<h1 class="p-name">Jazz</h1><time class="dt-start" datetime="2026-12-05T20:00">x</time>'
    assert [draft.title for draft in of(f'<div class="h-event">{author}{event}</div>')] == ["Jazz"]


@pytest.mark.parametrize("end", ['<span class="value">23:00</span>', "11:00 pm"])
def test_an_end_may_be_a_mere_time(end):
    (draft,) = of(
        '<div class="vevent"><b class="summary">Jazz</b><span class="dtstart"><span class="value">2026-12-05</span> '
        f'<span class="value">20:00</span></span><span class="dtend">{end}</span></div>'
    )
    assert draft.when.end.isoformat() == "2026-12-05T23:00:00"


@pytest.mark.parametrize(
    "name",
    [
        '<data class="p-name" value="Jazz"></data>',
        '<img class="p-name" alt="Jazz">',
        '<abbr class="p-name" title="Jazz">J</abbr>',
    ],
)
def test_a_name_may_stand_in_an_attribute(name):
    (draft,) = of(f'<div class="h-event">{name}<data class="dt-start" value="2026-12-05T20:00"></data></div>')
    assert draft.title == "Jazz"


def test_a_cancelled_event_says_so():
    (draft,) = of(
        '<div class="vevent"><b class="summary">Jazz</b><abbr class="dtstart" title="2026-12-05T20:00">x</abbr>'
        '<i class="status">CANCELLED</i></div>'
    )
    assert draft.status == "cancelled"
