"""A message as bytes for many readers, beside the same message made for one of them."""

import datetime as dt
import email
import email.policy
import re
from typing import Any

import pytest

from nocturne import mail
from nocturne.prebuilt import Prebuilt

NOW = dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC)
WORDS = ("preferences-" + "0" * 32, "unsubscribe-" + "1" * 32)
LONG = "https://nocturne.example/unsubscribe/" + "7.1:1wXyZ~" * 60 + "/"
SHORT = "https://nocturne.example/preferences/12.3/"
TEXT = (
    f"Tönight = 長い夜 {'x' * 2000}\n.\n..dots \nend of line \nChange it: {WORDS[0]}\n{WORDS[1]}\n\x85last, {WORDS[1]}"
)
HTML = f'<p>Öl\n.</p><a href="{WORDS[0]}">1</a> <a href="{WORDS[1]}">2</a><p>{"ä" * 1500}</p>'


def message(preferences: str, unsubscribe: str, address: str = "ada@example.org") -> mail.Mail:
    text, html = (whole.replace(WORDS[0], preferences).replace(WORDS[1], unsubscribe) for whole in (TEXT, HTML))
    headers = {"List-Id": "<digest.berlin.nocturne.example>", **mail.unsubscribe_headers(unsubscribe)}
    return mail.Mail(address, "Zürich, täglich: " + "ö" * 90, text=text, html=html, headers=headers)


def wire(address: str = "o'brien+news@example.org", preferences: str = SHORT, unsubscribe: str = LONG) -> bytes:
    made = Prebuilt(message(*WORDS), WORDS)
    urls = dict(zip(WORDS, (preferences, unsubscribe), strict=True))
    ready = made.to(address, urls, message_id="<1.ab@nocturne.example>", unsubscribe=unsubscribe, now=NOW)
    assert (ready.recipient, ready.message_id) == (address, "<1.ab@nocturne.example>")
    return ready.wire


def received(raw: bytes) -> Any:
    """What a server makes of the bytes of a DATA command."""
    assert raw.endswith(b"\r\n.\r\n")
    content = raw.removesuffix(b".\r\n")
    assert b"\r\n.\r\n" not in content
    return email.message_from_bytes(re.sub(rb"(?m)^\.", b"", content), policy=email.policy.default)


def test_it_says_what_the_message_made_for_one_reader_says() -> None:
    one: Any = message(SHORT, LONG, "o'brien+news@example.org").message()
    many = received(wire())
    for name in ("To", "From", "Reply-To", "Subject", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"):
        assert many.get_all(name) == [one[name]], name
    assert sorted(many.keys()) == sorted(one.keys())
    assert (many["Message-ID"], many["Date"].datetime) == ("<1.ab@nocturne.example>", NOW)
    assert many.get_content_type() == one.get_content_type() == "multipart/alternative"
    for kind in ("plain", "html"):
        ours, theirs = (whole.get_body((kind,)).get_content().replace("\r\n", "\n") for whole in (many, one))
        assert ours == theirs
        assert LONG in ours


def test_every_server_takes_its_lines_as_they_are() -> None:
    head, _, body = wire().partition(b"\r\n\r\n")
    assert (head + body).isascii()
    assert b"\n" not in (head + body).replace(b"\r\n", b"")
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert f"List-Unsubscribe: <{LONG}>".encode() in head.split(b"\r\n")
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head.split(b"\r\n")


@pytest.mark.parametrize("length", range(60, 90))
def test_a_link_of_any_length_arrives_whole(length: int) -> None:
    url = "https://n.example/".ljust(length, ".")
    assert f'<a href="{url}">2</a>' in received(wire(unsubscribe=url)).get_body(("html",)).get_content()


@pytest.mark.parametrize(
    "bad",
    [
        {"address": "ada@example.org\r\nBcc: eve@example.org"},
        {"address": "ada@example.org, eve@example.org"},
        {"address": '"a b"@example.org'},
        {"unsubscribe": "https://nocturne.example/>\r\nBcc: eve@example.org"},
        {"preferences": 'https://nocturne.example/"><script>'},
        {"preferences": "https://nocturne.example/=0A"},
        {"unsubscribe": "https://nocturne.example/" + "x" * 999},
    ],
)
def test_what_is_no_plain_address_or_link_is_not_put_in(bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        wire(**bad)
