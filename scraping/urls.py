"""Addresses of what scraping shows to visitors; they come before those of cities."""

from django.urls import path

from . import views

app_name = "scraping"

urlpatterns = [path("sources/", views.sources, name="sources")]
