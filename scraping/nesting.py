"""Markup that takes a parser of HTML the square of its length, told from all other in time that its length bounds.

What stays open costs: a parser looks through all open elements at each tag, and repeats the open ones of formatting
(<b>, <a>, <font>…) in each block that follows. Forty kilobytes of that can take gigabytes.
"""

import re
from collections import Counter

# Real pages have some thousands of tags, of which some dozens are open at once, and of formatting hardly ten.
MAX_TAGS, MAX_OPEN, MAX_LOOKED_THROUGH, MAX_REPEATED = 500_000, 400, 30_000_000, 1_000_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
# Without an end tag, or with one that need not be written.
_BRIEF = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dt dd option optgroup tr td th thead "
    "tbody tfoot rp rt path circle rect use line polygon polyline ellipse stop g".split()
)


def is_bounded(markup: str) -> bool:
    """Whether a parser is to see it: few elements are open at once, in proportion to the number of tags."""
    if markup.count("<") < MAX_OPEN // 4:
        return True
    opened: Counter[str] = Counter()
    tags = deep = formatted = deepest = most_formatted = 0
    for match in _TAG.finditer(markup):
        tags += 1
        name = match[2].lower()
        if name in _BRIEF:
            continue
        step = -1 if match[1] else 1
        if step < 0 and not opened[name]:
            continue
        opened[name] += step
        deep += step
        deepest = max(deepest, deep)
        if name in _FORMATTING:
            formatted += step
            most_formatted = max(most_formatted, formatted)
    if tags > MAX_TAGS:
        return False
    return deepest <= MAX_OPEN and tags * deepest <= MAX_LOOKED_THROUGH and tags * most_formatted <= MAX_REPEATED
