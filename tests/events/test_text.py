from hypothesis import given, strategies as st

from events.text import fold


def test_spellings_fold_to_one() -> None:
    assert fold("Łódź – Café d’Été & Co.") == fold("lodz cafe dete and co") == "lodz cafe dete and co"
    assert fold("Rock'n'Roll_Night (18+)") == fold("ROCK’N’ROLL  NIGHT 18") == "rocknroll night 18"


@given(st.text(max_size=40))
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_the_way_for_ascii_is_no_other_way(text: str) -> None:
    assert fold(f"{text} é") == f"{fold(text)} e".strip()
