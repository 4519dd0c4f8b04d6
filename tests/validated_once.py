"""Validation of each OpenAPI document once, not in each application that a test builds from it.

Connexion validates the contract whenever it builds an application, which takes two thirds of that time.
"""

from __future__ import annotations

import copy
from typing import Any

from connexion.spec import Specification

_validate = Specification._validate_spec.__func__
_valid: list[Any] = []


def validate_specifications_once() -> None:
    """Let Connexion validate a document only if it has not accepted an equal one in this process."""
    Specification._validate_spec = classmethod(_validate_once)


def _validate_once(cls: type[Specification], document: Any) -> None:
    if any(document == each for each in _valid):
        return
    _validate(cls, document)
    _valid.append(copy.deepcopy(document))
