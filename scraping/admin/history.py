"""What stands below the form of a source: how its readings went, and what it lists."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q
from django.utils import timezone as clock

from events.dates import day_words
from events.models import Event, Listing, Source
from events.text import counted
from nocturne.admin import count_of, link_to_list
from quality.models import Finding
from scraping.models import Run

RUNS_SHOWN = 10
BARS = 40
BAR, GAP, HEIGHT, LEAST = 7, 3, 56, 2
LISTINGS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Bar:
    """A reading in the chart; `words` say what the bar shows."""

    x: int
    y: int
    height: int
    bad: bool
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Events to come by reading, the oldest first, as an SVG; `words` say the same."""

    bars: list[Bar]
    width: int
    height: int
    words: str


def chart(runs: Sequence[Run]) -> Chart | None:
    """Of readings, the newest first; None if none of them says how much there was."""
    told = [run for run in reversed(runs) if run.upcoming is not None or run.status != Run.Status.CHANGED]
    yields = [run.upcoming for run in told if run.upcoming is not None]
    if not yields:
        return None
    most = max(*yields, 1)
    bars = []
    for number, run in enumerate(told):
        at = f"{run.started_at:%-d %b %Y, %H:%M}"
        if run.upcoming is None or run.status != Run.Status.CHANGED:
            height, words = LEAST * 3, f"{at}: {run.get_status_display()} {run.error}".strip()
        else:
            height, words = (
                max(round(HEIGHT * run.upcoming / most), LEAST),
                f"{at}: {counted(run.upcoming, 'event')} to come",
            )
        bad = run.status != Run.Status.CHANGED
        bars.append(Bar(number * (BAR + GAP), HEIGHT - height, height, bad, words))
    failed = sum(1 for bar in bars if bar.bad)
    if len(bars) == 1:
        words = f"One reading so far, with {counted(yields[0], 'event')} to come."
    else:
        words = (
            f"Events to come in the last {len(bars)} readings that had news or failed: {min(yields)} to {max(yields)}, "
            f"{yields[-1]} the last time; {failed or 'none'} failed."
        )
    return Chart(bars, len(bars) * (BAR + GAP), HEIGHT, words)


@dataclass(frozen=True, slots=True)
class Given:
    """A listing as the readings left it."""

    listing: Listing
    when: str
    place: str
    state: str
    findings: int


def given(source: Source) -> list[Given]:
    """The source's next listings; those that cannot be placed in time come first, since they want to be looked at."""
    rows = source.listings.live().filter(Q(starts_at=None) | Q(starts_at__gt=clock.now()))
    rows = rows.select_related("city", "venue", "event__root").annotate(
        finding_count=count_of(Finding.objects.all(), "listing")
    )
    found = rows.defer("draft").order_by(F("starts_at").asc(nulls_first=True), "pk")[:LISTINGS_SHOWN]
    return [_given(listing) for listing in found]


def _given(listing: Any) -> Given:
    local = dt.datetime.fromisoformat(listing.local_start) if listing.local_start else None
    venue = listing.venue.name if listing.venue else ""
    return Given(
        listing=listing,
        when=f"{day_words(local.date())}, {local:%H:%M}" if local else "no readable date",
        place=", ".join(filter(None, (venue, listing.city.name if listing.city else "no city"))),
        state=_state(listing),
        findings=listing.finding_count,
    )


def _state(listing: Listing) -> str:
    if listing.event is None:
        return "no event yet"
    root = listing.event.root
    if listing.missing_since:
        return "missing in the last reading"
    return "shown" if root.visibility == Event.Visibility.PUBLISHED else root.get_visibility_display()


def _counted(count: int, words: str) -> str:
    return counted(count, words) if words in ("listing", "finding", "reading") else f"{count} {words}"


def below(source: Source) -> dict[str, Any]:
    """The context of the part below the form."""
    runs = list(source.runs.all()[:BARS])
    listings = Listing.objects.filter(source=source)
    one = {"source__id__exact": source.pk}
    missing = listings.filter(missing_since__isnull=False, retired_at=None)
    errors = source.findings.filter(severity="error")
    lists: list[tuple[int, str, str, dict[str, object]]] = [
        (listings.count(), "events_listing", "listing", {}),
        (listings.filter(event=None).count(), "events_listing", "without an event", {"event__isempty": 1}),
        (missing.count(), "events_listing", "missing in the last reading", {"standing": "missing"}),
        (errors.count(), "quality_finding", "with errors", {"severity__exact": "error"}),
        (source.findings.count(), "quality_finding", "finding", {}),
        (source.runs.count(), "scraping_run", "reading", {}),
        (source.series.count(), "events_series", "series", {}),
    ]
    return {
        "chart": chart(runs),
        "runs": runs[:RUNS_SHOWN],
        "given": given(source),
        "judged": getattr(source, "health", None),
        "lists": [link_to_list(model, _counted(count, words), **one, **more) for count, model, words, more in lists],
    }
