"""The daily audits: what each one counted, and what had got worse."""

from django.contrib import admin
from django.utils.html import format_html, format_html_join

from nocturne.admin import RecordAdmin, link_to_list
from nocturne.admin.pages import NOTHING
from quality.models import Audit
from quality.tally import LINES, tens


@admin.register(Audit)
class AuditAdmin(RecordAdmin):
    list_display = ("day", "listings", "held", "duplicates", "unsure", "got_worse", "seconds", "finished_at")
    list_filter = ("day", ("mailed_at", admin.EmptyFieldListFilter))
    search_fields = ("day",)
    date_hierarchy = "day"
    ordering = ("-day",)
    fields = (
        "day",
        ("started_at", "finished_at", "seconds"),
        "got_worse",
        "mailed_at",
        "counted",
        "by_rule",
        "by_score",
    )

    @admin.display(description="Listings")
    def listings(self, audit: Audit) -> int:
        return audit.counts.get("listings", 0)

    @admin.display(description="Held events")
    def held(self, audit: Audit) -> int:
        return audit.counts.get("held", 0)

    @admin.display(description="Made one")
    def duplicates(self, audit: Audit) -> int:
        return audit.counts.get("duplicates", 0)

    @admin.display(description="Unsure pairs")
    def unsure(self, audit: Audit) -> int:
        return audit.counts.get("unsure", 0)

    @admin.display(description="Got worse")
    def got_worse(self, audit: Audit) -> str:
        links = ((one["path"], one["words"]) for one in audit.worse)
        return format_html_join("", '<div><a href="{}">{}</a></div>', links) or NOTHING

    @admin.display(description="Counted")
    def counted(self, audit: Audit) -> str:
        return _table([(words, audit.counts.get(name, 0)) for name, words in LINES.items()])

    @admin.display(description="Listings by rule")
    def by_rule(self, audit: Audit) -> str:
        rules = sorted(audit.rules.items(), key=lambda row: -row[1])
        return _table([(link_to_list("quality_finding", code, rule=code), count) for code, count in rules])

    @admin.display(description="Listings by score")
    def by_score(self, audit: Audit) -> str:
        return _table(tens(audit.scores))


def _table(rows: list[tuple[str, int]]) -> str:
    lines = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', rows)
    return format_html("<table><tbody>{}</tbody></table>", lines) if rows else NOTHING
