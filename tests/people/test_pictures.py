"""Pictures come out small, square and bare, or not at all."""

import io
import struct
import zlib

import pytest
from PIL import Image

from tenantry.people.pictures import MOST_BYTES, PictureRefused, make_picture


def written(image: Image.Image, file_format: str, **more: object) -> bytes:
    target = io.BytesIO()
    image.save(target, file_format, **more)
    return target.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(640, 200), (200, 640), (1, 1), (256, 256)])
def test_any_size_becomes_one_size(file_format, size):
    made = opened(make_picture(written(Image.new("RGB", size, "teal"), file_format)))
    assert (made.format, made.size) == ("WEBP", (256, 256))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_any_kind_of_colours_can_be_read(mode):
    file_format = "JPEG" if mode == "CMYK" else "PNG"
    assert opened(make_picture(written(Image.new(mode, (30, 30)), file_format))).size == (256, 256)


def test_the_camera_is_believed_and_forgotten():
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "where I live"
    left_half_red = Image.new("RGB", (200, 200), "blue")
    left_half_red.paste("red", (0, 0, 100, 200))
    made = make_picture(written(left_half_red, "JPEG", exif=exif, quality=95))
    assert b"where I live" not in made
    assert not opened(made).getexif()
    red, _green, blue = opened(made).convert("RGB").getpixel((128, 20))
    assert red > blue


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        bomb(60_000, 60_000),
        bomb(8_000, 8_000),
        bomb(100, 100)[:60],
        written(Image.new("RGB", (10, 10)), "GIF"),
        written(Image.new("RGB", (10, 10)), "BMP"),
        written(Image.new("RGB", (200, 200)), "JPEG")[:200],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"RIFF\xff\xff\xff\xffWEBPVP8 ",
        b"\0" * (MOST_BYTES + 1),
    ],
)
def test_everything_else_is_refused(data):
    with pytest.raises(PictureRefused):
        make_picture(data)
