"""Pictures that are kept, and what became of the addresses at which they are published."""

import re
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat, pluralize
from django.utils import timezone as clock
from django.utils.html import format_html, format_html_join

from events import illustration
from events.images import address
from events.models import Event, Image, ImageAddress
from nocturne.admin import RecordAdmin, count_of, link, link_outside, link_to_list, user_of
from nocturne.admin.pages import NOTHING

# The name of a file, as it stands in the address of a picture on a page of ours.
_NAME = re.compile(r"\b([0-9a-f]{32})-[0-9]{2,4}\.webp")
SHOWN = 20
BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class StandingFilter(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("shown", "May be shown"), ("generic", "Logos and defaults"), ("down", "Taken down")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> QuerySet[Image]:
        match self.value():
            case "shown":
                return queryset.filter(taken_down_at=None, generic=False)
            case "generic":
                return queryset.filter(taken_down_at=None, generic=True)
            case "down":
                return queryset.filter(taken_down_at__isnull=False)
        return queryset


@admin.register(Image)
class ImageAdmin(RecordAdmin):
    list_display = ("seen", "name", "size", "publishers", "events", "standing", "created_at")
    list_display_links = ("name",)
    list_filter = (StandingFilter, "created_at")
    search_fields = ("hash__startswith", "addresses__url__icontains")
    search_help_text = "By hash, by an address, or by the address of the file on a page of ours."
    ordering = ("-created_at", "-pk")
    fields = ("seen", "hash", "size", "standing", "created_at", "published_at", "shown_by")
    actions = ["take_down", "allow"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        addresses = Prefetch("addresses", ImageAddress.objects.order_by("pk"))
        rows = super().get_queryset(request).select_related("taken_down_by").prefetch_related(addresses)
        return rows.annotate(event_count=count_of(Event.objects.roots(), "image"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Image], search_term: str
    ) -> tuple[QuerySet[Image], bool]:
        if found := _NAME.search(search_term):
            search_term = found[1]
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="Picture")
    def seen(self, image: Image) -> str:
        if not image.bytes or image.taken_down_at:
            return NOTHING
        return format_html(
            '<img src="{}" alt="" width="160" height="{}" loading="lazy">',
            address(image, image.widths[0]),
            round(160 * image.height / image.width),
        )

    @admin.display(description="Hash", ordering="hash")
    def name(self, image: Image) -> str:
        return image.hash[:12]

    @admin.display(description="Size", ordering="bytes")
    def size(self, image: Image) -> str:
        return f"{image.width} × {image.height}, {filesizeformat(image.bytes)} kept"

    @admin.display(description="Published by")
    def publishers(self, image: Image) -> str:
        return ", ".join(dict.fromkeys(one.host for one in image.addresses.all())) or NOTHING

    @admin.display(description="Shown by", ordering="event_count")
    def events(self, image: Any) -> str:
        return link_to_list(
            "events_event", f"{image.event_count} event{pluralize(image.event_count)}", image__id__exact=image.pk
        )

    @admin.display(description="Standing")
    def standing(self, image: Image) -> str:
        if image.taken_down_at:
            return f"taken down {image.taken_down_at:%-d %b %Y} by {image.taken_down_by or 'an editor'}"
        return "a logo or default: not shown" if image.generic else "may be shown"

    @admin.display(description="Published at")
    def published_at(self, image: Image) -> str:
        rows = image.addresses.all()[:SHOWN]
        return format_html_join("", "<p>{}</p>", ((link(one, one.url),) for one in rows)) or NOTHING

    @admin.display(description="Shown by")
    def shown_by(self, image: Image) -> str:
        rows = Event.objects.roots().filter(image=image).order_by("-night", "pk")[:SHOWN]
        return format_html_join("", "<p>{}</p>", ((link(event),) for event in rows)) or NOTHING

    @admin.action(description="Take down, for ever", permissions=["edit"], location=BOTH)
    def take_down(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        rows = list(queryset)
        count = illustration.take_down([image.pk for image in rows], by=user_of(request), now=clock.now())
        self.record(request, rows, "Taken down.")
        self.message_user(
            request,
            f"{count} taken down: no page shows them, their files are deleted, and the same files are refused "
            "whoever publishes them. What visitors' browsers and others keep of them is out of our hands.",
            messages.SUCCESS,
        )

    @admin.action(description="Allow again", permissions=["edit"], location=BOTH)
    def allow(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        rows = list(queryset)
        count = illustration.allow([image.pk for image in rows], now=clock.now())
        self.record(request, rows, "Allowed again.")
        self.message_user(request, f"{count} allowed again: they are fetched anew where they are still published.")


@admin.register(ImageAddress)
class ImageAddressAdmin(RecordAdmin):
    list_display = ("__str__", "state", "error", "fetched_at", "next_at")
    list_filter = ("state", "error")
    search_fields = ("url__icontains", "host")
    ordering = ("-created_at", "-pk")
    fields = ("site", "picture", "state", "error", "message", "failures", "created_at", "fetched_at", "next_at")
    actions = ["ask_again"]

    @admin.display(description="Address")
    def site(self, row: ImageAddress) -> str:
        return link_outside(row.url)

    @admin.display(description="Picture")
    def picture(self, row: ImageAddress) -> str:
        return link(row.image)

    @admin.action(description="Ask again", permissions=["edit"], location=BOTH)
    def ask_again(self, request: HttpRequest, queryset: QuerySet[ImageAddress]) -> None:
        rows = list(queryset)
        ImageAddress.objects.filter(pk__in=[row.pk for row in rows]).update(next_at=clock.now())
        self.record(request, rows, "Asked again.")
        self.message_user(request, f"{len(rows)} are asked again within a minute or two, as far as they are needed.")
