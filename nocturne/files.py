"""Where files are kept: those that are not part of the code, and those that are."""

import os
import uuid
from typing import Any
from urllib.parse import urlsplit

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class FileStorage(FileSystemStorage):
    """Files of this machine, each of which is there whole or not at all, whenever the process that writes it ends.

    A file that is there already is replaced.
    """

    TEMPORARY = ".part"

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_overwrite=True, **options)

    def _save(self, name: str, content: File) -> str:
        written = super()._save(  # type: ignore[misc]
            f"{name}.{uuid.uuid4().hex}{self.TEMPORARY}", content
        )
        os.replace(self.path(written), self.path(name))
        return name


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Static files with names of their content; a CDN has all but drawings, which browsers take from the page's own
    origin only, where a page uses a part of one.
    """

    def url(self, name: str | None, force: bool = False) -> str:
        found = str(super().url(name, force))
        return urlsplit(found).path if urlsplit(found).path.endswith(".svg") else found
