"""The version of something that a form carries: what somebody looked at when they began to change it."""

# No row ever has it: whoever sends this looked at something else.
NEVER = -1


def version_sent(text: object) -> int:
    """As it was sent; `NEVER` for nothing and for what is no number, so that it is refused as an old one is."""
    said = str(text or "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else NEVER
