"""Pictures of events: kept under the hash of what was published, served from our own origin, thrown away in the end.

The files of a picture are written before its row, and deleted after it; what is left between, if a process is killed,
is found by `prune`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

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
