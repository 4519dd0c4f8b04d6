"""Check for the packages of the extra `contract`, made before the command lines import them."""

from __future__ import annotations

import importlib.util

_REQUIRED = ("filelock", "hypothesis", "jinja2", "openapi_spec_validator", "pytest", "schemathesis")
_MISSING = (
    "The contract tests need packages that are not installed ({}); "
    "install them with: pip install 'canvas-channels-contract[contract]'."
)


def missing_packages_error() -> str:
    """Return the sentence on the packages of the suite that are not installed; empty if there are none."""
    missing = [name for name in _REQUIRED if importlib.util.find_spec(name) is None]
    return _MISSING.format(", ".join(missing)) if missing else ""
