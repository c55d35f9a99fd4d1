"""What browsers install: the manifest, the service worker, and the page for what was not kept."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image
from pytest_django import Settings

from tests.html import parsed


@pytest.fixture(autouse=True)
def offline_pages(settings: Settings) -> None:
    settings.OFFLINE_PAGES = True


def test_the_manifest_names_the_site_and_icons_that_are_as_large_as_they_say(
    client: Client, settings: Settings
) -> None:
    settings.SITE_NAME = "Nachtplan"
    response = client.get("/manifest.webmanifest")
    found = json.loads(response.content)
    assert response["Content-Type"].startswith("application/manifest+json")
    assert (found["name"], found["start_url"], found["display"]) == ("Nachtplan", "/", "standalone")
    assert {icon["purpose"] for icon in found["icons"]} == {"any", "maskable"}
    for icon in found["icons"]:
        path = finders.find(icon["src"].removeprefix("/static/"))
        assert path is not None
        with Image.open(path) as image:
            assert icon["sizes"] == "{}x{}".format(*image.size)


@pytest.mark.django_db
def test_the_worker_is_asked_for_anew_and_names_files_that_are_there(
    client: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        response = client.get("/worker.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cache-Control"] == "no-cache"
    match = re.search(r"const SETTINGS = (\{.*?\});", response.text, re.DOTALL)
    assert match is not None
    found = json.loads(match[1])
    assert len(found["version"]) == 16
    for address in found["shell"]:
        assert finders.find(address.removeprefix("/static/")), address
    assert client.get(found["offline"]).status_code == 200


def test_the_shell_has_the_style_and_the_scripts_of_a_page(client: Client) -> None:
    worker, page = client.get("/worker.js").text, parsed(client.get("/offline/"))
    needed = [node.attributes[name] for node in page.css("script[src]") for name in ("src", "data-later")]
    needed += [node.attributes["href"] for node in page.css("link[rel=stylesheet]")]
    assert len(needed) >= 3
    for address in needed:
        assert f'"{address}"' in worker


def test_a_site_that_wants_no_worker_hands_out_one_that_leaves(client: Client, settings: Settings) -> None:
    assert parsed(client.get("/offline/")).css_first("script[data-worker]") is not None
    settings.OFFLINE_PAGES = False
    assert "registration.unregister()" in client.get("/worker.js").text
    assert parsed(client.get("/offline/")).css_first("script[data-worker]") is None


@pytest.mark.parametrize("path", ["/worker.js", "/manifest.webmanifest", "/offline/"])
def test_what_all_browsers_ask_for_is_the_same_for_all(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert not response.cookies
    assert "Vary" not in response


def test_an_icon_is_found_where_old_programs_look(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert response.status_code == 301
    assert Path(finders.find(response["Location"].removeprefix("/static/")) or "/nowhere").is_file()
