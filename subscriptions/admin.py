"""Subscribers and their subscriptions: looked at, ended, erased; never made or confirmed by editors."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from events.models import City
from nocturne.addresses import address_hashes
from nocturne.admin import EditorAdmin, RecordAdmin, SearchFilter, count_of, link, link_to_list

from . import consent, digest_admin as digest_admin, growth, searches
from .models import Subscriber, Subscription


class ConfirmedFilter(admin.SimpleListFilter):
    title = "confirmed"
    parameter_name = "confirmed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(confirmed_at__isnull=self.value() == "no")


@admin.register(Subscriber)
class SubscriberAdmin(EditorAdmin):
    """Deleting somebody here does what "delete me" does."""

    list_display = ("email", "created_at", "confirmed_at", "cities")
    list_filter = (ConfirmedFilter, "created_at")
    search_fields = ("email",)
    date_hierarchy = "created_at"
    fields = ("email", "created_at", "confirmed_at", "subscriptions", "mails")
    readonly_fields = fields
    actions = ("void_links",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscriber]:
        live = Subscription.objects.filter(status__in=Subscription.LIVE)
        return super().get_queryset(request).annotate(live=count_of(live, "subscriber"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Subscriber | None = None) -> bool:
        return False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        """Subscriptions go with their subscriber, though nobody may delete one alone."""
        rows, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        return rows, counts, forbidden - {str(Subscription._meta.verbose_name)}, protected

    def delete_model(self, request: HttpRequest, obj: Subscriber) -> None:
        consent.erase(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        for subscriber in queryset:
            consent.erase(subscriber)

    @admin.display(description="Cities", ordering="live")
    def cities(self, subscriber: Subscriber) -> str:
        live: int = subscriber.live  # type: ignore[attr-defined]
        return link_to_list("subscriptions_subscription", live, subscriber__id__exact=subscriber.pk)

    @admin.display(description="Subscriptions")
    def subscriptions(self, subscriber: Subscriber) -> str:
        return link_to_list("subscriptions_subscription", "all of them", subscriber__id__exact=subscriber.pk)

    @admin.display(description="Mails")
    def mails(self, subscriber: Subscriber) -> str:
        hashes = ",".join(address_hashes(subscriber.email))  # an address in an address would be in logs
        return link_to_list("nocturne_emaillog", "all to this address", hashed__in=hashes)

    @admin.action(description="Void the links that were sent", permissions=["edit"])
    def void_links(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        rows = list(queryset)
        Subscriber.objects.filter(pk__in=[row.pk for row in rows]).update(token_version=F("token_version") + 1)
        self.record(request, rows, "Voided the links in mails.")
        self.message_user(request, f"The links in mails to {len(rows)} addresses are void.", messages.SUCCESS)


@admin.register(Subscription)
class SubscriptionAdmin(RecordAdmin):
    list_display = ("requested_at", "who", "where", "status", "weekday", "confirmed_at", "unsubscribed_at", "search")
    list_display_links = ("requested_at",)
    list_filter = (
        "status",
        ("city", SearchFilter),
        ("subscriber", SearchFilter),
        "weekday",
        ConfirmedFilter,
        "requested_at",
    )
    list_select_related = ("subscriber", "city")
    search_fields = ("subscriber__email", "city__name")
    date_hierarchy = "requested_at"
    fieldsets = (
        (None, {"fields": ("who", "where", "status", "weekday", ("search", "in_words"))}),
        (
            "Consent",
            {
                "fields": (
                    ("requested_at", "requested_ip"),
                    ("confirmed_at", "confirmed_ip"),
                    "unsubscribed_at",
                    "asked_by",
                )
            },
        ),
    )
    actions = ("end",)
    change_list_template = "admin/subscriptions/subscription/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.growth_view))
        return [path("growth/", view, name="subscriptions_subscription_growth"), *super().get_urls()]

    def growth_view(self, request: HttpRequest) -> HttpResponse:
        """How many there are, week by week; of a city, or of all."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        live = count_of(Subscription.objects.filter(status__in=Subscription.LIVE), "city")
        cities = list(City.objects.filter(pk__in=Subscription.objects.values("city")).annotate(n=live).order_by("name"))
        city = next((one for one in cities if one.slug == request.GET.get("city")), None)
        weeks = growth.weeks(city)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "How subscriptions grow",
            "cities": cities,
            "city": city,
            "weeks": weeks,
            "width": growth.WIDTH,
            "height": growth.HEIGHT,
            "axis": growth.LEFT,
        }
        if weeks:
            context |= {"chart": growth.chart(weeks), "now": weeks[-1]}
            context |= {"joined": sum(row.joined for row in weeks), "left": sum(row.left for row in weeks)}
        return render(request, "admin/subscriptions/subscription/growth.html", context)

    @admin.display(description="Address", ordering="subscriber__email")
    def who(self, row: Subscription) -> str:
        return link(row.subscriber)

    @admin.display(description="City", ordering="city__name")
    def where(self, row: Subscription) -> str:
        return link(row.city)

    @admin.display(description="In words")
    def in_words(self, row: Subscription) -> str:
        return capfirst(", ".join(searches.words(searches.search_of(row.search, row.city))) or "everything")

    @admin.display(description="Last confirmation mail")
    def asked_by(self, row: Subscription) -> str:
        return link(row.confirmation, row.confirmation.get_state_display() if row.confirmation else "")

    @admin.action(description="End these subscriptions", permissions=["edit"])
    def end(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        rows = list(queryset)
        for row in rows:
            consent.end(row)
        self.record(request, rows, "Ended on request.")
        self.message_user(request, f"{len(rows)} subscriptions are ended.", messages.SUCCESS)
