"""What everybody changes about themselves."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import OPTIONAL_PERSON_NAME, PERSON_NAME
from tenantry.people.pictures import FORMATS, MOST_BYTES, PictureRefused, make_picture
from tenantry.web.forms import BoundField, HouseForm, PasswordField

_ACCEPT = ",".join(f"image/{name.lower()}" for name in FORMATS)


class ProfileForm(HouseForm):
    given_name = BoundField(
        PERSON_NAME, label=_("Given name"), widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    family_name = BoundField(
        OPTIONAL_PERSON_NAME, label=_("Family name"), widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": _ACCEPT}),
        help_text=_("PNG, JPEG or WebP, up to 5 MB. It is cut square."),
    )
    no_picture = forms.BooleanField(label=_("Take my picture away"), required=False)

    def clean_picture(self) -> Any:
        upload = self.cleaned_data["picture"]
        if not isinstance(upload, UploadedFile):
            return None
        try:
            if (upload.size or 0) > MOST_BYTES:
                raise PictureRefused
            return make_picture(upload.read())
        except PictureRefused as refused:
            raise ValidationError(str(refused), code=refused.code) from refused

    def wanted_picture(self) -> bytes | None:
        """For the action: empty takes it away, None leaves it."""
        made: bytes | None = self.cleaned_data["picture"]
        return b"" if made is None and self.cleaned_data["no_picture"] else made


class PasswordForm(HouseForm):
    old = PasswordField(new=False, label=_("Present password"))
    new = PasswordField(new=True, label=_("New password"))
