"""Cards are rendered once, by whoever needs them first, and fetched by one call."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client

from events import drawn as module, pieces
from events.drawn import drawn
from events.models import Event
from events.versions import Version, versions
from nocturne import valkey
from nocturne.cache import bump
from tests.factories import make_city, make_event, make_venue

pytestmark = pytest.mark.django_db


class Templates:
    """Counts how often a card is rendered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rendered: list[int] = []
        found = module.get_template("events/_card.html")

        def render(context: dict[str, Any]) -> str:
            self.rendered.append(context["card"].id)
            return found.render(context)

        self.render = render
        monkeypatch.setattr(module, "get_template", lambda name: self)


@pytest.fixture
def templates(monkeypatch: pytest.MonkeyPatch) -> Templates:
    return Templates(monkeypatch)


def concerts(count: int) -> list[Version]:
    venue = make_venue()
    for number in range(count):
        make_event(f"Concert {number}", venue=venue)
    return listed()


def listed() -> list[Version]:
    return versions(Event.objects.public().for_list())


def htmls(found: list[Version], form: str = "card") -> list[str]:
    return [one.html for one in drawn(found, tonight=found[0].night, form=form)]


def test_a_card_is_rendered_once_in_all_processes_and_fetched_by_one_call(
    templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = concerts(5)
    first = htmls(some)
    assert len(templates.rendered) == 5
    assert all(f"Concert {number}" in first[number] for number in range(5))
    calls = []
    ask = valkey.ask
    monkeypatch.setattr(pieces, "ask", lambda work: (calls.append(work), ask(work))[1])
    assert htmls(some) == first
    assert not calls  # this process knew them
    pieces._remembered.clear()  # as another one has it
    assert htmls(some[::-1]) == first[::-1]
    assert len(calls) == 1
    assert len(templates.rendered) == 5


def test_what_changes_on_a_card_makes_it_another_one(templates: Templates) -> None:
    event = make_event("Concert")
    htmls(listed())
    Event.objects.update(title="Ball")
    assert "Ball" in htmls(listed())[0]
    assert "Ball" in htmls(listed(), "run")[0]
    assert "<time" in htmls(listed(), "dated")[0]
    [one] = listed()
    one.going = 3
    assert "<b>3</b>" in htmls([one])[0]
    over = drawn([one], tonight=event.night + dt.timedelta(days=1))
    assert "<button" not in over[0].html
    assert len(templates.rendered) == 6


def test_what_was_hidden_meanwhile_has_no_card() -> None:
    some = concerts(2)
    Event.objects.filter(pk=some[0].pk).update(visibility=Event.Visibility.HIDDEN)
    assert len(htmls(some)) == 1


def test_a_process_forgets_those_not_asked_for_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MAX_PIECES", 3)
    htmls(concerts(5))
    assert len(pieces._remembered) == 3


def test_what_a_process_remembers_ends_as_what_valkey_has(templates: Templates) -> None:
    some = concerts(1)
    htmls(some)
    for full, (text, _) in list(pieces._remembered.items()):
        pieces._remembered[full] = text, 0
    valkey.ask(lambda client: client.flushdb())
    htmls(some)
    assert len(templates.rendered) == 2


def test_without_valkey_cards_are_rendered_and_remembered(templates: Templates, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/1"}}
    some = concerts(2)
    assert htmls(some) == htmls(some)
    assert len(templates.rendered) == 2


@time_machine.travel("2026-12-05T18:00:00+00:00", tick=False)
def test_a_city_renders_only_what_is_new(client: Client, templates: Templates) -> None:
    city, venue = make_city(), make_venue()
    for number in range(3):
        make_event(f"Concert {number}", venue=venue)
    make_event("Show", local="2026-12-04T10:00", local_end="2026-12-09T18:00", venue=venue)
    first = client.get("/berlin/").content
    assert len(templates.rendered) == 4
    assert client.get("/berlin/").content == first
    assert len(templates.rendered) == 4
    Event.objects.filter(title="Concert 1").update(title="Ball")
    make_event("Recital", venue=venue)
    bump(city.pk)
    page = client.get("/berlin/").text
    assert "Ball" in page
    assert "Concert 1" not in page
    assert len(templates.rendered) == 6
    client.get("/berlin/?q=concert")  # marked words are no one else's
    assert len(templates.rendered) == 6
