"""Mutated documents of every format: never a fault, never a result that no column holds, and the same twice."""

import random

import pytest
from hypothesis import given, settings, strategies as st

from events.drafts import EventDraft
from scraping.detect import read
from scraping.identity import settle
from scraping.normalise import LENGTHS, MAX_URL, normalise
from tests.bench.documents import FORMATS, facts, mutated, valid
from tests.scraping.reading import document, window


def read_all(body: bytes) -> list[EventDraft]:
    reading = read(document(body), window())
    assert not [problem for problem in reading.problems if problem.code == "document.fault"]
    return settle(normalise(draft, base_url="https://klub.example/") for draft in reading.drafts)


@pytest.mark.parametrize("name", FORMATS)
def test_documents_of_every_format_are_read_in_full(name: str) -> None:
    rng = random.Random(name)
    told = [facts(rng, number) for number in range(5)]
    drafts = read_all(FORMATS[name](told, rng).encode())
    assert len({draft.when.start for draft in drafts if draft.when}) >= 3


@given(seed=st.integers(0, 10**9), faults=st.integers(0, 10**9))
@settings(max_examples=150, deadline=None)
def test_no_mutation_is_more_than_a_bad_item(seed: int, faults: int) -> None:
    _, body = valid(seed)
    for draft in read_all(mutated(body, random.Random(faults), growth=4_000)):
        assert len(draft.title) <= LENGTHS["title"]
        assert len(draft.description) <= LENGTHS["description"]
        assert all(len(url) <= MAX_URL for url in (draft.url, draft.image_url))
        assert all(url.startswith(("http://", "https://")) for url in (draft.url, draft.image_url) if url)
        assert EventDraft.from_json(draft.to_json()) == draft
        again = normalise(draft)
        assert again.replace(problems=draft.problems) == draft


def test_properties_of_a_calendar_that_cannot_be_read_cost_no_event() -> None:
    text = FORMATS["xcal"]([facts(random.Random(1), 1)], random.Random(1))
    broken = text.replace("<vcalendar>", "<vcalendar><properties><calscale><text>GREGORIAN</calscale></properties>")
    reading = read(document(broken), window())
    assert [problem.code for problem in reading.problems] == ["item.unreadable"]
    assert len(reading.drafts) == len(read(document(text), window()).drafts) > 0
