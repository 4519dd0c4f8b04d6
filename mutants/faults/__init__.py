"""Faults, one module for each subject."""

from mutants.faults import (
    authentication,
    characters,
    conditional_requests,
    creation,
    deletion,
    encodings,
    fields,
    formats,
    leaks,
    listing,
    pagination,
    permissions,
    push,
    restoration,
    sequences,
    statuses,
    validation,
)
from mutants.mutant import mutants_of

FAULTS = mutants_of(
    statuses,
    fields,
    formats,
    authentication,
    permissions,
    leaks,
    encodings,
    characters,
    validation,
    creation,
    deletion,
    restoration,
    listing,
    pagination,
    conditional_requests,
    push,
    sequences,
)
