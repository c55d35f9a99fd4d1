"""Pictures that a test draws, and a site that serves them."""

import io
from typing import Any

from PIL import Image


def drawn(
    width: int = 800, height: int = 500, *, colour: str = "teal", mode: str = "RGB", form: str = "JPEG", **options: Any
) -> bytes:
    """A picture of one colour with its left half darker, so that it has a right way up."""
    picture = Image.new("RGB", (width, height), colour)
    picture.paste(picture.crop((0, 0, width // 2, height)).point(lambda value: value // 2), (0, 0))
    return encoded(picture.convert(mode), form, **options)


def encoded(picture: Image.Image, form: str, **options: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, form, **options)
    return written.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))
