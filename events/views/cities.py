"""Looking for a city while one types, and the nearest one."""

import math
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language, gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from events.finder import MAX_NAME, find_cities
from events.models import City
from nocturne.cache import LIFETIME, generation
from nocturne.limits import wait
from nocturne.origin import same_origin
from nocturne.pages import build, private

KEPT = 300  # seconds that a browser keeps an answer
NEAR_KM = 200
NEAREST_RATE = "20/m"


@require_safe
def options(request: HttpRequest) -> HttpResponseBase:
    """The options of the city finder for what was typed; those that lead nowhere are left out."""
    text = " ".join(request.GET.get("q", "").split())[:MAX_NAME]
    token = generation()
    key = f"city-options:{build()}:{get_language()}:{token}:{text}"
    content = cache.get(key) if token else None
    if content is None:
        found = find_cities(text)
        context = {"matches": [match for match in found if match.leads_to], "known": bool(found), "text": text}
        content = render_to_string("events/_city_options.html", context)
        if token:
            cache.set(key, content, timeout=LIFETIME)
    response = HttpResponse(content)
    response["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, public=True, max_age=KEPT)
    return response


@same_origin
@sensitive_post_parameters()
@require_POST
def nearest(request: HttpRequest) -> HttpResponseBase:
    """The active city nearest to rounded coordinates, as JSON; they are neither kept nor logged."""
    if seconds := wait(request, "city-nearest", [("", NEAREST_RATE)]):
        return private(_answer(said=_("Too many questions; wait a minute."), status=429, retry=seconds))
    here = _coordinates(request)
    if here is None:
        return private(_answer(said=_("These are no coordinates."), status=400))
    city = City.objects.active().with_distance(*here, within_km=NEAR_KM).first()
    if city is None:
        return private(_answer(said=_("No city near you is open yet.")))
    return private(_answer(city={"name": city.name, "path": city.get_absolute_url()}))


def _answer(*, city: dict[str, str] | None = None, said: str = "", status: int = 200, retry: int = 0) -> JsonResponse:
    headers: dict[str, Any] = {"Retry-After": str(retry)} if retry else {}
    return JsonResponse({"city": city, "said": said}, status=status, headers=headers)


def _coordinates(request: HttpRequest) -> tuple[float, float] | None:
    """Latitude and longitude to the hundredth of a degree, about a kilometre."""
    try:
        latitude, longitude = (round(float(request.POST[name]), 2) for name in ("latitude", "longitude"))
    except (KeyError, ValueError, OverflowError):
        return None
    if not (math.isfinite(latitude) and abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return latitude, longitude
