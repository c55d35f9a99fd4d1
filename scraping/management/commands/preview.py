"""manage.py preview: what a calendar, feed or page says, as Nocturne reads it, one JSON object a line."""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from events.drafts import EventDraft, instant
from events.management.commands.load_cities import read_cities
from scraping.detect import read
from scraping.extractors import Document, Window
from scraping.identity import settle
from scraping.normalise import normalise
from scraping.zones import iana

# A file larger than what the client would fetch is not read either.
MAX_BYTES = 50_000_000


class Unreadable(Exception):
    """A sentence that says why a target gives nothing."""


class Command(BaseCommand):
    help = (
        "Print what URLs or files say, one JSON object an event and date. Writes nothing, and needs a database for the "
        "opt-outs of hosts only; exit status 1 if something cannot be read."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = argparse.RawTextHelpFormatter
        parser.add_argument("targets", nargs="+", metavar="TARGET", help="URL or file")
        parser.add_argument("--timezone", default="", help="zone of times that name none, and of the output (UTC)")
        parser.add_argument("--city", default="", help="a city's code, for its zone")
        parser.add_argument("--from", dest="since", type=_date, default=None, help="first day (today)")
        parser.add_argument("--until", type=_date, default=None, help="day after the last (the series horizon)")

    def handle(self, *args: Any, targets: list[str], city: str, timezone: str, **options: Any) -> None:
        zone = _zone(timezone, city)
        since = options["since"] or dt.datetime.now(ZoneInfo(zone)).date()
        until = options["until"] or since + dt.timedelta(days=settings.SERIES_HORIZON_DAYS)
        if until <= since:
            raise CommandError("--until must be after --from.")
        window = Window(start=_midnight(since, zone), end=_midnight(until, zone), timezone=zone)
        failed = False
        for target in targets:
            found = False
            for row in _rows(target, window):
                found, failed = True, failed or "error" in row
                self._print(row)
            if not found:
                self.stderr.write(f"{target}: no events from {since} to {until} in it.")
        if failed:
            sys.exit(1)

    def _print(self, row: dict[str, Any]) -> None:
        """UTF-8 whatever the terminal's locale says, at once."""
        line = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        out = getattr(self.stdout._out, "buffer", None)
        if out is None:
            self.stdout.write(line.decode(), ending="")
            return
        out.write(line)
        out.flush()


def _rows(target: str, window: Window) -> Iterator[dict[str, Any]]:
    try:
        document = _document(target)
        reading = read(document, window)
        if not reading.format:
            raise Unreadable("; ".join(problem.message for problem in reading.problems))
        drafts = settle(normalise(draft, base_url=document.url) for draft in reading.drafts)
    except Unreadable as error:
        yield {"target": target, "error": str(error)}
        return
    yield from ({"target": target, "error": problem.message} for problem in reading.problems)
    dated = [draft for draft in drafts if draft.when]
    for draft in sorted(dated, key=lambda draft: _instant(draft, window)):
        yield {"target": target, **_row(draft, window)}
    for draft in drafts:
        if not draft.when:
            reasons = "; ".join(problem.message for problem in draft.problems)
            yield {"target": target, "error": f"{draft.title or draft.external_id}: {reasons}"}


def _document(target: str) -> Document:
    if target.startswith(("http://", "https://")):
        from nocturne.http import FetchError, fetch

        try:
            _obey(target)
            return Document.of(fetch(target, obey=_obey))
        except FetchError as error:
            raise Unreadable(str(error)) from error
    path = Path(target.removeprefix("file://"))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
        return Document(url=str(path), body=path.read_bytes())
    except (OSError, ValueError) as error:
        raise Unreadable(f"The file cannot be read: {error}") from error


def _obey(url: str) -> None:
    """By its terms and by its host's wish; where no database can be asked, it says that only the terms are known."""
    from scraping import optout, terms

    terms.obey(url)
    try:
        optout.obey(url)
    except (DatabaseError, ImproperlyConfigured) as error:
        print(f"The list of hosts that opted out cannot be read: {error}".splitlines()[0], file=sys.stderr)


def _row(draft: EventDraft, window: Window) -> dict[str, Any]:
    when, where, price = draft.when, draft.where, draft.price
    assert when is not None
    own = when.timezone if when.timezone not in (None, "UTC") else window.timezone
    end = _local(when.end, when.timezone, own, window) if when.end else None
    address = ", ".join(filter(None, (where.address, where.locality, where.region, where.country)))
    return {
        "external_id": draft.external_id,
        "title": draft.title,
        "starts_at": _local(when.start, when.timezone, own, window).isoformat(),
        "ends_at": end.isoformat() if end else None,
        "all_day": when.all_day,
        "time_known": when.time_known,
        "status": draft.status,
        "venue": where.venue,
        "address": address,
        "url": draft.url,
        "price_min": float(price.minimum) if price.minimum is not None else None,
        "price_max": float(price.maximum) if price.maximum is not None else None,
        "currency": price.currency,
        "is_free": price.is_free,
        "organizer": draft.organizer,
        "description": draft.description,
        "image_url": draft.image_url,
        "category": draft.categories[0] if draft.categories else "",
    }


def _instant(draft: EventDraft, window: Window) -> dt.datetime:
    assert draft.when is not None
    return instant(draft.when.start, draft.when.timezone or window.timezone)


def _local(local: dt.datetime, timezone: str | None, target: str | None, window: Window) -> dt.datetime:
    """The aware time in the zone of the place, where that is known, else in the window's."""
    return instant(local, timezone or window.timezone).astimezone(ZoneInfo(target or window.timezone))


def _midnight(day: dt.date, zone: str) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-12-31") from None


def _zone(timezone: str, city: str) -> str:
    if timezone:
        if not (zone := iana(timezone)):
            raise CommandError(f"{timezone!r} is not a time zone like Europe/Berlin.")
        return zone
    if not city:
        return "UTC"
    zones = {row["code"]: str(row["timezone"]) for row in read_cities()}
    if city not in zones:
        raise CommandError(f"No city has the code {city}; codes look like ca--los-angeles or de--berlin.")
    return zones[city]
