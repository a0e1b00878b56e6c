from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class StoreUnavailable(Refusal):
    code = "file_store_unavailable"
    kind = "unavailable"
    sentence = _("The file store does not answer. Nothing was changed; please try again in a minute.")


class BytesMissing(Refusal):
    """A row without its bytes: the database was restored without the store, or somebody tidied up by hand."""

    code = "file_content_missing"
    kind = "unavailable"
    sentence = _("The content of this file is not in the file store. Please tell whoever runs this installation.")
