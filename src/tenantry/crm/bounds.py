"""Bounds of fields of records."""

from tenantry.core.text import TextBound

# Of companies, deals, folders.
NAME = TextBound(200)
OPTIONAL_NAME = TextBound(200, required=False)
DOMAIN = TextBound(200, required=False)
ADDRESS = TextBound(600, required=False, multiline=True)
TITLE = TextBound(200)
TEXT = TextBound(5000, required=False, multiline=True)
NOTE = TextBound(5000, multiline=True)
