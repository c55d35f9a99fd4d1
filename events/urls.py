"""Addresses of the public pages. A city's slug is the first segment, so fixed pages come before it."""

from django.urls import path

from events.views import (
    answers,
    cities,
    city,
    comments,
    embed,
    event,
    feeds,
    home,
    images,
    mine,
    reports,
    series,
    site,
    sitemap,
    venue,
)

app_name = "events"

# First segments that are no city, here and in the root's urls; a city whose slug is one would have no page.
RESERVED = frozenset(
    {
        *("about", "account", "accounts", "admin", "anymail", "api", "bot", "cities", "comments", "dev", "digest"),
        *(
            "embed",
            "feeds",
            "health",
            "healthz",
            "imprint",
            "list",
            "livez",
            "media",
            "metrics",
            "my",
            "offline",
            "privacy",
        ),
        *("readyz", "report", "search", "series", "sitemap", "sources", "static", "submit", "subscribe", "unsubscribe"),
        "version",
    }
)

urlpatterns = [
    path("", home.home, name="home"),
    path("about/", site.about, name="about"),
    path("privacy/", site.privacy, name="privacy"),
    path("imprint/", site.imprint, name="imprint"),
    path("bot/", site.bot, name="bot"),
    path("media/<path:name>", images.image, name="image"),
    path("robots.txt", site.robots, name="robots"),
    path("sitemap.xml", sitemap.index, name="sitemap"),
    path("sitemap/site.xml", sitemap.site, name="sitemap_site"),
    path("sitemap/cities/<slug:slug>.xml", sitemap.city, name="sitemap_city"),
    path("cities/options", cities.options, name="city_options"),
    path("cities/nearest", cities.nearest, name="city_nearest"),
    path("comments/mine/", comments.mine, name="my_comments"),
    path("comments/on/<int:pk>/", comments.event_comments, name="comments"),
    path("comments/on/<int:pk>/part", comments.part, name="comments_part"),
    path("comments/<int:pk>/report/", comments.report, name="report_comment"),
    path("comments/<int:pk>/delete/", comments.delete, name="delete_comment"),
    path("report/<int:pk>/", reports.report_event, name="report_event"),
    path("my/answers", answers.answers, name="answers"),
    path("my/answers/<int:pk>/", answers.answer, name="answer"),
    path("my/events/", mine.my_events, name="my_events"),
    path("my/events/calendar", mine.renew_calendar, name="renew_calendar"),
    path("my/events/mail", mine.choose_mail, name="choose_mail"),
    path("my/events/<str:token>.ics", mine.my_calendar, name="my_calendar"),
    path("series/<str:slug>-<int:pk>/", series.series, name="series"),
    *(
        path(f"series/<str:slug>-<int:pk>.{form}", feeds.series, {"form": form}, name=f"series_{form}")
        for form in ("ics", "atom", "json")
    ),
    path("embed/series/<str:slug>-<int:pk>/", embed.series, name="series_embed"),
    path("embed/<slug:slug>/", embed.city, name="city_embed"),
    path("embed/<slug:city_slug>/venues/<str:slug>-<int:pk>/", embed.venue, name="venue_embed"),
    path("<slug:slug>/", city.city, name="city"),
    path("<slug:slug>/list", city.city_list, name="city_list"),
    path("<slug:slug>/more", city.city_more, name="city_more"),
    path("<slug:slug>/calendar.ics", feeds.city, {"form": "ics"}, name="city_ics"),
    path("<slug:slug>/feed.atom", feeds.city, {"form": "atom"}, name="city_atom"),
    path("<slug:slug>/feed.json", feeds.city, {"form": "json"}, name="city_json"),
    # a slug may hold letters of every script
    path("<slug:city_slug>/events/<str:slug>-<int:pk>/", event.event, name="event"),
    path("<slug:city_slug>/events/<str:slug>-<int:pk>.ics", event.event_ics, name="event_ics"),
    path("<slug:city_slug>/venues/<str:slug>-<int:pk>/", venue.venue, name="venue"),
    *(
        path(f"<slug:city_slug>/venues/<str:slug>-<int:pk>.{form}", feeds.venue, {"form": form}, name=f"venue_{form}")
        for form in ("ics", "atom", "json")
    ),
]
