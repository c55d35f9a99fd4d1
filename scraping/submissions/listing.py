"""From a submission to a listing: the same parts that a reading goes through, for one draft that an area waits for."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from events import compose
from events.drafts import EventDraft
from events.models import City, Event, Listing, Source, Venue
from events.models.source import VISITORS
from events.text import slugify
from nocturne.cache import bump_on_commit
from quality import rules
from quality.foresight import Foreseen
from quality.venues import is_venue
from scraping.adoption import Identified, content_hash
from scraping.assess import Item
from scraping.models import Run
from scraping.prospects import foreseen
from scraping.save import save, unsaved

from .model import Submission


class Unwritten(Exception):
    """The database did not take the draft; the message is for editors."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The right to write what a visitor sent: who has it holds the lock of the submission's row."""

    source: Source

    def check(self) -> None:
        return

    def begin(self, run: Run) -> None:
        run.begin()


def item_of(submission: Submission, now: dt.datetime) -> Item:
    """The draft as it is wanted on its way into the database, with what the rules find. It lies where its sender says,
    and ids are ours."""
    city, listing = submission.city, submission.listing
    draft = submission.as_draft().replace(external_id=f"submission:{submission.pk}")
    area = City.objects.filter(pk=city.area_id).first() if city.area_id else None
    zone = (draft.when and draft.when.timezone) or city.timezone
    data = draft.to_json()
    item = Item(Identified(draft, listing), city, area or city, zone, content_hash(data, city.pk, zone), data)
    item.found = rules.assess(draft, now=now, city=city, is_new=listing is None)
    return item


def write(submission: Submission, now: dt.datetime) -> Listing:
    """Make the submission's listing say what is wanted: matched, saved and composed under the area's lock.

    Within the transaction of the step that it belongs to. Raises Unwritten.
    """
    source = Source.objects.get(built_in=VISITORS)
    item = item_of(submission, now)
    run = Run(source=source, started_at=now, fetched=1)
    with transaction.atomic():
        bump_on_commit(save(Entry(source), run, [item], now))
        if run.pk:
            run.status, run.error = Run.Status.CHANGED, ""
            run.save()
        listing = Listing.objects.select_related("event__root").filter(source=source, external_id=item.key).first()
        if listing is None or listing.event is None or listing.content_hash != item.content_hash:
            raise Unwritten("The database refuses this draft; the log has the details.")
    return listing


def foresee(item: Item) -> Foreseen | None:
    """What it would join if it were written now."""
    return foreseen([item]).get(id(item))


def as_event(item: Item, now: dt.datetime) -> tuple[Event, Listing]:
    """Event and listing as they would be if nobody else listed it; neither has a row, and ids are 0."""
    listing = unsaved(Source.objects.get(built_in=VISITORS), item, now)
    event = compose.new(listing)
    event.pk = event.root_id = 0
    assert item.city is not None
    event.city, name = item.city, item.draft.where.venue
    event.venue = listing.venue
    if event.venue is None and is_venue(name, city_name=event.city.name):
        event.venue = Venue(pk=0, city=event.city, name=name, slug=slugify(name, fallback="venue"))
    return event, listing


def draft_now(listing: Listing) -> EventDraft:
    """What is shown of a submission, as a draft of its own."""
    return listing.as_draft().replace(external_id="")
