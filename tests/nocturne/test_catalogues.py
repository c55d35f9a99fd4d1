"""The catalogues in nocturne/locale/: each has all that the code says, and programs read what people wrote."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
APPS = ("nocturne", "events", "quality", "scraping", "subscriptions")
# What only editors and developers read stays in English.
NOT_FOR_VISITORS = ("admin", "dev", "quality")
CATALOGUES = sorted(ROOT.glob("nocturne/locale/*/LC_MESSAGES/django.po"))
FUNCTIONS = ("_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "npgettext")
CALL = re.compile(rf"(?<![\w.])({'|'.join(FUNCTIONS)})\(((?:\s*u?(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')\s*,?)+)")
STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")

Message = tuple[str, ...]  # context or "", text, and that of more than one if there is one


def said_by_code() -> set[Message]:
    found: set[Message] = set()
    for path in (path for app in APPS for path in (ROOT / app).rglob("*.py")):
        tree = ast.parse(path.read_text())
        # modules have names of their own for what they import
        names = {alias.asname or alias.name: alias.name for node in ast.walk(tree)
                 if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
                 for alias in node.names}  # fmt: skip
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                found |= set(message(names[node.func.id], texts))
    for path in (path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".txt")):
        if path.relative_to(ROOT / "templates").parts[0] not in NOT_FOR_VISITORS:
            for call, texts in CALL.findall(templatize(path.read_text())):
                found |= set(message(call, [ast.literal_eval(text) for text in STRING.findall(texts)]))
    return found


def message(call: str, texts: list[str]) -> Iterator[Message]:
    if texts:
        yield tuple(texts) if "p" in call.partition("gettext")[0] else ("", *texts)


def written(path: Path) -> dict[Message, list[str]]:
    """What a .po file has: its translations by message."""
    found = {}
    for block in path.read_text().split("\n\n")[1:]:
        assert "#, fuzzy" not in block, block
        parts: dict[str, str] = {}
        for line in block.splitlines():
            if match := re.match(r"(msg\w+(?:\[\d\])?) (\".*\")$", line):
                name = match[1]
                parts[name] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                parts[name] += ast.literal_eval(line)
        more = [parts["msgid_plural"]] if "msgid_plural" in parts else []
        found[(parts.get("msgctxt", ""), parts["msgid"], *more)] = [
            text for name, text in parts.items() if name.startswith("msgstr")
        ]
    return found


def compiled(path: Path) -> dict[Any, str]:
    with path.with_suffix(".mo").open("rb") as file:
        return dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]


def test_there_is_more_than_one_language() -> None:
    assert {path.parents[1].name for path in CATALOGUES} >= {"de"}
    assert {code for code, _ in settings.LANGUAGES} >= {"en", "de"}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_a_catalogue_has_all_that_visitors_read_and_nothing_else(path: Path) -> None:
    assert {key[:2] for key in written(path)} == {key[:2] for key in said_by_code()}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_each_text_is_translated_with_the_same_places_for_data(path: Path) -> None:
    for key, texts in written(path).items():
        assert all(texts), key
        for text in texts:
            places = re.findall(r"%\(\w+\)s|\{\w*\}|<[^>]+>", text)
            allowed = [sorted(re.findall(r"%\(\w+\)s|\{\w*\}|<[^>]+>", source)) for source in key[1:]]
            assert sorted(places) in allowed, key


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_programs_read_what_people_wrote(path: Path) -> None:
    expected: dict[Any, str] = {}
    for (context, text, *more), texts in written(path).items():
        name = f"{context}\x04{text}" if context else text
        expected |= {(name, number): said for number, said in enumerate(texts)} if more else {name: texts[0]}
    found = compiled(path)
    assert {key: text for key, text in found.items() if key} == expected
