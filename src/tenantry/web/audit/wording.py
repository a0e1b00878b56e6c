"""The audit in words. The sentences live below the interfaces, because the console tells them too."""

from tenantry.usecases.telling import AREAS, SENTENCES, TITLES, Line, sentences

__all__ = ["AREAS", "SENTENCES", "TITLES", "Line", "sentences"]
