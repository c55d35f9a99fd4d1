"""JSON as people write it into pages: strict first, then with its usual faults forgiven."""

import html
import json
import re
from typing import Any

MAX_DEPTH = 60
# What is longer was written by a program, which makes no faults.
MAX_LENGTH = 2_000_000
_SPACE = re.compile(r"(?:[\s\ufeff\0]++|//[^\n]*+|<!--|-->|<!\[CDATA\[|\]\]>)++")
_BARE = re.compile(r"[^\s,:\[\]{}\"]+")
_PLAIN = re.compile(r'[^"\\]*')
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
# What makes a quote the end of its string: the next thing of an object or a list.
_AFTER_STRING = re.compile(
    r"""\s*+(?:(?:,\s*+)++(?:["'{}\[\]\d/-]|true|false|null|[\w$@]++\s*+:)|"[@\w-]{1,40}"\s*+:|[:\]}]|;?\s*+$|//|/\*|-->)"""
)
# A string that has this in it went on over its own end, into the next key.
_SWALLOWED = re.compile(r"""(["'])[@\w-]{1,40}\1\s*+:\s*+["'\d\[{tfn-]""")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None, "undefined": None, "NaN": None}


def loads(text: str) -> Any:
    """The value that a JSON text means; ValueError where it has none, or where only a guess could tell its strings.

    Forgiven: raw newlines, trailing, doubled and missing commas, comments, CDATA and HTML comment marks, quotes inside
    strings, single quotes, bare keys, wrong escapes, escaped markup (&quot;), an unfinished end.
    """
    try:
        return _pruned(json.loads(text, strict=False))
    except ValueError:
        pass
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if len(text) > MAX_LENGTH:
        raise ValueError("too long to be read in spite of its faults")
    if '"' not in text and "&quot;" in text:
        text = html.unescape(text)
    reader = _Reader(text)
    reader.skip()
    if reader.peek() not in ("{", "["):
        raise ValueError("not an object and not a list")
    values = [reader.value(0)]
    reader.skip(also=";,")
    while reader.peek() in ("{", "["):  # several objects, one after the other
        values.append(reader.value(0))
        reader.skip(also=";,")
    return values[0] if len(values) == 1 else values


def _pruned(value: Any) -> Any:
    """The value without what is nested deeper than MAX_DEPTH, so that what walks it may call itself."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            part
            for holder in level
            if isinstance(holder, (dict, list))
            for part in (holder.values() if isinstance(holder, dict) else holder)
        ]
        if not level:
            break
    for holder in level:
        if isinstance(holder, (dict, list)):
            holder.clear()
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.last_comment = text.rfind("*/")  # where it ends; what begins later has no end

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip(self, also: str = "") -> None:
        while True:
            if match := _SPACE.match(self.text, self.at):
                self.at = match.end()
            elif self.at + 2 <= self.last_comment and self.text.startswith("/*", self.at):
                self.at = self.text.find("*/", self.at + 2) + 2
            elif also and self.peek() and self.peek() in also:
                self.at += 1
            else:
                return

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
        match self.peek():
            case "{":
                return self.object(depth)
            case "[":
                return self.array(depth)
            case '"' | "'":
                return self.string()
            case _:
                return self.bare()

    def object(self, depth: int) -> dict[str, Any]:
        self.at += 1
        result: dict[str, Any] = {}
        while True:
            self.skip(also=",;")
            if self.peek() in ("}", ""):
                self.at += 1
                return result
            start = self.at
            key = self.string() if self.peek() in ('"', "'") else str(self.bare())
            self.skip()
            if self.peek() == ":":
                self.at += 1
                self.skip()
                result[key] = self.value(depth + 1)
                self.end_of(result[key], start)
            if self.at == start:
                self.at += 1  # a stray bracket

    def end_of(self, value: Any, start: int) -> None:
        """A text without quotes is one word, of several the rest would be lost; and what a colon follows is a key."""
        if isinstance(value, str):
            bare = self.text[self.at - 1 : self.at] not in ('"', "'")
            self.skip()
            if self.peek() == ":" or (bare and self.peek() not in (",", ";", "}", "]", '"', "'", "")):
                raise ValueError(f"a text without its quotes at {start}")

    def array(self, depth: int) -> list[Any]:
        self.at += 1
        result: list[Any] = []
        while True:
            self.skip(also=",;")
            if self.peek() in ("]", ""):
                self.at += 1
                return result
            start = self.at
            value = self.value(depth + 1)
            if self.at == start:
                self.at += 1
            else:
                result.append(value)

    def string(self) -> str:
        """A string ends at the first quote that something like JSON follows: quotes inside are common."""
        quote = self.peek()
        plain = _PLAIN if quote == '"' else re.compile(r"[^'\\]*")
        self.at += 1
        parts = []
        while self.at < len(self.text):
            match = plain.match(self.text, self.at)
            assert match is not None  # it matches the empty string
            parts.append(match[0])
            self.at = match.end()
            if self.peek() == "\\":
                parts.append(self.escape())
            elif self.peek() == quote:
                self.at += 1
                if _AFTER_STRING.match(self.text, self.at):
                    break
                parts.append(quote)
        found = "".join(parts)
        if quote in found and _SWALLOWED.search(found):
            raise ValueError("a string without an end")
        return found

    def escape(self) -> str:
        letter = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if letter != "u":
            return _ESCAPES.get(letter, letter)
        digits = self.text[self.at : self.at + 4]
        if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
            return "u"
        self.at += 4
        code = int(digits, 16)
        low = re.match(r"\\u(d[c-f][0-9a-f]{2})", self.text[self.at : self.at + 6], re.I)
        if 0xD800 <= code < 0xDC00 and low:
            self.at += 6
            return chr(0x10000 + ((code - 0xD800) << 10) + int(low[1], 16) - 0xDC00)
        return chr(code) if not 0xD800 <= code < 0xE000 else "\ufffd"

    def bare(self) -> Any:
        match = _BARE.match(self.text, self.at)
        if not match:
            return None
        self.at = match.end()
        word = match[0]
        if _NUMBER.fullmatch(word) and len(word) < 400:
            return float(word) if re.search(r"[.eE]", word) else int(word)
        return _WORDS.get(word, word)
