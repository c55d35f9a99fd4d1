"""Pages about the site itself."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from nocturne.origin import absolute
from nocturne.pages import public_file, public_page


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return public_page("events/about.html", {"canonical": absolute(request.path)})


@require_safe
def bot(request: HttpRequest) -> HttpResponse:
    """What our User-Agent points to."""
    context = {"canonical": absolute(request.path), "user_agent": settings.FETCH_USER_AGENT}
    return public_page("events/bot.html", context)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Searches have no end; the pages that they are made of are open."""
    home = reverse("events:home")
    lines = ["User-agent: *", f"Disallow: {home}admin/", f"Disallow: {home}*/list", f"Disallow: {home}*?*q="]
    lines += ["", f"Sitemap: {absolute(reverse('events:sitemap'))}"]
    return public_file("\n".join([*lines, ""]), "text/plain; charset=utf-8")
