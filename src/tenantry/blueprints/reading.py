"""Reads a blueprint and says what is wrong with it, with line and column."""

from tenantry.blueprints.coherence import faults
from tenantry.blueprints.document import (
    Blueprint,
    ProfileDefinition,
    RoleDefinition,
    StageDefinition,
    WorkflowDefinition,
)
from tenantry.core.documents import DocumentWrong, read_document

__all__ = ["DocumentWrong", "read"]

_PARTS = (RoleDefinition, ProfileDefinition, WorkflowDefinition, StageDefinition)


def read(text: str, file: str = "document.yaml") -> Blueprint:
    """The blueprint, if nothing is wrong with it. `file`: how findings call it.

    :raises DocumentWrong: with everything that is wrong.
    """
    return read_document(text, file, Blueprint, faults, shapes=_PARTS)
