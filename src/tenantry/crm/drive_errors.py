from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal, Remedy


class DriveFull(Refusal):
    """`used`, `limit` in bytes; `needed`, `left`, `most`: the same figures in words."""

    code = "drive_full"
    sentence = _(
        "“%(name)s” needs %(needed)s, and %(left)s of %(most)s are free in this Drive. Have files deleted that nobody "
        "needs, or ask your administrator for more space."
    )
    remedies = (Remedy(_("Largest files first"), "drive_largest"),)


class FileTooLarge(Refusal):
    code = "file_too_large"
    kind = "invalid"
    sentence = _("“%(name)s” is too large: a file may have %(most)s.")


class UploadCut(Refusal):
    code = "upload_cut"
    kind = "invalid"
    sentence = _("The connection ended before the whole file was here. Nothing was kept; please send it again.")


class LengthMissing(Refusal):
    """RFC 9110, 15.5.12: what comes in chunks has no end that could be missed."""

    code = "length_missing"
    kind = "invalid"
    sentence = _("Please say by Content-Length how long the file is.")


class FolderInItself(Refusal):
    code = "folder_in_itself"
    sentence = _("“%(name)s” can’t be put into itself or into a folder that lies in it.")


class FolderTooDeep(Refusal):
    code = "folder_too_deep"
    sentence = _("Folders can lie in each other %(most)s deep, no deeper.")


class FolderElsewhere(Refusal):
    code = "folder_elsewhere"
    sentence = _("“%(name)s” belongs to another workspace than the folder that you chose, and folders stay in theirs.")
