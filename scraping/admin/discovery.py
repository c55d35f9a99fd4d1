"""Adding a source: paste an address, watch what a worker finds there, and choose."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from events.models import City, Source
from nocturne.admin import EditorAdmin, link, user_of
from scraping.adding import add
from scraping.addresses import check_host, readings, source_with
from scraping.models import Discovery

# Of a discovery that no worker has taken for so long an editor is told.
SLOW = dt.timedelta(seconds=10)
TEMPLATE = "admin/scraping/discovery.html"
_TIME = "%a %-d %b %Y, %H:%M"


def known(url: str, *, but: Source | None = None) -> None:
    """Raise ValidationError, with a link, if another source reads this address."""
    if source := source_with(url, but=but):
        raise ValidationError(format_html("{} reads this address already.", link(source)))


class AddressForm(forms.Form):
    url = forms.CharField(
        label="Address",
        max_length=2000,
        help_text="Any page, calendar or feed: the club's programme, a link behind “Subscribe”, a webcal address.",
        widget=forms.TextInput(
            attrs={"class": "vURLField", "inputmode": "url", "autofocus": True, "spellcheck": "false"}
        ),
    )
    city = forms.ModelChoiceField(
        queryset=City.objects.none(),
        required=False,
        empty_label="What the events say",
        help_text="Where events are whose place cannot be told.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["city"].queryset = City.objects.active().order_by("name", "pk")  # type: ignore[attr-defined]

    def clean_url(self) -> str:
        text: str = self.cleaned_data["url"]
        try:
            meant = readings(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        for address in meant:
            known(address)
        return text


class SourceForm(forms.ModelForm):
    """The form of a source, which tells who has an address already."""

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if url and url != self.initial.get("url"):
            try:
                check_host(url)
            except ValueError as error:
                raise ValidationError(str(error)) from error
        known(url, but=self.instance)
        return url


class FoundForm(forms.ModelForm):
    """What an editor settles about a source that was found."""

    class Meta:
        model = Source
        fields = ("name", "publisher", "homepage", "city", "trust")
        widgets = {name: forms.TextInput(attrs={"class": "vTextField"}) for name in ("name", "publisher", "homepage")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["city"].queryset = City.objects.active().order_by("name", "pk")  # type: ignore[attr-defined]
        self.fields["city"].empty_label = "None: what the events say"  # type: ignore[attr-defined]


class AddByAddress(EditorAdmin):
    """The "Add" of sources; the plain form is at add/by-hand/."""

    form = SourceForm

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "events_source_discovery"
        return [
            path("add/by-hand/", wrap(self.by_hand_view), name="events_source_by_hand"),
            path("add/<int:pk>/", wrap(require_safe(self.discovery_view)), name=name),
            path("add/<int:pk>/progress/", wrap(require_safe(self.progress_view)), name=f"{name}_progress"),
            path("add/<int:pk>/stop/", wrap(require_POST(self.stop_view)), name=f"{name}_stop"),
            path("add/<int:pk>/save/", wrap(require_POST(self.save_view)), name=f"{name}_save"),
            *super().get_urls(),
        ]

    # --- views ------------------------------------------------------------------------------------

    def by_hand_view(self, request: HttpRequest) -> HttpResponse:
        """The plain form, for who knows better."""
        return super().add_view(request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for an address; beside another row's form in a window of its own the plain form is shown."""
        if IS_POPUP_VAR in request.GET or IS_POPUP_VAR in request.POST:
            return super().add_view(request, form_url, extra_context)
        self._check(request)
        form = AddressForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._start(request, form.cleaned_data["url"], form.cleaned_data["city"])
        recent = Discovery.objects.filter(user=user_of(request)).order_by("-created_at")[:5]
        context = self._context(request, form=form, recent=recent)
        return TemplateResponse(request, "admin/scraping/address.html", context)

    def discovery_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is; then what was found, one of it in full."""
        discovery = self._discovery(request, pk)
        return TemplateResponse(request, TEMPLATE, self._page(request, discovery, _pick(request.GET.get("pick"))))

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The fragment that the page asks for each second; nothing while nothing is new, the page when it is over."""
        discovery = self._discovery(request, pk)
        if not discovery.is_open:
            return HttpResponse(headers={"HX-Refresh": "true"})
        progress = _progress(discovery)
        if request.GET.get("seen") == progress["seen"]:
            return HttpResponse(status=204)
        return render(request, f"{TEMPLATE}#progress", {"discovery": discovery, "progress": progress, "polled": True})

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        discovery = self._discovery(request, pk)
        discovery.stop(clock.now())
        return HttpResponseRedirect(reverse("admin:events_source_discovery", args=[pk]))

    def save_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add the chosen address as a source; or look at it again, with another city."""
        discovery = self._discovery(request, pk)
        found = _chosen(discovery, _pick(request.POST.get("pick")))
        form = FoundForm(request.POST)
        if found is None:
            raise Http404("There is no such address in it.")
        if not form.is_valid():
            context = self._page(request, discovery, _pick(request.POST.get("pick")), form=form)
            return TemplateResponse(request, TEMPLATE, context)
        if "again" in request.POST:
            return self._start(request, found["url"], form.cleaned_data["city"])
        source, created = add(found["url"], **form.cleaned_data)
        if not created:
            self.message_user(request, format_html("{} reads this address already.", link(source)), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:events_source_change", args=[source.pk]))
        Discovery.objects.filter(pk=discovery.pk).update(source=source)
        self.log_addition(request, source, f"Found at {discovery.url}."[:500])
        self.message_user(request, format_html("{} was added. {}", link(source), _ask_for_reading(source)))
        return HttpResponseRedirect(reverse("admin:events_source_change", args=[source.pk]))

    # --- what they share --------------------------------------------------------------------------

    def _check(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _discovery(self, request: HttpRequest, pk: int) -> Discovery:
        self._check(request)
        return get_object_or_404(Discovery.objects.select_related("city", "source"), pk=pk, key=None)

    def _context(self, request: HttpRequest, *, title: str = "Add source", **context: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "media": self.media,
            **context,
        }

    def _page(
        self, request: HttpRequest, discovery: Discovery, pick: int, *, form: FoundForm | None = None
    ) -> dict[str, Any]:
        found = _chosen(discovery, pick)
        said = "looking" if discovery.is_open else "what was found" if found else "nothing found"
        return self._context(
            request,
            title=f"Add source: {said}",
            discovery=discovery,
            progress=_progress(discovery),
            pick=pick,
            found=found and _shown(found),
            choices=[_choice(each, number, number == pick) for number, each in enumerate(discovery.found)],
            known=source_with(found["url"]) if found else None,
            form=form or (_form(found) if found else AddressForm({"url": discovery.url, "city": discovery.city_id})),
        )

    def _start(self, request: HttpRequest, url: str, city: City | None) -> HttpResponse:
        """One discovery at a time for each editor: the one that runs is shown first."""
        user = user_of(request)
        try:
            with transaction.atomic():
                discovery = Discovery.objects.create(user=user, url=url, city=city)
        except IntegrityError:
            running = Discovery.objects.open().filter(user=user).first()
            said = "This one is still being looked at. Wait until it is done, or stop it, then paste the other address."
            self.message_user(request, said, messages.WARNING)
            if running is None:  # it has ended in this moment
                return HttpResponseRedirect(reverse("admin:events_source_add"))
            return HttpResponseRedirect(reverse("admin:events_source_discovery", args=[running.pk]))
        _ask_for_look(discovery)
        return HttpResponseRedirect(reverse("admin:events_source_discovery", args=[discovery.pk]))


def _ask_for_look(discovery: Discovery) -> None:
    """Queue it; where the queue is away beat asks again, and the page says that it waits."""
    from scraping.tasks import discover_source  # loads every extractor, which pages have no use for

    try:
        discover_source.delay(discovery.pk)
    except OperationalError:
        return


def _ask_for_reading(source: Source) -> str:
    from scraping.tasks import scrape_source

    try:
        scrape_source.delay(source.pk)
    except OperationalError:
        return "It is read as soon as the queue can be reached."
    return "It is read as soon as a worker is free: reload this page in a moment."


def _pick(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 3 else 0


def _chosen(discovery: Discovery, pick: int) -> dict[str, Any] | None:
    return discovery.found[pick] if pick < len(discovery.found) else None


def _progress(discovery: Discovery) -> dict[str, Any]:
    """What a page says while it waits; `seen` changes whenever the rest does."""
    slow = discovery.attempts == 0 and clock.now() - discovery.created_at > SLOW
    return {"looks": discovery.looks, "slow": slow, "seen": f"{len(discovery.looks)}-{discovery.attempts}-{slow:d}"}


def _form(found: dict[str, Any]) -> FoundForm:
    initial = {name: found[name] for name in ("name", "homepage", "city")}
    return FoundForm(initial={**initial, "publisher": found["name"]})


def _choice(found: dict[str, Any], number: int, chosen: bool) -> dict[str, Any]:
    return {**found, "number": number, "chosen": chosen}


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    """An outlook with its dates as dates, and how many of the compared events are new."""
    rows = [{**row, "when": _when(row)} for row in found["rows"]]
    dates = {name: dt.date.fromisoformat(found[name]) for name in ("first", "last")}
    return {**found, **dates, "rows": rows, "new": found["compared"] - found["known"] - found["unsure"]}


def _when(row: dict[str, Any]) -> str:
    start = dt.datetime.fromisoformat(row["start"])
    return start.strftime(_TIME if row["timed"] else _TIME.partition(",")[0])
