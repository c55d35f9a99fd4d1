"""What the development server may serve as a static file."""

from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.http import Http404


class InsideFinder(BaseFinder):
    """Comes first and finds nothing; for a path that leads outside, where the others fail, the answer is 404."""

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False) -> Any:
        if path.split("/")[0] == "..":
            raise Http404("There is no such file.")
        return []

    def list(self, ignore_patterns: Any) -> list[Any]:
        return []
