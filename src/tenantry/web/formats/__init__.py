"""How dates and times are written, where Django's own format of a language does not suit a dense table."""
