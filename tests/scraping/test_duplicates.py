"""What editors decide on duplicates holds through all that publishers do, and nobody's RSVP is lost on the way."""

import pytest

from events.models import Event, Listing, Rsvp, Source
from nocturne.models import User
from quality.merging import merge, split, unmerge
from quality.models import Verdict
from tests.scraping.feeds import Publisher, vevent
from tests.scraping.readings import HOUR, NOW, add, assert_settled, assert_sound, read, recomposed

pytestmark = pytest.mark.django_db

FRIDAY = "2026-12-04T20:00"
HALL = "Festsaal, Allee 9, Berlin"
PAGE = "https://magazine.example/evenings/saharan-sounds"


class Story:
    """A club and a city magazine; the magazine gives everything a new id whenever it is read."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher, self.hours = publisher, 0
        self.club, self.magazine = add(publisher, "?club"), add(publisher, "?magazine")
        self.editor = User.objects.create(email="editor@nocturne.example")
        self.says(self.club, vevent("Mdou Moctar", FRIDAY, uid="club-1"))
        self.magazine_says("Saharan Sounds", location=HALL)

    def says(self, source: Source, *events: str) -> None:
        self.hours += 1
        # beside it something that stays as it is, so that the calendar is never empty
        self.publisher.publish(vevent(f"Lesung für {source.name}", "2026-12-20T19:00", uid=f"{source.pk}"), *events)
        read(source, NOW + self.hours * HOUR)

    def magazine_says(self, title: str, **columns: str) -> None:
        self.says(self.magazine, vevent(title, FRIDAY, uid=f"magazine-{self.hours}", url=PAGE, **columns))

    def again(self) -> None:
        """Both publishers are read again, in full."""
        for source in (self.club, self.magazine):
            self.hours += 1
            self.publisher.publish(
                *(
                    vevent(one.title, one.local_start[:16], uid=one.external_id, url=one.url, location=place(one))
                    for one in Listing.objects.filter(source=source, retired_at=None)
                )
            )
            read(source, NOW + self.hours * HOUR, force=True)

    @property
    def friday(self) -> list[Event]:
        """The events that visitors see on Friday, in the order in which they came."""
        return list(Event.objects.roots().filter(night="2026-12-04").order_by("pk"))

    @property
    def titles(self) -> list[list[str]]:
        """What is listed of each of them."""
        return [sorted(Listing.objects.of_event(event).values_list("title", flat=True)) for event in self.friday]


def place(listing: Listing) -> str:
    where = listing.draft["where"]
    return ", ".join(filter(None, (where["venue"], where.get("address", ""))))


def answers(event: Event) -> list[str]:
    return sorted(Rsvp.objects.filter(event__root=event.root_id).values_list("user__email", flat=True))


def test_merged_unmerged_split_and_read_again(publisher: Publisher) -> None:
    story = Story(publisher)
    concert, night_out = story.friday
    ada, ben, cem = (User.objects.create(email=f"{name}@nocturne.example") for name in ("ada", "ben", "cem"))
    for user, event in ((ada, concert), (ben, night_out), (cem, concert), (cem, night_out)):
        Rsvp.objects.create(user=user, event=event, answer="going")

    # An editor knows that it is one evening: every link and every answer comes along.
    merge(concert, night_out, by=story.editor)
    assert story.titles == [["Mdou Moctar", "Saharan Sounds"]]
    assert answers(concert) == [f"{name}@nocturne.example" for name in ("ada", "ben", "cem", "cem")]

    # The magazine's ids churn, its title changes, and both are read again: still one.
    story.magazine_says("Saharan Sounds", location=HALL)
    story.magazine_says("Saharan Sounds with Mdou Moctar", location=HALL)
    story.again()
    assert [event.pk for event in story.friday] == [concert.pk]
    assert story.titles == [["Mdou Moctar", "Saharan Sounds with Mdou Moctar"]]
    assert len(answers(concert)) == 4

    # It was two evenings after all: each has its own listings and answers again.
    unmerge(Event.objects.get(pk=night_out.pk), by=story.editor)
    assert story.titles == [["Mdou Moctar"], ["Saharan Sounds with Mdou Moctar"]]
    assert answers(concert) == ["ada@nocturne.example", "cem@nocturne.example"]
    assert answers(night_out) == ["ben@nocturne.example", "cem@nocturne.example"]

    # Even when the magazine says word for word what the club says, under new ids, the editor's "different" holds.
    story.magazine_says("Mdou Moctar")
    story.magazine_says("Mdou Moctar")
    story.again()
    assert [event.pk for event in story.friday] == [concert.pk, night_out.pk]
    assert story.titles == [["Mdou Moctar"], ["Mdou Moctar"]]

    # A third publisher joins one of the two and is no bridge between them.
    story.says(add(publisher, "?third"), vevent("MDOU MOCTAR (live)", FRIDAY, uid="third"))
    assert [event.pk for event in story.friday] == [concert.pk, night_out.pk]
    assert sorted(map(len, story.titles)) == [1, 2]

    # An editor changes their mind once more, and takes out a single listing then.
    merge(concert, Event.objects.get(pk=night_out.pk), by=story.editor)
    assert [len(titles) for titles in story.titles] == [3]
    out = split(Listing.objects.get(source=story.magazine, night="2026-12-04", retired_at=None), by=story.editor)
    story.again()
    assert {event.pk for event in story.friday} == {concert.pk, out.pk}
    assert sorted(map(len, story.titles)) == [1, 2]
    assert Rsvp.objects.count() == 4
    assert sorted(answers(concert) + answers(out)) == sorted(
        f"{name}@nocturne.example" for name in ("ada", "ben", "cem", "cem")
    )
    assert Verdict.objects.filter(by_editor=True, outcome="different", decided_by=story.editor).exists()

    assert recomposed().endswith(" 0 changed.")
    assert_sound()
    assert_settled(story.magazine, NOW + (story.hours + 1) * HOUR)


def test_what_an_editor_keeps_apart_before_anything_was_merged_stays_apart(publisher: Publisher) -> None:
    story = Story(publisher)
    concert, night_out = story.friday
    merge(concert, night_out, by=story.editor)
    unmerge(Event.objects.get(pk=night_out.pk), by=story.editor)
    story.magazine_says("Mdou Moctar")
    club = Listing.objects.get(source=story.club, night="2026-12-04")
    # the club renames its evening and moves it back: neither brings the two together
    for title, start in (("Mdou Moctar & Band", FRIDAY), ("Mdou Moctar", "2026-12-04T20:30"), ("Mdou Moctar", FRIDAY)):
        story.says(story.club, vevent(title, start, uid="club-1"))
        assert [event.pk for event in story.friday] == [concert.pk, night_out.pk]
    club.refresh_from_db()
    assert club.event_id == concert.pk
