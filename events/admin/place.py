"""Cities and venues."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import ActionLocation
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone as clock
from django.utils.html import format_html, format_html_join

from events import editing, places
from events.models import City, Event, Source, Venue, VenueAlias
from events.text import fold, slugify
from nocturne.admin import EditorAdmin, SearchFilter, count_of, link, link_to_list
from nocturne.cache import bump_on_commit

BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


def upcoming(events: QuerySet[Event]) -> QuerySet[Event]:
    """Events that are not over, wherever on earth they are: up to a day too many."""
    return events.filter(merged_into=None, last_night__gte=clock.now().date() - dt.timedelta(days=1))


@admin.register(City)
class CityAdmin(EditorAdmin):
    """Cities come from `load_cities`; an editor activates those that the site serves."""

    list_display = ("name", "region", "country", "population", "active", "area", "upcoming", "sources", "timezone")
    list_filter = ("active", ("area", SearchFilter))
    list_select_related = ("area",)
    search_fields = ("folded", "code", "slug")
    search_help_text = "By name, or by codes: de-- has the cities of Germany, ca-- those of California."
    # The active ones first, also in what autocompletes offer.
    ordering = ("-active", "-population", "pk")
    autocomplete_fields = ("area",)
    prepopulated_fields = {"slug": ("name",)}
    actions = ["activate", "deactivate"]
    fieldsets = (
        (None, {"fields": ("name", "aliases", "exonyms", "active", "area", "shown_with", "found_in")}),
        ("Where", {"fields": ("country", "region", ("latitude", "longitude"), "timezone", "population")}),
        ("Names in addresses", {"fields": ("slug", "code")}),
        ("Defaults of its events", {"fields": ("currency", "language")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[City]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                upcoming_count=count_of(upcoming(Event.objects.all()), "city"),
                source_count=count_of(Source.objects.all(), "city"),
            )
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[City], search_term: str
    ) -> tuple[QuerySet[City], bool]:
        """Names are found without their accents; codes as they are."""
        words = search_term if "--" in search_term else fold(search_term)
        return super().get_search_results(request, queryset, words)

    def get_readonly_fields(self, request: HttpRequest, obj: City | None = None) -> tuple[str, ...]:
        return ("active", "area", "shown_with", "found_in", *(("slug", "code") if obj else ()))

    def view_on_site(self, obj: City) -> str | None:
        return obj.get_absolute_url() if obj.active else None

    def get_prepopulated_fields(self, request: HttpRequest, obj: City | None = None) -> dict[str, Sequence[str]]:
        return {} if obj else self.prepopulated_fields

    def save_model(self, request: HttpRequest, obj: City, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if {"latitude", "longitude", "population"} & set(form.changed_data):
            places.assign_areas()
        bump_on_commit([obj.pk])

    @admin.display(description="Upcoming events", ordering="upcoming_count")
    def upcoming(self, city: Any) -> str:
        return link_to_list("events_event", city.upcoming_count, city__id__exact=city.pk)

    @admin.display(description="Sources")
    def sources(self, city: Any) -> str:
        return link_to_list("events_source", city.source_count, city__id__exact=city.pk)

    @admin.display(description="Of this city")
    def found_in(self, city: Any) -> str:
        lists = (
            (self.upcoming(city), "upcoming events"),
            (self.sources(city), "sources"),
            (link_to_list("events_listing", "listings", city__id__exact=city.pk), ""),
            (link_to_list("events_venue", "venues", city__id__exact=city.pk), ""),
        )
        return format_html_join(" · ", "{} {}", lists)

    @admin.display(description="Area shared with", empty_value="nobody")
    def shown_with(self, city: City) -> str:
        others = City.objects.active().filter(area=city.area_id or city.pk).exclude(pk=city.pk)
        return format_html_join(", ", "{}", ((link(other),) for other in others)) or "nobody"

    @admin.action(description="Activate: serve this city", permissions=["edit"], location=BOTH)
    def activate(self, request: HttpRequest, queryset: QuerySet[City]) -> None:
        cities = list(queryset)
        places.activate(cities)
        self.record(request, cities, "Activated.")
        self.message_user(request, f"Active from now on: {', '.join(city.name for city in cities)}.")

    @admin.action(description="Deactivate: serve this city no more", permissions=["edit"], location=BOTH)
    def deactivate(self, request: HttpRequest, queryset: QuerySet[City]) -> None:
        cities = list(queryset)
        places.deactivate(cities)
        self.record(request, cities, "Deactivated.")
        self.message_user(request, f"No longer active: {', '.join(city.name for city in cities)}.")


class AliasInline(admin.TabularInline):
    model = VenueAlias
    fields = ("folded",)
    can_delete = False
    show_change_link = True
    verbose_name_plural = "names under which sources list it"

    def has_add_permission(self, request: HttpRequest, obj: Venue | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Venue | None = None) -> bool:
        return False


@admin.register(Venue)
class VenueAdmin(EditorAdmin):
    list_display = ("name", "city", "address", "upcoming", "stays")
    list_filter = (("city", SearchFilter), ("merged_into", admin.EmptyFieldListFilter), "city__active")
    list_select_related = ("city", "merged_into")
    search_fields = ("name", "address", "city__name")
    autocomplete_fields = ("city",)
    fields = ("name", "city", "address", ("latitude", "longitude"), "stays", "found_in")
    actions = list[Any]()
    inlines = [AliasInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Venue]:
        return super().get_queryset(request).annotate(upcoming_count=count_of(upcoming(Event.objects.all()), "venue"))

    def get_readonly_fields(self, request: HttpRequest, obj: Venue | None = None) -> tuple[str, ...]:
        """A venue does not move to another city: its names are names of this one."""
        return ("city", "stays", "found_in") if obj else ("stays", "found_in")

    def view_on_site(self, obj: Venue) -> str | None:
        return obj.get_absolute_url() if obj.city.active and not obj.merged_into_id else None

    def save_model(self, request: HttpRequest, obj: Venue, form: forms.ModelForm, change: bool) -> None:
        """The name is a name that sources may use from now on, and what events are found by."""
        obj.slug = slugify(obj.name, fallback="venue")
        super().save_model(request, obj, form, change)
        VenueAlias.objects.get_or_create(city=obj.city, folded=fold(obj.name), defaults={"venue": obj})
        if "name" in form.changed_data:
            roots = Event.objects.roots().filter(venue=obj)
            editing.recompose(roots.values_list("pk", flat=True), now=clock.now())
        # what is composed of its name and what is shown of it are not the same
        bump_on_commit(
            [obj.city_id, *Event.objects.filter(venue=obj).order_by().values_list("city", flat=True).distinct()]
        )

    @admin.display(description="Upcoming events")
    def upcoming(self, venue: Any) -> str:
        return link_to_list("events_event", venue.upcoming_count, venue__id__exact=venue.pk)

    @admin.display(description="At this venue")
    def found_in(self, venue: Any) -> str:
        listings = link_to_list("events_listing", "listings", venue__id__exact=venue.pk)
        return format_html("{} upcoming events · {}", self.upcoming(venue), listings)

    @admin.display(description="Merged into")
    def stays(self, venue: Venue) -> str:
        return link(venue.merged_into)


class VenueAliasForm(forms.ModelForm):
    def clean_folded(self) -> str:
        return fold(self.cleaned_data["folded"])

    def clean(self) -> dict[str, Any]:
        """A name belongs to the city of its venue, and means one venue there."""
        values = super().clean() or self.cleaned_data
        if values.get("folded") and values.get("venue"):
            self.instance.city = values["venue"].city
            known = VenueAlias.objects.filter(city=self.instance.city, folded=values["folded"])
            if known.exclude(pk=self.instance.pk).exists():
                self.add_error("folded", f"Another venue in {self.instance.city} has this name.")
        return values


@admin.register(VenueAlias)
class VenueAliasAdmin(EditorAdmin):
    form = VenueAliasForm
    list_display = ("folded", "venue_link", "city")
    list_filter = (("city", SearchFilter), ("venue", SearchFilter))
    list_select_related = ("city", "venue")
    search_fields = ("folded", "venue__name")
    autocomplete_fields = ("venue",)
    fields = ("folded", "venue")
    ordering = ("folded", "pk")

    @admin.display(description="Venue", ordering="venue")
    def venue_link(self, alias: VenueAlias) -> str:
        return link(alias.venue)
