"""The JSON API; each app brings its routes."""

from django.http import HttpRequest
from ninja import NinjaAPI, Router
from ninja.errors import HttpError

from scraping.api import router as scraping

elsewhere = Router()


@elsewhere.api_operation(["GET", "POST", "PUT", "PATCH", "DELETE"], "/{path:rest}", include_in_schema=False)
def nowhere(request: HttpRequest, rest: str) -> None:
    """Programs read JSON, also that there is nothing."""
    raise HttpError(404, "There is nothing at this address.")


api = NinjaAPI(title="Nocturne", version="1", docs_url=None)
api.add_router("", scraping)
api.add_router("", elsewhere)  # last: what no other has
