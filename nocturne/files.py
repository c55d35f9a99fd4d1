"""Where files are kept that are not part of the code."""

import os
import uuid
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


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
