"""The issues on the editors' desk: looked at as readers will, changed, held, released, and how far each is."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone as clock
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe

from events.models import Event
from nocturne import mail
from nocturne.admin import EditorAdmin, SearchFilter, link, link_to_list, user_of
from nocturne.models import EmailLog

from . import digests, rendering, repeats, searches, sending, tasks
from .models import Digest, DigestItem, Subscription
from .progress import progress_of
from .rendering import Issue

LISTED = 60
TROUBLED = 20  # mails in trouble that the page of an issue lists
# Strangers wrote what is in it: it gets its own styles, and neither scripts nor our origin.
HTML_POLICY: dict[str, Any] = {"sandbox": True, "default-src": [CSP.NONE], "style-src": [CSP.UNSAFE_INLINE]}
Mailed = EmailLog.State


@admin.register(Digest)
class DigestAdmin(EditorAdmin):
    change_form_template = "admin/subscriptions/digest/change_form.html"
    list_display = ("week", "where", "state", "goes_at", "sent", "failed", "waiting", "why")
    list_filter = ("state", ("city", SearchFilter), "week")
    list_select_related = ("city",)
    search_fields = ("city__name",)
    date_hierarchy = "week"
    fields = ("intro",)
    actions = ("release_now", "hold", "go_on", "send_to_me", "redrive")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/preview/", wrap(require_safe(self.preview_view)), name="subscriptions_digest_preview"),
            path("<int:pk>/choose/", wrap(require_POST(self.choose_view)), name="subscriptions_digest_choose"),
            path("<int:pk>/progress/", wrap(require_safe(self.progress_view)), name="subscriptions_digest_progress"),
            path("<int:pk>/again/", wrap(self.again_view), name="subscriptions_digest_again"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Digest]:
        matter = Concat(Value("digest:"), Cast("pk", CharField()))
        rows = super().get_queryset(request).annotate(mailed=matter)
        counts = {"n_sent": [Mailed.SENT], "n_failed": [Mailed.FAILED, Mailed.UNCERTAIN, Mailed.BOUNCED]}
        counts["n_waiting"] = [Mailed.QUEUED, Mailed.SENDING]
        for name, states in counts.items():
            rows = rows.annotate(**{name: _mails(states)})
        return rows

    def view_on_site(self, digest: Digest) -> str | None:
        """There is no public page before the release."""
        shown = digest.released_at and digest.state != Digest.State.EMPTY
        return digest.get_absolute_url() if shown else None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Digest | None = None) -> bool:
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        digest: Digest = context["original"]
        context |= {
            "may_edit": self.has_edit_permission(request),
            "acts": _acts(digest) if self.has_edit_permission(request) else [],
            "rows": _rows(digest),
            "choosable": digest.finished_at is None,
            "searches": [(query, _words(digest, query)) for query in _searches(digest)],
            "troubled": _mails_of(digest, Mailed.FAILED, Mailed.UNCERTAIN)[:TROUBLED],
            "readers": sending.recipients(digest).count(),
            **_progress(digest),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    # --- columns ------------------------------------------------------------------------------------

    @admin.display(description="City", ordering="city__name")
    def where(self, digest: Digest) -> str:
        return link(digest.city)

    @admin.display(description="Goes at", ordering="due_at")
    def goes_at(self, digest: Digest) -> str:
        return _local(digest, digest.due_at)

    @admin.display(description="Sent")
    def sent(self, digest: Digest) -> str:
        return _link_to_mails(digest, digest.n_sent, Mailed.SENT)  # type: ignore[attr-defined]

    @admin.display(description="Failed or uncertain")
    def failed(self, digest: Digest) -> int:
        return int(digest.n_failed)  # type: ignore[attr-defined]

    @admin.display(description="Waiting")
    def waiting(self, digest: Digest) -> str:
        return _link_to_mails(digest, digest.n_waiting, Mailed.QUEUED)  # type: ignore[attr-defined]

    # --- pages of an issue ----------------------------------------------------------------------------

    @method_decorator(csp_override(HTML_POLICY))
    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The mail of a search, or of an address's search, as it would be now; `as` is text for the plain one."""
        digest = self._digest(request, pk)
        issue = _preview(digest, _asked(digest, request.GET))
        if issue is None:
            return HttpResponse("Nothing is on that matches: no mail goes to those who ask for this.", "text/plain")
        if request.GET.get("as") == "text":
            return HttpResponse(f"Subject: {issue.subject}\n\n{issue.text}", "text/plain; charset=utf-8")
        return HttpResponse(issue.html)

    def choose_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Pin an event, drop it, or leave it to its rank."""
        digest = self._digest(request, pk)
        if not self.has_edit_permission(request):
            raise PermissionDenied
        choice = request.POST.get("choice", "")
        number = request.POST.get("event", "")
        event = Event.objects.filter(pk=int(number), city=digest.city_id).first() if number.isdecimal() else None
        if event is None or choice not in DigestItem.Choice.values:
            self.message_user(request, "There is no such event in this city.", messages.ERROR)
        elif digest.finished_at is not None:
            self.message_user(request, "This issue is sent; it stays as it was.", messages.ERROR)
        else:
            said = digests.choose(digest, event, choice)
            self.record(request, [digest], f"{event.title}: {said}.")
            self.message_user(request, f"{event.title}: {said}.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:subscriptions_digest_change", args=[pk]) + "#events-heading")

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is, for the page of the issue, which asks for it while it is sent."""
        context = {"original": self._digest(request, pk)}
        return render(request, "admin/subscriptions/digest/progress.html", context | _progress(context["original"]))

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the mail to one address once more; GET warns of what that means, POST does it; an address leads to
        its mail."""
        digest = self._digest(request, pk)
        if not self.has_edit_permission(request):
            raise PermissionDenied
        page = HttpResponseRedirect(reverse("admin:subscriptions_digest_change", args=[pk]))
        said = request.POST if request.method == "POST" else request.GET
        row = _mail_asked_for(digest, said)
        if row is None:
            self.message_user(request, "This issue has no mail to that address.", messages.ERROR)
            return page
        if "address" in said:  # no address stays in an address
            return HttpResponseRedirect(f"{request.path}?mail={row.pk}")
        if request.method == "POST":
            if repeats.repeat(digest, row):
                tasks.send_digest_soon(digest.pk)
                self._say(request, digest, f"mail {row.pk} is sent again; it was {row.get_state_display()}")
            else:
                why = repeats.obstacle(digest, row) or "Somebody else was first."
                self.message_user(request, f"Not sent again. {why}", messages.ERROR)
            return page
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": digest,
            "row": row,
            "title": f"Send it again to {row.address or 'nobody'}",
            "warning": repeats.warning(digest, row),
            "obstacle": repeats.obstacle(digest, row),
        }
        return render(request, "admin/subscriptions/digest/again.html", context)

    def _digest(self, request: HttpRequest, pk: int) -> Digest:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Digest.objects.select_related("city"), pk=pk)

    # --- actions --------------------------------------------------------------------------------------

    @admin.action(description="Release now: Monday's mails go at once", permissions=["edit"])
    def release_now(self, request: HttpRequest, queryset: QuerySet[Digest]) -> None:
        for digest in _plain(queryset):
            if digests.release(digest, by=user_of(request)):
                tasks.send_digest_soon(digest.pk)
                self._say(request, digest, digest.why or "released")
            else:
                self._refuse(request, digest)

    @admin.action(description="Hold", permissions=["edit"])
    def hold(self, request: HttpRequest, queryset: QuerySet[Digest]) -> None:
        for digest in _plain(queryset):
            if digests.hold(digest):
                self._say(request, digest, "held")
            else:
                self._refuse(request, digest)

    @admin.action(description="Go on with what is held", permissions=["edit"])
    def go_on(self, request: HttpRequest, queryset: QuerySet[Digest]) -> None:
        for digest in _plain(queryset):
            if digests.go_on(digest):
                self._say(request, digest, "goes on")
            else:
                self._refuse(request, digest)

    @admin.action(description="Send to myself", permissions=["edit"])
    def send_to_me(self, request: HttpRequest, queryset: QuerySet[Digest]) -> None:
        for digest in _plain(queryset):
            issue = _preview(digest, "")
            row = mail.queue(EmailLog.Kind.NOTICE, user_of(request).email)
            assert row
            state = mail.send(row, lambda row, issue=issue: _proof(issue, row.address), retry=False)  # type: ignore[misc]
            row.refresh_from_db()
            self._say(request, digest, f"{state} to {row.address} {row.why}".strip())

    @admin.action(description="Try failed mails again", permissions=["edit"])
    def redrive(self, request: HttpRequest, queryset: QuerySet[Digest]) -> None:
        for digest in _plain(queryset):
            self._say(request, digest, f"{sending.redrive(digest):,} mails are tried again")
            tasks.send_digest_soon(digest.pk)

    def _say(self, request: HttpRequest, digest: Digest, what: str) -> None:
        self.record(request, [digest], f"{what[:1].upper()}{what[1:]}.")
        self.message_user(request, f"{digest}: {what}.", messages.SUCCESS)

    def _refuse(self, request: HttpRequest, digest: Digest) -> None:
        said = f"{digest} is {digest.get_state_display()}: that cannot be done with it now."
        self.message_user(request, said, messages.ERROR)


def _plain(queryset: QuerySet[Digest]) -> list[Digest]:
    """The rows without what the list counts of them."""
    return list(Digest.objects.select_related("city").filter(pk__in=queryset.values("pk")))


def _mails(states: Sequence[str]) -> Any:
    """How many mails of an issue are in these states; the index by matter answers it."""
    rows = EmailLog.objects.filter(state__in=states, matter=OuterRef("mailed")).order_by().values("matter")
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


def _link_to_mails(digest: Digest, count: int, state: str) -> str:
    return link_to_list("nocturne_emaillog", f"{count:,}", q=digest.matter, state__exact=state)


def _mails_of(digest: Digest, *states: str) -> QuerySet[EmailLog]:
    return EmailLog.objects.filter(matter=digest.matter, state__in=states).order_by("-finished_at", "-pk")


def _mail_asked_for(digest: Digest, said: QueryDict) -> EmailLog | None:
    number, address = said.get("mail", ""), said.get("address", "").replace("\0", "")
    if number.isdecimal() and len(number) < 19:
        return EmailLog.objects.filter(matter=digest.matter, pk=int(number)).first()
    return repeats.mail_to(digest, address) if address else None


def _progress(digest: Digest) -> dict[str, Any]:
    progress = progress_of(digest)
    states = [
        (EmailLog.State(state).label, count, _link_to_mails(digest, count, state))
        for state in EmailLog.State.values
        if (count := progress.counts.get(state, 0))
    ]
    return {
        "progress": progress,
        "states": states,
        "due": _local(digest, digest.due_at),
        "released": _local(digest, digest.released_at),
        "finished": _local(digest, digest.finished_at),
        "ends": _local(digest, progress.ends_at),
    }


def _local(digest: Digest, at: dt.datetime | None) -> str:
    """An instant by the clock of the city, with its zone."""
    return f"{at.astimezone(digest.city.zone):%a %-d %b %Y, %H:%M %Z}" if at else ""


def _acts(digest: Digest) -> list[tuple[str, str, str]]:
    """The actions that this issue may take, with their words, and what they mean."""
    acts = [("send_to_me", "Send to myself", "One mail to you, with no links of a reader's.")]
    if digest.released_at is None and digest.state in (Digest.State.DRAFTED, Digest.State.HELD):
        acts.append(("release_now", "Release now", "Mails begin to go at once. That cannot be taken back."))
    if digest.state in (Digest.State.DRAFTED, Digest.State.RELEASED, Digest.State.SENDING):
        acts.append(("hold", "Hold", "Nothing goes until somebody lets it go on."))
    if digest.state == Digest.State.HELD:
        acts.append(("go_on", "Go on", "It takes its course again."))
    if failed := sending.progress_of(digest).get(Mailed.FAILED):
        acts.append(("redrive", "Try failed mails again", f"{failed:,} that certainly have not arrived."))
    return acts


def _rows(digest: Digest) -> list[tuple[Event, str]]:
    """What is in it, the first of it, with what editors chose; what they dropped at the end."""
    choices = dict(digests.items_of(digest).exclude(choice="").values_list("event__root", "choice"))
    if digest.is_open:
        events = digests.candidates(digest, clock.now())[:LISTED]
    else:
        roots = list(digests.items_of(digest).filter(position__lt=LISTED).values_list("event__root", flat=True))
        found = Event.objects.select_related("city", "venue").in_bulk(roots)
        events = [found[root] for root in dict.fromkeys(roots)]
    listed = {event.pk for event in events}
    left = Event.objects.filter(pk__in=choices.keys() - listed).select_related("city", "venue")
    return [(event, choices.get(event.pk, "")) for event in [*events, *left]]


def _searches(digest: Digest) -> list[str]:
    """The searches that most of its readers have, besides everything."""
    rows = sending.recipients(digest).exclude(search="").order_by().values_list("search", flat=True).distinct()
    return ["", *rows[:20]]


def _words(digest: Digest, query: str) -> str:
    return ", ".join(searches.words(digests.search_of(digest, query))) or "everything"


def _asked(digest: Digest, said: QueryDict) -> str:
    """The stored search of a preview: that of a subscriber by address, or the one that is given."""
    address = said.get("reader", "").strip().lower().replace("\0", "")
    if address:
        rows = Subscription.objects.filter(city=digest.city_id, subscriber__email=address)
        return rows.values_list("search", flat=True).first() or ""
    return searches.stored(QueryDict(said.get("search", "").replace("\0", "")), digest.city)


def _preview(digest: Digest, query: str) -> Issue | None:
    """As readers get it, with links that lead to nobody's preferences."""
    search = digests.search_of(digest, query)
    plan = digests.plan_of(digest, search, now=max(clock.now(), digest.due_at) if digest.is_open else clock.now())
    return None if plan.is_empty else rendering.issue(digest, plan, search, query).for_nobody()


def _proof(issue: Issue | None, address: str) -> mail.Mail | None:
    return mail.Mail(address, f"Proof: {issue.subject}", text=issue.text, html=issue.html) if issue else None
