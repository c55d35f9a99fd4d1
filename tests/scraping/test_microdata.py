import pytest

from events.drafts import Where
from tests.scraping.reading import drafts, reading, starts

EVENT = """
<article itemscope itemtype="https://schema.org/MusicEvent">
  <h2 itemprop="name">Jazz Night</h2>
  <a itemprop="url" href="/jazz">more</a>
  <time itemprop="startDate" datetime="2026-12-05T20:00">Sat 8pm</time>
  <meta itemprop="endDate" content="2026-12-05T23:00">
  <img itemprop="image" src="/jazz.jpg">
  <div itemprop="location" itemscope itemtype="https://schema.org/Place">
    <span itemprop="name">Blue Note</span>
    <p itemprop="address" itemscope itemtype="https://schema.org/PostalAddress">
      <span itemprop="streetAddress">Hauptstr. 1</span>, <span itemprop="addressLocality">Berlin</span>
    </p>
  </div>
  <div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
    <data itemprop="price" value="15">fifteen</data><meta itemprop="priceCurrency" content="EUR">
  </div>
  <div itemprop="description"><p>Three <b>players</b>.</p></div>
</article>
"""
RDFA = """
<div vocab="https://schema.org/" typeof="Event"><span property="name">Jazz Night</span>
<time property="startDate" datetime="2026-12-05T20:00">Saturday</time>
<div property="location" typeof="Place"><span property="name">Blue Note</span></div></div>
"""


def test_an_event_is_read_with_all_that_it_states():
    (draft,) = drafts(f"<html><body>{EVENT}</body></html>")
    assert (draft.title, draft.url, draft.image_url) == (
        "Jazz Night",
        "https://venue.example/jazz",
        "https://venue.example/jazz.jpg",
    )
    assert (draft.when.start.isoformat(), draft.when.end.isoformat()) == ("2026-12-05T20:00:00", "2026-12-05T23:00:00")
    assert draft.where == Where(venue="Blue Note", address="Hauptstr. 1", locality="Berlin")
    assert (draft.price.minimum, draft.price.currency) == (15, "EUR")
    assert draft.description.split() == ["Three", "players", "."]


def test_several_events_on_one_page_are_each_read():
    found = drafts(f"<html>{EVENT}{EVENT.replace('05T', '06T')}</html>")
    assert starts(found) == ["2026-12-05T20:00", "2026-12-06T20:00"]


@pytest.mark.parametrize("extra", ["", 'prefix="schema: https://schema.org/"'])
def test_rdfa_says_the_same(extra):
    found = reading(f"<html {extra}>{RDFA}</html>")
    assert found.format == "microdata"
    assert [(draft.title, draft.where.venue) for draft in found.drafts] == [("Jazz Night", "Blue Note")]


def test_parts_of_a_festival_are_events_that_point_to_it():
    part = EVENT.replace("<article ", '<article itemprop="subEvent" ')
    page = f"""<div itemscope itemtype="https://schema.org/Festival" itemid="fest"><b itemprop="name">Fest</b>
    <meta itemprop="startDate" content="2026-12-01">{part}</div>"""
    found = {draft.title: draft.part_of_key for draft in drafts(f"<html>{page}</html>")}
    assert found == {"Fest": "", "Jazz Night": "fest"}


def test_other_items_are_no_events():
    assert (
        drafts('<html><p itemscope itemtype="https://schema.org/Product"><b itemprop="name">Event</b></p></html>') == ()
    )


def test_json_ld_comes_first_and_microdata_where_it_has_no_date():
    block = '<script type="application/ld+json">{"@type": "Event", "name": "Jazz", "startDate": "%s"}</script>'
    assert reading(f"<html>{block % '2026-12-05'}{EVENT}</html>").format == "jsonld"
    assert reading(f"<html>{block % 'soon'}{EVENT}</html>").format == "microdata"


SHORT = '<b itemprop="name">Jazz</b><span itemprop="startDate" datetime="2026-12-05T20:00">5 Dec</span>'


def of(body):
    (draft,) = drafts(f"<!DOCTYPE html><html><body>{body}</body></html>")
    return draft


def test_a_part_that_stands_elsewhere_in_the_page_is_found():
    scope = 'itemprop="location" itemscope itemtype="http://schema.org/Place"'
    place = f'<div id="loc"><div {scope}><b itemprop="name">Blue Note</b></div></div>'
    draft = of(f'<div itemscope itemtype="http://schema.org/Event" itemref="missing loc">{SHORT}</div>{place}')
    assert (draft.title, draft.where.venue) == ("Jazz", "Blue Note")


def test_the_place_around_an_event_is_its():
    event = f'<div itemprop="event" itemscope itemtype="http://schema.org/Event">{SHORT}</div>'
    draft = of(
        '<div itemscope itemtype="http://schema.org/MusicVenue"><b itemprop="name">Blue Note</b>'
        f'<i itemprop="address">Hauptstr. 1</i>{event}</div>'
    )
    assert (draft.where.venue, draft.where.address) == ("Blue Note", "Hauptstr. 1")


def test_the_older_vocabulary_is_read():
    draft = of(f'<div itemscope itemtype="http://data-vocabulary.org/Event">{SHORT.replace("name", "summary")}</div>')
    assert draft.title == "Jazz"
