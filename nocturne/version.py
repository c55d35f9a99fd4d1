"""Which release this is: /version, and what publishers see. The number is in pyproject.toml alone."""

import tomllib
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from nocturne.configuration import value
from nocturne.pages import private

ROOT = Path(__file__).resolve().parent.parent
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def commit() -> str:
    """The commit that runs: what COMMIT says, as in an image, or what git has checked out; "" if nobody knows."""
    if said := value("COMMIT"):
        return str(said)
    try:
        head = (ROOT / ".git" / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (loose := ROOT / ".git" / name).is_file():
            return loose.read_text().strip()
        packed = (line.split() for line in (ROOT / ".git" / "packed-refs").read_text().splitlines())
        return next((words[0] for words in packed if words[1:] == [name]), "")
    except OSError:
        return ""


_COMMIT = commit()  # that of the code that was loaded, whatever is checked out later


@require_safe
def version(request: HttpRequest) -> HttpResponse:
    found = {"name": settings.SITE_NAME, "version": VERSION, **({"commit": _COMMIT} if _COMMIT else {})}
    return private(JsonResponse(found))
