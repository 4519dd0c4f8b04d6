"""Redaction of the errors that end a comparison, whose messages may quote responses."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract_tests.client.safety.redaction import Redactor


@contextmanager
def redacted_errors(redactor: Redactor) -> Iterator[None]:
    """Replace an error that ends a comparison by one whose message is redacted and may be printed."""
    try:
        yield
    except Inconclusive as error:
        raise Inconclusive(redactor.redact_text(str(error.msg))) from None
    except AssertionError as error:
        raise AssertionError(redactor.redact_text(str(error))) from None
