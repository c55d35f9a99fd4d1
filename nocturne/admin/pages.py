"""What the pages of the admin share: links both ways, filters and counts that stay fast, and the log."""

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_model_from_relation
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth import get_permission_codename
from django.core.paginator import Paginator
from django.db import DataError, connection
from django.db.models import Count, DateTimeField, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.text import Truncator

from nocturne.models import User

NOTHING = "–"


def link(row: Model | None, text: object = "") -> str:
    """A link to the page of a row, called what the row calls itself unless told otherwise."""
    if row is None:
        return NOTHING
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, text or row)


def link_to_list(model: str, text: object, **filters: object) -> str:
    """A link to a list that is filtered; `model` is app_model, as events_listing."""
    url = f"{reverse(f'admin:{model}_changelist')}?{urlencode(filters)}"
    return format_html('<a href="{}">{}</a>', url, text)


def link_outside(url: str) -> str:
    """A link to a page of somebody else's; what is no web address is shown and not linked."""
    if not url.startswith(("https://", "http://")):
        return url or NOTHING
    short = Truncator(url.partition("://")[2].removeprefix("www.").rstrip("/")).chars(48)
    return format_html('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>', url, short)


def count_of(rows: QuerySet[Any], field: str) -> Coalesce:
    """How many of these rows point with `field` at the row that is annotated; nothing is joined."""
    counted = rows.filter(**{field: OuterRef("pk")}).order_by().values(field).annotate(n=Count("*")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def user_of(request: HttpRequest) -> User:
    """Who is signed in: the admin lets nobody else in."""
    return cast(User, request.user)


class EstimatingPaginator(Paginator):
    """Counts what is filtered; of a whole large table the planner's estimate is near enough."""

    EXACT_UP_TO = 100_000

    @cached_property
    def count(self) -> int:
        query = self.object_list.query  # type: ignore[attr-defined]
        if not query.where:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", [query.model._meta.db_table]
                )
                row = cursor.fetchone()
            if row and row[0] > self.EXACT_UP_TO:
                return int(row[0])
        return super().count


class SearchFilter(admin.FieldListFilter):
    """A filter by foreign key that is searched in, since it has too many values for a list of links.

    It reads the same parameters as Django's own, so that links to filtered lists need not know which one it is.
    """

    template = "admin/search_filter.html"

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        self.parameter = f"{field_path}__{field.target_field.name}__exact"
        self.empty_parameter = f"{field_path}__isnull"
        self.site = model_admin.admin_site
        super().__init__(field, request, params, model, model_admin, field_path)

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter, self.empty_parameter]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """One choice that holds the whole form."""
        own = (self.parameter, self.empty_parameter)
        used: dict[str, Any] = self.used_parameters
        value = used.get(self.parameter, [""])[-1]
        empty = bool(used.get(self.empty_parameter, [False])[-1])
        yield {
            "selected": bool(value) or empty,
            "query_string": changelist.get_query_string(remove=list(own)),
            "select": self._select(value),
            "others": [
                (name, each) for name, values in changelist.filter_params.items() if name not in own for each in values
            ],
            "empty": empty,
            "empty_query_string": self.field.null
            and changelist.get_query_string({self.empty_parameter: "True"}, [self.parameter]),
        }

    def _select(self, value: object) -> str:
        widget = AutocompleteSelect(self.field, self.site)
        rows = get_model_from_relation(self.field)._default_manager.all()
        form_field = forms.ModelChoiceField(rows, widget=widget)
        # Required, so that it cannot be cleared: the link beside it does that.
        form_field.widget.is_required = True
        attributes = {"id": f"filter-{self.field_path}", "aria-label": f"By {self.title}"}
        return form_field.widget.render(self.parameter, value, attributes)


class Lists(ChangeList):
    """A list that leads back to itself without the filter where a value of it is none, as the year 0."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        try:
            return super().get_queryset(request, exclude_parameters)
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except (ValueError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters(error) from error


def _zoned(rows: type[Model], shown: Any) -> Any:
    """The same columns or fields, with those that are times by a function that shows them in UTC and says so."""
    if isinstance(shown, (list, tuple)):
        return type(shown)(_zoned(rows, one) for one in shown)
    times = {field.name: field for field in rows._meta.concrete_fields if isinstance(field, DateTimeField)}
    return _moment(shown, str(times[shown].verbose_name)) if shown in times else shown


@cache
def _moment(name: str, label: str) -> Any:
    @admin.display(description=label[:1].upper() + label[1:], ordering=name)
    def moment(row: Model) -> str:
        at = getattr(row, name)
        return f"{at.astimezone(dt.UTC):%-d %b %Y, %H:%M} UTC" if at else NOTHING

    moment.__name__ = name
    return moment


class EditorAdmin(admin.ModelAdmin):
    """The base of every page: lists of a hundred rows that count no more than they must, times that name their zone."""

    list_per_page = 100
    show_full_result_count = False
    paginator = EstimatingPaginator
    empty_value_display = NOTHING

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Lists

    def get_list_display(self, request: HttpRequest) -> Any:
        return _zoned(self.model, super().get_list_display(request))

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        return _zoned(self.model, super().get_list_display_links(request, list_display))

    @property
    def media(self) -> forms.Media:
        own = forms.Media(css={"all": ["admin_nocturne/admin.css"]})
        searched = next((f for f in self.list_filter if isinstance(f, tuple) and f[1] is SearchFilter), None)
        if searched:
            select = AutocompleteSelect(None, self.admin_site)
            own += select.media + forms.Media(js=["admin/js/jquery.init.js", "admin_nocturne/filter.js"])
        return super().media + own

    def has_edit_permission(self, request: HttpRequest) -> bool:
        """Whether the user may run actions that change rows, even of a model whose rows have no form."""
        codename = get_permission_codename("change", self.opts)
        return bool(request.user.has_perm(f"{self.opts.app_label}.{codename}"))

    def record(self, request: HttpRequest, rows: Iterable[Model], message: str) -> None:
        """Log that the user did this to these rows."""
        LogEntry.objects.log_actions(
            user_id=user_of(request).pk, queryset=list(rows), action_flag=CHANGE, change_message=message
        )


class RecordAdmin(EditorAdmin):
    """For rows that the machine keeps: they are read, never added, edited or deleted."""

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        return [(name, {**options, "fields": _zoned(self.model, options["fields"])}) for name, options in sets]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
