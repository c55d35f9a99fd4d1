"""Installing the site, and reading what was seen before without a network: manifest and service worker.

The worker is one file at the root, since a service worker is in charge of what lies beneath its address. It carries
a digest of the code: a release makes another worker, which browsers fetch, install and start by themselves. With
OFFLINE_PAGES=false the file is one that throws away what was kept and takes itself out of the browser.
"""

import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext as _
from django.views.decorators.http import require_safe

from nocturne.pages import build, public_file, public_page

# What each page needs to look as it should.
SHELL = ("css/nocturne.css", "js/page.js", "js/offline.js", "fonts/bricolage-latin.woff2", "covers.svg", "favicon.svg")
ICONS = (("icon-192", 192, "any"), ("icon-512", 512, "any"), ("maskable-512", 512, "maskable"))
NIGHT = "#0b0a18"


@require_safe
def worker(request: HttpRequest) -> HttpResponseBase:
    template = "worker.js" if settings.OFFLINE_PAGES else "worker_off.js"
    response = HttpResponse(
        render_to_string(template, {"settings": _worker_settings()}), content_type="text/javascript; charset=utf-8"
    )
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def manifest(request: HttpRequest) -> HttpResponseBase:
    text = json.dumps(_manifest(), ensure_ascii=False)
    return public_file(text, "application/manifest+json; charset=utf-8")


@require_safe
def offline(request: HttpRequest) -> HttpResponseBase:
    """What the worker shows where it has nothing: a page that lists what was kept."""
    return public_page("offline.html", {})


@require_safe
def favicon(request: HttpRequest) -> HttpResponseBase:
    """Some ask for it at this address, whatever pages say."""
    return HttpResponsePermanentRedirect(static("favicon.ico"))


def _worker_settings() -> str:
    return json.dumps(
        {
            "version": build(),
            "offline": reverse("offline"),
            "shell": [static(name) for name in SHELL],
            "files": [urlsplit(settings.STATIC_URL).path, settings.MEDIA_URL],
            "cdn": settings.STATIC_CDN_URL,
        },
        indent=2,
    )


def _manifest() -> dict[str, Any]:
    home = reverse("events:home")
    return {
        "id": home,
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME,
        "description": _("What is on tonight, in every city, out of every source."),
        "lang": get_language(),
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "background_color": NIGHT,
        "theme_color": NIGHT,
        "categories": ["entertainment", "lifestyle"],
        "icons": [
            {"src": static(f"icons/{name}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for name, size, purpose in ICONS
        ],
    }
