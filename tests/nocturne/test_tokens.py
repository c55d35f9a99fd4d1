import datetime as dt
from typing import Any

import pytest
import time_machine

from nocturne.tokens import BadToken, make_token, read_token

DAY = dt.timedelta(days=1)


def test_a_token_says_whom_it_was_made_for() -> None:
    token = make_token("confirm", 7, 2)
    assert read_token("confirm", token) == (7, 2)
    assert len(token) < 80


def test_it_serves_one_purpose() -> None:
    with pytest.raises(BadToken):
        read_token("unsubscribe", make_token("confirm", 7, 2))


@pytest.mark.parametrize("token", ["", ".", "7.2", "7.2.x.y", "x" * 5000, "7.2.1vXyZ.\0", "７.2.1vXyZ.abc"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(BadToken) as caught:
        read_token("confirm", token)
    assert not caught.value.expired


def test_one_letter_makes_it_another() -> None:
    token = make_token("confirm", 7, 2)
    for place in (0, 2, len(token) // 2):
        changed = token[:place] + ("a" if token[place] != "a" else "b") + token[place + 1 :]
        with pytest.raises(BadToken):
            read_token("confirm", changed)


def test_it_expires_where_an_age_is_given() -> None:
    with time_machine.travel("2026-12-01T12:00:00Z", tick=False) as clock:
        token = make_token("confirm", 7, 2)
        clock.shift(DAY)
        assert read_token("confirm", token, max_age=DAY) == (7, 2)
        clock.shift(1)
        with pytest.raises(BadToken) as caught:
            read_token("confirm", token, max_age=DAY)
        assert caught.value.expired
        assert read_token("confirm", token) == (7, 2)


def test_it_outlives_a_rotation_of_the_key(settings: Any) -> None:
    token = make_token("confirm", 7, 2)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 10
    with pytest.raises(BadToken):
        read_token("confirm", token)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert read_token("confirm", token) == (7, 2)
    assert make_token("confirm", 7, 2).rpartition(".")[2] != token.rpartition(".")[2]
