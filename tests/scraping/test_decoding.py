"""What becomes of bytes that call themselves a picture."""

import pytest
from PIL import Image, ImageCms

from scraping import decoding
from scraping.decoding import NoPicture, decode
from tests.scraping.pictures import drawn, encoded, opened


def refusal(data: bytes) -> str:
    with pytest.raises(NoPicture) as refused:
        decode(data)
    assert str(refused.value).endswith(".")
    return refused.value.kind


def test_a_picture_is_made_in_three_widths_and_never_enlarged():
    large = decode(drawn(2000, 1000))
    assert (large.width, large.height) == (2000, 1000)
    assert [opened(file).size for file in large.files] == [(320, 160), (640, 320), (1280, 640)]
    assert {opened(file).format for file in large.files} == {"WEBP"}
    small = decode(drawn(500, 400, form="PNG"))
    assert [opened(file).size for file in small.files] == [(320, 256), (500, 400)]


def test_it_is_turned_the_right_way_up_and_nothing_is_kept_beside_its_pixels():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of Ada Blum"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = decode(drawn(800, 500, exif=exif, icc_profile=profile))
    assert (found.width, found.height) == (500, 800)
    for file in found.files:
        picture = opened(file)
        assert not {"exif", "icc_profile", "xmp"} & picture.info.keys()
        assert b"Ada Blum" not in file
        # what was on the left is on top
        assert sum(picture.getpixel((50, 10))) < sum(picture.getpixel((50, picture.height - 10))) - 60


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "AVIF"])
def test_other_formats_are_read_whatever_they_are_called(form):
    assert len(decode(drawn(400, 300, form=form)).files) == 2


def test_of_what_moves_the_first_frame_is_taken():
    frames = [Image.new("RGB", (200, 200), colour) for colour in ("red", "blue", "lime")]
    found = decode(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert found.colour == "#ff0000"


def test_what_is_transparent_stands_on_white_and_other_spaces_become_srgb():
    assert decode(encoded(Image.new("RGBA", (200, 200), (0, 0, 0, 0)), "PNG")).colour == "#ffffff"
    assert decode(encoded(Image.new("CMYK", (200, 200), (0, 0, 0, 255)), "JPEG")).colour == "#000000"
    assert decode(encoded(Image.new("I;16", (200, 200), 0x8000), "PNG")).colour == "#808080"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "image.svg", id="svg"),
        pytest.param(b"\n <!DOCTYPE html><title>Log in</title>", "image.page", id="page"),
        pytest.param(b"GIF89a but not really", "image.format", id="not a gif"),
        pytest.param(b"\0" * 1000, "image.format", id="nothing"),
        pytest.param(encoded(Image.new("RGB", (200, 200)), "TIFF"), "image.format", id="tiff"),
        pytest.param(drawn()[:3000], "image.broken", id="truncated jpeg"),
        pytest.param(drawn(form="PNG")[:600], "image.broken", id="truncated png"),
        pytest.param(encoded(Image.new("1", (30_000, 30_000)), "PNG"), "image.pixels", id="bomb"),
        pytest.param(drawn(60, 60), "image.small", id="pixel"),
        pytest.param(drawn(1000, 110), "image.shape", id="strip"),
    ],
)
def test_what_is_no_picture_is_refused_and_told(data, kind):
    assert refusal(data) == kind


def test_a_process_that_dies_or_hangs_takes_nothing_with_it(monkeypatch, tmp_path):
    monkeypatch.setattr(decoding, "DECODER", tmp_path / "decoder.py")
    for program, kind, seconds in (
        ("import os; os.abort()", "image.crash", 30),
        ("print('no')", "image.crash", 30),
        ("import time; time.sleep(60)", "image.slow", 0.2),
    ):
        (tmp_path / "decoder.py").write_text(program)
        monkeypatch.setattr(decoding, "SECONDS", seconds)
        assert refusal(drawn()) == kind


def test_its_process_sees_no_secret_and_no_more_memory_than_it_may_have(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "to be kept")
    source = decoding.DECODER.read_text()
    body = "    import os\n    assert 'SECRET_KEY' not in os.environ\n    bytearray(2 * MEMORY)\n"
    program = source.replace("def variants(", "def _unused(", 1).replace(
        'if __name__ == "__main__":', f"def variants(data, widths):\n{body}\n\nif __name__ == '__main__':"
    )
    (tmp_path / "decoder.py").write_text(program)
    monkeypatch.setattr(decoding, "DECODER", tmp_path / "decoder.py")
    assert refusal(drawn()) == "image.memory"
