"""Files of pictures, as they are stored: never by an address of somebody else's."""

import re

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

_NAME = re.compile(r"images/([0-9a-f]{2})/\1[0-9a-f]{30}-[0-9]{2,4}\.webp")
YEAR = 365 * 24 * 3600


@require_safe
def image(request: HttpRequest, name: str) -> HttpResponseBase:
    """The file of this name, which stays the same for as long as it is there."""
    if not _NAME.fullmatch(name):
        raise Http404
    try:
        file = default_storage.open(name)
    except FileNotFoundError:
        raise Http404
    etag = f'"{name.rpartition("/")[2]}"'
    found = FileResponse(file, content_type="image/webp")
    response = get_conditional_response(request, etag=etag) or found
    if response is not found:
        file.close()
    response["ETag"] = etag
    patch_cache_control(response, public=True, max_age=YEAR, immutable=True)
    # it is shown and never run, whatever it is
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response
