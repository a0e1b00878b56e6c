"""The bounds of fields that several packages share."""

from tenantry.core.text import EmailBound, PhoneBound, TextBound

EMAIL = EmailBound()
OPTIONAL_EMAIL = EmailBound(required=False)
PERSON_NAME = TextBound(80)
OPTIONAL_PERSON_NAME = TextBound(80, required=False)
ORGANIZATION_NAME = TextBound(120)
PHONE = PhoneBound()
LABEL = TextBound(80)
LINE = TextBound(200, required=False)
PARAGRAPH = TextBound(2000, required=False, multiline=True)
SEARCH = TextBound(200, required=False)
# Longer passwords only cost hashing time; 72-character limits of other schemes don't apply to Argon2.
PASSWORD_MAX = 256
