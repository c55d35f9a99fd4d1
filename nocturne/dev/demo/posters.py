"""Posters of the demo's shows, drawn from what they are: no photograph, nobody's work, the same for the same show."""

import io
import math
import random
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 960, 640
# Drawn twice as large, so that edges are smooth.
SCALE = 2
PALETTES = (
    ("#14122b", "#3b2a6b", "#e4572e", "#ffd166"),
    ("#0b1d2a", "#14505c", "#2ec4b6", "#ffe8c2"),
    ("#1d0f1f", "#6a1b4d", "#ff5d8f", "#ffd6e0"),
    ("#101820", "#274060", "#5aa9e6", "#fff3b0"),
    ("#1a1423", "#4b2e39", "#f4a259", "#f7ede2"),
    ("#0d1b1e", "#2f4b3c", "#8fb339", "#f1f5d0"),
)
Colours = tuple[str, str, str, str]
Motif = Callable[[ImageDraw.ImageDraw, random.Random, Colours], None]


@lru_cache(maxsize=200)
def poster(kind: str, seed: int) -> bytes:
    """The poster of a kind of show as JPEG; the seed settles its colours and its drawing."""
    chance = random.Random(seed)
    colours = chance.choice(PALETTES)
    picture = _sky(colours)
    draw = ImageDraw.Draw(picture, "RGBA")
    MOTIFS.get(kind, _confetti)(draw, chance, colours)
    return _jpeg(picture)


@lru_cache(maxsize=10)
def logo(seed: int) -> bytes:
    """What a publisher shows where it has no picture: the same for everything."""
    picture = Image.new("RGB", (SCALE * 600, SCALE * 600), "#f2f2f0")
    draw = ImageDraw.Draw(picture)
    hue = random.Random(seed).choice(PALETTES)[2]
    middle = SCALE * 300
    for radius, colour in ((200, hue), (150, "#f2f2f0"), (100, hue)):
        _disc(draw, middle, middle, SCALE * radius, colour)
    return _jpeg(picture)


def _jpeg(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.resize((picture.width // SCALE, picture.height // SCALE), Image.Resampling.LANCZOS).save(
        written, "JPEG", quality=82
    )
    return written.getvalue()


def _sky(colours: Colours) -> Image.Image:
    """From dark above to lighter below."""
    strip = Image.linear_gradient("L").resize((WIDTH * SCALE, HEIGHT * SCALE))
    size = strip.size
    return Image.composite(Image.new("RGB", size, colours[1]), Image.new("RGB", size, colours[0]), strip)


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: str) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _rings(draw: ImageDraw.ImageDraw, chance: random.Random, colours: Colours) -> None:
    """A record, cut by the edge."""
    x, y = SCALE * chance.randrange(200, 760), SCALE * chance.randrange(260, 560)
    width = chance.randrange(16, 30)
    for number, radius in enumerate(range(420, 60, -width)):
        _disc(draw, x, y, SCALE * radius, colours[2] if number % 2 == 0 else colours[0])
    _disc(draw, x, y, SCALE * 60, colours[3])
    _disc(draw, x, y, SCALE * 9, colours[0])


def _beams(draw: ImageDraw.ImageDraw, chance: random.Random, colours: Colours) -> None:
    """Lights from above over a floor of dots."""
    for _ in range(chance.randrange(5, 8)):
        top, foot = (SCALE * chance.randrange(-100, WIDTH + 100) for _ in range(2))
        spread = SCALE * chance.randrange(60, 170)
        colour = f"{chance.choice(colours[2:])}59"
        draw.polygon([(top, 0), (foot - spread, SCALE * HEIGHT), (foot + spread, SCALE * HEIGHT)], fill=colour)
    for row in range(6):
        for column in range(25):
            radius = SCALE * (1.5 + row)
            _disc(draw, SCALE * (20 + 40 * column - 20 * (row % 2)), SCALE * (440 + 36 * row), radius, colours[3])


def _curtain(draw: ImageDraw.ImageDraw, chance: random.Random, colours: Colours) -> None:
    """A curtain that parts around a light."""
    middle, gap = WIDTH // 2 + chance.randrange(-150, 150), chance.randrange(70, 150)
    _disc(draw, SCALE * middle, SCALE * HEIGHT, SCALE * 330, colours[3])
    fold = 32
    for left in range(0, WIDTH, fold):
        away = left + fold / 2 - middle
        lift = HEIGHT - max(0.0, 1 - abs(away) / (2.2 * gap)) ** 0.6 * HEIGHT * 1.1
        colour = colours[2] if (left // fold) % 2 else colours[1]
        draw.rectangle((SCALE * left, 0, SCALE * (left + fold), SCALE * max(lift, 60)), fill=colour)


def _stack(draw: ImageDraw.ImageDraw, chance: random.Random, colours: Colours) -> None:
    """Books, and the lamp that they are read by."""
    _disc(draw, SCALE * chance.randrange(600, 860), SCALE * 150, SCALE * 90, colours[3])
    foot = HEIGHT - 60
    while foot > 220:
        high, wide = chance.randrange(34, 66), chance.randrange(340, 560)
        left = 140 + chance.randrange(0, 70)
        box = (SCALE * left, SCALE * (foot - high), SCALE * (left + wide), SCALE * foot)
        draw.rounded_rectangle(box, SCALE * 6, fill=chance.choice(colours[1:]), outline=colours[0], width=SCALE * 3)
        foot -= high


def _frames(draw: ImageDraw.ImageDraw, chance: random.Random, colours: Colours) -> None:
    """A wall of pictures."""
    for column in range(4):
        top = 60 + chance.randrange(0, 70)
        while top < HEIGHT - 140:
            high, left = chance.randrange(110, 240), 60 + 220 * column
            box = [SCALE * side for side in (left, top, left + 180, min(top + high, HEIGHT - 50))]
            draw.rectangle(box, fill=chance.choice(colours[1:]), outline=colours[3], width=SCALE * 5)
            top += high + 30


def _confetti(draw: ImageDraw.ImageDraw, chance: random.Random, colours: Colours) -> None:
    """What falls when people are glad."""
    for _ in range(90):
        x, y, turn = chance.randrange(WIDTH), chance.randrange(HEIGHT), chance.random() * math.tau
        size = chance.randrange(10, 34)
        colour = chance.choice(colours[1:])
        if chance.random() < 0.4:
            _disc(draw, SCALE * x, SCALE * y, SCALE * size / 2, colour)
            continue
        corners = [(math.cos(turn + step) * size, math.sin(turn + step) * size) for step in (0.4, 2.74, 3.54, 5.88)]
        draw.polygon([(SCALE * (x + dx), SCALE * (y + dy)) for dx, dy in corners], fill=colour)


MOTIFS: dict[str, Motif] = {
    "concert": _rings,
    "music": _rings,
    "party": _beams,
    "late": _beams,
    "nightlife": _beams,
    "comedy": _curtain,
    "play": _curtain,
    "film": _beams,
    "talk": _stack,
    "exhibition": _frames,
}
