"""The look: contrast of the colours in both themes, the weight of pages, and what they say of themselves elsewhere."""

import gzip
import math
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.staticfiles import finders
from django.test import Client

from tests.factories import make_event, make_venue
from tests.html import parsed

CSS = Path(configured.BASE_DIR, "static/css/nocturne.css").read_text()
OKLCH = r"oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)"
THEMES = ("light", "dark")


def luminance(lightness: float, chroma: float, hue: float) -> float:
    """Relative luminance (WCAG 2.2) of a colour in OKLCH, cut to sRGB."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    red, green, blue = (min(1.0, max(0.0, part)) for part in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def tokens(theme: str) -> dict[str, float]:
    """The luminance of each colour of the style sheet's tokens in a theme."""
    root = CSS[CSS.index("@layer tokens {") :]
    found = {}
    for name, value in re.findall(r"--([\w-]+): (light-dark\(.*?\)\)|oklch\(.*?\));", root[: root.index("--sans")]):
        colours = re.findall(OKLCH, value)
        found[name] = luminance(*map(float, colours[THEMES.index(theme) if len(colours) == 2 else 0]))
    return found


def contrast(one: float, other: float) -> float:
    light, dark = max(one, other), min(one, other)
    return (light + 0.05) / (dark + 0.05)


def test_the_reckoning_is_that_of_the_standard() -> None:
    assert contrast(luminance(1, 0, 0), luminance(0, 0, 0)) == pytest.approx(21, abs=0.01)
    assert luminance(0.62796, 0.25768, 29.234) == pytest.approx(0.2126, abs=0.001)  # red


@pytest.mark.parametrize("theme", THEMES)
def test_text_stands_out_from_what_it_is_on_in_both_themes(theme: str) -> None:
    colour = tokens(theme)
    pairs = [(text, on) for text in ("ink", "soft", "link", "good", "warn") for on in ("paper", "raised", "sunk")]
    pairs += [("on-chosen", "chosen"), ("on-lamp", "lamp"), ("warn", "warn-paper"), ("ink", "warn-paper")]
    pairs += [("ink", "mark")]
    weak = {pair: contrast(colour[pair[0]], colour[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}
    # edges of fields and what shows the focus are no text
    edges = {(mark, on): contrast(colour[mark], colour[on]) for mark in ("edge", "link") for on in ("paper", "raised")}
    assert {pair: ratio for pair, ratio in edges.items() if ratio < 3} == {}


def test_text_stands_out_from_the_sky() -> None:
    colour = tokens("dark")
    gradient = re.search(r"linear-gradient\(oklch\(0\.15 .*", CSS)
    assert gradient
    # text ends above the two stops of the horizon
    for stop in re.findall(OKLCH, gradient[0])[:3]:
        sky = luminance(*map(float, stop))
        for text in ("ink", "soft", "lamp"):
            assert contrast(colour[text], sky) >= 4.5, (text, stop)


@pytest.mark.django_db
def test_a_full_page_of_a_city_is_light(client: Client) -> None:
    venues = [make_venue(f"A venue of the usual length {number}") for number in range(20)]
    for number in range(60):
        make_event(
            f"{number * 7919 % 97} An event with a title of usual length and {number * 31 % 89} words",
            local=f"2026-12-0{4 + number % 5}T{17 + number % 7}:{number % 6}0",
            venue=venues[number % 20],
            category=("music", "film", "comedy", "nightlife", "")[number % 5],
            price_min=number,
            currency="EUR",
            source_count=1 + number % 4,
        )
    response = client.get("/berlin/?from=2026-12-01&to=2026-12-20")
    tree = parsed(response)
    assert len(tree.css(".card")) >= 50
    assert len(gzip.compress(response.content, 6)) < 20_000
    # what the head asks for: all of it is style, script and one font
    files = [node.attributes["href"] for node in tree.css("link[rel=stylesheet]")]
    files += [node.attributes["src"] for node in tree.css("script[src]")]
    assert sum(len(gzip.compress(stored(name), 9)) for name in files) < 40_000
    # the page itself, what its head names, and the drawings; the style sheet names no file but faces, one of them ahead
    drawings = {(node.attributes["href"] or "").partition("#")[0] for node in tree.css("use")}
    assert 1 + len(tree.css("link[rel=stylesheet], link[rel=preload], script[src]")) + len(drawings) <= 6
    assert all("woff2" in line or "data:" in line for line in CSS.splitlines() if "url(" in line)


def stored(address: str) -> bytes:
    path = finders.find(address.removeprefix(f"/{configured.STATIC_URL.strip('/')}/"))
    assert path, address
    return Path(path).read_bytes()


@pytest.mark.django_db
def test_what_a_page_names_is_there(client: Client, settings: Any) -> None:
    settings.SITE_URL = "https://nocturne.example"
    event = make_event("Concert")
    for url in ("/", "/berlin/", event.get_absolute_url(), "/about/"):
        tree = parsed(client.get(url))
        names = [node.attributes["href"] for node in tree.css("link[rel~=icon], link[rel=apple-touch-icon]")]
        names += [node.attributes["href"] for node in tree.css("link[rel=preload], link[rel=stylesheet]")]
        assert all(stored(name) for name in names)
        said = {node.attributes["property"]: node.attributes["content"] for node in tree.css("meta[property]")}
        assert {"og:title", "og:description", "og:url", "og:type", "og:image", "og:site_name"} <= set(said)
        assert said["og:image"].startswith("https://nocturne.example/")
        assert tree.css_first("meta[name='twitter:card']").attributes["content"] == "summary_large_image"
        # a symbol is in the file that is named
        for use in tree.css("use"):
            name, symbol = use.attributes["href"].split("#")
            assert f'id="{symbol}"'.encode() in stored(name)
    for name in re.findall(r'url\("(\.\./[^"]+)"\)', CSS):
        assert stored(f"/static/{name.removeprefix('../')}")
