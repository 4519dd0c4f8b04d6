"""Faults, one module for each subject."""

from mutants.faults import (
    authentication,
    conditional_requests,
    creation,
    deletion,
    encodings,
    fields,
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
    authentication,
    permissions,
    encodings,
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
