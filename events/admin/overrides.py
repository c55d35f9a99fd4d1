"""The form of an event's overrides: each field with what is shown now and what every source says of it."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.validators import RegexValidator
from django.utils import timezone as clock
from django.utils.functional import cached_property

from events.categories import CATEGORIES, category_label
from events.compose import Known, columns
from events.groups import GROUPS, Told
from events.models import Event, Listing, Venue
from events.overrides import read

LOCAL = "%Y-%m-%dT%H:%M"
DAY = "%a %-d %b %Y"
FOLLOWS = "follows the sources"

# The fields that can be overridden, by the groups that provenance is stored for.
BY_GROUP: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "when": ("starts_at", "ends_at"),
    "where": ("venue", "address"),
    "price": ("price_min", "price_max", "currency", "is_free"),
    "status": ("status",),
    "category": ("category",),
    "text": ("description",),
    "people": ("organizer",),
    "url": ("url",),
    "image": ("image_url",),
    "": ("visibility",),
}
_GROUPS = {group.name: group for group in GROUPS}


class LocalTimeField(forms.Field):
    """A naive time, as clocks show it in the event's city."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)

    def to_python(self, value: object) -> dt.datetime | None:
        if value in self.empty_values:
            return None
        try:
            time = dt.datetime.fromisoformat(str(value))
        except ValueError:
            time = None
        if time is None or time.tzinfo:
            raise forms.ValidationError("Write the local time as 2026-12-05T20:00.")
        return time


class TextField(forms.CharField):
    """Text of several lines; what browsers make of line ends is no change."""

    widget = forms.Textarea(attrs={"rows": 5})

    def to_python(self, value: object) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


def _choice(choices: Iterable[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(choices=[("", FOLLOWS), *choices], required=False)


def _price(label: str) -> forms.DecimalField:
    return forms.DecimalField(required=False, label=label, min_value=Decimal(0), max_digits=12, decimal_places=2)


class OverridesForm(forms.ModelForm):
    """Editors' values; what is blank follows the sources. No column of the event is written by the form itself."""

    title = forms.CharField(max_length=300, required=False)
    starts_at = LocalTimeField(required=False, label="Starts")
    ends_at = LocalTimeField(required=False, label="Ends")
    venue = forms.ModelChoiceField(
        Venue.objects.roots(),
        required=False,
        widget=AutocompleteSelect(Event._meta.get_field("venue"), admin.site),
    )
    address = forms.CharField(max_length=300, required=False)
    price_min = _price("Lowest price")
    price_max = _price("Highest price")
    currency = forms.CharField(
        required=False, validators=[RegexValidator(r"^[A-Z]{3}\Z", "Write the code of a currency, as EUR.")]
    )
    is_free = forms.TypedChoiceField(
        choices=[("", FOLLOWS), ("yes", "free"), ("no", "not free")],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        label="Free",
    )
    status = _choice(Event.Status.choices)
    category = _choice(CATEGORIES.items())
    description = TextField(required=False, max_length=100_000)
    organizer = forms.CharField(max_length=200, required=False)
    url = forms.URLField(max_length=2000, required=False, label="Link", assume_scheme="https")
    image_url = forms.URLField(max_length=2000, required=False, label="Image", assume_scheme="https")
    visibility = _choice(Event.Visibility.choices)

    class Meta:
        model = Event
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        values, self.unreadable = read(self.instance.overrides)
        if "is_free" in values:
            values["is_free"] = "yes" if values["is_free"] else "no"
        self.initial.update(values)

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        self._check_prices(values)
        if listings := self.sources.listings:
            shown = columns(listings, self.stored(), now=clock.now(), known=self.sources.known(values["venue"]))
            ends_at = shown["ends_at"]
            if values["ends_at"] and (ends_at is None or ends_at <= shown["starts_at"]):
                self.add_error("ends_at", "The end is not after the start.")
            if (values["price_min"] or values["price_max"]) and not shown["currency"]:
                self.add_error("currency", "No source says which currency this price is in.")
        return values

    def _check_prices(self, values: dict[str, Any]) -> None:
        low, high = values["price_min"], values["price_max"]
        if low is not None and high is not None and high < low:
            self.add_error("price_max", "The highest price is lower than the lowest one.")
        if values["is_free"] and (low or high):
            self.add_error("is_free", "An event with a price is not free.")

    def stored(self) -> dict[str, Any]:
        """The cleaned values as `Event.overrides` stores them; None for what follows the sources."""
        return {name: _as_json(self.cleaned_data.get(name)) for group in BY_GROUP.values() for name in group}

    def changes(self) -> dict[str, Any]:
        """What of them the editor changed."""
        return {name: value for name, value in self.stored().items() if name in self.changed_data}

    @cached_property
    def sources(self) -> "Sources":
        return Sources(self.instance)

    def groups(self) -> Iterator["GroupRows"]:
        for group, names in BY_GROUP.items():
            origin = self.sources.origin(group)
            rows = [Row(self[name], self.sources.shown(name), list(self.sources.told(group, name))) for name in names]
            yield GroupRows(group or "visibility", origin, rows, self.sources.inherited(names))


def _as_json(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.strftime(LOCAL)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Venue):
        return value.pk
    return value if value != "" else None


@dataclass(slots=True)
class Value:
    """A value that one or more listings give; `chosen` if the event shows it, unless it is overridden."""

    text: str
    listings: list[Listing] = field(default_factory=list)
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    field: forms.BoundField
    shown: str
    told: list[Value]

    @property
    def overridden(self) -> bool:
        form: Any = self.field.form
        return self.field.name in form.instance.overrides


@dataclass(frozen=True, slots=True)
class GroupRows:
    name: str
    origin: Listing | None
    rows: list[Row]
    inherited: list[Event]

    @property
    def overridden(self) -> bool:
        """Whether all that the group shows is the editors' own."""
        return all(row.overridden for row in self.rows)

    @property
    def partly_overridden(self) -> bool:
        return any(row.overridden for row in self.rows)


class Sources:
    """What the listings of an event say, each for itself."""

    def __init__(self, event: Event) -> None:
        self.event = event

    @cached_property
    def listings(self) -> Sequence[Listing]:
        rows = Listing.objects.of_event(self.event).select_related("event", "city", "venue__merged_into", "venue__city")
        return list(rows)

    @cached_property
    def _told(self) -> list[Told]:
        return [
            Told(one, one.as_draft(), city=one.city, venue=one.venue and (one.venue.merged_into or one.venue))
            for one in self.listings
            if one.city
        ]

    def known(self, venue: Venue | None = None) -> Known:
        venues = {one.listing.venue_id: one.venue for one in self._told if one.listing.venue_id and one.venue}
        return Known(venues={**venues, **({venue.pk: venue} if venue else {})})

    def origin(self, group: str) -> Listing | None:
        """The listing that the event's columns of a group come from."""
        pk = self.event.provenance.get(group)
        return next((one for one in self.listings if one.pk == pk), None)

    def inherited(self, names: Iterable[str]) -> list[Event]:
        """Merged events that bring an override of one of these fields with them."""
        own = self.event.overrides
        return [event for event in self._members if any(n in event.overrides and n not in own for n in names)]

    @cached_property
    def _members(self) -> list[Event]:
        return list(self.event.members.exclude(pk=self.event.pk).exclude(overrides={}))

    def shown(self, name: str) -> str:
        text = self._text(name, getattr(self.event, name))
        if name == "starts_at" and not self.event.time_known:
            return f"{text}, at a time that is not known"
        return f"{text}, all day" if name == "starts_at" and self.event.all_day else text

    def told(self, group: str, name: str) -> list[Value]:
        """The different values of a field, the most trusted source's first; what a source leaves out is no value."""
        values: dict[str, Value] = {}
        chosen = self.event.provenance.get(group)
        for one in self._told:
            text = self._text(name, self._said(one, group, name))
            if text:
                value = values.setdefault(text, Value(text))
                value.listings.append(one.listing)
                value.chosen |= one.listing.pk == chosen
        return list(values.values())

    def _said(self, one: Told, group: str, name: str) -> Any:
        if group == "status":
            return one.draft.status
        if name == "venue":
            return one.draft.where.venue
        name = {"starts_at": "start", "ends_at": "end"}.get(name, name)
        return _GROUPS[group].read(one)[name] if group else None

    def _text(self, name: str, value: Any) -> str:
        """A value as editors read it; instants in the event's zone. Of a naive time only the day is known."""
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return "free" if value else "not free"
        if isinstance(value, dt.datetime):
            return f"{value.astimezone(self.event.zone):{DAY} %H:%M}" if value.tzinfo else f"{value:{DAY}}"
        if name == "category":
            return category_label(value)
        if name in ("status", "visibility"):
            choices = Event.Status if name == "status" else Event.Visibility
            return str(choices(value).label)
        return str(value)
