"""What got worse from one audit to the next, and telling the editors."""

import datetime as dt

from django.conf import settings
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.http import urlencode

from nocturne import mail
from nocturne.models import EmailLog, User

from .models import Audit, Severity
from .rules import PROBLEM_SEVERITY, RULES
from .suspicious import PATTERNS

# Worse is more than so many more, and than so much of what the growth of the whole explains.
MORE, SHARE = 5, 1.2
_SENTENCES = {rule.code: (rule.severity, rule.sentence) for rule in (*RULES, *PATTERNS)}
_COUNTS = {
    "held": ("Events held for review", "admin:events_event_changelist", {"visibility__exact": "held"}),
    "unsure": ("Pairs that wait for an editor", "admin:quality_verdict_changelist", {"decided": "waiting"}),
    "duplicates": ("Pairs of events that were made one", "admin:quality_verdict_changelist", {"decided": "matcher"}),
    "drifted": ("Events that did not say what their sources say", "admin:events_event_changelist", {}),
    "without_listings": ("Published events without a listing", "admin:events_event_changelist", {}),
    "failed": ("Parts of the audit that failed", "admin:quality_audit_changelist", {}),
}


def sentences(before: Audit, after: Audit) -> list[dict[str, str]]:
    """What got worse, as {"words", "path"} with the page of the admin to look at; the most first.

    Numbers may grow with the whole; what grows faster, and by more than a few, got worse. Rules of severity "info"
    do not count.
    """
    growth = max(1.0, after.counts.get("listings", 0) / max(1, before.counts.get("listings", 0)))
    found = []
    for words, path, was, is_now in _compared(before, after):
        if is_now - was * growth >= MORE and is_now >= SHARE * was * growth:
            said = f"{words}: {is_now:,}, {was:,} on {before.day:%-d %B}"
            found.append((is_now - was * growth, {"words": said, "path": path}))
    return [sentence for _, sentence in sorted(found, key=lambda pair: -pair[0])]


def _compared(before: Audit, after: Audit) -> list[tuple[str, str, int, int]]:
    rows = []
    for name, (words, page, query) in _COUNTS.items():
        path = reverse(page) + (f"?{urlencode(query)}" if query else "")
        rows.append((words, path, before.counts.get(name, 0), after.counts.get(name, 0)))
    for code, is_now in after.rules.items():
        severity, sentence = _SENTENCES.get(code, (PROBLEM_SEVERITY, code))
        if severity != Severity.INFO:
            path = f"{reverse('admin:quality_finding_changelist')}?{urlencode({'rule': code})}"
            rows.append((f"Listings that break “{sentence}”", path, before.rules.get(code, 0), is_now))
    return rows


def editors() -> QuerySet[User]:
    """Staff who may change events."""
    users = User.objects.with_perm(
        "events.change_event", backend="django.contrib.auth.backends.ModelBackend", include_superusers=True
    )
    return users.filter(is_staff=True, is_active=True).exclude(email="").order_by("pk")


def tell(audit: Audit, now: dt.datetime | None = None) -> int:
    """Mail every editor what got worse, once; how many mails went out. Nobody is told that all is well.

    What could not be sent for now is tried again by the next call.
    """
    if not audit.worse or audit.finished_at is None or audit.mailed_at is not None:
        return 0
    now, matter = now or clock.now(), f"audit:{audit.day}"
    for editor in editors():
        mail.queue(EmailLog.Kind.ALERT, editor.email, matter=matter, now=now)
    rows = EmailLog.objects.filter(matter=matter, state=EmailLog.State.QUEUED)
    states = [mail.send(row, lambda row: _message(audit, row.address), now=now) for row in rows]
    if EmailLog.State.QUEUED not in states:
        Audit.objects.filter(pk=audit.pk).update(mailed_at=now)
    return states.count(EmailLog.State.SENT)


def _message(audit: Audit, address: str) -> mail.Mail:
    context = {
        "audit": audit,
        "site": settings.SITE_NAME,
        "worse": [{**one, "url": f"{settings.SITE_URL}{one['path']}"} for one in audit.worse],
        "report": f"{settings.SITE_URL}{reverse('admin:quality_audit_change', args=[audit.pk])}",
    }
    count = len(audit.worse)
    subject = f"{settings.SITE_NAME}: {'one thing' if count == 1 else f'{count} things'} got worse"
    text, html = (render_to_string(f"quality/audit_mail.{kind}", context) for kind in ("txt", "html"))
    return mail.Mail(address, subject, text=text, html=html)
