"""What kinds of events there are: the codes that drafts and events carry, and their words for visitors."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CATEGORIES: dict[str, Promise] = {
    "music": _("Music"),
    "nightlife": _("Nightlife"),
    "theatre": _("Theatre & dance"),
    "comedy": _("Comedy"),
    "film": _("Film"),
    "art": _("Art & exhibitions"),
    "books": _("Books & readings"),
    "talks": _("Talks & ideas"),
    "workshops": _("Workshops & classes"),
    "food": _("Food & drink"),
    "festivals": _("Festivals & markets"),
    "family": _("Family"),
    "sports": _("Sports"),
    "community": _("Community"),
}


def category_label(code: str) -> str:
    """The words of a code; a code that is not in the list is shown as it is written."""
    return str(CATEGORIES.get(code) or code.replace("-", " ").replace("_", " ").capitalize())
