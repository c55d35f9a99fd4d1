"""What waits for editors, on the first page of the admin."""

from typing import Any

from django import template
from django.template import Context

register = template.Library()


@register.inclusion_tag("admin/quality/desk/index.html", takes_context=True)
def desk(context: Context) -> dict[str, Any]:
    """The desk's pages that the user may see, with how much waits on each."""
    from quality.admin.pages import tabs  # the admin is loaded when the first of its pages is shown

    return {"tabs": tabs(context["request"])}
