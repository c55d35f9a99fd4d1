"""The form of an event: what a visitor types, and the draft that it means; and the other way round, to change it."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone as clock
from django.utils.translation import gettext as _, gettext_lazy

from events.categories import CATEGORIES
from events.drafts import EventDraft, Price, When, Where
from events.models import City
from events.nights import last_day_of
from nocturne.addresses import normalise_address
from quality import rules
from scraping.normalise import normalise
from scraping.prices import price_of

from . import clocks

DAY = dt.timedelta(days=1)
# What a rule of quality finds is said at the field that it is about; other rules are for the editors' queue.
_REFUSED = {
    "title.missing": ("title", gettext_lazy("Please say what the event is called.")),
    "title.placeholder": ("title", gettext_lazy("That is a button or a stand-in. What is the event called?")),
    "title.nonsense": ("title", gettext_lazy("That is no title. What is the event called?")),
    "title.address": ("title", gettext_lazy("Please put the web address into the field for it, not into the title.")),
    "text.links": ("description", gettext_lazy("Those are too many links. One has a field of its own.")),
    "url.invalid": ("url", gettext_lazy("That is not a web address; it should look like https://example.org/event.")),
    "price.implausible": ("price", gettext_lazy("That is more than a ticket costs. Is it a typing error?")),
}


OVER = gettext_lazy("That is over. Only what is still to come can be listed.")
FAR = gettext_lazy("That is more than two years ahead. Please send it again when it is nearer.")
LONG = gettext_lazy("That is longer than a year. Please send each part of it by itself.")
# Days at which the calendar ends: beside them no clock can be read.
_ENDS = (("date", dt.MINYEAR, OVER), ("date", dt.MAXYEAR, FAR), ("end_date", dt.MAXYEAR, LONG))


class Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class Clock(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


def _text(limit: int, **options: Any) -> forms.CharField:
    options = {"required": False, "strip": True, **options}
    return forms.CharField(max_length=limit, **options)


def _date(**options: Any) -> forms.DateField:
    messages = {"invalid": gettext_lazy("Please write the date as 2026-12-31.")}
    messages |= {"required": gettext_lazy("Please say on which day it is.")}
    return forms.DateField(input_formats=["%Y-%m-%d"], widget=Day(), error_messages=messages, **options)


def _time(**options: Any) -> forms.TimeField:
    messages = {"invalid": gettext_lazy("Please write the time as 20:30.")}
    formats = ["%H:%M", "%H:%M:%S", "%H.%M"]
    return forms.TimeField(required=False, input_formats=formats, widget=Clock(), error_messages=messages, **options)


class EventForm(forms.Form):
    """Afterwards `draft` is the normalised draft, and `city` among the cleaned data the city that it is in."""

    title = _text(
        200,
        required=True,
        label=gettext_lazy("What is it called?"),
        help_text=gettext_lazy("As on a poster: who plays, or what it is. No address, no price."),
        error_messages={"required": gettext_lazy("Please say what the event is called.")},
    )
    city = forms.ModelChoiceField(
        City.objects.none(),
        to_field_name="slug",
        label=gettext_lazy("City"),
        empty_label=gettext_lazy("Choose a city"),
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Please choose a city of the list.")),
    )
    date = _date(label=gettext_lazy("Day"))
    time = _time(label=gettext_lazy("Begins at"))
    all_day = forms.BooleanField(required=False, label=gettext_lazy("All day, as an exhibition or a market"))
    end_date = _date(required=False, label=gettext_lazy("Last day, if it is another"))
    end_time = _time(label=gettext_lazy("Ends at"))
    venue = _text(
        200,
        label=gettext_lazy("Venue"),
        help_text=gettext_lazy("Names that are known are suggested: choose one of them where you can."),
    )
    address = _text(
        300,
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("Street and number; not needed for a venue that is known."),
    )
    price = _text(
        60, label=gettext_lazy("Amount"), help_text=gettext_lazy("As 12, or 10–15. Leave it empty if you do not know.")
    )
    free = forms.BooleanField(required=False, label=gettext_lazy("Free entry"))
    url = _text(
        1000, label=gettext_lazy("Link"), help_text=gettext_lazy("The page of the event, of the venue or for tickets.")
    )
    category = forms.ChoiceField(required=False, label=gettext_lazy("Category"))
    organizer = _text(200, label=gettext_lazy("Organiser"))
    description = _text(
        5000,
        label=gettext_lazy("Description"),
        help_text=gettext_lazy("In your own words; plain text."),
        widget=forms.Textarea,
    )

    def __init__(
        self,
        data: Any = None,
        *,
        initial: dict[str, Any] | None = None,
        now: dt.datetime | None = None,
        is_new: bool = True,
    ) -> None:
        super().__init__(data, initial=initial, auto_id="submit-%s")
        self.now, self.is_new = now or clock.now(), is_new
        self.draft = EventDraft(title="", when=None)
        fields: Any = self.fields
        fields["city"].queryset = City.objects.active().order_by("name", "pk")
        fields["category"].choices = [("", _("Not said")), *CATEGORIES.items()]
        for name, attributes in _ATTRIBUTES.items():
            fields[name].widget.attrs.update(attributes)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if not (said.get("venue") or said.get("address") or {"venue", "address"} & self.errors.keys()):
            self.add_error("venue", _("Please say where it is: a venue, or an address."))
        city: City | None = said.get("city")
        if city is None or "date" not in said:
            return said
        when = self._when(said, city)
        price = self._price(said, city)
        if self.errors:
            return said
        where = Where(
            venue=said["venue"],
            address=said["address"],
            locality=city.name,
            region=city.region,
            country=city.country,
        )
        self.draft = normalise(
            EventDraft(
                title=said["title"],
                when=when,
                where=where,
                price=price,
                url=said["url"],
                description=said["description"],
                organizer=said["organizer"],
                categories=(said["category"],) if said["category"] else (),
            )
        )
        self._judge(city)
        return said

    # --- when -------------------------------------------------------------------------------------

    def _when(self, said: dict[str, Any], city: City) -> When | None:
        for name, year, why in _ENDS:
            if said.get(name) and said[name].year == year:
                self.add_error(name, str(why))
                return None
        start = self._start(said, city)
        if start is None or {"end_date", "end_time"} & self.errors.keys():
            return None
        end = self._end(said)
        if {"time", "end_time"} & self.errors.keys():
            return None
        if end is not None and end <= start:
            self.add_error("end_time" if said.get("end_time") else "end_date", _("It would end before it begins."))
            return None
        if said.get("end_time") and end is not None and (message := clocks.skipped(end, city.zone)):
            self.add_error("end_time", message)
        when = When(
            start=start,
            end=end,
            timezone=city.timezone,
            all_day=said["all_day"],
            time_known=bool(said.get("time")) and not said["all_day"],
        )
        last = clocks.last_day(when)
        if last < city.tonight(self.now):
            self.add_error("date", str(OVER))
        elif start > self.now.replace(tzinfo=None) + rules.FAR:
            self.add_error("date", str(FAR))
        elif when.end and when.end - start > clocks.LONGEST:
            self.add_error("end_date", str(LONG))
        return when

    def _start(self, said: dict[str, Any], city: City) -> dt.datetime | None:
        if "time" in self.errors:
            return None
        if said["all_day"] or not said.get("time"):
            return dt.datetime.combine(said["date"], dt.time())
        start = dt.datetime.combine(said["date"], said["time"])
        if message := clocks.skipped(start, city.zone):
            self.add_error("time", message)
            return None
        return start

    def _end(self, said: dict[str, Any]) -> dt.datetime | None:
        """A time without a day is that of the same night; days without times are whole ones."""
        date, time, day = said.get("end_date"), said.get("end_time"), said["date"]
        if said["all_day"] or not said.get("time"):
            if time and not said["all_day"]:
                self.add_error("time", _("Please say when it begins, too; or leave out when it ends."))
            return dt.datetime.combine(date, dt.time()) + DAY if date else None
        if time is None:
            if date and date != day:
                self.add_error("end_time", _("Please say at what time it ends; or tick that it is all day."))
            return None
        if date is None:
            date = day if time > said["time"] else day + DAY
        return dt.datetime.combine(date, time)

    # --- the rest ---------------------------------------------------------------------------------

    def _price(self, said: dict[str, Any], city: City) -> Price:
        text = said.get("price", "")
        if said["free"]:
            if text:
                self.add_error("price", _("Is it free, or does it cost that? Please empty one of the two."))
            return Price(minimum=Decimal(0), maximum=Decimal(0), currency=city.currency, is_free=True)
        price = price_of(text, city.currency, timezone=city.timezone)
        if text and price.minimum is None:
            self.add_error("price", _("Please write an amount, as 12 or 10–15; leave it empty if you do not know."))
        return price

    def _judge(self, city: City) -> None:
        """Say at its field what no event is listed with; advertisements are left to the editors' eyes."""
        for found in reversed(rules.assess(self.draft, now=self.now, city=city, is_new=self.is_new)):  # what says more
            if found.rule in _REFUSED:
                name, message = _REFUSED[found.rule]
                if name not in self.errors:
                    self.add_error(name, str(message))


class SubmissionForm(EventForm):
    """With the address of who sends it."""

    email = forms.CharField(
        max_length=254,
        label=gettext_lazy("Your e-mail address"),
        help_text=gettext_lazy("Only for this: it is never shown, and deleted 90 days after the event."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": gettext_lazy("Please write your e-mail address.")},
    )

    def clean_email(self) -> str:
        try:
            return normalise_address(self.cleaned_data["email"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "title": {"autocomplete": "off"},
    "venue": {"list": "venues", "autocomplete": "off"},
    "address": {"autocomplete": "off"},
    "organizer": {"autocomplete": "off"},
    "price": {"autocomplete": "off"},
    "url": {"inputmode": "url", "autocomplete": "off", "spellcheck": "false"},
    "description": {"rows": 6},
}


def typed(draft: EventDraft, city: City | None) -> dict[str, Any]:
    """What the form would hold for a draft, to be changed or sent."""
    said: dict[str, Any] = {
        "title": draft.title,
        "city": city.slug if city else "",
        "venue": draft.where.venue,
        "address": draft.where.address,
        "free": bool(draft.price.is_free),
        "price": "" if draft.price.is_free else _amounts(draft.price),
        "url": draft.url,
        "category": next(iter(draft.categories), ""),
        "organizer": draft.organizer,
        "description": draft.description[:5000],
    }
    return said | (_times(draft.when, city) if draft.when else {})


def _times(when: When, city: City | None) -> dict[str, Any]:
    """On the city's clock; the exclusive end of days is their last one."""
    timed = when.time_known and not when.all_day
    start, end = when.start, when.end
    if timed and city and when.timezone:
        start, end = (clocks.moved(at, when.timezone, city.zone) if at else None for at in (start, end))  # type: ignore[assignment]
    said: dict[str, Any] = {"date": start.date(), "all_day": when.all_day}
    if timed:
        return said | {"time": start.time(), "end_date": end and end.date(), "end_time": end and end.time()}
    last = last_day_of(end) if end else None
    return said | {"end_date": last if last != start.date() else None}


def _amounts(price: Price) -> str:
    """12, or 10–15, with the currency."""
    if price.minimum is None:
        return ""
    stated = [amount for amount in (price.minimum, price.maximum) if amount is not None]
    amounts = dict.fromkeys(f"{amount:.{0 if amount == int(amount) else 2}f}" for amount in stated)
    return f"{'–'.join(amounts)} {price.currency}".strip()
