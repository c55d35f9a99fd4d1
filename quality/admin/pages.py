"""What the pages of the editors' desk share: who may see them, their frame, filters and the last decisions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Count, IntegerField, Model, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from events.decisions import may_undo
from events.models import City, Decision, Source
from nocturne.admin import user_of
from nocturne.models import User
from quality import queues, venue_merging

PER_PAGE = 25
# Of the values of a filter, those behind which most is waiting.
CHOICES = 100
LAST = 5

TABS = [
    ("pairs", "Pairs", "quality.view_verdict"),
    ("held", "Held events", "events.view_event"),
    ("unplaced", "Not yet events", "events.view_listing"),
    ("venues", "Venues", "events.view_venue"),
    ("comments", "Comments", "events.view_comment"),
    ("reports", "Reports", "events.view_eventreport"),
    ("report", "Quality", "quality.view_finding"),
]
PERMISSIONS = {name: permission for name, _, permission in TABS}
# What waits under the tabs of apps above this one.
MORE: dict[str, Callable[[], QuerySet[Any, Any]]] = {}

View = Callable[..., HttpResponse]


def add_tab(name: str, label: str, permission: str, waiting: Callable[[], QuerySet[Any, Any]]) -> None:
    """Give the desk a page of an app above, whose address is desk:<name>, with the rows that wait there."""
    TABS.append((name, label, permission))
    PERMISSIONS[name], MORE[name] = permission, waiting


def desk(name: str) -> Callable[[View], View]:
    """A page of the desk: for staff who may see what it is about."""

    def wrap(view: View) -> View:
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not user_of(request).has_perm(PERMISSIONS[name]):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return admin.site.admin_view(checked)

    return wrap


def require(request: HttpRequest, permission: str) -> None:
    if not user_of(request).has_perm(permission):
        raise PermissionDenied


def record(request: HttpRequest, rows: Sequence[Model], message: str) -> None:
    """Log it as the actions of the rows' own list do; all rows are of one model."""
    page: Any = admin.site.get_model_admin(type(rows[0]))
    page.record(request, rows, message)


def counts(request: HttpRequest) -> dict[str, int | None]:
    """How much is waiting under each tab that the user may see; one query, beside what counting venues takes."""
    user = user_of(request)
    seen = [name for name, _, permission in TABS if user.has_perm(permission)]
    waiting: dict[str, QuerySet[Any, Any]] = {
        "pairs": queues.pairs(),
        "held": queues.held(),
        "unplaced": queues.unplaced(),
        "comments": queues.comments(),
        "reports": queues.reports(),
        **{name: rows() for name, rows in MORE.items()},
    }
    # "comments" is a name that the row has already
    asked = {f"{name}_waiting": _number_of(rows) for name, rows in waiting.items() if name in seen}
    # the user's row is there anyway: it carries the counts
    row: dict[str, Any] = dict(User.objects.filter(pk=user.pk).values(**asked).get()) if asked else {}
    found: dict[str, int | None] = {name: row.get(f"{name}_waiting") for name in seen}
    return found | ({"venues": venue_merging.waiting()} if "venues" in seen else {})


def _number_of(rows: QuerySet[Any, Any]) -> Coalesce:
    numbered = rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("*")).values("n")
    return Coalesce(Subquery(numbered, output_field=IntegerField()), 0)


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    waiting = counts(request)
    labels = {name: label for name, label, _ in TABS}
    return [
        {"name": name, "label": labels[name], "url": reverse(f"desk:{name}"), "count": count}
        for name, count in waiting.items()
    ]


def render(request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> TemplateResponse:
    frame = {**admin.site.each_context(request), "title": title, "tabs": tabs(request), "tab": name}
    return TemplateResponse(request, f"admin/quality/desk/{name}.html", {**frame, **context})


def last(request: HttpRequest, *kinds: Decision.Kind) -> list[Decision]:
    """The last decisions of these kinds that stand, of whomever."""
    rows = Decision.objects.filter(kind__in=kinds, undone_at=None).select_related("by").order_by("-at", "-pk")
    return list(rows[:LAST]) if any(may_undo(kind, user_of(request)) for kind in kinds) else []


def number(text: str) -> int | None:
    """The id that a parameter holds, None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def numbers(texts: Iterable[str]) -> list[int]:
    return [pk for text in texts if (pk := number(text)) is not None]


@dataclass(frozen=True, slots=True)
class Filters:
    """A city and a source by which a queue is filtered; what is no number filters nothing."""

    city: int | None = None
    source: int | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> "Filters":
        values = (request.GET.get(name, "") for name in ("city", "source"))
        return cls(
            *(int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None for value in values)
        )

    def query(self, **more: object) -> str:
        values = {"city": self.city, "source": self.source, **more}
        return urlencode({name: value for name, value in values.items() if value})

    def choices(self, rows: QuerySet[Any, Any], city: str, source: str) -> dict[str, Any]:
        """For the form: cities and sources with how many rows wait there, most first, and what is chosen."""
        return {
            "query": self.query(),
            "cities": _choices(City, rows, city, self.city),
            "sources": _choices(Source, rows, source, self.source),
            "chosen": bool(self.city or self.source),
        }


def _choices(model: Any, rows: QuerySet[Any, Any], path: str, chosen: int | None) -> list[dict[str, Any]]:
    named = (f"{path}__{name}" for name in (("name", "region", "country") if model is City else ("name",)))
    found = rows.order_by().filter(**{f"{path}__isnull": False}).values_list(path, *named)
    counted = found.annotate(n=Count("pk", distinct=True)).order_by("-n", path)[:CHOICES]
    choices = [
        {"pk": pk, "name": ", ".join([name, *filter(None, where)][:2]), "count": n, "selected": pk == chosen}
        for pk, name, *where, n in counted
    ]
    if chosen and not any(one["selected"] for one in choices):
        row = model._default_manager.filter(pk=chosen).first()
        choices += [{"pk": row.pk, "name": str(row), "count": 0, "selected": True}] if row else []
    return choices


def paged(request: HttpRequest, rows: Any) -> Page[Any]:
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
