"""Pictures of events: kept under the hash of what was published, served from our own origin, thrown away in the end.

The files of a picture are written before its row, and deleted after it; what is left between, if a process is killed,
is found by events/pruning.py.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from nocturne.origin import absolute

from .models import Event, Image, ImageAddress


@dataclass(frozen=True, slots=True)
class Picture:
    """What an img element needs; the alternative text is empty, since the title stands beside it.

    `width` and `height` are those of `src`; `large` is the address of the largest file, with the origin. `colour` is
    the mean of its pixels, as #rrggbb.
    """

    src: str
    srcset: str
    width: int
    height: int
    colour: str
    large: str


def picture(event: Event) -> Picture | None:
    """The event's picture, None where it has none that may be shown."""
    image = event.image
    if image is None or image.taken_down_at:
        return None
    widths = image.widths
    middle = widths[min(1, len(widths) - 1)]
    return Picture(
        src=address(image, middle),
        srcset=", ".join(f"{address(image, width)} {width}w" for width in widths),
        width=middle,
        height=height(image, middle),
        colour=image.colour,
        large=absolute(address(image, widths[-1])),
    )


def address(image: Image, width: int) -> str:
    return f"{settings.MEDIA_URL}{image.file(width)}"


def height(image: Image, width: int) -> int:
    return max(1, round(image.height * width / image.width))


def showable(urls: Iterable[Any]) -> dict[str, int]:
    """The ids of the pictures that may be shown, by the addresses under which publishers have them."""
    urls = set(urls)
    if not urls:
        return {}
    rows = ImageAddress.objects.filter(url__in=urls, image__in=Image.objects.showable())
    return {url: image_id for url, image_id in rows.values_list("url", "image_id") if image_id}


def note(urls: Iterable[str], *, now: dt.datetime) -> None:
    """Have the pictures at these addresses fetched, those that rest again; what cannot be an address is passed over."""
    wanted = sorted({url for url in urls if url and url.isascii() and len(url) <= 2000 and urlsplit(url).netloc})
    for batch in batched(wanted, 2000):
        rows = (ImageAddress(url=url, host=urlsplit(url).netloc[:255], next_at=now) for url in batch)
        ImageAddress.objects.bulk_create(rows, ignore_conflicts=True)
        known = ImageAddress.objects.filter(url__in=batch)
        known.filter(state=ImageAddress.State.RESTING).update(state=ImageAddress.State.WAITING, next_at=now)
        # more titles may share it than before
        known.filter(image__isnull=False, pending_since=None).update(pending_since=now)


def keep(hash: str, *, width: int, height: int, colour: str, files: Sequence[bytes]) -> Image:
    """The row of a picture whose files, the smallest first, are stored; without files if it was taken down."""
    image = Image(hash=hash, width=width, height=height, colour=colour, bytes=sum(map(len, files)))
    for name, content in zip(image.files, files, strict=True):
        default_storage.save(name, ContentFile(content))
    with transaction.atomic():
        Image.objects.bulk_create([image], ignore_conflicts=True)
        row = Image.objects.select_for_update().get(hash=hash)
        if row.taken_down_at is None and row.bytes != image.bytes:
            row.bytes = image.bytes
            row.save(update_fields=["bytes"])
    if row.taken_down_at:
        delete_files(row)
    return row


def delete_files(image: Image) -> None:
    for name in image.files:
        default_storage.delete(name)
