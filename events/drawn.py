"""Cards as HTML, rendered once: the same card is the same text, for whoever lists it (events/pieces.py)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from events.cards import Night, card, dated_card, nights
from events.pieces import pieces
from events.versions import Version, loaded

type _Key = tuple[int, str, dt.date, int, int]
FORMS = {"card": card, "dated": dated_card, "run": card}


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a template needs of a card that is rendered."""

    night: dt.date
    html: SafeString


def drawn_nights(found: Sequence[Version], *, tonight: dt.date) -> list[Night]:
    return nights(((one.night, one) for one in drawn(found, tonight=tonight)), tonight=tonight)


def drawn(found: Sequence[Version], *, tonight: dt.date, form: str = "card") -> list[Drawn]:
    """The cards of events, as they are in lists by night; `dated` in other lists, `run` among runs. What was taken
    away meanwhile has none."""
    keys = [(one.pk, one.version, tonight, one.going, one.interested) for one in found]

    def render(missing: list[_Key]) -> dict[_Key, str]:
        template, events = get_template("events/_card.html"), loaded(key[0] for key in missing)
        texts = {}
        for key in missing:
            if (event := events.get(key[0])) is not None:
                event.going, event.interested = key[3:]
                shown = FORMS[form](event, tonight=tonight)
                texts[key] = template.render({"card": shown, "run": form == "run"})
        return texts

    texts = pieces(form, keys, render)
    return [Drawn(one.night, mark_safe(texts[key])) for one, key in zip(found, keys, strict=True) if key in texts]
