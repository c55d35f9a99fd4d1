"""What sources do to titles."""

import re

from .text import fold

# Marks that a source sets into a title for a while: the status says it better.
_MARKS = re.compile(
    r"^(sold out|cancell?ed|postponed|rescheduled|new date|moved|ausverkauft|abgesagt|verschoben|complet|annule|"
    r"agotado|cancelado|esaurito|annullato|uitverkocht|geannuleerd)\b"
    r"|\b(sold out|cancell?ed|postponed|rescheduled|ausverkauft|abgesagt|uitverkocht|agotado|esaurito)$"
)
# One of these is in every mark.
MARK_WORDS = frozenset(
    "sold cancelled canceled postponed rescheduled new moved ausverkauft abgesagt verschoben complet annule agotado "
    "cancelado esaurito annullato uitverkocht geannuleerd".split()
)


def is_shouting(title: str) -> bool:
    """Mostly capitals, in a title long enough that it is no abbreviation."""
    title = title[:500]
    if sum(map(str.isupper, title)) < 10:
        return False  # as nearly all titles
    letters = [c for c in title if c.isalpha() and c.lower() != c.upper()]
    return len(letters) >= 12 and sum(c.isupper() for c in letters) > 0.8 * len(letters)


def is_clean(title: str) -> bool:
    """Neither shouting nor marked "sold out" or "cancelled"."""
    return not is_shouting(title) and not _MARKS.search(fold(title))


def without_marks(folded: str) -> str:
    """A folded title without such marks at either end; as it is if nothing else were left."""
    return _MARKS.sub(" ", folded).strip() or folded
