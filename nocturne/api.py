"""The JSON API; each app brings its routes."""

from ninja import NinjaAPI

from scraping.api import router as scraping

api = NinjaAPI(title="Nocturne", version="1", docs_url=None)
api.add_router("", scraping)
