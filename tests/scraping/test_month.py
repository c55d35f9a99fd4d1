"""A month of a city: four publishers of the same nights, who err, forget, move and cancel, and editors among them."""

import dataclasses
import datetime as dt
import random
from dataclasses import dataclass

import pytest
from django.db.models import Count

from events.editing import override
from events.models import Event, EventChange, Listing, Source
from nocturne.models import User
from quality import merging
from quality.links import subtree
from quality.models import Finding, Verdict
from tests.factories import make_city
from tests.scraping.feeds import Publisher, vevent
from tests.scraping.readings import HOUR, NOW, add, assert_settled, assert_sound, read, recomposed

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
HOUSES = ("Klub Null", "Alte Mühle", "Kantine Süd", "Rotes Haus")
WORDS = "Nacht Feuer Regen Silber Wolken Garten Trommel Schatten Winter Hafen Laterne Glas Echo Papier Kupfer".split()


@dataclass(frozen=True)
class Night:
    """What is true of one event; `name` never changes."""

    name: str
    title: str
    start: dt.datetime
    house: str
    cancelled: bool = False
    lost: bool = False  # its coordinates lie in no city


@dataclass
class Teller:
    """A publisher who knows some of the nights, under ids of its own."""

    number: int
    publisher: Publisher
    source: Source
    knows: dict[str, str]
    silent: set[str]

    def publish(self, nights: dict[str, Night]) -> None:
        """Its calendar: what it knows and does not leave out."""
        self.publisher.publish(
            *(
                vevent(
                    nights[name].title,
                    f"{nights[name].start:%Y-%m-%dT%H:%M}",
                    uid=uid,
                    location=f"{nights[name].house}, Gasse 1, Berlin",
                    **({"status": "CANCELLED"} if nights[name].cancelled else {}),
                    **({"geo": "10.5;10.5"} if nights[name].lost else {}),
                )
                for name, uid in sorted(self.knows.items())
                if name not in self.silent
            )
        )


class Month:
    """The truth, its tellers, and the chance that changes both from day to day."""

    def __init__(self, publisher: Publisher, seed: int) -> None:
        self.chance = random.Random(seed)
        self.nights: dict[str, Night] = {}
        self.tellers = [
            Teller(number, publisher, add(publisher, f"?{number}", trust=40 + 10 * (number % 2)), {}, set())
            for number in range(4)
        ]
        self.today = NOW

    def announce(self) -> None:
        """A few new nights, which most tellers know at once."""
        for _ in range(self.chance.randint(1, 3)):
            name = f"night-{len(self.nights)}"
            title = " ".join(self.chance.sample(WORDS, 3))
            start = self.today.replace(tzinfo=None, hour=self.chance.choice((19, 20, 22, 23)), minute=0)
            start += self.chance.randint(2, 25) * DAY
            self.nights[name] = Night(name, title, start, self.chance.choice(HOUSES))
            for teller in self.chance.sample(self.tellers, self.chance.randint(1, 4)):
                teller.knows[name] = f"{name}-{teller.number}"

    def disturb(self) -> None:
        """One of the things that happen to a night that is still to come."""
        now = self.today.replace(tzinfo=None)
        coming = [night for night in self.nights.values() if night.start > now + DAY]
        for night in self.chance.sample(coming, min(3, len(coming))):
            teller = self.chance.choice(self.tellers)
            match self.chance.choice(
                ("move", "cancel", "restore", "retitle", "silence", "speak", "id", "lose", "house")
            ):
                case "move":
                    later = night.start + self.chance.choice((-1, 1, 24)) * HOUR
                    self.nights[night.name] = dataclasses.replace(night, start=later)
                case "cancel":
                    self.nights[night.name] = dataclasses.replace(night, cancelled=True)
                case "restore":
                    self.nights[night.name] = dataclasses.replace(night, cancelled=False)
                case "retitle":
                    self.nights[night.name] = dataclasses.replace(night, title=f"{night.title} (live)")
                case "silence":
                    teller.silent.add(night.name)
                case "speak":
                    teller.silent.clear()
                case "id" if night.name in teller.knows:
                    teller.knows[night.name] += "'"
                case "lose":
                    self.nights[night.name] = dataclasses.replace(night, lost=not night.lost)
                case "house":
                    self.nights[night.name] = dataclasses.replace(night, house=self.chance.choice(HOUSES))

    def read(self) -> None:
        for teller in self.chance.sample(self.tellers, len(self.tellers)):
            teller.publish(self.nights)
            outcome = read(teller.source, self.today + teller.number * HOUR, force=self.chance.random() < 0.3)
            assert outcome.run.error == "", outcome.message


def edit(month: Month, said: dict[int, str], apart: set[tuple[int, int]]) -> None:
    """An editor corrects a title, takes a listing out of an event, or takes a merge back."""
    by = User.objects.get_or_create(email="editor@example.org")[0]
    roots = list(Event.objects.roots().order_by("pk"))
    if not roots:
        return
    event = month.chance.choice(roots)
    match month.chance.choice(("override", "split", "merge", "unmerge")):
        case "override":
            override([event.pk], {"title": f"Von Hand {event.pk}"}, now=month.today)
            said[event.pk] = f"Von Hand {event.pk}"
        case "split":
            listings = list(Listing.objects.filter(event__root=event).order_by("pk"))
            if len(listings) > 1:
                merging.split(listings[-1], by=by)
                apart |= {(listings[-1].pk, other.pk) for other in listings[:-1]}
        case "merge":
            other = month.chance.choice(roots)
            if other.pk != event.pk and not apart_of(event, other, apart):
                merging.merge(event, other, by=by)
        case "unmerge":
            merged = Event.objects.exclude(merged_into=None).order_by("pk").first()
            if merged:
                mine = set(Listing.objects.filter(event__in=subtree(merged)).values_list("pk", flat=True))
                theirs = set(Listing.objects.filter(event__root=merged.root_id).values_list("pk", flat=True)) - mine
                merging.unmerge(merged, by=by)
                apart |= {(a, b) for a in mine for b in theirs}


def apart_of(event: Event, other: Event, apart: set[tuple[int, int]]) -> bool:
    ours = set(Listing.objects.filter(event__root__in=[event.pk, other.pk]).values_list("pk", flat=True))
    return any(a in ours and b in ours for a, b in apart)


def assert_editors_are_kept(said: dict[int, str], apart: set[tuple[int, int]]) -> None:
    for pk, title in said.items():
        root = Event.objects.get(pk=Event.objects.get(pk=pk).root_id)
        assert root.title.startswith("Von Hand"), title
    roots = dict(Listing.objects.values_list("pk", "event__root"))
    for a, b in apart:
        assert roots[a] != roots[b], (a, b)
    assert Verdict.objects.filter(by_editor=True, outcome="different").count() >= len({tuple(sorted(p)) for p in apart})


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("seed", "edited"), [(1, False), (2, True)])
def test_a_month_of_change_leaves_a_sound_database(publisher: Publisher, seed: int, edited: bool) -> None:
    make_city("los-angeles")
    month = Month(publisher, seed)
    said: dict[int, str] = {}
    apart: set[tuple[int, int]] = set()
    for _ in range(30):
        month.announce()
        month.disturb()
        month.read()
        assert_sound()
        assert recomposed().endswith(" 0 changed.")
        if edited:
            edit(month, said, apart)
            assert_sound()
            assert recomposed().endswith(" 0 changed.")
            assert_editors_are_kept(said, apart)
        else:
            doubled = (
                Listing.objects.live()
                .values("event__root", "source")
                .annotate(listings=Count("pk"))
                .filter(listings__gt=1, event__isnull=False)
            )
            assert not doubled.exists(), list(doubled)
        month.today += DAY
    for teller in month.tellers:
        teller.publish(month.nights)
        read(teller.source, month.today, force=True)
        assert_settled(teller.source, month.today + HOUR)
    assert set(Event.objects.values_list("city__slug", flat=True)) == {"berlin"}
    assert EventChange.objects.exists()
    assert bool(said and apart) == edited
    assert not Finding.objects.filter(rule="item.refused").exists()
