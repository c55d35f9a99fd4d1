from typing import Any

from django import template
from django.db.models import Model

from nocturne.admin.changes import field_words, value_words
from nocturne.models import Change

register = template.Library()

SHOWN = 200


@register.inclusion_tag("admin/trail.html")
def trail(instance: Model) -> dict[str, Any]:
    """Who changed what of an object: the newest first."""
    changes = Change.objects.filter(model=instance._meta.label, object_id=instance.pk)[: SHOWN + 1]
    rows = [(change, field_words(change), value_words(change.before), value_words(change.after)) for change in changes]
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "model": instance._meta.label, "pk": instance.pk}
