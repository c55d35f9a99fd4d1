"""A process of its own that makes pictures out of strangers' bytes: see scraping/decoding.py, which starts it.

It knows no setting, no secret and no database, and ends at its limits or where a library crashes; nothing else does.
From stdin the bytes; to stdout a line of JSON, then the WebP files that it names.
"""

import contextlib
import io
import json
import resource
import sys
from typing import Any

MEMORY = 1_000_000_000
CPU_SECONDS = 20
MAX_PIXELS = 40_000_000
MIN_SIDE = 100
MAX_RATIO = 6
MAX_PROFILE = 1_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
QUALITY = 78
# EXIF's orientations in which width and height change places.
TURNED = (5, 6, 7, 8)


class Refused(Exception):
    """Why a picture is not kept: a kind for machines, a sentence for people."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def main() -> None:
    """Limits first: whatever comes after is bound by them."""
    if sys.platform != "darwin":  # which takes no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    widths = [int(width) for width in sys.argv[1:]]
    try:
        facts, files = variants(sys.stdin.buffer.read(), widths)
    except Refused as refused:
        facts, files = {"error": refused.kind, "message": str(refused)}, []
    except MemoryError:
        facts, files = {"error": "image.memory", "message": "The picture needs too much memory."}, []
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + b"".join(files))


def variants(data: bytes, widths: list[int]) -> tuple[dict[str, Any], list[bytes]]:
    """The picture's facts and its WebP files, one for each of these widths that it has, and else in its own."""
    from PIL import Image

    picture, width, height = _opened(data)
    if min(width, height) < MIN_SIDE:
        raise Refused("image.small", f"The picture has {width} × {height} pixels: it is none to look at.")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise Refused("image.shape", f"The picture has {width} × {height} pixels: it is a strip.")
    own = [*(one for one in widths[:-1] if one < width), min(width, widths[-1])]
    try:
        picture = _prepared(picture, own[-1])
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise Refused("image.broken", f"The picture cannot be read to its end ({error}).")
    mean = picture.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    files = [_webp(picture.resize((one, max(1, round(height * one / width))), Image.Resampling.LANCZOS)) for one in own]
    facts = {
        "width": width,
        "height": height,
        "colour": "#" + bytes(mean).hex(),
        "sizes": [len(file) for file in files],
    }
    return facts, files


def _opened(data: bytes) -> tuple[Any, int, int]:
    """The picture, of which nothing is decoded yet, with its width and height the right way up."""
    from PIL import AvifImagePlugin, Image, UnidentifiedImageError

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    Image.MAX_IMAGE_PIXELS = None  # the check below is stricter, and says more
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise Refused("image.format", "What stands at the address is no JPEG, PNG, WebP, GIF or AVIF.")
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise Refused("image.broken", f"The picture cannot be opened ({error}).")
    if picture.width * picture.height > MAX_PIXELS:
        size = f"{picture.width} × {picture.height}"
        raise Refused("image.pixels", f"The picture has {size} pixels, more than {MAX_PIXELS:,}.")
    return picture, *(picture.size[::-1] if _orientation(picture) in TURNED else picture.size)


def _orientation(picture: Any) -> int:
    with contextlib.suppress(Exception):  # EXIF is a format of its own, and often broken
        return int(picture.getexif().get(0x0112, 1))
    return 1


def _prepared(picture: Any, width: int) -> Any:
    """The first frame in sRGB, the right way up and no wider than this, without anything beside its pixels."""
    from PIL import Image, ImageOps

    orientation, profile = _orientation(picture), picture.info.get("icc_profile")
    longest = 10 * width
    bound = (longest, width) if orientation in TURNED else (width, longest)
    picture.draft("RGB", bound)  # of a JPEG no more is decoded than is needed
    picture.load()
    if picture.mode.startswith(("I", "F")):
        picture = picture.convert("F").point(lambda value: value / 256).convert("L")
    if picture.mode in ("P", "PA", "LA", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    elif picture.mode not in ("RGB", "RGBA", "L", "CMYK"):
        picture = picture.convert("RGB")
    picture.thumbnail(bound, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if picture.mode == "RGBA":
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture.getchannel("A"))
        picture = paper
    picture = _srgb(picture, profile)
    picture = {
        2: ImageOps.mirror,
        3: lambda one: one.transpose(Image.Transpose.ROTATE_180),
        4: ImageOps.flip,
        5: lambda one: one.transpose(Image.Transpose.TRANSPOSE),
        6: lambda one: one.transpose(Image.Transpose.ROTATE_270),
        7: lambda one: one.transpose(Image.Transpose.TRANSVERSE),
        8: lambda one: one.transpose(Image.Transpose.ROTATE_90),
    }.get(orientation, lambda one: one)(picture)
    picture.info = {}
    return picture


def _srgb(picture: Any, profile: bytes | None) -> Any:
    """In sRGB by the profile that came with it; a profile that is no good is as none."""
    from PIL import ImageCms

    if profile and len(profile) <= MAX_PROFILE:
        with contextlib.suppress(Exception):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
    return picture.convert("RGB")


def _webp(picture: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=QUALITY, method=4)
    return written.getvalue()


if __name__ == "__main__":
    main()
