"""Pictures of people: decoded with limits, cut square, and written anew, so that nothing of the upload is kept."""

import hashlib
import io
import warnings

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from tenantry.core.errors import Refusal

MOST_BYTES = 5 * 1024 * 1024
# 40 megapixels: more than telephones take, far below what exhausts memory (160 MB decoded).
MOST_PIXELS = 40_000_000
SIDE = 256
FORMATS = ("PNG", "JPEG", "WEBP")
CONTENT_TYPE = "image/webp"


class PictureRefused(Refusal):
    code = "picture_refused"
    kind = "invalid"
    sentence = _("This is not a picture that can be used: PNG, JPEG or WebP, up to 5 MB and 40 megapixels.")


def make_picture(data: bytes) -> bytes:
    """The upload as a WebP of 256 by 256 pixels without metadata, turned as the camera was held.

    :raises PictureRefused: another format, too large, broken, or a decompression bomb.
    """
    if not data or len(data) > MOST_BYTES:
        raise PictureRefused
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _square(data)
    # Decoders answer malformed files with many kinds of errors.
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, Warning) as error:
        raise PictureRefused from error
    except (Image.DecompressionBombError, MemoryError, OverflowError, ZeroDivisionError) as error:
        raise PictureRefused from error


def _square(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        # The size stands in the header: asked before anything is decoded.
        if opened.width * opened.height > MOST_PIXELS or min(opened.size) < 1:
            raise PictureRefused
        opened.draft("RGB", (SIDE * 2, SIDE * 2))
        turned = ImageOps.exif_transpose(opened)
        plain = turned.convert("RGBA" if "A" in turned.getbands() or "transparency" in turned.info else "RGB")
    fitted = ImageOps.fit(plain, (SIDE, SIDE), Image.Resampling.LANCZOS)
    fresh = Image.new(fitted.mode, fitted.size)
    fresh.paste(fitted)
    written = io.BytesIO()
    fresh.save(written, "WEBP", quality=82, method=4)
    return written.getvalue()


def etag_of(picture: bytes) -> str:
    """Its HTTP entity tag (RFC 9110, 8.8.3)."""
    return f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
