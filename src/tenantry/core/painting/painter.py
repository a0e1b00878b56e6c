"""A program of its own: counts a file's pages, or writes one as WebP to standard output. `core.painting` runs it,
because what people upload may be made to exhaust whoever decodes it.

    python painter.py MOST_MEMORY_BYTES MOST_CPU_SECONDS count FILE TYPE
    python painter.py MOST_MEMORY_BYTES MOST_CPU_SECONDS paint FILE TYPE PAGE MOST_WIDTH
"""

import io
import resource
import sys
import warnings

import pypdfium2
from PIL import Image, ImageOps

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
# As `people.pictures`: more than telephones take.
MOST_PIXELS = 40_000_000
FAILED = 10


def main() -> int:
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    what, path, content_type = sys.argv[3:6]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Nothing is written but the answer.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        if what == "count":
            sys.stdout.write(str(_count(path, content_type)))
        else:
            sys.stdout.buffer.write(_paint(path, content_type, int(sys.argv[6]), int(sys.argv[7])))
        sys.stdout.flush()
    # Decoders answer malformed files with many kinds of errors; whatever it is, there is no picture.
    except Exception:  # noqa: BLE001
        return FAILED
    return 0


def _count(path: str, content_type: str) -> int:
    if content_type in FORMATS:
        with _opened(path, content_type) as picture:
            picture.load()
        return 1
    return len(pypdfium2.PdfDocument(path))


def _opened(path: str, content_type: str) -> Image.Image:
    picture = Image.open(path, formats=[FORMATS[content_type]])
    # The size stands in the header: asked before anything is decoded.
    if picture.width * picture.height > MOST_PIXELS or min(picture.size) < 1:
        raise ValueError("too many pixels")
    return picture


def _paint(path: str, content_type: str, page: int, width: int) -> bytes:
    shown = _picture(path, content_type, width) if content_type in FORMATS else _page(path, page, width)
    # A new image: no metadata of the old one goes along.
    fresh = Image.new(shown.mode, shown.size)
    fresh.paste(shown)
    written = io.BytesIO()
    fresh.save(written, "WEBP", quality=82, method=2)
    return written.getvalue()


def _picture(path: str, content_type: str, width: int) -> Image.Image:
    with _opened(path, content_type) as opened:
        opened.draft("RGB", (width * 2, width * 2))
        turned = ImageOps.exif_transpose(opened)
        clear = "A" in turned.getbands() or "transparency" in turned.info
        plain = turned.convert("RGBA" if clear else "RGB")
    plain.thumbnail((width, width * 2), Image.Resampling.LANCZOS)
    return plain


def _page(path: str, page: int, width: int) -> Image.Image:
    shown = pypdfium2.PdfDocument(path)[page - 1]
    across, down = shown.get_size()
    if not (0 < across < 20_000 and 0 < down < 20_000):
        raise ValueError("no size for a page")
    # Long ones are cut down to what a screen could show.
    scale = min(width / across, width * 2 / down)
    painted: Image.Image = shown.render(scale=scale, may_draw_forms=False).to_pil()
    return painted.convert("RGB")


if __name__ == "__main__":
    sys.exit(main())
