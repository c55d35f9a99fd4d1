"""Addresses of what scraping shows to visitors; they come before those of cities."""

from django.urls import path

from . import views
from .submissions.views import links, own, sending

app_name = "scraping"

urlpatterns = [
    path("sources/", views.sources, name="sources"),
    path("submit/", sending.submit, name="submit"),
    path("submit/venues/", sending.venues, name="submit_venues"),
    path("submit/link/", links.paste, name="submit_paste"),
    path("submit/link/<uuid:key>/", links.link, name="submit_link"),
    path("submit/link/<uuid:key>/progress/", links.progress, name="submit_progress"),
    path("submit/<str:token>/", own.submission, name="submission"),
    path("submit/<str:token>/change/", own.change, name="submission_change"),
]
