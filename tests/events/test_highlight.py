import pytest
from hypothesis import given, strategies as st

from events.highlight import marked
from events.text import fold


@pytest.mark.parametrize(
    ("text", "words", "html"),
    [
        ("Jazz at Café Österreich", ["cafe", "osterreich"], "Jazz at <mark>Café</mark> <mark>Österreich</mark>"),
        ("Straße & Co", ["strasse", "and"], "<mark>Straße</mark> <mark>&amp;</mark> Co"),
        ("Cafe\u0301 noir", ["cafe"], "<mark>Cafe\u0301</mark> noir"),
        ("<i>jazz</i>", ["jazz", "i"], "&lt;<mark>i</mark>&gt;<mark>jazz</mark>&lt;/<mark>i</mark>&gt;"),
        ("Jazzclub", ["zzcl"], "Ja<mark>zzcl</mark>ub"),
        ("Nothing", ["else"], "Nothing"),
        ("", ["x"], ""),
    ],
)
def test_words_are_marked_as_they_are_found(text: str, words: list[str], html: str) -> None:
    assert marked(text, words) == html


def test_misspelled_words_are_marked_only_where_they_were_forgiven() -> None:
    assert marked("Philharmonic night", ["philharmnoic"], alike=True) == "<mark>Philharmonic</mark> night"
    assert marked("Philharmonic night", ["philharmnoic"]) == "Philharmonic night"


@given(st.text(max_size=60), st.lists(st.text(max_size=8), max_size=3))
def test_no_text_breaks_it_or_slips_through(text: str, words: list[str]) -> None:
    html = marked(text, [word for raw in words for word in fold(raw).split()], alike=True)
    bare = html.replace("<mark>", "").replace("</mark>", "")
    assert not {"<", ">", '"'} & set(bare)
    assert html.count("<mark>") == html.count("</mark>")
